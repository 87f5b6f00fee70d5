/** What may be held in memory at once. A body that does not say its size counts as the largest. */
export interface InFlightLimits {
  readonly requests: number;
  readonly bytes: number;
}

/**
 * Enough for the bursts of a deployer that sends everything at once, and, since judging is synchronous and so only one
 * body is ever parsed at a time, still small in a container of 256 MiB.
 */
export const usualInFlightLimits: InFlightLimits = { requests: 256, bytes: 64 * 1024 * 1024 };

/** Counts the requests being answered. */
export class InFlight {
  readonly #limits: InFlightLimits;
  readonly #largest: number;
  #requests = 0;
  #bytes = 0;

  /** @param largest the bytes of the largest body that is read at all */
  constructor(limits: InFlightLimits, largest: number) {
    this.#limits = limits;
    this.#largest = largest;
  }

  get requests(): number {
    return this.#requests;
  }

  /**
   * Lets a request in and gives the function that lets it out again, or undefined where there is no room. A request
   * that is alone always has room.
   */
  enter(contentLength: string | undefined): (() => void) | undefined {
    const said = contentLength === undefined ? Number.NaN : Number(contentLength);
    const size = Number.isFinite(said) ? Math.min(said, this.#largest) : this.#largest;
    const full = this.#requests >= this.#limits.requests || this.#bytes + size > this.#limits.bytes;
    if (full && this.#requests > 0) return undefined;
    this.#requests += 1;
    this.#bytes += size;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#requests -= 1;
      this.#bytes -= size;
    };
  }
}
