import { commonPath, type FieldPath } from '../json/path.ts';
import type { CheckContext } from '../model/check-context.ts';
import type { Mode } from '../model/mode.ts';
import type { NotCheckedReason } from '../model/not-checked.ts';
import { type Direction, decidesAtAll, type Policy } from '../model/policy.ts';
import { intersectAddresses, isNoAddress, rangeCount, roughCount } from '../sets/addresses.ts';
import { readAddress } from '../sets/cidr.ts';
import { isNoTraffic, noTraffic, type Traffic } from '../sets/traffic.ts';
import type { EveryoneOfToday } from './everyone-of-today.ts';
import { admitsManyFreshPods } from './fresh-pod.ts';
import { type BroadKey, type Grade, graded, isNew, isWorse, rank } from './grade.ts';
import { addressesOf, type Family, families, isMoreThan, ofFamily, type Prefixes } from './measure.ts';
import { letsInFreshPods, type Opening, type OpenPart, opening, openParts } from './opening.ts';
import type { Openings } from './openings.ts';
import { othersOf } from './others.ts';
import { regions } from './together.ts';

export interface Limits {
  readonly maxAddresses: Prefixes;
  readonly warnAddresses: Prefixes;
  /** Traffic of this direction that may be open broadly. */
  readonly openTraffic: Traffic;
  readonly everyoneOfToday: EveryoneOfToday;
  readonly openings: Openings;
}

export interface BroadIn {
  readonly found: readonly Breadth[];
  /** Why some of it could not be told. */
  readonly doubts: readonly NotCheckedReason[];
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
  /** Where the policy decides about nothing by itself, or an application layer limits it further. */
  readonly atMost?: Mode | undefined;
}

/**
 * How broad a policy is in one direction: by itself, and together with the policies of the World that govern some of
 * the same endpoints, where it is this policy that makes the whole broad. Only the gravest is told.
 */
export function broadIn(context: CheckContext, policy: Policy, direction: Direction, limits: Limits): BroadIn {
  const surroundings = { world: context.after, cluster: context.cluster };
  const { parts, doubts } = openParts(policy, direction, limits.openTraffic, surroundings);
  const found = new Set(doubts);
  const measure = (own: readonly OpenPart[]) =>
    broadOf(context, policy, direction, own, limits, (doubt) => found.add(doubt));
  const mild = (some: readonly Breadth[]) => some.map((one): Breadth => ({ ...one, atMost: 'warn' }));
  // What an application layer limits to some requests is no plain opening.
  const plain = context.cluster.applicationLayer ? parts.filter(({ rule }) => rule.http !== true) : parts;
  let breadths = measure(plain);
  if (plain.length < parts.length && breadths.length === 0) breadths = mild(measure(parts));
  return { found: decidesAtAll(policy) ? breadths : mild(breadths), doubts: [...found] };
}

