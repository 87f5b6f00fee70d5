import { type Clock, pause } from './clock.ts';
import type { Reflector } from './reflector.ts';

/** Milliseconds. A request waits no longer than this for watches that are broken. */
const patience = 2_000;
/** A watch that is taken on sends at once what has happened since its version; that long it may take to arrive. */
const arrival = 150;
const interval = 25;
/** With no request for so long, the API server may have been away: whatever was hopeless before, is not any more. */
const silence = 1_000;
/** An API server that has just come back may refuse once more; it is not asked more often than this. */
const retry = 250;

/**
 * Waits, when a request has come, for watches that are broken. After a restart of the API server they are taken up again
 * some seconds later, so as not to hurry; until then the World is as it was, and a verdict that rests on it may be wrong.
 * But the request shows that the API server is there, so there is nothing to wait for any more.
 */
export class CatchingUp {
  readonly #reflectors: () => Iterable<Reflector>;
  readonly #clock: Clock;
  /** Were waited for in vain: not again while requests go on and they do not. How old what they know is, is judged elsewhere. */
  readonly #hopeless = new Set<Reflector>();
  readonly #never = new AbortController().signal;
  #waiting: Promise<void> | undefined;
  #lastRequest = Number.NEGATIVE_INFINITY;

  constructor(reflectors: () => Iterable<Reflector>, clock: Clock) {
    this.#reflectors = reflectors;
    this.#clock = clock;
  }

  /** Resolves when all watches have caught up, or the patience is over; undefined where there is nothing to wait for. */
  wait(): Promise<void> | undefined {
    const now = this.#clock.now();
    // One that stops ends its watches first, and asks on for a while.
    if (now - this.#lastRequest > silence) this.#hopeless.clear();
    this.#lastRequest = now;
    if (this.#waiting === undefined && this.#behind().length > 0) {
      this.#waiting = this.#wait().finally(() => {
        this.#waiting = undefined;
      });
    }
    return this.#waiting;
  }

  async #wait(): Promise<void> {
    const began = this.#clock.now();
    let asked = Number.NEGATIVE_INFINITY;
    for (let behind = this.#behind(); behind.length > 0; behind = this.#behind()) {
      const now = this.#clock.now();
      if (now - began >= patience) {
        for (const reflector of behind) this.#hopeless.add(reflector);
        this.#lastRequest = now;
        return;
      }
      if (now - asked >= retry) {
        asked = now;
        for (const reflector of behind) reflector.wake();
      }
      await pause(this.#clock, interval, this.#never);
    }
    await pause(this.#clock, arrival, this.#never);
  }

  #behind(): readonly Reflector[] {
    const behind: Reflector[] = [];
    for (const reflector of this.#reflectors()) {
      if (!reflector.isBehind) this.#hopeless.delete(reflector);
      else if (!this.#hopeless.has(reflector)) behind.push(reflector);
    }
    return behind;
  }
}
