import { formatAddress, readAddressWords } from './address-text.ts';
import { blockRanges, blocksOf } from './blocks.ts';
import { partitionRanges } from './partition.ts';
import {
  compareNumbers,
  containsRanges,
  equalRanges,
  intersectRanges,
  noRanges,
  overlapRanges,
  type Ranges,
  subtractRanges,
  unionAllRanges,
  unionRanges,
  type Width,
  word,
} from './ranges.ts';

/** IPv4 and IPv6: two spaces that never meet. `0.0.0.0/0` says nothing about IPv6. */
export type AddressFamily = 4 | 6;

/** A set of IP addresses. Canonical: equal sets are equal values. */
export interface AddressSet {
  readonly v4: Ranges;
  readonly v6: Ranges;
}

export const noAddresses: AddressSet = { v4: noRanges, v6: noRanges };

export const everyIPv4: AddressSet = { v4: blockRanges([0], 0), v6: noRanges };

export const everyIPv6: AddressSet = { v4: noRanges, v6: blockRanges([0, 0, 0, 0], 0) };

/** All of both families. */
export const everyAddress: AddressSet = { v4: everyIPv4.v4, v6: everyIPv6.v6 };

/** The addresses that share the first `prefix` bits of `number`; its words tell the family. */
export function blockAddresses(number: Ranges, prefix: number): AddressSet {
  const ranges = blockRanges(number, prefix);
  return number.length === 1 ? { v4: ranges, v6: noRanges } : { v4: noRanges, v6: ranges };
}

/**
 * All addresses from `first` to `last`, both of one family and both included, as {@link addressRanges} writes them. No
 * addresses where the texts are not that.
 */
export function rangeAddresses(first: string, last: string): AddressSet {
  const from = readAddressWords(first);
  const to = readAddressWords(last);
  if (typeof from === 'string' || typeof to === 'string' || from.length !== to.length) return noAddresses;
  const family: AddressFamily = from.length === 1 ? 4 : 6;
  if (compareNumbers(from, 0, to, 0, widthOf(family)) > 0) return noAddresses;
  return ofFamily(Uint32Array.of(...from, ...to), family);
}

function ofFamily(ranges: Ranges, family: AddressFamily): AddressSet {
  return family === 4 ? { v4: ranges, v6: noRanges } : { v4: noRanges, v6: ranges };
}

const families: readonly AddressFamily[] = [4, 6];

export function widthOf(family: AddressFamily): Width {
  return family === 4 ? 1 : 4;
}

export function rangesOf(set: AddressSet, family: AddressFamily): Ranges {
  return family === 4 ? set.v4 : set.v6;
}

/** Hands back `a` or `b` itself where the result is made of its parts, so that identity stays a shortcut. */
function made(v4: Ranges, v6: Ranges, a: AddressSet, b: AddressSet): AddressSet {
  if (v4 === a.v4 && v6 === a.v6) return a;
  if (v4 === b.v4 && v6 === b.v6) return b;
  return v4.length === 0 && v6.length === 0 ? noAddresses : { v4, v6 };
}

export function unionAddresses(a: AddressSet, b: AddressSet): AddressSet {
  return made(unionRanges(a.v4, b.v4, 1), unionRanges(a.v6, b.v6, 4), a, b);
}

/** Costs n log n over the ranges of all sets. */
export function unionAllAddresses(sets: readonly AddressSet[]): AddressSet {
  const [first = noAddresses, second] = sets;
  if (second === undefined) return first;
  const v4 = unionAllRanges(
    sets.map((set) => set.v4).filter((ranges) => ranges.length > 0),
    1,
  );
  const v6 = unionAllRanges(
    sets.map((set) => set.v6).filter((ranges) => ranges.length > 0),
    4,
  );
  return made(v4, v6, first, second);
}

export function intersectAddresses(a: AddressSet, b: AddressSet): AddressSet {
  return made(intersectRanges(a.v4, b.v4, 1), intersectRanges(a.v6, b.v6, 4), a, b);
}

/** The addresses of `a` that are not in `b`. */
export function subtractAddresses(a: AddressSet, b: AddressSet): AddressSet {
  return made(subtractRanges(a.v4, b.v4, 1), subtractRanges(a.v6, b.v6, 4), a, a);
}

/** Whether every address of `b` is in `a`. */
export function containsAddresses(a: AddressSet, b: AddressSet): boolean {
  return a === b || (containsRanges(a.v4, b.v4, 1) && containsRanges(a.v6, b.v6, 4));
}

/** How many ranges the set is made of, both families together. */
export function rangeCount({ v4, v6 }: AddressSet): number {
  return v4.length / 2 + v6.length / 8;
}

/** How many addresses of each family, but for what a floating-point number rounds away. Much cheaper than counting. */
export function roughCount({ v4, v6 }: AddressSet): { readonly v4: number; readonly v6: number } {
  const count = { v4: 0, v6: 0 };
  for (let i = 0; i < v4.length; i += 2) count.v4 += word(v4, i + 1) - word(v4, i) + 1;
  for (let i = 0; i < v6.length; i += 8) {
    let size = 0;
    for (let k = 0; k < 4; k += 1) size = size * 2 ** 32 + word(v6, i + 4 + k) - word(v6, i + k);
    count.v6 += size + 1;
  }
  return count;
}

