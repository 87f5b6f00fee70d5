import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { placed } from '../engine/check/changes.ts';
import { gather } from '../engine/model/gather.ts';
import type { World } from '../engine/model/world.ts';
import { reachDiff } from '../engine/reach/diff.ts';
import { endpointsOf } from '../engine/reach/endpoints.ts';
import { unmatchedFilter } from '../engine/reach/filter.ts';
import type { ReachSettings } from '../engine/reach/match.ts';
import { prober } from '../engine/reach/probe.ts';
import { reachReport } from '../engine/reach/report.ts';
import { plainLine } from '../engine/render/plain.ts';
import { renderReachDiffDot, renderReachDot } from '../engine/render/reach-dot.ts';
import { renderReachDiffJson, renderReachJson } from '../engine/render/reach-json.ts';
import { renderProbe } from '../engine/render/reach-probe.ts';
import { renderReachDiffText, renderReachText } from '../engine/render/reach-text.ts';
import { type ExitCode, exitCode, UsageProblem } from './exit-code.ts';
import { type FileFlags, fileCommand, languageOf, repeated } from './file-flags.ts';
import { readConfiguration, readEntries, readWorldFiles } from './inputs.ts';
import type { Io } from './io.ts';
import { sayNothingFound } from './nothing-found.ts';

interface ReachFlags extends FileFlags {
  readonly from?: string;
  readonly to?: string;
  readonly probes?: string;
  readonly before: string[];
}

export function reachCommand(io: Io, done: (code: ExitCode) => void): Command {
  return fileCommand('reach', 'who can reach whom, over what', ['text', 'json', 'dot'])
    .option('--from <id>', 'only connections from this endpoint: namespace/name, an address, or an id')
    .option('--to <id>', 'only connections to this endpoint')
    .option('--probes <file>', 'answer the flows of a file, one JSON object a line; - for standard input')
    .option('--before <path>', 'print what differs from the World of these files (repeatable)', repeated, [])
    .action(async (paths: string[], flags: ReachFlags) => done(await reach(paths, flags, io)));
}

async function reach(paths: readonly string[], flags: ReachFlags, io: Io): Promise<ExitCode> {
  const set = await readConfiguration(flags, io, io.now());
  const settings: ReachSettings = { enforcer: set.enforcer, cluster: set.cluster };
  const now = await readWorld(paths, flags, io);
  // What is missing of the World before would all be told of as opened or closed: no difference is better than that one.
  const before = flags.before.length === 0 ? undefined : gather(await readWorldFiles(flags.before, flags, io));
  if (now.objects === 0 && flags.probes === undefined && before === undefined) {
    // Where something could not be read, that has been said.
    if (now.complete) sayNothingFound('reach', languageOf(flags, io), io);
    return exitCode.notJudged;
  }
  if (flags.probes !== undefined) {
    if (before !== undefined) throw new UsageProblem('give --probes or --before, and not both');
    const asked = await answerProbes(flags.probes, now.world, settings, io);
    return now.complete && asked ? exitCode.judged : exitCode.notJudged;
  }
  io.out(
    before === undefined
      ? reportText(now.world, settings, flags, io)
      : diffText(before, now.world, settings, flags, io),
  );
  return now.complete ? exitCode.judged : exitCode.notJudged;
}

function reportText(world: World, settings: ReachSettings, flags: ReachFlags, io: Io): string {
  const report = reachReport(world, settings, flags);
  const unmatched = unmatchedFilter(endpointsOf([world], settings.enforcer), flags);
  if (unmatched !== undefined) throw new UsageProblem(unmatched);
  if (flags.format === 'json') return renderReachJson(report);
  return flags.format === 'dot' ? renderReachDot(report) : renderReachText(report, languageOf(flags, io));
}

function diffText(before: World, after: World, settings: ReachSettings, flags: ReachFlags, io: Io): string {
  const diff = reachDiff(before, after, settings, flags);
  if (flags.format === 'json') return renderReachDiffJson(diff);
  return flags.format === 'dot' ? renderReachDiffDot(diff) : renderReachDiffText(diff, languageOf(flags, io));
}

/** What can be read is told of; what cannot is said, and shows in the exit code. */
async function readWorld(
  paths: readonly string[],
  flags: FileFlags,
  io: Io,
): Promise<{ world: World; objects: number; complete: boolean }> {
  const { entries, complete } = await readEntries(paths, languageOf(flags, io), io);
  let readable = complete;
  const objects = entries.flatMap((entry) => {
    if (entry.kind === 'document') return [placed(entry.value, entry, flags.namespace)];
    const { message, line, column } = entry.error;
    io.err(`sekisho: ${entry.source.file}:${line}:${column}: ${plainLine(message)}\n`);
    readable = false;
    return [];
  });
  return { world: gather(objects), objects: objects.length, complete: readable };
}

/** True where every probe made sense. One that does not is answered with its error, in its place. */
async function answerProbes(file: string, world: World, settings: ReachSettings, io: Io): Promise<boolean> {
  const text = file === '-' ? (await io.stdin()).toString('utf8') : await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw new UsageProblem(`the probes ${JSON.stringify(file)} cannot be read`);
  const answer = prober(world, settings);
  let sensible = true;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const probe = parsed(line);
    const reading = answer(probe);
    if (!reading.ok) sensible = false;
    io.out(renderProbe(probe, reading));
  }
  return sensible;
}

/** A line that is no JSON is its own text, which no probe is. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
