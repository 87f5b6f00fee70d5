import type { CheckContext } from '../guardrails/context.ts';
import { commonPath, type FieldPath } from '../json/path.ts';
import type { Direction, Policy } from '../model/policy.ts';
import { intersectAddresses, isNoAddress } from '../sets/addresses.ts';
import { readAddress } from '../sets/cidr.ts';
import { isNoTraffic, noTraffic, type Traffic } from '../sets/traffic.ts';
import type { EveryoneOfToday } from './everyone-of-today.ts';
import {
  addressesOf,
  countIn,
  type Family,
  families,
  holdsEvery,
  isEveryoneAtAll,
  ofFamily,
  type Prefixes,
  tooManyIn,
} from './measure.ts';
import { type Opening, type OpenPart, opening, openParts } from './opening.ts';
import { regions } from './together.ts';

export type BroadKey =
  | 'everyone'
  | 'every-address'
  | 'every-namespace'
  | 'too-many-addresses'
  | 'everyone-of-today'
  | 'wide-range'
  | 'metadata-address'
  | 'dns-anywhere';

export interface Limits {
  readonly maxAddresses: Prefixes;
  readonly warnAddresses: Prefixes;
  /** Traffic of this direction that may be open broadly. */
  readonly openTraffic: Traffic;
  readonly everyoneOfToday: EveryoneOfToday;
}

/** A set of peers that is broad, and where it comes from. */
export interface Breadth {
  readonly key: BroadKey;
  readonly path: FieldPath;
  readonly families: readonly Family[];
  readonly opening: Opening;
  /** What this policy itself has in it: an update that adds nothing to this opens nothing, whatever others do. */
  readonly ownOpening: Opening;
  /** The parts of this policy that are in the set. */
  readonly own: readonly OpenPart[];
  /** Other policies without which the set would not be broad. */
  readonly together: readonly Policy[];
  /** Places besides `path` that are as broad by themselves. */
  readonly also: readonly FieldPath[];
}

/** 0 is gravest. Two keys of one rank can both be said of a set. */
const rank: Readonly<Record<BroadKey, number>> = {
  everyone: 0,
  'every-address': 1,
  'every-namespace': 1,
  'too-many-addresses': 2,
  'everyone-of-today': 3,
  'wide-range': 4,
  'metadata-address': 5,
  'dns-anywhere': 6,
};

type Grade = { readonly key: BroadKey; readonly families: readonly Family[] };

/**
 * How broad a policy is in one direction: by itself, and together with the policies of the World that govern some of
 * the same pods, where it is this policy that makes the whole broad. Only the gravest is told.
 */
export function broadIn(
  context: CheckContext,
  policy: Policy,
  direction: Direction,
  limits: Limits,
): readonly Breadth[] | 'unknown' {
  const own = openParts(policy, direction, limits.openTraffic);
  const alone = graded(opening(own), limits.maxAddresses);
  if (alone.length > 0 && alone.some((one) => rank[one.key] === 0)) return told(alone, own, limits, []);
  const joint = togetherWith(context, policy, direction, own, limits);
  if (joint === 'unknown') return 'unknown';
  const best = gravest([{ grades: alone, members: [] }, ...joint]);
  if (best !== undefined) return told(best.grades, own, limits, best.members);
  return [...lesser(context, direction, own, limits), ...onOpenPorts(policy, direction, own, limits)];
}

interface Candidate {
  readonly grades: readonly Grade[];
  readonly members: readonly OpenPart[];
}

function gravest(candidates: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    if (candidate.grades.length > 0 && (best === undefined || lowest(candidate.grades) < lowest(best.grades)))
      best = candidate;
  }
  return best;
}

function lowest(grades: readonly Grade[]): number {
  return Math.min(...grades.map((grade) => rank[grade.key]));
}

/** The enforced measures of a set, gravest first, of one rank only. */
function graded(set: Opening, allowed: Prefixes): readonly Grade[] {
  if (isEveryoneAtAll(set)) return [{ key: 'everyone', families }];
  const whole = families.filter((family) => holdsEvery(set.addresses, family));
  const grades: Grade[] = [];
  if (whole.length > 0) grades.push({ key: 'every-address', families: whole });
  if (set.freshPod) grades.push({ key: 'every-namespace', families: [] });
  if (grades.length > 0) return grades;
  const tooMany = tooManyIn(set.addresses, allowed);
  return tooMany.length > 0 ? [{ key: 'too-many-addresses', families: tooMany }] : [];
}

/** What the policy makes broad with others that it would not be without it. */
function togetherWith(
  context: CheckContext,
  policy: Policy,
  direction: Direction,
  own: readonly OpenPart[],
  limits: Limits,
): readonly Candidate[] | 'unknown' {
  const { namespace } = policy.ref;
  // Labelled peers never add up to more than they are: only addresses do, or a peer that is everyone with some.
  if (namespace === undefined || !own.some(counts)) return [];
  const others = context.after
    .governing(namespace, direction)
    .filter((other) => other.policy.ref.name !== policy.ref.name || other.policy.ref.kind !== policy.ref.kind)
    .map(({ policy: other }) => ({
      boxes: other.subject.endpoints,
      member: openParts(other, direction, limits.openTraffic).filter(counts),
    }))
    .filter(({ member }) => member.length > 0);
  if (others.length === 0) return [];
  // Nobody can be open to more than to all of them together: mostly that settles it, however the subjects overlap.
  const everything = others.flatMap(({ member }) => member);
  if (
    !isWorse(graded(opening([...own, ...everything]), limits.maxAddresses), graded(opening(own), limits.maxAddresses))
  )
    return [];
  const found = regions(policy.subject.endpoints, others);
  if (found === undefined) return 'unknown';
  return found.flatMap(({ members }) => {
    const rest = members.flat();
    const before = graded(opening(rest), limits.maxAddresses);
    const after = graded(opening([...own, ...rest]), limits.maxAddresses);
    const worse = after.filter((grade) => isNew(grade, before));
    return worse.length > 0 ? [{ grades: worse, members: rest }] : [];
  });
}

