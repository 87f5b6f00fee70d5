/** Each value once, ascending by code unit. */
export function sorted(values: readonly string[]): readonly string[] {
  if (values.length < 2) return values;
  return [...new Set(values)].sort();
}

/** The values of two lists that ascend already, each once. */
export function merged(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const all: string[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const x = a[i];
    const y = b[j];
    if (x === undefined || y === undefined) return [...all, ...a.slice(i), ...b.slice(j)];
    if (x < y) {
      all.push(x);
      i += 1;
    } else {
      all.push(y);
      j += 1;
      if (x === y) i += 1;
    }
  }
}

/** Binary search, by code unit as `sort` orders. */
export function listed(values: readonly string[], value: string): boolean {
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

export function equalLists(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
