import type { Language } from '../engine/words/language.ts';
import { readSources, type SourceOptions, type SourcesReading } from '../files/sources.ts';
import { type Loaded, type LoadOptions, type LoadResult, loadEntries } from './load.ts';
import { problemOfFile } from './problem.ts';
import { asSaid, noFile, nothingWritten } from './sentences.ts';

/** Loads a configuration from files and folders, `-` for standard input. */
export async function loadPaths(paths: readonly string[], options: LoadOptions & SourceOptions): Promise<LoadResult> {
  return loadSources(paths, await readSources(paths, options), options);
}

/** As {@link loadPaths}, of what was read from the paths. */
export function loadSources(paths: readonly string[], sources: SourcesReading, options: LoadOptions): LoadResult {
  const language = options.language ?? 'en';
  const unread = sources.problems.map(({ path, message }) => problemOfFile(path, asSaid(message), language));
  // A folder that holds no file was named by mistake, or is not mounted: no wish for the built-in guardrails.
  if (paths.length > 0 && sources.files === 0 && unread.length === 0) {
    unread.push(problemOfFile(paths[0] ?? '', noFile(), language));
  }
  const result = loadEntries(sources.entries, options);
  if (unread.length === 0) return result.ok ? withNothingSaid(result, paths, language) : result;
  return { ok: false, problems: [...unread, ...(result.ok ? [] : result.problems)] };
}

/** A file that was named and holds nothing may have been cut short: it does no harm, and yet is not what somebody meant. */
function withNothingSaid(loaded: Loaded, [path]: readonly string[], language: Language): Loaded {
  const { guardrailSet, exemptions } = loaded.found;
  if (path === undefined || guardrailSet || exemptions > 0) return loaded;
  return { ...loaded, warnings: [...loaded.warnings, problemOfFile(path, nothingWritten(), language)] };
}
