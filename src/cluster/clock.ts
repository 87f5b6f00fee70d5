/** Time as the reflector sees it, so that tests can let it run faster. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once after `milliseconds`. The function given back calls it off. */
  after(milliseconds: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  // Counted from the start of the process: a clock that is put right, by an hour or a day, makes nothing old or young.
  now: () => performance.timeOrigin + performance.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `milliseconds`, or at once when `signal` is aborted; never rejects. */
export function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted || milliseconds <= 0) return done();
    const wake = () => {
      callOff();
      signal.removeEventListener('abort', wake);
      done();
    };
    const callOff = clock.after(milliseconds, wake);
    signal.addEventListener('abort', wake);
  });
}
