import type { FieldPath } from '../json/path.ts';

/** Somewhere in an object where something is to be found. */
export interface Place<T> {
  readonly path: FieldPath;
  readonly what: T;
}

/** Places that one finding tells of. */
export interface Told<T> {
  /** The first of them, which the finding points at. */
  readonly first: Place<T>;
  readonly all: readonly T[];
  /** The paths of the others. */
  readonly also: readonly FieldPath[];
}

/** Nobody reads more findings of one kind than this one by one. */
const mostFindings = 10;

/**
 * Puts places that say the same into one finding, and leaves the others apart: the ratchet compares findings one by one,
 * so that a new one is not hidden by an old one beside it. Past the first ten, all that is left goes into the last.
 *
 * @param sameness equal for places that say the same
 */
export function toldTogether<T>(places: readonly Place<T>[], sameness: (what: T) => string): readonly Told<T>[] {
  const [only] = places;
  if (only === undefined) return [];
  if (places.length === 1) return [{ first: only, all: [only.what], also: [] }];
  const groups = new Map<string, Place<T>[]>();
  for (const place of places) {
    const key = sameness(place.what);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [place]);
    else group.push(place);
  }
  const apart = [...groups.values()];
  const told = [...apart.slice(0, mostFindings - 1), apart.slice(mostFindings - 1).flat()];
  return told.flatMap((group) => {
    const [first, ...others] = group;
    if (first === undefined) return [];
    return [{ first, all: group.map(({ what }) => what), also: others.map(({ path }) => path) }];
  });
}
