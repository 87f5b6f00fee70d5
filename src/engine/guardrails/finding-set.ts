import type { Direction } from '../model/policy.ts';
import { type AddressSet, containsAddresses } from '../sets/addresses.ts';
import { boxKey, equalBoxes, isCovered, type LabelBox } from '../sets/labels.ts';
import { containsTraffic, type Traffic } from '../sets/traffic.ts';

/**
 * What a finding speaks of, so that two findings can be compared by what they say and not by where they stand. A
 * dimension that is absent is not spoken of.
 */
export interface FindingSet {
  readonly direction?: Direction;
  readonly subject?: readonly LabelBox[];
  readonly endpoints?: readonly LabelBox[];
  readonly addresses?: AddressSet;
  readonly traffic?: Traffic;
  /** Anything else that is listed: the texts of unreadable values, the names of unknown fields. */
  readonly items?: readonly string[];
}

/**
 * Whether everything that `inner` speaks of is already in one of `outers`. Undecided counts as no.
 *
 * Mostly one of them names all the same boxes, and of thousands of boxes it costs much less to see that than to find out
 * whether several together cover one: so that is looked for in all of them first.
 */
export function someContainsFinding(outers: readonly FindingSet[], inner: FindingSet): boolean {
  return (
    outers.some((outer) => containsFinding(outer, inner, namesAll)) ||
    outers.some((outer) => containsFinding(outer, inner, containsBoxes))
  );
}

type Contains<T> = (outer: T, inner: T) => boolean;

function containsFinding(outer: FindingSet, inner: FindingSet, contains: Contains<readonly LabelBox[]>): boolean {
  return (
    outer.direction === inner.direction &&
    both(outer.subject, inner.subject, contains) &&
    both(outer.endpoints, inner.endpoints, contains) &&
    both(outer.addresses, inner.addresses, containsAddresses) &&
    both(outer.traffic, inner.traffic, containsTraffic) &&
    both(outer.items, inner.items, (a, b) => new Set(b).isSubsetOf(new Set(a)))
  );
}

function both<T>(a: T | undefined, b: T | undefined, contains: Contains<T>): boolean {
  if (a === undefined || b === undefined) return a === b;
  return contains(a, b);
}

function namesAll(outer: readonly LabelBox[], inner: readonly LabelBox[]): boolean {
  return outer === inner || notNamed(outer, inner).length === 0;
}

/** For boxes that are not the same ones there is an end to the work: undecided counts as new. */
function containsBoxes(outer: readonly LabelBox[], inner: readonly LabelBox[]): boolean {
  const others = notNamed(outer, inner);
  if (others.length * outer.length > mostComparisons) return false;
  return others.every((box) => isCovered(box, outer, 200));
}

/** So few boxes are sooner compared with each other than by their keys. */
const mostCompared = 4;

/** The boxes of `inner` that are none of `outer`. */
function notNamed(outer: readonly LabelBox[], inner: readonly LabelBox[]): readonly LabelBox[] {
  if (inner.length <= mostCompared && outer.length <= mostCompared) {
    return inner.filter((box) => !outer.some((other) => equalBoxes(box, other)));
  }
  const { all } = keysOf(outer);
  const { inOrder } = keysOf(inner);
  return inner.filter((_box, index) => !all.has(inOrder[index] ?? ''));
}

const mostComparisons = 100_000;

interface Keys {
  readonly inOrder: readonly string[];
  readonly all: ReadonlySet<string>;
}

/** Each finding is compared with many, and a set may have thousands of boxes. */
const knownKeys = new WeakMap<readonly LabelBox[], Keys>();

function keysOf(boxes: readonly LabelBox[]): Keys {
  const known = knownKeys.get(boxes);
  if (known !== undefined) return known;
  const inOrder = boxes.map(boxKey);
  const keys = { inOrder, all: new Set(inOrder) };
  knownKeys.set(boxes, keys);
  return keys;
}
