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
  if (hasAnother(change.object, change.oldObject) || hasAnother(change.oldObject, change.object)) return true;
  const read = resourceOf(change.ref)?.readMetadata;
  return read !== undefined && !sameJson(read(change.object), read(change.oldObject));
}

const unread: ReadonlySet<string> = new Set(['metadata', 'apiVersion', 'kind', 'status']);

/** Whether a field of the object that is read is another one in `other`, or missing there. */
function hasAnother(object: unknown, other: unknown): boolean {
  if (!isObject(object)) return false;
  for (const key of Object.keys(object)) {
    if (!unread.has(key) && !sameJson(object[key], field(other, key))) return true;
  }
  return false;
}
