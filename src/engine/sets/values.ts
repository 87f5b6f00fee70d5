/**
 * A set of label values: some, or all but some. The values are sorted and stand once, so equal sets are equal values.
 * Label values are bounded in length, yet there are so many that no list of them is ever all.
 *
 * A tagged union, so that sets given by a pattern can join as a further kind: nothing outside this file looks into one.
 */
export type ValueSet =
  | { readonly kind: 'only'; readonly values: readonly string[] }
  | { readonly kind: 'except'; readonly values: readonly string[] };

export const noValues: ValueSet = { kind: 'only', values: [] };
export const everyValue: ValueSet = { kind: 'except', values: [] };

export function onlyValues(values: readonly string[]): ValueSet {
  return { kind: 'only', values: sorted(values) };
}

export function valuesExcept(values: readonly string[]): ValueSet {
  return { kind: 'except', values: sorted(values) };
}

export function isNoValue(set: ValueSet): boolean {
  return set.kind === 'only' && set.values.length === 0;
}

export function isEveryValue(set: ValueSet): boolean {
  return set.kind === 'except' && set.values.length === 0;
}

export function hasValue(set: ValueSet, value: string): boolean {
  return listed(set.values, value) === (set.kind === 'only');
}

export function intersectValues(a: ValueSet, b: ValueSet): ValueSet {
  if (a.kind === 'only') return { kind: 'only', values: a.values.filter((value) => hasValue(b, value)) };
  if (b.kind === 'only') return { kind: 'only', values: b.values.filter((value) => hasValue(a, value)) };
  return valuesExcept([...a.values, ...b.values]);
}

export function subtractValues(a: ValueSet, b: ValueSet): ValueSet {
  return intersectValues(a, complementValues(b));
}

/** Whether every value of `inner` is in `outer`. */
export function containsValues(outer: ValueSet, inner: ValueSet): boolean {
  if (outer.kind === 'except') return outer.values.every((value) => !hasValue(inner, value));
  return inner.kind === 'only' && inner.values.every((value) => hasValue(outer, value));
}

/** A value of the set; of an endless one, the first of `v`, `v0`, `v1`, ... that is not left out. */
export function someValue(set: ValueSet): string | undefined {
  if (set.kind === 'only') return set.values[0];
  for (let n = -1; ; n += 1) {
    const value = n < 0 ? 'v' : `v${n}`;
    if (hasValue(set, value)) return value;
  }
}

/** Equal exactly for equal sets, whatever text comes behind it. */
export function valuesKey(set: ValueSet): string {
  let text = `${set.kind === 'only' ? '+' : '-'}${set.values.length}`;
  for (const value of set.values) text += `,${value.length}:${value}`;
  return text;
}

export function complementValues(set: ValueSet): ValueSet {
  return { kind: set.kind === 'only' ? 'except' : 'only', values: set.values };
}

export function unionValues(a: ValueSet, b: ValueSet): ValueSet {
  return complementValues(intersectValues(complementValues(a), complementValues(b)));
}

export function overlapValues(a: ValueSet, b: ValueSet): boolean {
  if (a.kind === 'except' && b.kind === 'except') return true;
  return !isNoValue(intersectValues(a, b));
}

export function equalValues(a: ValueSet, b: ValueSet): boolean {
  return (
    a === b ||
    (a.kind === b.kind && a.values.length === b.values.length && a.values.every((value, i) => value === b.values[i]))
  );
}

/** Whether all but finitely many values are in the set. */
export function isAlmostEveryValue(set: ValueSet): boolean {
  return set.kind === 'except';
}

function sorted(values: readonly string[]): readonly string[] {
  if (values.length < 2) return values;
  return [...new Set(values)].sort();
}

/** Binary search, by code unit as `sort` orders. */
function listed(values: readonly string[], value: string): boolean {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = values[middle];
    if (at === value) return true;
    if (at !== undefined && at < value) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** The set as a list, of its values or of those it leaves out. */
export function listedValues(set: ValueSet): { readonly except: boolean; readonly values: readonly string[] } {
  return { except: set.kind === 'except', values: set.values };
}
