/**
 * Safe readers over `unknown`. Objects of the cluster are never trusted to have their type's shape: a value of the
 * wrong type is an answer (`undefined`), never a throw. Only own properties are read, so a key such as `__proto__` or
 * `constructor` in the input is data like any other.
 */
export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The own property `key` of `value`, or undefined where `value` is not an object or has no such property. */
export function field(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Follows field names from `value`; undefined as soon as one is missing. */
export function dig(value: unknown, ...keys: readonly string[]): unknown {
  let current = value;
  for (const key of keys) current = field(current, key);
  return current;
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function asInteger(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

/** The list itself, or undefined where it is not one. Null counts as absent, as the API server reads it. */
export function asList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** Null and undefined are the same to the API server: the field is absent. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** The string entries of an object, as labels and annotations are; entries of another type are left out. */
export function stringMap(value: unknown): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  if (!isObject(value)) return map;
  for (const [key, entry] of Object.entries(value)) if (typeof entry === 'string') map.set(key, entry);
  return map;
}

/** What a reader would call the type of a JSON value, for messages. */
export function typeName(value: unknown): 'null' | 'list' | 'object' | 'string' | 'number' | 'boolean' | 'nothing' {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'object';
}

/** Whether two JSON values are the same, whatever the order of their keys. Iterative: depth costs no stack. */
export function sameJson(left: unknown, right: unknown): boolean {
  const work: [unknown, unknown][] = [[left, right]];
  for (let pair = work.pop(); pair !== undefined; pair = work.pop()) {
    const [a, b] = pair;
    if (a === b) continue;
    if (Array.isArray(a) && Array.isArray(b)) {
      if (a.length !== b.length) return false;
      for (let i = 0; i < a.length; i += 1) work.push([a[i], b[i]]);
    } else if (isObject(a) && isObject(b)) {
      const keys = Object.keys(a);
      if (keys.length !== Object.keys(b).length) return false;
      for (const key of keys) {
        if (!Object.hasOwn(b, key)) return false;
        work.push([a[key], b[key]]);
      }
    } else return false;
  }
  return true;
}
