import { type Family, families, holdsEvery, isEveryoneAtAll, type Prefixes, tooManyIn } from './measure.ts';
import type { Opening } from './opening.ts';

export type BroadKey =
  | 'everyone'
  | 'every-address'
  | 'every-namespace'
  | 'too-many-addresses'
  | 'everyone-of-today'
  | 'wide-range'
  | 'metadata-address'
  | 'dns-anywhere';

/** 0 is gravest. Two keys of one rank can both be said of a set. */
export const rank: Readonly<Record<BroadKey, number>> = {
  everyone: 0,
  'every-address': 1,
  'every-namespace': 1,
  'too-many-addresses': 2,
  'everyone-of-today': 3,
  'wide-range': 4,
  'metadata-address': 5,
  'dns-anywhere': 6,
};

export interface Grade {
  readonly key: BroadKey;
  readonly families: readonly Family[];
}

/** The enforced measures of a set, gravest first, of one rank only. */
export function graded(set: Opening, allowed: Prefixes): readonly Grade[] {
  if (isEveryoneAtAll(set)) return [{ key: 'everyone', families }];
  const whole = families.filter((family) => holdsEvery(set.addresses, family));
  const grades: Grade[] = [];
  if (whole.length > 0) grades.push({ key: 'every-address', families: whole });
  if (set.freshPod) grades.push({ key: 'every-namespace', families: [] });
  if (grades.length > 0) return grades;
  const tooMany = tooManyIn(set.addresses, allowed);
  return tooMany.length > 0 ? [{ key: 'too-many-addresses', families: tooMany }] : [];
}

export function isWorse(after: readonly Grade[], before: readonly Grade[]): boolean {
  return after.some((grade) => isNew(grade, before));
}

export function isNew(grade: Grade, before: readonly Grade[]): boolean {
  return !before.some((old) => rank[old.key] <= rank[grade.key] && covers(old, grade));
}

function covers(old: Grade, grade: Grade): boolean {
  return old.key !== grade.key
    ? rank[old.key] < rank[grade.key]
    : grade.families.every((family) => old.families.includes(family));
}
