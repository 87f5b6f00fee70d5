import { backoffDelay } from './backoff.ts';
import type { ReflectorOptions } from './reflector-settings.ts';

/** Milliseconds to wait before the next request. */
export type Delay = number;

/** When to ask again: not so soon as to harm a server in trouble, not so late as to miss its recovery. */
export class Pace {
  readonly #options: ReflectorOptions;
  #failuresInARow = 0;
  #listBeganAt = Number.NEGATIVE_INFINITY;
  #confirmedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ReflectorOptions) {
    this.#options = options;
  }

  /** The server sent a list, an event or a bookmark. */
  confirmed(): void {
    this.#confirmedAt = this.#options.clock.now();
  }

  /** Whether nothing has been heard for so long that the version is not to be trusted. */
  get unconfirmed(): boolean {
    return this.#options.clock.now() - this.#confirmedAt >= this.#options.unconfirmedLimit;
  }

  listBegins(): void {
    this.#listBeganAt = this.#options.clock.now();
  }

  /** Milliseconds since the last list began. */
  get sinceList(): number {
    return this.#options.clock.now() - this.#listBeganAt;
  }

  /** All is well: what fails next is the first failure. */
  startOver(): void {
    this.#failuresInARow = 0;
  }

  /** A watch that began then is over, in whatever way. */
  watchEnds(beganAt: number): void {
    if (this.#lasted(beganAt)) this.startOver();
  }

  afterFailure(): Delay {
    this.#failuresInARow += 1;
    return backoffDelay(this.#failuresInARow, this.#options.backoff, this.#options.random());
  }

  /** After a watch that ended as it should: at once, unless it ended too soon. */
  afterWatch(beganAt: number): Delay {
    const spacing = beganAt + this.#options.spacing - this.#options.clock.now();
    return Math.max(spacing, this.#lasted(beganAt) ? 0 : this.afterFailure());
  }

  /** After a version that was too old: of a list just made, the next one's will be so again. */
  afterExpiry(): Delay {
    const { spacing, steadyAfter } = this.#options;
    return Math.max(spacing - this.sinceList, this.sinceList < steadyAfter ? this.afterFailure() : 0);
  }

  #lasted(beganAt: number): boolean {
    return this.#options.clock.now() - beganAt >= this.#options.steadyAfter;
  }
}
