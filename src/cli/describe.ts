import type { Command } from 'commander';
import { type Placed, placed } from '../engine/check/changes.ts';
import type { Source } from '../engine/check/report.ts';
import { describePolicy } from '../engine/describe/describe.ts';
import type { DescribedDocument } from '../engine/describe/report.ts';
import { surroundingText } from '../engine/describe/surroundings.ts';
import { policyResource, resourceOf } from '../engine/dialects/resources.ts';
import { gather } from '../engine/model/gather.ts';
import type { World } from '../engine/model/world.ts';
import { describeJson } from '../engine/render/describe-json.ts';
import { describeText } from '../engine/render/describe-text.ts';
import type { Language } from '../engine/words/language.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { type FileFlags, fileCommand, languageOf, repeated } from './file-flags.ts';
import { readConfiguration, readEntries, readWorldFiles } from './inputs.ts';
import type { Io } from './io.ts';
import { sayNothingFound } from './nothing-found.ts';
import { paintFor } from './paint.ts';

interface DescribeFlags extends FileFlags {
  readonly world: string[];
  readonly allowEmpty?: true;
}

export function describeCommand(io: Io, done: (code: ExitCode) => void): Command {
  return fileCommand('describe', 'what policies mean, in sentences and as facts', ['text', 'json'])
    .option('--world <path>', 'what the cluster holds already (repeatable)', repeated, [])
    .option('--allow-empty', 'nothing to describe is no error')
    .action(async (paths: string[], flags: DescribeFlags) => done(await describe(paths, flags, io)));
}

async function describe(paths: readonly string[], flags: DescribeFlags, io: Io): Promise<ExitCode> {
  const set = await readConfiguration(flags, io, io.now());
  const held = await readWorldFiles(flags.world, flags, io);
  const { entries, complete } = await readEntries(paths, languageOf(flags, io), io);
  const given = entries.map((entry) =>
    entry.kind === 'document' ? placed(entry.value, entry, flags.namespace) : entry,
  );
  const world = gather([...held, ...given.filter((one) => 'ref' in one)]);
  const documents = given.flatMap((one): DescribedDocument[] => {
    if (!('ref' in one)) return [{ kind: 'error', source: one.source, ref: undefined, error: one.error }];
    const policy = policyResource(one.ref)?.read(one.object, one.ref);
    if (policy === undefined) return describedSurrounding(one, world);
    return [
      {
        kind: 'described',
        source: one.from.source,
        ref: one.ref,
        policy,
        world,
        facts: describePolicy(policy, world, set.cluster),
      },
    ];
  });
  const language = languageOf(flags, io);
  const json = (flags.format ?? 'text') === 'json';
  const nothing = documents.length === 0 && (!complete || flags.allowEmpty !== true);
  if (json) io.out(describeJson(documents, language));
  else if (!nothing) io.out(describeText(documents, language, paintFor(flags, io)));
  if (!complete || documents.some((one) => one.kind === 'error')) return exitCode.notJudged;
  if (nothing) {
    sayNothingFound('describe', language, io);
    return exitCode.notJudged;
  }
  return exitCode.judged;
}

/** A Tier, a network set or a host endpoint; nothing for any other kind. */
function describedSurrounding({ object, ref, from }: Placed<{ source: Source }>, world: World): DescribedDocument[] {
  const problems = resourceOf(ref)?.problems?.(object, ref) ?? [];
  const text = (language: Language) => surroundingText(ref, problems, world, language);
  const [en, ja] = [text('en'), text('ja')];
  if (en === undefined || ja === undefined) return [];
  return [{ kind: 'surrounding', source: from.source, ref, text: { en, ja }, problems }];
}