/** Whether some address is in both. */
export function overlapAddresses(a: AddressSet, b: AddressSet): boolean {
  return overlapRanges(a.v4, b.v4, 1) || overlapRanges(a.v6, b.v6, 4);
}

export function equalAddresses(a: AddressSet, b: AddressSet): boolean {
  return a === b || (equalRanges(a.v4, b.v4) && equalRanges(a.v6, b.v6));
}

export function isNoAddress(set: AddressSet): boolean {
  return set.v4.length === 0 && set.v6.length === 0;
}

/** Equal exactly for equal sets. */
export function addressKey(set: AddressSet): string {
  const text = (ranges: Ranges) => Array.from(ranges, (value) => value.toString(36)).join();
  return `${text(set.v4)}|${text(set.v6)}`;
}

/** How many addresses the set has in each family. */
export function countAddresses(set: AddressSet): { readonly v4: bigint; readonly v6: bigint } {
  return { v4: sum(lengths(set, 4)), v6: sum(lengths(set, 6)) };
}

/** How many addresses the longest contiguous range of one family has; 0 where the set has none. */
export function longestRun(set: AddressSet, family: AddressFamily): bigint {
  let longest = 0n;
  for (const length of lengths(set, family)) if (length > longest) longest = length;
  return longest;
}

/** Whether some contiguous range has more addresses than a /8 of IPv4, or a /32 of IPv6. Much cheaper than counting. */
export function hasLongRun({ v4, v6 }: AddressSet): boolean {
  for (let i = 0; i < v4.length; i += 2) if (word(v4, i + 1) - word(v4, i) >= 2 ** 24) return true;
  for (let i = 0; i < v6.length; i += 8) {
    const difference = word(v6, i + 4) - word(v6, i);
    if (difference > 1 || (difference === 1 && compareTails(v6, i + 5, i + 1) >= 0)) return true;
  }
  return false;
}

/** Compares the last three words of two numbers of one family. */
function compareTails(v6: Ranges, a: number, b: number): number {
  for (let k = 0; k < 3; k += 1) {
    const difference = word(v6, a + k) - word(v6, b + k);
    if (difference !== 0) return difference;
  }
  return 0;
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

function lengths(set: AddressSet, family: AddressFamily): readonly bigint[] {
  const ranges = rangesOf(set, family);
  const width = widthOf(family);
  const found: bigint[] = [];
  for (let i = 0; i < ranges.length; i += 2 * width) {
    found.push(bigNumber(ranges, i + width, width) - bigNumber(ranges, i, width) + 1n);
  }
  return found;
}

function bigNumber(ranges: Ranges, index: number, width: Width): bigint {
  let value = 0n;
  for (let k = index; k < index + width; k += 1) value = (value << 32n) | BigInt(word(ranges, k));
  return value;
}

/** A contiguous range, both ends included: dotted, or as RFC 5952 writes an address. */
export interface AddressRange {
  readonly family: AddressFamily;
  readonly first: string;
  readonly last: string;
}

/** The set as the fewest ranges, IPv4 first, in order. */
export function addressRanges(set: AddressSet): readonly AddressRange[] {
  return families.flatMap((family) => rangeTexts(rangesOf(set, family), family));
}

function rangeTexts(ranges: Ranges, family: AddressFamily): readonly AddressRange[] {
  const width = widthOf(family);
  const found: AddressRange[] = [];
  for (let i = 0; i < ranges.length; i += 2 * width) {
    found.push({ family, first: formatAddress(ranges, i, family), last: formatAddress(ranges, i + width, family) });
  }
  return found;
}

/** The set as the fewest CIDRs, IPv4 first, in order. */
export function addressCidrs(set: AddressSet): readonly string[] {
  return families.flatMap((family) =>
    blocksOf(rangesOf(set, family), widthOf(family)).map(
      ({ number, prefix }) => `${formatAddress(number, 0, family)}/${prefix}`,
    ),
  );
}

/** A contiguous range that every set of a partition either holds as a whole or does not touch. */
export interface AddressCell extends AddressRange {
  readonly range: AddressSet;
  /** Indexes of the sets that hold it, ascending. */
  readonly members: readonly number[];
}

/**
 * Cuts both whole families, IPv4 first and in order, into the coarsest contiguous ranges that none of the sets tells
 * apart. Ranges that no set holds are among them, with no members.
 */
export function partitionAddresses(sets: readonly AddressSet[]): readonly AddressCell[] {
  return families.flatMap((family) => {
    const width = widthOf(family);
    const cells = partitionRanges(
      sets.map((set) => rangesOf(set, family)),
      width,
    );
    return cells.map(({ range, members }) => ({
      range: ofFamily(range, family),
      family,
      first: formatAddress(range, 0, family),
      last: formatAddress(range, width, family),
      members,
    }));
  });
}
