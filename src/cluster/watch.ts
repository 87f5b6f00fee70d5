import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { readJson } from './json-answer.ts';
import { readLines, UnreadableStream } from './lines.ts';
import { reasonOf } from './reason.ts';
import { type Refusal, refusalOfAnswer, refusalOfEvent } from './refusal.ts';
import { type ClusterResource, resourceName, resourcePath } from './resource.ts';
import { watchSilence } from './silence.ts';
import { goesBack, parseWatchEvent, type WatchEvent } from './watch-event.ts';

export interface WatchRequest {
  readonly connection: Pick<Connection, 'get'>;
  readonly resource: ClusterResource;
  /** Events after this version are wanted. */
  readonly version: string;
  /** Seconds after which the server is to end the stream. */
  readonly seconds: number;
  /** Milliseconds without a byte after which the stream is given up. */
  readonly silence: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The server took the watch on. */
  readonly opened: () => void;
  /** Something came, if only part of an event. */
  readonly heard: () => void;
  /** A whole event. What it throws ends the watch as `sink-error`. */
  readonly event: (event: Exclude<WatchEvent, { type: 'error' }>) => void;
}

export type WatchEnd =
  /** The server ended the stream as it should. */
  { readonly kind: 'ended' } | Refusal | { readonly kind: 'sink-error'; readonly thrown: unknown };

/** Watches once, until the stream ends in whatever way. Never rejects. */
export async function watchOnce(request: WatchRequest): Promise<WatchEnd> {
  const watcher = watchSilence(request.clock, request.silence, request.signal);
  try {
    const path = `${resourcePath(request.resource)}?watch=true&allowWatchBookmarks=true&${new URLSearchParams({
      resourceVersion: request.version,
      timeoutSeconds: String(request.seconds),
    })}`;
    const answer = await request.connection.get(path, { signal: watcher.signal, longLived: true });
    if (answer.status !== 200) {
      const body = await readJson(answer.body, watcher.heard);
      return refusalOfAnswer('watch', request.resource, { ...answer, body });
    }
    request.opened();
    return await follow(request, heardPieces(answer.body, watcher.heard, request.heard));
  } catch (thrown) {
    const why = watcher.fellSilent ? `nothing came for ${request.silence / 1000} s` : reasonOf(thrown);
    return failed(request, why, thrown instanceof UnreadableStream);
  } finally {
    watcher.end();
  }
}

async function follow(request: WatchRequest, pieces: AsyncIterable<Uint8Array>): Promise<WatchEnd> {
  let { version } = request;
  for await (const line of readLines(pieces)) {
    if (request.signal.aborted) break;
    const event = parseWatchEvent(line);
    if (event === undefined) return failed(request, 'the stream holds something that is no watch event', true);
    if (event.type === 'error') return refusalOfEvent(request.resource, event.object);
    if (event.type === 'bookmark' && goesBack(version, event.version)) {
      const name = resourceName(request.resource);
      return { kind: 'expired', message: `The versions of ${name} went back from ${version} to ${event.version}` };
    }
    version = event.version;
    try {
      request.event(event);
    } catch (thrown) {
      return { kind: 'sink-error', thrown };
    }
  }
  return { kind: 'ended' };
}

async function* heardPieces(
  body: AsyncIterable<Uint8Array>,
  ...listeners: readonly (() => void)[]
): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    for (const listener of listeners) listener();
    yield piece;
  }
}

/** @param relist whether the place in the stream is lost, so that the watch cannot simply be taken up again */
function failed({ resource }: WatchRequest, why: string, relist: boolean): Refusal {
  return { kind: 'failed', message: `The watch of ${resourceName(resource)} broke off: ${why}`, relist, retryAfter: 0 };
}
