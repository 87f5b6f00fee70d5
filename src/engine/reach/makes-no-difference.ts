import { identityOf } from '../dialects/resources.ts';
import { everyPod, namespacePart } from '../model/box-parts.ts';
import type { CheckContext } from '../model/check-context.ts';
import { groupKind, type ObjectRef } from '../model/object.ts';
import { type Direction, decidesForPods, type Policy, ruleList, type Subject } from '../model/policy.ts';
import { speaksOfDns, speaksOfMany } from '../model/speaks-of-many.ts';
import { builtInTiers, defaultTier } from '../model/tier.ts';
import type { World } from '../model/world.ts';
import { coverage, emptyBox, equalBoxes, type LabelBox, matchesBox, overlapBoxes } from '../sets/labels.ts';
import { openToDns } from './dns-for-all.ts';
import { type DnsSettings, settlesDns } from './dns-leads.ts';
import { endsInDeny, governsEveryPod, isolatedWhole } from './isolation.ts';
import type { Within } from './scope.ts';
import { withinTier } from './scope.ts';
import { inTierOrder } from './tiers.ts';

/*
 * Looks at a change of a cluster policy as a whole, which spare the look at each of ten thousand namespaces. All are exact
 * where they say yes; a no only means that one has to look.
 */

/** Whether some rule of a tier may do more than pass on traffic of the kind that is asked about. Policies of `default` are not counted. */
type Settles = (world: World, tier: string) => boolean;

/** Every pod of all namespaces that the policy governs, before or after, is isolated after the change. */
export function staysIsolated({ policy, oldPolicy, after }: CheckContext, direction: Direction): boolean {
  if (policy === undefined && oldPolicy === undefined) return false;
  return governsWhole(after, [policy, oldPolicy], direction, (tier) => endsInDeny(after, tier));
}

/** Who is isolated does not hang on the policy, before or after: its tier does not end in deny. */
export function isolatesNobody({ policy, oldPolicy, before, after }: CheckContext): boolean {
  const tiers = tiersOf(policy, oldPolicy);
  return tiers.length > 0 && tiers.every((tier) => !endsInDeny(before, tier) && !endsInDeny(after, tier));
}

/** The change newly lets nothing through between pods and ends of which nothing is known. */
export function letsNothingThrough(context: CheckContext, direction: Direction): boolean {
  const { policy, oldPolicy, before, after, alone } = context;
  if (alone && policy !== undefined && oldPolicy !== undefined && onlyEndsItsTier(policy, oldPolicy, direction)) {
    return true;
  }
  const settles: Settles = (world, tier) =>
    tier === defaultTier ||
    world.tiers.does(tier, `settles ${direction}`) ||
    (world.tiers.does(tier, `settles ${direction} by-sets`) && world.wideSets.length > 0);
  if (isTransparentTo(context, settles) || edgeOf(context) === 'closes') return true;
  const concerned = [policy, oldPolicy].filter((one) => one !== undefined).filter((one) => decidesIn(one, direction));
  const takes = concerned.some((one) => {
    const answer = speaksOfMany(ruleList(one, direction));
    return answer === 'yes' || (answer === 'by-sets' && [before, after].some((world) => world.wideSets.length > 0));
  });
  // With no rule that takes such traffic, a policy but ends its tier for its pods: only they can lose that.
  if (takes || (policy !== undefined && oldPolicy !== undefined && policy.tier !== oldPolicy.tier)) return false;
  if (concerned.length > 0 && isolatesNobody(context)) return true;
  if (oldPolicy === undefined) return policy !== undefined;
  if (!decidesIn(oldPolicy, direction)) return true;
  return isRefusedFrom(after, oldPolicy, direction, settles);
}

/**
 * The change takes no pod's way to the DNS: what is changed does not take such traffic, and ends no tier that did not end;
 * or all pods of the namespaces in question get there by what stands before.
 */
export function keepsDns(context: CheckContext, within: () => Within): boolean {
  const { policy, oldPolicy } = context;
  const settings = dnsSettingsOf(context);
  const settles: Settles = (world, tier) =>
    tier === defaultTier ||
    [...world.tiers.settlingDns(tier)].some(({ ref }) => settlesDns(world, world.policy(ref), settings));
  if (isTransparentTo(context, settles) || edgeOf(context) === 'opens') return true;
  const isTaken = oldPolicy === undefined || (policy !== undefined && decidesIn(policy, 'egress'));
  if (!isTaken && (!decidesIn(oldPolicy, 'egress') || !speaksOfDns(oldPolicy.egress))) return true;
  return isWithin(context, within(), openToDns(context.after, settings));
}

/** Whether the labels of all these namespaces, as they are after the change, are in one of the boxes. */
function isWithin({ before, after }: CheckContext, { names, boxes }: Within, open: readonly LabelBox[]): boolean {
  if (open.length === 0 || (boxes.length > 0 && !after.hasNamespacesOf(before))) return false;
  return (
    names.every((name) => open.some((box) => matchesBox(box, after.namespaceOrBare(name).labels))) &&
    boxes.every((box) => coverage(box, open, 50).answer === 'covered')
  );
}

