import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';

export interface FolderWatchOptions {
  /** How long, in milliseconds, nothing more may happen before a change is told. */
  readonly debounce: number;
  /** How often, in milliseconds, to look without having been told. */
  readonly poll: number;
}

const usualFolderWatch: FolderWatchOptions = { debounce: 250, poll: 60_000 };

/**
 * Calls `look` when something may have changed in the folders of `files`, and from time to time anyway. The folder is
 * watched, not the file: the kubelet changes a mounted Secret by swapping the link `..data` beside it, of which a
 * watched file hears nothing. Whether anything has changed is for `look` to find out; it
 * never rejects, and is never called twice at once.
 */
export class FolderWatch {
  readonly #folders: readonly string[];
  readonly #look: () => Promise<void>;
  readonly #options: FolderWatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #timer: NodeJS.Timeout;
  #debounce: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(files: readonly string[], look: () => Promise<void>, options: FolderWatchOptions = usualFolderWatch) {
    this.#folders = [...new Set(files.map((file) => dirname(file)))];
    this.#look = look;
    this.#options = options;
    this.#timer = setInterval(() => {
      this.start();
      void this.#lookNow();
    }, options.poll).unref();
  }

  /** Begins to watch, where that is not done already. Where it cannot be done, looking from time to time remains. */
  start(): void {
    for (const folder of this.#folders) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#debounce);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#soon());
      this.#watchers.set(folder, watcher);
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
    } catch {
      // The folder is missing, or the system has no watchers left: the poll tries again, and looks without being told.
    }
  }

  #soon(): void {
    clearTimeout(this.#debounce);
    this.#debounce = setTimeout(() => void this.#lookNow(), this.#options.debounce).unref();
  }

  #lookNow(): Promise<void> {
    this.#looking = this.#looking.then(() => (this.#closed ? undefined : this.#look()));
    return this.#looking;
  }
}
