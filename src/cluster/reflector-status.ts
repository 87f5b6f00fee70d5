/** What a reflector is doing and how fresh what it gave is. Times are milliseconds since 1970. */
export interface ReflectorStatus {
  /** `absent`: the API server does not serve the resource; it is asked again and again. */
  readonly state: 'starting' | 'listing' | 'watching' | 'waiting' | 'absent' | 'stopped';
  /** Whether the sink has held everything once. It stays true; how fresh that is, `lastContactAt` tells. */
  readonly synced: boolean;
  /** When the sink was last given everything anew. */
  readonly syncedAt?: number;
  /**
   * When the sink was last known to be true: the last byte of a watch (of a quiet resource, an API server sends a
   * bookmark every minute or two), the last complete list, or the last word that there is no such resource. An error is
   * no contact, nor is a watch that was taken on but brings nothing.
   */
  readonly lastContactAt?: number;
  /** Seconds since then. */
  readonly staleness?: number;
  /** Left out before the first list. */
  readonly objects?: number;
  /** How often a list or a watch had to be begun again because something went wrong. */
  readonly restarts: number;
  /** There where the last request was refused for want of a right. */
  readonly forbidden?: true;
  /** Why the last request failed, in one sentence; left out once one succeeds. */
  readonly lastError?: string;
}

/** What happens, for log and metrics. Times are milliseconds. */
export type ReflectorEvent =
  | { readonly kind: 'listed'; readonly objects: number; readonly pages: number; readonly took: number }
  | { readonly kind: 'watching'; readonly version: string }
  /** The version is no longer known to the server; a new list follows. */
  | { readonly kind: 'expired'; readonly message: string }
  | { readonly kind: 'absent'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string; readonly retryIn: number }
  /** The sink or the transform threw; a new list follows. */
  | { readonly kind: 'sink-error'; readonly thrown: unknown; readonly message: string; readonly retryIn: number };
