import { discoverConfiguration } from '../config/discover.ts';
import { loadPaths } from '../config/load-paths.ts';
import { placed } from '../engine/check/changes.ts';
import type { GuardrailSet } from '../engine/guardrails/guardrail-set.ts';
import { registry } from '../engine/guardrails/registry.ts';
import type { Gathered } from '../engine/model/gather.ts';
import { plainLine } from '../engine/render/plain.ts';
import type { Language } from '../engine/words/language.ts';
import type { Entry } from '../files/documents.ts';
import { served } from '../files/served.ts';
import { readSources } from '../files/sources.ts';
import { UsageProblem } from './exit-code.ts';
import { type FileFlags, languageOf } from './file-flags.ts';
import type { Io } from './io.ts';

/** What was found at the paths; what is not there at all is said at once. `complete`: every path could be read. */
export async function readEntries(
  paths: readonly string[],
  language: Language,
  io: Io,
): Promise<{ entries: readonly Entry[]; complete: boolean }> {
  const { entries, problems } = await readSources(paths, { stdin: io.stdin, language });
  for (const problem of problems) io.err(`sekisho: ${plainLine(problem.message)}\n`);
  return { entries: entries.map((entry) => served(entry, language)), complete: problems.length === 0 };
}

/** The objects of a World. One that cannot be read is an end: a World with holes would give wrong verdicts. */
export async function readWorldFiles(
  paths: readonly string[],
  { namespace, ...flags }: Pick<FileFlags, 'namespace' | 'lang'>,
  io: Io,
): Promise<readonly Gathered[]> {
  if (paths.length === 0) return [];
  const language = languageOf(flags, io);
  const { entries, problems } = await readSources(paths, { stdin: io.stdin, language });
  const [problem] = problems;
  if (problem !== undefined) throw new UsageProblem(plainLine(problem.message));
  return entries.map((read) => {
    const entry = served(read, language);
    if (entry.kind === 'document') return placed(entry.value, entry, namespace);
    const { message, line, column } = entry.error;
    const what = language === 'ja' ? 'World を読み取れません' : 'the World cannot be read';
    throw new UsageProblem(`${what}: ${entry.source.file}:${line}:${column}: ${plainLine(message)}`);
  });
}

/** The GuardrailSet of --config, else of the nearest sekisho.yaml, else the built-in one. */
export async function readConfiguration(
  flags: Pick<FileFlags, 'config' | 'profile' | 'lang'>,
  io: Io,
  now: number,
): Promise<GuardrailSet> {
  const found = await discoverConfiguration(io.cwd);
  const paths = flags.config ?? (found === undefined ? [] : [found]);
  const language = languageOf(flags, io);
  const loaded = await loadPaths(paths, {
    registry,
    now,
    language,
    enforcerOverride: flags.profile,
    stdin: io.stdin,
  });
  if (!loaded.ok) {
    const lines = loaded.problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
    const [only] = lines;
    const what = language === 'ja' ? '設定を使えません' : 'the configuration cannot be used';
    throw new UsageProblem(lines.length === 1 && only !== undefined ? only : `${what}:\n  ${lines.join('\n  ')}`);
  }
  for (const { file, line, column, message } of loaded.warnings)
    io.err(`sekisho: ${file}:${line}:${column}: ${message}\n`);
  return loaded.set;
}

/** The time to judge at, in milliseconds since 1970. */
export function timeOf(written: string | undefined, io: Io): number {
  if (written === undefined) return io.now();
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i.test(written)
    ? Date.parse(written)
    : Number.NaN;
  if (Number.isNaN(time))
    throw new UsageProblem(`--now is a time such as 2026-11-21T09:00:00Z, and not ${JSON.stringify(written)}`);
  return time;
}
