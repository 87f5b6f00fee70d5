import type { BackoffRange } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { ReflectorEvent } from './reflector-status.ts';
import type { ClusterResource } from './resource.ts';

/** Where the objects go, each as the transform made it. */
export interface Sink {
  /** A list begins. Of one that never comes to its end there is no more to hear. */
  list(): Listing;
  /** Created or changed. */
  upsert(object: unknown): void;
  /** Deleted; the object in its last state. */
  remove(object: unknown): void;
}

/** A list on its way into a sink, page by page: a large one is never held whole beside what the sink keeps of it. */
export interface Listing {
  /** As of now this object is so. */
  take(object: unknown): void;
  /** Those taken are all there are; whatever else was there before is gone. */
  complete(): void;
}

export interface ReflectorSettings {
  readonly connection: Pick<Connection, 'get'>;
  readonly resource: ClusterResource;
  readonly sink: Sink;
  /** What to keep of an object; by default all but `metadata.managedFields`. */
  readonly transform?: (object: unknown) => unknown;
  readonly options?: Partial<ReflectorOptions>;
  readonly onEvent?: (event: ReflectorEvent) => void;
}

/** How patient a reflector is. Times are milliseconds unless they say seconds. */
export interface ReflectorOptions {
  /** Objects a page of a list. */
  readonly pageSize: number;
  /** How long a watch is asked to last: any time between these, so that watches do not all end together. */
  readonly watchSeconds: { readonly min: number; readonly max: number };
  /** Without a byte for this long, a list is given up. */
  readonly listSilence: number;
  /** Without a byte for this long beyond the seconds it was asked to last, a watch is given up. */
  readonly watchSilence: number;
  readonly backoff: BackoffRange;
  /** Two watches in a row begin at least this far apart, and so do two lists with a watch between them. */
  readonly spacing: number;
  /** What lasted this long shows that all is well again: the back-off starts over. */
  readonly steadyAfter: number;
  /**
   * A watch is taken up again from a version for this long after the last list, event or bookmark; then a new list is
   * made. An API server whose data was restored from a backup takes a watch from a version it has not reached yet, and
   * is silent until it has. History is kept for five minutes by default, so little is lost by it.
   */
  readonly unconfirmedLimit: number;
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
}

export const defaultReflectorOptions: ReflectorOptions = {
  pageSize: 500,
  watchSeconds: { min: 240, max: 480 },
  listSilence: 60_000,
  watchSilence: 30_000,
  backoff: { first: 500, most: 30_000 },
  spacing: 1_000,
  steadyAfter: 5_000,
  unconfirmedLimit: 300_000,
  clock: systemClock,
  random: Math.random,
};
