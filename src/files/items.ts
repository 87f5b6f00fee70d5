import type { FieldPath } from '../engine/json/path.ts';
import { asString, field, isAbsent, isObject, type JsonObject, typeName } from '../engine/json/read.ts';

/** One object of a document, or what stands in its place. */
export interface Item {
  /** The index in the List or sequence, counted through Lists inside it; null for a document that is one object. */
  readonly index: number | null;
  /** The way from the document to this object. */
  readonly path: FieldPath;
  readonly content: { readonly value: JsonObject } | { readonly problem: string };
}

/**
 * Takes a document apart into its objects: those of a sequence, of a `List` and of a typed list such as
 * `NetworkPolicyList`, whose entries get the apiVersion and kind that they may leave out there.
 */
export function itemsOf(document: unknown): Item[] {
  return [...collect(document, [], undefined)].map(({ path, content }, index) => ({
    index: path.length === 0 ? null : index,
    path,
    content,
  }));
}

interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
}

function* collect(
  value: unknown,
  path: FieldPath,
  lacking: Identity | undefined,
): Generator<Omit<Item, 'index'>, void> {
  // The document itself may be a list of objects; a list inside a list is no way to write them.
  if (Array.isArray(value) && path.length === 0) {
    for (const [at, entry] of value.entries()) yield* collect(entry, [at], undefined);
    return;
  }
  if (!isObject(value)) {
    yield { path, content: { problem: notAnObject(value, path.at(-1)) } };
    return;
  }
  const kind = asString(field(value, 'kind')) ?? '';
  const entries = field(value, 'items');
  if (kind.endsWith('List') && Array.isArray(entries)) {
    const identity = identityOfEntries(value, kind);
    for (const [at, entry] of entries.entries()) yield* collect(entry, [...path, 'items', at], identity);
  } else if (kind === 'List' && !isAbsent(entries)) {
    const problem = `the field "items" of this List must be a list, and is ${article(entries)}`;
    yield { path, content: { problem } };
  } else yield { path, content: { value: complete(value, lacking) } };
}

/** What the entries of a typed list are; undefined for a plain List, whose entries say it themselves. */
function identityOfEntries(list: JsonObject, kind: string): Identity | undefined {
  const apiVersion = asString(field(list, 'apiVersion'));
  return kind === 'List' || apiVersion === undefined ? undefined : { apiVersion, kind: kind.slice(0, -'List'.length) };
}

function complete(object: JsonObject, lacking: Identity | undefined): JsonObject {
  if (lacking === undefined) return object;
  const missing: { apiVersion?: string; kind?: string } = {};
  if (!field(object, 'apiVersion')) missing.apiVersion = lacking.apiVersion;
  if (!field(object, 'kind')) missing.kind = lacking.kind;
  return { ...missing, ...Object.fromEntries(Object.entries(object).filter(([key]) => !Object.hasOwn(missing, key))) };
}

function notAnObject(value: unknown, index: string | number | undefined): string {
  const where = index === undefined ? 'this document' : `entry ${index} of this list`;
  return value === null ? `${where} is empty` : `${where} is ${article(value)}, not an object`;
}

function article(value: unknown): string {
  const type = typeName(value);
  return type === 'null' || type === 'nothing' ? type : `${type === 'object' ? 'an' : 'a'} ${type}`;
}