/**
 * What a change of a tier does that comes alone and leaves the tier in its place: where it now ends in deny, whatever it
 * does only closes, and the other way round. Undefined for any other change.
 */
function edgeOf({ change, before, after, alone }: CheckContext): 'opens' | 'closes' | undefined {
  if (!alone || !isTier(change.ref)) return undefined;
  const { name } = change.ref;
  if (before.tier(name)?.order !== after.tier(name)?.order) return undefined;
  return endsInDeny(after, name) ? 'closes' : 'opens';
}

function isTier(ref: ObjectRef): boolean {
  return groupKind(identityOf(ref)) === 'Tier.projectcalico.org';
}

/** A change of a tier isolates nobody less: it did not end in deny, or still does, or others do for the same pods. */
export function tierKeepsIsolation({ change, before, after, alone }: CheckContext, direction: Direction): boolean {
  const { name } = change.ref;
  if (!alone) return false;
  if (!endsInDeny(before, name) || endsInDeny(after, name)) return true;
  const { names, boxes } = withinTier({ before, after }, name);
  const ends = (tier: string) => endsInDeny(after, tier);
  const whole = isolatedWhole(after, direction);
  return (
    names.every((one) => governsEveryPod(after, one, direction, ends)) &&
    boxes.every((box) => coverage(box, whole, 50).answer === 'covered')
  );
}

/** What is denied at the end of the policy's tier without it as well, or, as no later tier takes any of it, at the end of one of these. */
function isRefusedFrom(world: World, old: Policy, direction: Direction, settles: Settles): boolean {
  if (!endsInDeny(world, old.tier)) return false;
  if (governsWhole(world, [old], direction, (tier) => tier === old.tier)) return true;
  const tiers = inTierOrder(
    new Set([...builtInTiers.keys(), ...Array.from(world.objects('tiers'), ({ name }) => name)]),
    (name) => world.tier(name),
  ).map(({ name }) => name);
  const at = tiers.indexOf(old.tier);
  if (at === -1) return false;
  const later = tiers.slice(at + 1);
  const ends = new Set(later.filter((tier) => endsInDeny(world, tier)));
  return (
    governsWhole(world, [old], direction, (tier) => ends.has(tier)) &&
    later.every((tier) => !settles(world, tier) && !passesOn(world, tier, direction))
  );
}

/** Whether the tiers of the policy, before and after, end in pass, and none of their rules does more: then nothing hangs on them. */
function isTransparentTo({ change, policy, oldPolicy, before, after, alone }: CheckContext, settles: Settles): boolean {
  const tiers = alone && isTier(change.ref) ? [change.ref.name] : tiersOf(policy, oldPolicy);
  if (tiers.length === 0) return false;
  const worlds = [before, after];
  if (tiers.some((tier) => worlds.some((world) => endsInDeny(world, tier)))) return false;
  return tiers.every((tier) => worlds.every((world) => !settles(world, tier)));
}

/** What a tier that ends in deny passes on gets past its end. */
function passesOn(world: World, tier: string, direction: Direction): boolean {
  return endsInDeny(world, tier) && world.tiers.does(tier, `passes ${direction}`);
}

/** Whether in all namespaces that the policies look at, others of these tiers decide about every pod. */
function governsWhole(
  world: World,
  policies: readonly (Policy | undefined)[],
  direction: Direction,
  inTier: (tier: string) => boolean,
): boolean {
  return policies.every((policy) => {
    if (policy === undefined || !decidesForPods(policy)) return true;
    const { namespace } = policy.ref;
    if (namespace !== undefined) return governsEveryPod(world, namespace, direction, inTier);
    const whole = world.clusterGoverning.governedWhole(direction, inTier);
    return policy.subject.endpoints.every(
      (box) => !overlapBoxes(box, everyPod) || coverage(namespacePart(box), whole, 50).answer === 'covered',
    );
  });
}

/** Whether it comes to no more, before and after, than that it ends the same tier for the same pods, if any. */
function onlyEndsItsTier(policy: Policy, old: Policy, direction: Direction): boolean {
  if (policy.tier !== old.tier || decidesIn(policy, direction) !== decidesIn(old, direction)) return false;
  if (!decidesIn(policy, direction)) return true;
  return (
    sameSubject(policy.subject, old.subject) &&
    [policy, old].every((one) => speaksOfMany(ruleList(one, direction)) === 'no')
  );
}

function sameSubject(a: Subject, b: Subject): boolean {
  return (
    a.unsure !== true &&
    b.unsure !== true &&
    a.endpoints.length === b.endpoints.length &&
    a.endpoints.every((box, index) => equalBoxes(box, b.endpoints[index] ?? emptyBox))
  );
}

function decidesIn(policy: Policy, direction: Direction): boolean {
  return decidesForPods(policy) && ruleList(policy, direction).applies;
}

function tiersOf(...policies: readonly (Policy | undefined)[]): readonly string[] {
  return [...new Set(policies.flatMap((one) => (one === undefined ? [] : [one.tier])))];
}

function dnsSettingsOf({ cluster, enforcer }: CheckContext): DnsSettings {
  return { servers: cluster.dns, enforcer, podAddresses: cluster.podAddresses };
}
