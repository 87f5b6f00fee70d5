/** Both ends included. */
export type Interval = readonly [first: number, last: number];

/**
 * A set of small integers, such as ports, as ascending, disjoint, maximally merged intervals. Canonical: equal sets are
 * equal values.
 */
export type Intervals = readonly Interval[];

export const noIntervals: Intervals = [];

/** The integers from `first` to `last`; none where `first` is the greater. */
export function interval(first: number, last: number): Intervals {
  return first <= last ? [[first, last]] : noIntervals;
}

/** The integers that any of the pairs holds. They may overlap, touch and stand in any order; a reversed pair holds none. */
export function intervalsOf(pairs: readonly Interval[]): Intervals {
  const merged: [number, number][] = [];
  for (const [first, last] of pairs.filter((pair) => pair[0] <= pair[1]).sort((a, b) => a[0] - b[0])) {
    const previous = merged.at(-1);
    if (previous === undefined || first > previous[1] + 1) merged.push([first, last]);
    else if (last > previous[1]) previous[1] = last;
  }
  return merged;
}

export function unionIntervals(a: Intervals, b: Intervals): Intervals {
  if (a === b || b.length === 0 || containsIntervals(a, b)) return a;
  if (a.length === 0 || containsIntervals(b, a)) return b;
  return intervalsOf([...a, ...b]);
}

export function intersectIntervals(a: Intervals, b: Intervals): Intervals {
  if (a === b) return a;
  const found: Interval[] = [];
  let i = 0;
  let j = 0;
  for (let x = a[0], y = b[0]; x !== undefined && y !== undefined; x = a[i], y = b[j]) {
    const first = Math.max(x[0], y[0]);
    const last = Math.min(x[1], y[1]);
    if (first <= last) found.push([first, last]);
    if (x[1] <= y[1]) i += 1;
    else j += 1;
  }
  return found;
}

/** The integers of `a` that are not in `b`. */
export function subtractIntervals(a: Intervals, b: Intervals): Intervals {
  if (a === b || a.length === 0) return noIntervals;
  if (b.length === 0) return a;
  const left: Interval[] = [];
  let j = 0;
  for (const [first, last] of a) {
    let next = first;
    for (let hole = b[j]; hole !== undefined && hole[0] <= last; hole = b[j]) {
      if (hole[0] > next) left.push([next, hole[0] - 1]);
      if (hole[1] >= next) next = hole[1] + 1;
      // This hole may reach into the next interval of `a`.
      if (hole[1] > last) break;
      j += 1;
    }
    if (next <= last) left.push([next, last]);
  }
  return left;
}

/** Whether every integer of `b` is in `a`. */
export function containsIntervals(a: Intervals, b: Intervals): boolean {
  if (a === b) return true;
  let i = 0;
  for (const [first, last] of b) {
    let outer = a[i];
    while (outer !== undefined && outer[1] < first) {
      i += 1;
      outer = a[i];
    }
    if (outer === undefined || outer[0] > first || outer[1] < last) return false;
  }
  return true;
}

export function equalIntervals(a: Intervals, b: Intervals): boolean {
  return a === b || (a.length === b.length && a.every((x, i) => x[0] === b[i]?.[0] && x[1] === b[i]?.[1]));
}

export function hasInteger(set: Intervals, value: number): boolean {
  return set.some(([first, last]) => first <= value && value <= last);
}

/** How many integers the set has. */
export function countIntervals(set: Intervals): number {
  return set.reduce((count, [first, last]) => count + last - first + 1, 0);
}

/** Equal exactly for equal sets: `80,8000-8010`. */
export function intervalsKey(set: Intervals): string {
  return set.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join();
}
