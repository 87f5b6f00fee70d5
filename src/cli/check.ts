import type { Command } from 'commander';
import { placed, plan } from '../engine/check/changes.ts';
import { type CheckedDocument, summarize } from '../engine/check/report.ts';
import { isJudged } from '../engine/dialects/resources.ts';
import { judge } from '../engine/judge.ts';
import { checkConcise } from '../engine/render/check-concise.ts';
import { checkJson } from '../engine/render/check-json.ts';
import { checkText } from '../engine/render/check-text.ts';
import type { Language } from '../engine/words/language.ts';
import type { Entry } from '../files/documents.ts';
import type { CheckFlags } from './check-flags.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { fileCommand, languageOf, oneOf, repeated } from './file-flags.ts';
import { readConfiguration, readEntries, readWorldFiles, timeOf } from './inputs.ts';
import type { Io } from './io.ts';
import { sayNothingFound } from './nothing-found.ts';
import { paintFor } from './paint.ts';
import { review } from './review.ts';

export function checkCommand(io: Io, done: (code: ExitCode) => void): Command {
  return fileCommand('check', 'judge policy files as one change', ['text', 'concise', 'json'])
    .option('--world <path>', 'what the cluster holds already (repeatable)', repeated, [])
    .option('--old <path>', 'the objects as they were, for updates (repeatable)', repeated, [])
    .option('--delete', 'judge the removal of the objects')
    .option('--user <name>', 'who makes the change', '')
    .option('--group <name>', 'a group of that user (repeatable)', repeated, [])
    .option('--now <time>', 'the time to judge at, RFC 3339; else the present')
    .option('--review', 'the paths hold AdmissionReview requests; print the responses, one a line')
    .addOption(oneOf('--fail-on <effect>', 'exit with 1 at or above this', ['deny', 'warn', 'never']).default('deny'))
    .option('--allow-empty', 'nothing to judge is no error')
    .action(async (paths: string[], flags: CheckFlags) => {
      done(flags.review === true ? await review(paths, flags, io) : await check(paths, flags, io));
    });
}

async function check(paths: readonly string[], flags: CheckFlags, io: Io): Promise<ExitCode> {
  const language = languageOf(flags, io);
  const now = timeOf(flags.now, io);
  const set = await readConfiguration(flags, io, now);
  const world = await readWorldFiles([...flags.world, ...flags.old], flags, io);
  const { entries, complete } = await readEntries(paths, language, io);
  const given = entries.flatMap((entry) =>
    entry.kind === 'document' ? [placed(entry.value, entry, flags.namespace)] : [],
  );
  const user = { name: flags.user, groups: flags.group };
  const documents = new Map<Entry, CheckedDocument>();
  for (const { from, ...one } of plan(world, given, { remove: flags.delete === true, user }).cases) {
    const { change } = one;
    const head = { place: from, ref: change.ref, operation: change.operation };
    documents.set(
      from,
      isJudged(change.ref)
        ? { ...head, kind: 'judged', object: change.object ?? change.oldObject, verdict: judge(one, set, now) }
        : { ...head, kind: 'ignored' },
    );
  }
  const checked = entries.map((entry) => documents.get(entry) ?? unread(entry));
  io.out(render(checked, flags, language, io));
  return complete ? codeFor(checked, flags, io) : exitCode.notJudged;
}

/** An entry that no case came of is one that could not be read. */
function unread(entry: Entry): CheckedDocument {
  const error =
    entry.kind === 'unreadable' ? entry.error : { message: 'this document was not judged', line: 1, column: 1 };
  return { kind: 'error', source: entry.source, error, lineText: entry.lineText };
}

function render(documents: readonly CheckedDocument[], flags: CheckFlags, language: Language, io: Io): string {
  const format = flags.format ?? (io.outIsTerminal ? 'text' : 'concise');
  if (format === 'json') return checkJson(documents, language);
  return format === 'concise' ? checkConcise(documents, language) : checkText(documents, language, paintFor(flags, io));
}

function codeFor(documents: readonly CheckedDocument[], flags: CheckFlags, io: Io): ExitCode {
  const summary = summarize(documents);
  if (summary.errors > 0) return exitCode.notJudged;
  if (summary.judged === 0 && flags.allowEmpty !== true) {
    sayNothingFound('judge', languageOf(flags, io), io);
    return exitCode.notJudged;
  }
  const failing =
    flags.failOn === 'never' ? 0 : flags.failOn === 'warn' ? summary.denied + summary.warned : summary.denied;
  return failing > 0 ? exitCode.findings : exitCode.judged;
}
