import { setImmediate } from 'node:timers/promises';
import { asList, asString, dig, field, isObject } from '../engine/json/read.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { readJson } from './json-answer.ts';
import { reasonOf } from './reason.ts';
import { type Refusal, refusalOfAnswer } from './refusal.ts';
import { type ClusterResource, resourceName, resourcePath } from './resource.ts';
import { watchSilence } from './silence.ts';

export interface ListRequest {
  readonly connection: Pick<Connection, 'get'>;
  readonly resource: ClusterResource;
  /** Called for each object as soon as its page is read, so that no page outlives the next. */
  readonly take: (object: unknown) => void;
  /** Objects a page. */
  readonly pageSize: number;
  /** Milliseconds without a byte after which an answer is given up. */
  readonly silence: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** All objects of one moment were taken. */
export interface Listed {
  readonly kind: 'listed';
  readonly objects: number;
  /** The moment: a watch goes on from here. */
  readonly version: string;
  readonly pages: number;
}

export type ListEnd = Listed | Refusal | { readonly kind: 'sink-error'; readonly thrown: unknown };

interface Page {
  readonly kind: 'page';
  readonly items: readonly unknown[];
  readonly version: string;
  readonly next: string;
  readonly type: { readonly apiVersion?: string; readonly kind?: string };
}

/**
 * Lists page by page. It asks without a version: that is answered with what is true now, and a list "from any version"
 * would come in one piece whatever the limit. Never rejects.
 */
export async function listAll(request: ListRequest): Promise<ListEnd> {
  let objects = 0;
  let next = '';
  for (let pages = 1; ; pages += 1) {
    const page = await readPage(request, next);
    if (page.kind !== 'page') return page;
    try {
      for (const item of page.items) request.take(withType(item, page.type));
    } catch (thrown) {
      return { kind: 'sink-error', thrown };
    }
    objects += page.items.length;
    if (page.next === '') return { kind: 'listed', objects, version: page.version, pages };
    if (page.next === next) return broken(request, 'the pages go round in a circle');
    next = page.next;
    // Others wait for their turn: a page of 500 objects takes some 10 ms.
    await setImmediate();
  }
}

async function readPage(request: ListRequest, next: string): Promise<Page | Refusal> {
  const { connection, resource, pageSize, silence, clock } = request;
  const token = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
  const watcher = watchSilence(clock, silence, request.signal);
  try {
    const answer = await connection.get(`${resourcePath(resource)}?limit=${pageSize}${token}`, {
      signal: watcher.signal,
    });
    const body = await readJson(answer.body, watcher.heard);
    if (answer.status !== 200) return refusalOfAnswer('list', resource, { ...answer, body });
    return pageOf(body) ?? broken(request, 'the answer is not a list');
  } catch (thrown) {
    return broken(request, watcher.fellSilent ? `nothing came for ${silence / 1000} s` : reasonOf(thrown));
  } finally {
    watcher.end();
  }
}

function pageOf(body: unknown): Page | undefined {
  const metadata = field(body, 'metadata');
  const version = asString(field(metadata, 'resourceVersion'));
  const raw = field(body, 'items');
  // An empty list of Go is null; where the field is missing, this is no list but something else.
  const items = raw === null ? [] : asList(raw);
  if (items === undefined || version === undefined || version === '') return undefined;
  const apiVersion = asString(field(body, 'apiVersion'));
  const kind = asString(field(body, 'kind'));
  const next = asString(field(metadata, 'continue')) ?? '';
  const type = {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind?.endsWith('List') === true && { kind: kind.slice(0, -'List'.length) }),
  };
  return { kind: 'page', items, version, next, type };
}

/** The API server leaves kind and apiVersion out of listed objects of its own kinds, but not out of watched ones. */
function withType(item: unknown, type: Page['type']): unknown {
  return isObject(item) && asString(dig(item, 'kind')) === undefined ? { ...type, ...item } : item;
}

function broken({ resource }: ListRequest, why: string): Refusal {
  return { kind: 'failed', message: `Could not list ${resourceName(resource)}: ${why}`, relist: true, retryAfter: 0 };
}
