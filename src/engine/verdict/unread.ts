import { resourceOf } from '../dialects/resources.ts';
import { field, isObject, sameJson } from '../json/read.ts';
import type { Change } from '../model/change.ts';
import { groupKind, isBeingDeleted, labelsOf } from '../model/object.ts';
import type { World } from '../model/world.ts';

/**
 * Changes that always pass: nothing that anybody enforces is different, or the object is on its way out already.
 * To refuse one of these would keep finalizers, and so whole namespaces, from ever going.
 */
export function alwaysPasses(one: { readonly change: Change; readonly before: World; readonly after: World }): boolean {
  const { change } = one;
  if (change.oldObject !== undefined && isBeingDeleted(change.oldObject)) return true;
  // The commonest of all requests, and the cheapest to see: something applies what is there already.
  if (change.operation === 'UPDATE' && !differsWhereRead(change)) return true;
  return change.ref.namespace !== undefined && isGoing(change.ref.namespace, one.before, one.after);
}

/** Whether a namespace is on its way out, or goes at the same time. */
function isGoing(name: string, before: World, after: World): boolean {
  const namespace = before.namespace(name);
  return namespace !== undefined && (namespace.terminating || after.namespace(name) === undefined);
}

/** Of a namespace its labels are read; of anything else all but its apiVersion, status and most of its metadata. */
function differsWhereRead(change: Change): boolean {
  if (groupKind(change.ref) === 'Namespace') {
    return !sameJson(Object.fromEntries(labelsOf(change.object)), Object.fromEntries(labelsOf(change.oldObject)));
  }
  const keys = new Set([...keysOf(change.object), ...keysOf(change.oldObject)]);
  for (const unread of ['metadata', 'apiVersion', 'kind', 'status']) keys.delete(unread);
  for (const key of keys) if (!sameJson(field(change.object, key), field(change.oldObject, key))) return true;
  const read = resourceOf(change.ref)?.readMetadata;
  return read !== undefined && !sameJson(read(change.object), read(change.oldObject));
}

function keysOf(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value) : [];
}
