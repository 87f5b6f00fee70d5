import type { Clock } from './clock.ts';

/** Ends a request through which nothing has come for too long: its other end may have vanished without a word. */
export interface SilenceWatch {
  /** Aborted by silence or by the signal from outside. */
  readonly signal: AbortSignal;
  /** Whether it was the silence. */
  readonly fellSilent: boolean;
  /** Something came: the time begins anew. */
  heard(): void;
  /** The request is over. */
  end(): void;
}

/** @param limit milliseconds */
export function watchSilence(clock: Clock, limit: number, outer: AbortSignal): SilenceWatch {
  const controller = new AbortController();
  let fellSilent = false;
  const abort = () => controller.abort();
  const bark = () => {
    fellSilent = true;
    abort();
  };
  let callOff = clock.after(limit, bark);
  if (outer.aborted) abort();
  outer.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    get fellSilent() {
      return fellSilent;
    },
    heard() {
      callOff();
      if (!controller.signal.aborted) callOff = clock.after(limit, bark);
    },
    end() {
      callOff();
      outer.removeEventListener('abort', abort);
    },
  };
}
