import { type Clock, pause } from './clock.ts';
import type { Connection } from './connection.ts';
import { type Served, servedResources } from './discovery.ts';
import { reasonOf } from './reason.ts';
import { calicoForms, type WatchedKind } from './watched-kinds.ts';

/** What begins and ends to be watched. Both resolve when that is done. */
export interface KindWatcher {
  watch(kind: WatchedKind): Promise<void>;
  /** The kind is served no more, in any form. */
  forget(kind: string): Promise<void>;
}

export interface CalicoWatchSettings {
  readonly connection: Pick<Connection, 'getJson'>;
  readonly watcher: KindWatcher;
  readonly clock: Clock;
  /** Milliseconds between two looks at what is served; fewer after a look that failed. */
  readonly every: number;
  readonly onProblem: (message: string) => void;
}

/** A failed look is repeated after this long. */
const soon = 2_000;

/**
 * Keeps the watches equal to what the cluster serves of Calico: by the user's API, aggregated or as resources of the API
 * server's own, and where that is missing in the form it is stored in. What is installed later is found by the next look,
 * and what is taken away is let go of, once two looks have missed it.
 */
export class CalicoWatch {
  readonly #settings: CalicoWatchSettings;
  readonly #stop = new AbortController();
  readonly #watched = new Map<string, WatchedKind>();
  readonly #missed = new Set<string>();
  #running: Promise<void> | undefined;
  #problem: string | undefined = 'not asked yet';

  constructor(settings: CalicoWatchSettings) {
    this.#settings = settings;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** True once it is known what is served; until then why not. */
  condition(): true | string {
    return this.#problem ?? true;
  }

  async #run(): Promise<void> {
    const { clock, every, onProblem } = this.#settings;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const problem = await this.#look().catch((thrown: unknown) => reasonOf(thrown));
      if (signal.aborted) return;
      if (problem !== undefined) onProblem(problem);
      // Once it is known what is served, a look that fails changes nothing.
      if (problem === undefined || this.#problem !== undefined) this.#problem = problem;
      await pause(clock, problem === undefined ? every : Math.min(soon, every), signal);
    }
  }

  /** Resolves with what is wrong, if anything is. */
  async #look(): Promise<string | undefined> {
    const { connection, watcher } = this.#settings;
    const { signal } = this.#stop;
    const forms: { readonly served: Served; readonly kinds: readonly WatchedKind[] }[] = [];
    for (const { groupVersion, kinds } of calicoForms) {
      forms.push({ served: await servedResources(connection, groupVersion, signal), kinds });
      if (signal.aborted) return undefined;
    }
    const failures = forms.flatMap(({ served }) => (served.kind === 'failed' ? served.message : []));
    for (const { kind } of calicoForms[0]?.kinds ?? []) {
      const found = forms
        .filter(({ served }) => served.kind === 'served')
        .flatMap(({ served, kinds }) =>
          kinds.filter((one) => one.kind === kind && served.kind === 'served' && served.plurals.has(one.plural)),
        )[0];
      await this.#settle(kind, found, failures.length > 0, watcher);
    }
    // Without the user's API, as when the server behind it is down, the stored form says all there is to know.
    const anything = forms.some(({ served }) => served.kind === 'served');
    return anything ? undefined : failures[0];
  }

  async #settle(kind: string, found: WatchedKind | undefined, uncertain: boolean, watcher: KindWatcher): Promise<void> {
    const watched = this.#watched.get(kind);
    if (found !== undefined) {
      this.#missed.delete(kind);
      // In trouble, a watch that runs is not given up for another form.
      if (watched?.group === found.group || (watched !== undefined && uncertain)) return;
      this.#watched.set(kind, found);
      await watcher.watch(found);
    } else if (watched !== undefined && !uncertain) {
      if (!this.#missed.has(kind)) {
        this.#missed.add(kind);
        return;
      }
      this.#missed.delete(kind);
      this.#watched.delete(kind);
      await watcher.forget(kind);
    }
  }
}
