import { isObject } from '../engine/json/read.ts';

/**
 * The object without `metadata.managedFields`, which nobody here reads and which is a third of a typical object. A copy
 * rather than a deletion: V8 keeps an object that a property was deleted from in a larger form.
 */
export function withoutManagedFields(object: unknown): unknown {
  if (!isObject(object) || !isObject(object['metadata'])) return object;
  const { managedFields, ...metadata } = object['metadata'];
  return managedFields === undefined ? object : { ...object, metadata };
}
