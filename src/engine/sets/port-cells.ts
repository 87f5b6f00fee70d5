import {
  equalIntervals,
  type Interval,
  type Intervals,
  intersectIntervals,
  intervalsKey,
  intervalsOf,
  noIntervals,
  subtractIntervals,
  unionIntervals,
} from './intervals.ts';
import { everyPort } from './protocols.ts';

/** Every source port of one with every destination of the other. */
export interface PortCell {
  readonly destinations: Intervals;
  readonly sources: Intervals;
}

/**
 * A set of pairs of destination and source port, as cells with disjoint destinations and distinct sources, ascending by
 * destination. Canonical: equal sets are equal values. Nearly always one cell with every source port.
 */
export type PortCells = readonly PortCell[];

export const noCells: PortCells = [];

export function cellsOf(destinations: Intervals, sources: Intervals = everyPort): PortCells {
  if (destinations.length === 0 || sources.length === 0) return noCells;
  return [{ destinations, sources: canonicalSources(sources) }];
}

/** How two sets of integers make a third: of the source ports at one destination, those of the result. */
type Combine = (a: Intervals, b: Intervals) => Intervals;

export function unionCells(a: PortCells, b: PortCells): PortCells {
  return a === b || b.length === 0 ? a : a.length === 0 ? b : combine(a, b, unionIntervals);
}

export function intersectCells(a: PortCells, b: PortCells): PortCells {
  if (a === b || a.length === 0) return a;
  return b.length === 0 ? b : combine(a, b, intersectIntervals);
}

export function subtractCells(a: PortCells, b: PortCells): PortCells {
  if (a === b) return noCells;
  return a.length === 0 || b.length === 0 ? a : combine(a, b, subtractIntervals);
}

export function containsCells(a: PortCells, b: PortCells): boolean {
  return subtractCells(b, a).length === 0;
}

export function equalCells(a: PortCells, b: PortCells): boolean {
  if (a === b) return true;
  return (
    a.length === b.length &&
    a.every((x, i) => {
      const y = b[i];
      return y !== undefined && equalIntervals(x.destinations, y.destinations) && equalIntervals(x.sources, y.sources);
    })
  );
}

function combine(a: PortCells, b: PortCells, operation: Combine): PortCells {
  const x = a[0];
  const y = b[0];
  if (x !== undefined && y !== undefined && a.length === 1 && b.length === 1 && x.sources === y.sources) {
    // With the same source ports on both sides only the destinations are to be combined.
    return cellsOf(operation(x.destinations, y.destinations), x.sources);
  }
  const pieces = new Map<string, { readonly sources: Intervals; readonly destinations: Interval[] }>();
  for (const { first, last, inA, inB } of overlay(a, b)) {
    const combined = operation(inA, inB);
    if (combined.length === 0) continue;
    const key = intervalsKey(combined);
    const piece = pieces.get(key);
    if (piece === undefined) pieces.set(key, { sources: canonicalSources(combined), destinations: [[first, last]] });
    else piece.destinations.push([first, last]);
  }
  // A map keeps the order in which keys came, which is by the first destination.
  return [...pieces.values()].map((piece) => ({
    destinations: intervalsOf(piece.destinations),
    sources: piece.sources,
  }));
}

/** One shared value for the usual case, which the shortcut above tells by identity. */
export function canonicalSources(sources: Intervals): Intervals {
  return equalIntervals(sources, everyPort) ? everyPort : sources;
}

interface Piece {
  readonly first: number;
  readonly last: number;
  /** The source ports that either set has for these destinations. */
  readonly inA: Intervals;
  readonly inB: Intervals;
}

/** Cuts the destinations of both sets into pieces at which neither changes, ascending. */
function* overlay(a: PortCells, b: PortCells): Generator<Piece> {
  const left = spans(a);
  const right = spans(b);
  let i = 0;
  let j = 0;
  let from = 0;
  for (;;) {
    const x = left[i];
    const y = right[j];
    if (x === undefined && y === undefined) return;
    const start = Math.max(from, Math.min(x?.first ?? Infinity, y?.first ?? Infinity));
    const inX = x !== undefined && x.first <= start;
    const inY = y !== undefined && y.first <= start;
    const end = Math.min(
      x === undefined ? Infinity : inX ? x.last : x.first - 1,
      y === undefined ? Infinity : inY ? y.last : y.first - 1,
    );
    yield { first: start, last: end, inA: inX ? x.sources : noIntervals, inB: inY ? y.sources : noIntervals };
    from = end + 1;
    if (x?.last === end) i += 1;
    if (y?.last === end) j += 1;
  }
}

interface Span {
  readonly first: number;
  readonly last: number;
  readonly sources: Intervals;
}

function spans(cells: PortCells): readonly Span[] {
  const found = cells.flatMap(({ destinations, sources }) =>
    destinations.map(([first, last]) => ({ first, last, sources })),
  );
  return cells.length > 1 ? found.sort((x, y) => x.first - y.first) : found;
}

/** Every destination that goes with some source port. */
export function destinationsOf(cells: PortCells): Intervals {
  const [only, ...more] = cells;
  if (only === undefined) return noIntervals;
  return more.length === 0 ? only.destinations : intervalsOf(cells.flatMap((cell) => cell.destinations));
}

/** The source ports that go with each one of `destinations`; none where one of those is missing. */
export function commonSources(cells: PortCells, destinations: Intervals): Intervals {
  if (!equalIntervals(intersectIntervals(destinationsOf(cells), destinations), destinations)) return noIntervals;
  let common: Intervals = everyPort;
  for (const cell of cells) {
    if (intersectIntervals(cell.destinations, destinations).length > 0)
      common = intersectIntervals(common, cell.sources);
  }
  return common;
}

export function cellsKey(cells: PortCells): string {
  return cells
    .map(({ destinations, sources }) => {
      const text = intervalsKey(destinations);
      return sources === everyPort ? text : `${text}<${intervalsKey(sources)}`;
    })
    .join('/');
}
