import { answerReview } from '../engine/admission/answer.ts';
import { gather } from '../engine/model/gather.ts';
import { plainLine } from '../engine/render/plain.ts';
import type { CheckFlags } from './check-flags.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { languageOf } from './file-flags.ts';
import { readConfiguration, readEntries, readWorldFiles, timeOf } from './inputs.ts';
import type { Io } from './io.ts';
import { sayNothingFound } from './nothing-found.ts';

/** Answers AdmissionReview requests as the webhook would, with the World of the files. One response a line, in order. */
export async function review(paths: readonly string[], flags: CheckFlags, io: Io): Promise<ExitCode> {
  const now = timeOf(flags.now, io);
  const set = await readConfiguration(flags, io, now);
  const world = gather(await readWorldFiles([...flags.world, ...flags.old], flags, io));
  const { entries, complete } = await readEntries(paths, languageOf(flags, io), io);
  const judgement = { world, set, language: languageOf(flags, io) };
  let denied = 0;
  let refused = 0;
  for (const entry of entries) {
    const { file, line } = entry.source;
    const answer =
      entry.kind === 'document'
        ? answerReview(entry.value, judgement, now)
        : { kind: 'refused' as const, message: entry.error.message };
    if (answer.kind === 'refused') {
      refused += 1;
      io.err(`sekisho: ${file}:${line}: ${plainLine(answer.message)}\n`);
      continue;
    }
    io.out(`${answer.body}\n`);
    if (answer.record.decision === 'deny') denied += 1;
  }
  if (refused > 0 || !complete) return exitCode.notJudged;
  if (entries.length === 0 && flags.allowEmpty !== true) {
    sayNothingFound('review', judgement.language, io);
    return exitCode.notJudged;
  }
  return denied > 0 && flags.failOn !== 'never' ? exitCode.findings : exitCode.judged;
}