function isWorse(after: readonly Grade[], before: readonly Grade[]): boolean {
  return after.some((grade) => isNew(grade, before));
}

function isNew(grade: Grade, before: readonly Grade[]): boolean {
  return !before.some((old) => rank[old.key] <= rank[grade.key] && covers(old, grade));
}

function covers(old: Grade, grade: Grade): boolean {
  return old.key !== grade.key
    ? rank[old.key] < rank[grade.key]
    : grade.families.every((family) => old.families.includes(family));
}

/** Selectors never add up to every namespace unless one of them is; addresses do. */
function counts(part: OpenPart): boolean {
  return !isNoAddress(part.addresses) || opening([part]).freshPod;
}

function told(
  grades: readonly Grade[],
  own: readonly OpenPart[],
  limits: Limits,
  others: readonly OpenPart[],
): readonly Breadth[] {
  return grades.map(({ key, families: of }) => {
    const does = (part: OpenPart) =>
      graded(opening([part]), limits.maxAddresses).some(
        (grade) => rank[grade.key] <= rank[key] && (grade.key === key || grade.key === 'everyone'),
      );
    const culprits = own.filter(does).map((part) => part.peer.path);
    const contributing = own.filter((part) => (key === 'every-namespace' ? opening([part]).freshPod : counts(part)));
    const [first, ...also] = culprits;
    return {
      key,
      path: first ?? commonPath(contributing.map((part) => part.peer.path)),
      families: of,
      opening: opening([...own, ...others]),
      ownOpening: opening(own),
      own: contributing,
      together: first === undefined ? policiesOf(others) : [],
      also,
    };
  });
}

function policiesOf(parts: readonly OpenPart[]): readonly Policy[] {
  return [...new Set(parts.map((part) => part.policy))];
}

/** What is worth a warning where nothing is broad enough to be refused. */
function lesser(
  context: CheckContext,
  direction: Direction,
  own: readonly OpenPart[],
  limits: Limits,
): readonly Breadth[] {
  const set = opening(own);
  const found: Breadth[] = [];
  const tell = (key: BroadKey, path: FieldPath, of: readonly Family[], part: Opening) =>
    found.push({ key, path, families: of, opening: part, ownOpening: part, own, together: [], also: [] });
  if (limits.everyoneOfToday.isMeantBy(set.endpoints, context.after, context.isGuarded)) {
    const parts = own.filter((part) => part.endpoints.length > 0);
    tell('everyone-of-today', commonPath(parts.map((part) => part.peer.path)), [], set);
  } else {
    for (const parts of Map.groupBy(own, (part) => part.rule).values()) {
      const whole = opening(parts);
      const wide = families.filter(
        (family) => countIn(whole.addresses, family) > limitIn(limits.warnAddresses, family),
      );
      if (wide.length === 0) continue;
      const single = parts.find((part) =>
        wide.some((f) => countIn(part.addresses, f) > limitIn(limits.warnAddresses, f)),
      );
      tell('wide-range', single?.peer.path ?? commonPath(parts.map((part) => part.peer.path)), wide, whole);
    }
  }
  const metadata = direction === 'egress' ? own.find(reachesMetadata) : undefined;
  if (metadata !== undefined) tell('metadata-address', metadata.peer.path, [], opening([metadata]));
  return found;
}

export function limitIn(prefixes: Prefixes, family: Family): bigint {
  return addressesOf(family === 'IPv4' ? prefixes.ipv4 : prefixes.ipv6, family);
}

export const metadataAddresses = ['169.254.169.254', 'fd00:ec2::254'].flatMap((text) => {
  const reading = readAddress(text);
  return reading.ok ? [reading.addresses] : [];
});

/** By a range that is wider than the address itself: who names it, means it. */
function reachesMetadata(part: OpenPart): boolean {
  return metadataAddresses.some(
    (address) =>
      !isNoAddress(intersectAddresses(part.addresses, address)) &&
      families.some((family) => !isNoAddress(ofFamily(address, family)) && countIn(part.addresses, family) > 1n),
  );
}

/** Broad, but only on the ports that may be. */
function onOpenPorts(
  policy: Policy,
  direction: Direction,
  own: readonly OpenPart[],
  limits: Limits,
): readonly Breadth[] {
  if (isNoTraffic(limits.openTraffic)) return [];
  const all = openParts(policy, direction, noTraffic);
  if (all.length === own.length) return [];
  const grades = graded(opening(all), limits.maxAddresses);
  const [first] = told(grades, all, limits, []);
  return first === undefined ? [] : [{ ...first, key: 'dns-anywhere' }];
}
