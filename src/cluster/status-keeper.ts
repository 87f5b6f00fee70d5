import { askOnce } from './ask.ts';
import { type Clock, pause } from './clock.ts';
import type { Connection } from './connection.ts';
import { type ClusterResource, resourceName, resourcePath } from './resource.ts';

/** The status that an object is to have. */
export interface StatusWrite {
  readonly kind: string;
  readonly resource: ClusterResource;
  readonly name: string;
  readonly uid: string;
  /** The version that the status was worked out from: if there is a newer one, nothing is written. */
  readonly resourceVersion: string;
  readonly status: object;
  /** The status without what changes with the time alone. */
  readonly essence: string;
}

export interface StatusKeeperSettings {
  readonly connection: Pick<Connection, 'getJson' | 'write'>;
  /** What is to be written now. Called again and again. */
  readonly wanted: () => readonly StatusWrite[];
  readonly clock: Clock;
  /** Milliseconds between two looks. */
  readonly every: number;
  readonly onProblem: (message: string) => void;
}

interface Written {
  readonly resourceVersion: string;
  readonly essence: string;
  readonly at: number;
}

const fieldManager = 'sekisho';

/** What was refused for want of a right is tried again after this many milliseconds. */
const forbiddenPause = 60_000;

/** A status that was written and is another one now is written again after this many milliseconds. */
const rewriteAfter = 60_000;

/**
 * Writes the status of custom resources, one after the other and never on behalf of a request. Each write starts from a
 * version, so that of two replicas that want the same one writes and the other finds it written. Two that want different
 * things (while a new configuration file spreads, say) do not fight over it: neither repeats itself within a minute.
 */
export class StatusKeeper {
  readonly #settings: StatusKeeperSettings;
  readonly #stop = new AbortController();
  readonly #written = new Map<string, Written>();
  readonly #forbiddenUntil = new Map<string, number>();
  #running: Promise<void> | undefined;
  #told: string | undefined;

  constructor(settings: StatusKeeperSettings) {
    this.#settings = settings;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, every, wanted } = this.#settings;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      for (const write of wanted()) {
        if (signal.aborted) return;
        if (this.#isDue(write)) await this.#write(write);
      }
      await pause(clock, every, signal);
    }
  }

  #isDue({ uid, resource, resourceVersion, essence }: StatusWrite): boolean {
    const now = this.#settings.clock.now();
    if (now < (this.#forbiddenUntil.get(resource.plural) ?? 0)) return false;
    const before = this.#written.get(uid);
    if (before === undefined) return true;
    // The watch has not brought back yet what was written.
    if (before.resourceVersion === resourceVersion) return false;
    return before.essence !== essence || now - before.at >= rewriteAfter;
  }

  async #write({ kind, resource, name, uid, resourceVersion, status, essence }: StatusWrite): Promise<void> {
    const { connection, clock } = this.#settings;
    const path = `${resourcePath(resource)}/${encodeURIComponent(name)}/status?fieldManager=${fieldManager}&force=true`;
    const apiVersion = `${resource.group}/${resource.version}`;
    const body = { apiVersion, kind, metadata: { name, uid, resourceVersion }, status };
    // JSON is YAML, and an API server of any age knows this type.
    const writing = { method: 'PATCH', contentType: 'application/apply-patch+yaml', body } as const;
    const asked = await askOnce(connection, path, writing);
    const now = clock.now();
    if (asked.kind === 'ok') {
      this.#written.set(uid, { resourceVersion, essence, at: now });
      this.#told = undefined;
    } else if (asked.kind === 'forbidden') {
      this.#forbiddenUntil.set(resource.plural, now + forbiddenPause);
      this.#tell(
        `may not write the status of ${resourceName(resource)} (403): add to the ClusterRole of the account the rule ` +
          `{apiGroups: [${resource.group}], resources: [${resource.plural}/status], verbs: [patch]}; what is in force does not hang on it`,
      );
    } else if (asked.kind === 'failed' && asked.status !== 409) {
      // A newer version is on its way with the watch; anything else is tried again when it is looked at next.
      this.#tell(`could not write the status of ${kind} ${name}: ${asked.reason}`);
    }
  }

  /** The same problem once. */
  #tell(message: string): void {
    if (this.#told === message) return;
    this.#told = message;
    this.#settings.onProblem(message);
  }
}
