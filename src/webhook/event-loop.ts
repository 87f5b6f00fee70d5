import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Watches how late the event loop turns: judging is synchronous, so a slow verdict keeps every other one waiting. */
export interface EventLoopWatch {
  /** The longest delay, in seconds, since the last time this was asked. */
  worstSeconds(): number;
  stop(): void;
}

const resolution = 20;

export function watchEventLoop(): EventLoopWatch {
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  return {
    worstSeconds() {
      // What is recorded is the time between two turns of its timer, and so never less than the resolution.
      const worst = Math.max(0, delays.max / 1e9 - resolution / 1000);
      delays.reset();
      return worst;
    },
    stop: () => void delays.disable(),
  };
}
