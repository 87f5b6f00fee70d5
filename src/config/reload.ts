import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { GuardrailSet } from '../engine/guardrails/guardrail-set.ts';
import { readSources } from '../files/sources.ts';
import type { Loaded, LoadOptions, LoadResult, Written } from './load.ts';
import { loadSources } from './load-paths.ts';
import { type ConfigProblem, problemOfFile } from './problem.ts';
import * as sentences from './sentences.ts';

/** Calls `look` when something may have changed beside one of the files, and from time to time anyway. */
export type Watch = (files: readonly string[], look: () => Promise<void>) => { start(): void; close(): void };

export interface WatcherOptions extends Omit<LoadOptions, 'now'> {
  /** Files and folders, as for {@link readSources}. */
  readonly paths: readonly string[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly watch: Watch;
  /** Called with each configuration that takes the place of the one before. */
  readonly onLoaded?: (loaded: Loaded) => void;
  /** Called when what was found cannot be used, and the one before stays in force. Once for the same find. */
  readonly onProblems: (problems: readonly ConfigProblem[]) => void;
}

export interface ConfigurationStatus {
  /** Whether what lies in the files now is what is in force. */
  readonly ok: boolean;
  readonly problems: readonly ConfigProblem[];
  /** When the configuration in force was loaded; milliseconds since 1970. */
  readonly loadedAt: number;
}

export type Opened =
  | { readonly ok: true; readonly watcher: ConfigurationWatcher; readonly loaded: Loaded }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/**
 * A configuration that follows its files. What cannot be used never takes the place of what works: the last good
 * configuration stays in force until a better one is found.
 */
export class ConfigurationWatcher {
  readonly #options: WatcherOptions;
  readonly #watching: ReturnType<Watch>;
  #loaded: Loaded;
  #loadedAt: number;
  #seen: string;
  #problems: readonly ConfigProblem[] = [];
  #stopped = false;

  private constructor(options: WatcherOptions, files: readonly string[], first: Reading, loaded: Loaded) {
    this.#options = options;
    this.#loaded = loaded;
    this.#loadedAt = options.clock();
    this.#seen = first.seen;
    this.#watching = options.watch(files, () => this.#look());
  }

  /** Loads the configuration for the first time, which must succeed, and follows it from then on. */
  static async open(options: WatcherOptions): Promise<Opened> {
    const reading = await read(options);
    if (!reading.result.ok) return { ok: false, problems: reading.result.problems };
    const files = await Promise.all(options.paths.map(watchable));
    const watcher = new ConfigurationWatcher(options, files, reading, reading.result);
    watcher.#watching.start();
    // What happened between the reading and the watching was told to nobody.
    await watcher.#look();
    return { ok: true, watcher, loaded: reading.result };
  }

  /** The guardrails in force. */
  current(): GuardrailSet {
    return this.#loaded.set;
  }

  /** The documents that they were read from. */
  written(): Written {
    return this.#loaded.written;
  }

  status(): ConfigurationStatus {
    return { ok: this.#problems.length === 0, problems: this.#problems, loadedAt: this.#loadedAt };
  }

  stop(): void {
    this.#stopped = true;
    this.#watching.close();
  }

  async #look(): Promise<void> {
    const { seen, result } = await read(this.#options);
    if (this.#stopped || seen === this.#seen) return;
    this.#seen = seen;
    const problems = result.ok ? this.#lossIn(result) : result.problems;
    this.#problems = problems;
    if (!result.ok || problems.length > 0) {
      this.#options.onProblems(problems);
      return;
    }
    this.#loaded = result;
    this.#loadedAt = this.#options.clock();
    this.#options.onLoaded?.(result);
  }

  /** A file that is being written, or a mount that went away, looks like a wish for the built-in guardrails. It is none. */
  #lossIn({ found }: Loaded): readonly ConfigProblem[] {
    const before = this.#loaded.found;
    const lostSet = before.guardrailSet && !found.guardrailSet;
    const lostAll = before.exemptions > 0 && !found.guardrailSet && found.exemptions === 0;
    const language = this.#options.language ?? 'en';
    return lostSet || lostAll ? [problemOfFile(this.#options.paths[0] ?? '', sentences.becameEmpty(), language)] : [];
  }
}

interface Reading {
  /** Stands for everything that was found, to tell whether it is something new. */
  readonly seen: string;
  readonly result: LoadResult;
}

/** Reads and loads what is there now. Whatever happens comes back as a result: nobody above could answer a throw. */
async function read(options: WatcherOptions): Promise<Reading> {
  try {
    return await readNow(options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const problem = problemOfFile(options.paths[0] ?? '', sentences.asSaid(reason), options.language ?? 'en');
    return { seen: reason, result: { ok: false, problems: [problem] } };
  }
}

async function readNow(options: WatcherOptions): Promise<Reading> {
  const sources = await readSources(options.paths, { language: options.language });
  const found = sources.entries.map((entry) => [entry.source, entry.kind === 'document' ? entry.value : entry.error]);
  const seen = createHash('sha256')
    .update(JSON.stringify([found, sources.problems]))
    .digest('hex');
  return { seen, result: loadSources(options.paths, sources, { ...options, now: options.clock() }) };
}

/** A path whose folder is the one to watch: of a file the folder that it lies in, of a folder that itself. */
async function watchable(path: string): Promise<string> {
  const status = await stat(path).catch(() => undefined);
  return status?.isDirectory() === true ? `${path}/.` : path;
}
