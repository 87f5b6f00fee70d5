import { pause } from './clock.ts';
import { type ListEnd, type Listed, listAll } from './list.ts';
import { type Delay, Pace } from './pace.ts';
import { reasonOf } from './reason.ts';
import {
  defaultReflectorOptions,
  type Listing,
  type ReflectorOptions,
  type ReflectorSettings,
} from './reflector-settings.ts';
import type { ReflectorEvent, ReflectorStatus } from './reflector-status.ts';
import { resourceName } from './resource.ts';
import { type WatchEnd, watchOnce } from './watch.ts';
import type { WatchEvent } from './watch-event.ts';
import { withoutManagedFields } from './without-managed-fields.ts';

/** Milliseconds. */
const longestRest = 1_000;

/**
 * Keeps a sink equal to what the API server holds of one resource: a list, then a watch from the list's version, for as
 * long as it runs and whatever happens. It never throws: what goes wrong is in the status, and is tried again. Nothing
 * leaves the sink for want of being listed until a new list is complete.
 */
export class Reflector {
  readonly #settings: ReflectorSettings;
  readonly #options: ReflectorOptions;
  readonly #transform: (object: unknown) => unknown;
  readonly #pace: Pace;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  #state: ReflectorStatus['state'] = 'starting';
  #syncedAt: number | undefined;
  #contactAt: number | undefined;
  #objects: number | undefined;
  #restarts = 0;
  #lastError: string | undefined;
  #forbidden = false;
  #restUntil = Number.NEGATIVE_INFINITY;
  #nap = new AbortController();

  /** Where the watch goes on; undefined where only a list helps. */
  #version: string | undefined;
  #absence: 'no' | 'suspected' | 'known' = 'no';

  constructor(settings: ReflectorSettings) {
    this.#settings = settings;
    this.#options = { ...defaultReflectorOptions, ...settings.options };
    this.#pace = new Pace(this.#options);
    this.#transform = settings.transform ?? withoutManagedFields;
  }

