import { asString, dig, field, isObject } from '../engine/json/read.ts';

/** One line of a watch stream. */
export type WatchEvent =
  | { readonly type: 'added' | 'changed' | 'removed'; readonly object: unknown; readonly version: string }
  /** Nothing happened up to this version. */
  | { readonly type: 'bookmark'; readonly version: string }
  /** `object` is a Status. Nothing comes after it. */
  | { readonly type: 'error'; readonly object: unknown };

/** Reads a line; undefined for what is not a watch event. An event without a version is none: it leads nowhere. */
export function parseWatchEvent(line: string): WatchEvent | undefined {
  const event = parsed(line);
  const object = field(event, 'object');
  if (!isObject(object)) return undefined;
  const type = field(event, 'type');
  if (type === 'ERROR') return { type: 'error', object };
  const version = asString(dig(object, 'metadata', 'resourceVersion'));
  if (version === undefined || version === '') return undefined;
  if (type === 'ADDED') return { type: 'added', object, version };
  if (type === 'MODIFIED') return { type: 'changed', object, version };
  if (type === 'DELETED') return { type: 'removed', object, version };
  return type === 'BOOKMARK' ? { type: 'bookmark', version } : undefined;
}

/**
 * Whether version `next` lies before `last`. Versions are numbers that only grow, except after a restore from a backup;
 * what is not a number (some aggregated API servers) is not compared.
 */
export function goesBack(last: string, next: string): boolean {
  const number = /^[1-9][0-9]{0,30}$/;
  return number.test(last) && number.test(next) && BigInt(next) < BigInt(last);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
