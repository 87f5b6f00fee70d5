/** Each value once, ascending by code unit. */
export function sorted(values: readonly string[]): readonly string[] {
  if (values.length < 2) return values;
  return [...new Set(values)].sort();
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