  /** Begins; does nothing the second time, and nothing after `stop`. */
  start(): void {
    if (!this.#stop.signal.aborted) this.#running ??= this.#run();
  }

  /** Ends for good. Once it resolves, the sink is not called any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#state = 'stopped';
  }

  /**
   * Something shows that the API server is there: what is waited for because it was not, is tried now. A pause that the
   * API server has asked for is kept for a second: one that stops asks everybody for five, and may be back before.
   */
  wake(): void {
    if (this.#options.clock.now() >= this.#restUntil) this.#nap.abort();
  }

  /** The sink has held everything, and nothing brings it what has happened since. */
  get isBehind(): boolean {
    return this.#syncedAt !== undefined && (this.#state === 'waiting' || this.#state === 'listing');
  }

  status(): ReflectorStatus {
    const silence = this.#contactAt === undefined ? undefined : this.#options.clock.now() - this.#contactAt;
    return {
      state: this.#state,
      synced: this.#syncedAt !== undefined,
      ...(this.#syncedAt !== undefined && { syncedAt: this.#syncedAt }),
      ...(this.#contactAt !== undefined && { lastContactAt: this.#contactAt }),
      ...(silence !== undefined && { staleness: Math.max(0, silence / 1000) }),
      ...(this.#objects !== undefined && { objects: this.#objects }),
      restarts: this.#restarts,
      ...(this.#forbidden && { forbidden: true }),
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const delay = await this.#next();
      if (delay <= 0 || signal.aborted) continue;
      if (this.#state !== 'absent') this.#state = 'waiting';
      this.#nap = new AbortController();
      await pause(this.#options.clock, delay, AbortSignal.any([signal, this.#nap.signal]));
    }
  }

  async #next(): Promise<Delay> {
    try {
      return this.#version === undefined ? await this.#list() : await this.#watch(this.#version);
    } catch (thrown) {
      return this.#failed(`Unexpected: ${reasonOf(thrown)}`, true);
    }
  }

  async #list(): Promise<Delay> {
    const { connection, resource } = this.#settings;
    const { pageSize, listSilence: silence, clock } = this.#options;
    const { signal } = this.#stop;
    if (this.#state !== 'absent') this.#state = 'listing';
    this.#pace.listBegins();
    const listing = this.#settings.sink.list();
    const take = (object: unknown) => {
      // Once stopped, a reflector calls its sink no more: another one may be at work there.
      if (!signal.aborted) listing.take(this.#transform(object));
    };
    const end = await listAll({ connection, resource, take, pageSize, silence, clock, signal });
    return signal.aborted ? 0 : this.#afterList(end, listing);
  }

  #afterList(end: ListEnd, listing: Listing): Delay {
    switch (end.kind) {
      case 'listed':
        return this.#completed(end, listing);
      case 'absent':
        return this.#missing(end.message);
      case 'sink-error':
        return this.#sinkFailed(end.thrown);
      case 'expired':
        return this.#failed(end.message, true);
      case 'failed':
        return this.#failed(end.message, true, end.retryAfter, end.forbidden);
    }
  }

  #completed({ objects, version, pages }: Listed, listing: Listing): Delay {
    try {
      listing.complete();
    } catch (thrown) {
      return this.#sinkFailed(thrown);
    }
    const now = this.#options.clock.now();
    this.#objects = objects;
    this.#syncedAt = now;
    this.#contactAt = now;
    this.#pace.confirmed();
    this.#version = version;
    this.#succeeded();
    if (this.#absence === 'known') this.#pace.startOver();
    this.#absence = 'no';
    this.#tell({ kind: 'listed', objects, pages, took: this.#pace.sinceList });
    return 0;
  }

  /** The resource is not served: there are no objects of it. Where there were some, that is only believed twice. */
  #missing(message: string): Delay {
    if (this.#absence === 'no' && (this.#objects ?? 0) > 0) {
      this.#absence = 'suspected';
      return this.#failed(message, true);
    }
    const now = this.#options.clock.now();
    if (this.#absence !== 'known') {
      try {
        this.#settings.sink.list().complete();
      } catch (thrown) {
        return this.#sinkFailed(thrown);
      }
      this.#absence = 'known';
      this.#objects = 0;
      this.#syncedAt = now;
      this.#tell({ kind: 'absent', message });
    }
    this.#contactAt = now;
    this.#succeeded();
    this.#state = 'absent';
    return this.#pace.afterFailure();
  }

  async #watch(version: string): Promise<Delay> {
    const { connection, resource } = this.#settings;
    const { watchSeconds, watchSilence, clock, random } = this.#options;
    const { signal } = this.#stop;
    const seconds = Math.round(watchSeconds.min + random() * (watchSeconds.max - watchSeconds.min));
    const beganAt = clock.now();
    const end = await watchOnce({
      connection,
      resource,
      version,
      seconds,
      silence: seconds * 1000 + watchSilence,
      clock,
      signal,
      opened: () => {
        this.#state = 'watching';
        this.#succeeded();
        this.#tell({ kind: 'watching', version });
      },
      heard: () => {
        this.#contactAt = clock.now();
      },
      event: (event) => this.#take(event),
    });
    return signal.aborted ? 0 : this.#afterWatch(end, beganAt);
  }

  #take(event: Exclude<WatchEvent, { type: 'error' }>): void {
    const { sink } = this.#settings;
    const objects = this.#objects ?? 0;
    if (event.type === 'removed') {
      sink.remove(this.#transform(event.object));
      this.#objects = Math.max(0, objects - 1);
    } else if (event.type !== 'bookmark') {
      sink.upsert(this.#transform(event.object));
      this.#objects = event.type === 'added' ? objects + 1 : objects;
    }
    this.#version = event.version;
    this.#pace.confirmed();
  }

  #afterWatch(end: WatchEnd, beganAt: number): Delay {
    this.#pace.watchEnds(beganAt);
    this.#state = 'waiting';
    switch (end.kind) {
      case 'ended':
        if (!this.#pace.unconfirmed) return this.#pace.afterWatch(beganAt);
        return this.#expired(`Not even a bookmark came for ${this.#options.unconfirmedLimit / 1000} s`);
      case 'expired':
        return this.#expired(end.message);
      case 'absent':
        return this.#failed(end.message, true);
      case 'failed':
        return this.#failed(end.message, end.relist || this.#pace.unconfirmed, end.retryAfter, end.forbidden);
      case 'sink-error':
        return this.#sinkFailed(end.thrown);
    }
  }

  #succeeded(): void {
    this.#lastError = undefined;
    this.#forbidden = false;
  }

  #expired(message: string): Delay {
    this.#version = undefined;
    this.#tell({ kind: 'expired', message });
    return this.#pace.afterExpiry();
  }

  #failed(message: string, relist: boolean, retryAfter: Delay = 0, forbidden = false): Delay {
    this.#forbidden = forbidden;
    const retryIn = Math.max(this.#trouble(message, relist), retryAfter);
    this.#restUntil = this.#options.clock.now() + Math.min(retryAfter, longestRest);
    this.#tell({ kind: 'failed', message, retryIn });
    return retryIn;
  }

  #sinkFailed(thrown: unknown): Delay {
    const message = `What is known of ${resourceName(this.#settings.resource)} could not be updated: ${reasonOf(thrown)}`;
    const retryIn = this.#trouble(message, true);
    this.#tell({ kind: 'sink-error', thrown, message, retryIn });
    return retryIn;
  }

  #trouble(message: string, relist: boolean): Delay {
    if (relist) this.#version = undefined;
    this.#restarts += 1;
    this.#lastError = message;
    this.#state = 'waiting';
    return this.#pace.afterFailure();
  }

  #tell(event: ReflectorEvent): void {
    try {
      this.#settings.onEvent?.(event);
    } catch {
      // A log that cannot be written must not cost the objects.
    }
  }
}