function broadOf(
  context: CheckContext,
  policy: Policy,
  direction: Direction,
  own: readonly OpenPart[],
  limits: Limits,
  doubt: (reason: NotCheckedReason) => void,
): readonly Breadth[] {
  const whole = opening(own);
  const alone = graded(whole, limits.maxAddresses);
  if (alone.some((one) => rank[one.key] === 0)) return told(alone, own, limits, []);
  const joint = togetherWith(context, policy, direction, { own, whole, alone }, limits);
  if (joint === 'unknown') doubt('work-cap');
  const best = gravest([{ grades: alone, members: [] }, ...(joint === 'unknown' ? [] : joint)]);
  if (best !== undefined) return told(best.grades, own, limits, best.members);
  return [
    ...lesser(context, direction, { own, whole }, limits),
    ...onOpenPorts(context, policy, direction, own, limits),
  ];
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

/** What the policy opens by itself. */
interface Alone {
  readonly own: readonly OpenPart[];
  readonly whole: Opening;
  readonly alone: readonly Grade[];
}

/** What the policy makes broad with others that it would not be without it. */
function togetherWith(
  context: CheckContext,
  policy: Policy,
  direction: Direction,
  { own, whole, alone }: Alone,
  limits: Limits,
): readonly Candidate[] | 'unknown' {
  // Most labelled peers never add up to more than they are.
  if (!own.some(counts)) return [];
  const surroundings = { world: context.after, cluster: context.cluster };
  const partsOf = (other: Policy) =>
    limits.openings
      .of(other, direction, limits.openTraffic, surroundings)
      .parts.filter((part) => counts(part) && !(context.cluster.applicationLayer && part.rule.http === true));
  const { found: others, complete } = othersOf(limits.openings.beside(policy, context.after), direction, partsOf);
  // What adds no more than a single rule may, without a warning, is not worth one for what cannot be looked at.
  if (!complete && isWide(whole, limits)) return 'unknown';
  if (others.length === 0) return [];
  // Nobody can be open to more than to all of them together: mostly that settles it, however the subjects overlap.
  const everything = others.flatMap(({ member }) => member);
  const mayAddUp = own.some(letsInPodsPartly);
  if (!mayAddUp && isFew([...own, ...everything], limits.maxAddresses)) return [];
  const sets = new Set(everything.map((part) => part.addresses));
  if ([...sets].reduce((sum, set) => sum + rangeCount(set), 0) > mostRanges) return 'unknown';
  if (!isWorse(graded(opening([whole, ...everything]), limits.maxAddresses), alone)) return [];
  const found = regions(policy.subject.endpoints, others);
  if (found === undefined) return 'unknown';
  return found.flatMap(({ members }) => {
    const rest = members.flat();
    const before = graded(opening(rest), limits.maxAddresses);
    const after = graded(opening([whole, ...rest]), limits.maxAddresses);
    const worse = after.filter((grade) => isNew(grade, before));
    return worse.length > 0 ? [{ grades: worse, members: rest }] : [];
  });
}

/** More ranges than these are not put together for one request. */
const mostRanges = 20_000;

/** Whether all parts together, even if they had no address in common, hold no more addresses than allowed. Cheap. */
function isFew(parts: readonly OpenPart[], allowed: Prefixes): boolean {
  let [v4, v6] = [0, 0];
  for (const { addresses } of parts) {
    const about = roughCount(addresses);
    v4 += about.v4;
    v6 += about.v6;
  }
  // Below the limit by more than what rounding may have taken away.
  const safe = 1 - 1e-6;
  return v4 <= safe * 2 ** (32 - allowed.ipv4) && v6 <= safe * 2 ** (128 - allowed.ipv6);
}

function isWide({ addresses }: Opening, { warnAddresses }: Limits): boolean {
  return families.some((family) => isMoreThan(addresses, family, limitIn(warnAddresses, family)));
}

/** Addresses add up to more than they are, and so do selectors that choose namespaces by texts in their names. No others do. */
function counts(part: OpenPart): boolean {
  return !isNoAddress(part.addresses) || letsInPodsPartly(part);
}

/** Whether it lets in fresh pods that, with those of other parts, may come to all of them. */
function letsInPodsPartly({ endpoints, somewhere }: OpenPart): boolean {
  return admitsManyFreshPods(endpoints) || somewhere.some(letsInFreshPods);
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
    const contributing = own.filter((part) => (key === 'every-namespace' ? letsInPodsPartly(part) : counts(part)));
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
  { own, whole: set }: Pick<Alone, 'own' | 'whole'>,
  limits: Limits,
): readonly Breadth[] {
  const found: Breadth[] = [];
  const tell = (key: BroadKey, path: FieldPath, of: readonly Family[], part: Opening) =>
    found.push({ key, path, families: of, opening: part, ownOpening: part, own, together: [], also: [] });
  if (limits.everyoneOfToday.isMeantBy(set.endpoints, context.after, context.isGuarded)) {
    const parts = own.filter((part) => part.endpoints.length > 0);
    tell('everyone-of-today', commonPath(parts.map((part) => part.peer.path)), [], set);
  } else if (!isNoAddress(set.addresses)) {
    for (const parts of Map.groupBy(own, (part) => part.rule).values()) {
      const whole = opening(parts);
      const wide = families.filter((family) =>
        isMoreThan(whole.addresses, family, limitIn(limits.warnAddresses, family)),
      );
      if (wide.length === 0) continue;
      const single = parts.find((part) =>
        wide.some((f) => isMoreThan(part.addresses, f, limitIn(limits.warnAddresses, f))),
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
      families.some((family) => !isNoAddress(ofFamily(address, family)) && isMoreThan(part.addresses, family, 1n)),
  );
}

/** Broad, but only on the ports that may be. */
function onOpenPorts(
  { after, cluster }: CheckContext,
  policy: Policy,
  direction: Direction,
  own: readonly OpenPart[],
  limits: Limits,
): readonly Breadth[] {
  if (isNoTraffic(limits.openTraffic)) return [];
  const all = openParts(policy, direction, noTraffic, { world: after, cluster }).parts;
  if (all.length === own.length) return [];
  const grades = graded(opening(all), limits.maxAddresses);
  const [first] = told(grades, all, limits, []);
  return first === undefined ? [] : [{ ...first, key: 'dns-anywhere' }];
}
