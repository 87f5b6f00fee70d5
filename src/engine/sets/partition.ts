import { compareNumbers, copyNumber, decrement, increment, type Ranges, type Width, word } from './ranges.ts';

/** A contiguous range that every set either holds as a whole or does not touch. */
export interface Cell {
  /** One range: its first number, its last number. */
  readonly range: Ranges;
  /** Indexes of the sets that hold it, ascending. */
  readonly members: readonly number[];
}

/**
 * Cuts the whole space, in order, into the coarsest contiguous ranges that none of the sets tells apart. One sort of all
 * ends and one sweep.
 */
export function partitionRanges(sets: readonly Ranges[], width: Width): readonly Cell[] {
  const { edges, owners } = edgesOf(sets, width);
  const order = Array.from(owners, (_, index) => index);
  order.sort((a, b) => compareNumbers(edges, a * width, edges, b * width, width));
  const cells: Cell[] = [];
  let members: number[] = [];
  // A number that is in no set yet: the space begins at zero.
  let first = new Uint32Array(width);
  for (const edge of order) {
    const at = edge * width;
    if (compareNumbers(first, 0, edges, at, width) < 0) {
      cells.push({ range: upTo(first, edges, at, width), members });
      first = edges.slice(at, at + width);
      members = [...members];
    }
    toggle(members, owners[edge] ?? 0);
  }
  const whole = new Uint32Array(2 * width).fill(0xffffffff);
  copyNumber(first, 0, whole, 0, width);
  cells.push({ range: whole, members });
  return cells;
}

/** Every number at which some set begins, or has just ended, and which set that is. */
function edgesOf(
  sets: readonly Ranges[],
  width: Width,
): { readonly edges: Uint32Array; readonly owners: readonly number[] } {
  let size = 0;
  for (const set of sets) size += set.length;
  const edges = new Uint32Array(size);
  const owners: number[] = [];
  for (const [owner, set] of sets.entries()) {
    for (let i = 0; i < set.length; i += 2 * width) {
      copyNumber(set, i, edges, owners.length * width, width);
      owners.push(owner);
      const end = owners.length * width;
      copyNumber(set, i + width, edges, end, width);
      increment(edges, end, width);
      // A range that goes to the end of the space never ends in it: one past it came out as zero.
      if (!isZero(edges, end, width)) owners.push(owner);
    }
  }
  return { edges, owners };
}

function isZero(numbers: Ranges, i: number, width: Width): boolean {
  for (let k = 0; k < width; k += 1) if (word(numbers, i + k) !== 0) return false;
  return true;
}

function upTo(first: Ranges, edges: Ranges, at: number, width: Width): Ranges {
  const range = new Uint32Array(2 * width);
  copyNumber(first, 0, range, 0, width);
  copyNumber(edges, at, range, width, width);
  decrement(range, width, width);
  return range;
}

/** A set begins where it is not yet a member, and ends where it is one. */
function toggle(members: number[], owner: number): void {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((members[middle] ?? 0) < owner) low = middle + 1;
    else high = middle;
  }
  if (members[low] === owner) members.splice(low, 1);
  else members.splice(low, 0, owner);
}
