import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { RunningServer } from './server.ts';

export interface DrainOptions {
  /**
   * How long to go on serving after readiness has failed. The default, 10 s, is what the proxies of a cluster usually
   * need to hear that an endpoint is going; with the grace after it, it stays under the 30 s that the kubelet gives.
   */
  readonly drainSeconds?: number;
  /** How long requests that are still here then have, before their connections are cut; 10 s, as long as one may take. */
  readonly graceSeconds?: number;
  /** Aborted by a second signal: everything still open is cut at once. */
  readonly hurry?: AbortSignal;
  readonly log?: Logger;
}

const usualDrainSeconds = 10;
const usualGraceSeconds = 10;

/** Stops a server without losing a request. Resolves when it is stopped; never rejects. */
export async function drain(server: RunningServer, options: DrainOptions = {}): Promise<void> {
  const { drainSeconds = usualDrainSeconds, graceSeconds = usualGraceSeconds, hurry, log } = options;
  server.beginDrain();
  log?.info({ drain_seconds: drainSeconds }, 'draining: not ready any more, still serving');
  await waited(drainSeconds, hurry);

  let ended = false;
  const stopped = server.stopListening().then(() => {
    ended = true;
  });
  // A connection that was busy at the last look and has become idle since would keep its keep-alive time otherwise.
  const sweep = setInterval(() => server.closeIdleConnections(), 100);
  const graceOver = new AbortController();
  const grace = waited(graceSeconds, anySignal(hurry, graceOver.signal));
  await Promise.race([stopped, grace]);
  clearInterval(sweep);
  graceOver.abort();
  if (!ended) log?.warn('some connections were still busy and have been cut');
  await server.close();
  log?.info('stopped');
}

function anySignal(hurry: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return hurry === undefined ? other : AbortSignal.any([hurry, other]);
}

async function waited(seconds: number, cut: AbortSignal | undefined): Promise<void> {
  await pause(seconds * 1000, undefined, cut === undefined ? {} : { signal: cut }).catch(() => undefined);
}
