import { everyPod, namespacePart, podPart } from '../model/box-parts.ts';
import { hasPass } from '../model/governing.ts';
import { groupKind, type ObjectRef } from '../model/object.ts';
import {
  areEveryone,
  type Direction,
  isEveryone,
  type Peer,
  type Policy,
  type Rule,
  ruleList,
} from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { type AddressSet, containsAddresses, everyAddress, isNoAddress, subtractAddresses } from '../sets/addresses.ts';
import { containsBox, coverage, intersectBoxes, type LabelBox, subtractBox } from '../sets/labels.ts';
import { isAllTraffic, isNoTraffic, subtractTraffic, type Traffic } from '../sets/traffic.ts';
import { endsInDeny } from './isolation.ts';
import { byOrder, inTierOrder } from './tiers.ts';

/** What decides before a rule is reached. */
export type Earlier =
  | { readonly by: 'rule'; readonly rule: Rule }
  | { readonly by: 'policy'; readonly ref: ObjectRef; readonly tier: string }
  | { readonly by: 'tier'; readonly tier: string };

export interface Unreachable {
  readonly rule: Rule;
  /** What decides the last of it. */
  readonly earlier: Earlier;
}

export interface UnreachableRules {
  readonly found: readonly Unreachable[];
  readonly complete: boolean;
}

/** How many parts one rule may be cut into, and how many rules of one direction are held against each other. */
const mostParts = 300;
const mostRules = 200;

/**
 * The rules of a policy that no packet gets to: what they match is decided by rules before them, or, for every pod that
 * the policy governs, by policies before it. Exact for what it finds: a pod that a rule knows by its labels
 * is somewhere, and where it may be is cut as other addresses are.
 */
export function unreachableRules(world: World, policy: Policy, direction: Direction): UnreachableRules {
  const { applies, rules } = ruleList(policy, direction);
  // The rules of a Kubernetes policy add up: none of them is before another.
  const ordered = groupKind(policy.ref) !== 'NetworkPolicy.networking.k8s.io';
  if (!applies || policy.subject.endpoints.length === 0) return { found: [], complete: true };
  const outer = beforePolicy(world, policy, direction);
  if (outer !== undefined) {
    return { found: rules.map((rule) => ({ rule, earlier: outer })), complete: true };
  }
  const found: Unreachable[] = [];
  if (!ordered) return { found, complete: true };
  let complete = rules.length <= mostRules;
  for (const [index, rule] of rules.slice(0, mostRules).entries()) {
    if (isNoTraffic(rule.traffic) || rule.peers.length === 0) continue;
    const answer = decidedBy(policy, rule, rules.slice(0, index));
    if (answer === 'unknown') complete = false;
    else if (answer !== undefined) found.push({ rule, earlier: { by: 'rule', rule: answer } });
  }
  return { found, complete };
}

/** Something that a rule matches and that is still undecided. */
interface Part {
  readonly endpoints: LabelBox | 'any';
  readonly addresses: AddressSet;
  readonly traffic: Traffic;
}

/** The rule that decides the last of what a rule matches; undefined where something of it is left. */
function decidedBy(policy: Policy, rule: Rule, earlier: readonly Rule[]): Rule | 'unknown' | undefined {
  let left: readonly Part[] = rule.peers.flatMap((peer) => partsOf(peer, rule.traffic));
  // A peer that is nobody is told of otherwise.
  if (left.length === 0) return undefined;
  for (const one of earlier) {
    if (!decides(one, policy, rule)) continue;
    for (const peer of one.peers) {
      left = left.flatMap((part) => without(part, peer, one.traffic));
      if (left.length === 0) return one;
      if (left.length > mostParts) return 'unknown';
    }
  }
  return undefined;
}

function partsOf({ endpoints, addresses, service, except }: Peer, traffic: Traffic): readonly Part[] {
  const ends = addresses === 'any' ? everyAddress : addresses;
  // What is left out of it is not taken away here, so that no more is called unreachable than is.
  if (endpoints === 'any' || service !== undefined || except !== undefined) {
    return isNoAddress(ends) ? [] : [{ endpoints: 'any', addresses: ends, traffic }];
  }
  return endpoints.filter((box) => !box.empty).map((box) => ({ endpoints: box, addresses: ends, traffic }));
}

/** Whether a rule decides about all that it matches, for whatever pods the later rule is about. */
function decides(one: Rule, policy: Policy, later: Rule): boolean {
  if (one.action === 'log' || one.unsure === true || one.exceptNamed !== undefined || one.http === true) return false;
  if (one.own === undefined) return true;
  if (one.own.addresses !== 'any' || one.own.except !== undefined) return false;
  const own = one.own.endpoints;
  if (own === 'any') return true;
  const asked = later.own?.endpoints ?? 'any';
  return policy.subject.endpoints
    .flatMap((box) => (asked === 'any' ? [box] : asked.map((other) => intersectBoxes(box, other))))
    .every((box) => coverage(box, own, 100).answer === 'covered');
}

/** What is left of a part when everything between the peer and the traffic is decided. */
function without(part: Part, peer: Peer, traffic: Traffic): readonly Part[] {
  if (peer.service !== undefined || peer.except !== undefined) return [part];
  const rest = { ...part, traffic: subtractTraffic(part.traffic, traffic) };
  const kept = isNoTraffic(rest.traffic) ? [] : [rest];
  if (isEveryone(peer)) return kept;
  if (peer.endpoints === 'any') {
    const open = peer.addresses === 'any' ? everyAddress : peer.addresses;
    if (containsAddresses(open, part.addresses)) return kept;
    const outside = subtractAddresses(part.addresses, open);
    const inside = subtractAddresses(part.addresses, outside);
    return isNoAddress(inside)
      ? [part]
      : [{ ...part, addresses: outside }, ...kept.map((one) => ({ ...one, addresses: inside }))];
  }
  if (part.endpoints === 'any') return [part];
  if (peer.addresses !== 'any' && !containsAddresses(peer.addresses, part.addresses)) return [part];
  let outside: readonly LabelBox[] = [part.endpoints];
  const inside: LabelBox[] = [];
  for (const box of peer.endpoints) {
    inside.push(...outside.map((one) => intersectBoxes(one, box)).filter((one) => !one.empty));
    outside = outside.flatMap((one) => subtractBox(one, box));
  }
  return [
    ...outside.map((endpoints) => ({ ...part, endpoints })),
    ...kept.flatMap((one) => inside.map((endpoints) => ({ ...one, endpoints }))),
  ];
}

/** What decides everything for every pod that a policy governs before it comes to the policy; undefined where something is left. */
function beforePolicy(world: World, policy: Policy, direction: Direction): Earlier | undefined {
  const pods = policy.subject.endpoints.filter((box) => !intersectBoxes(box, everyPod).empty);
  // Hosts, stages of hosts and staged policies are another matter.
  if (pods.length < policy.subject.endpoints.length || policy.stage !== 'normal' || !policy.enforced) return undefined;
  const others = covering(world, policy, pods, direction);
  if (others.length === 0) return undefined;
  const tiers = inTierOrder(new Set([policy.tier, ...others.map(({ tier }) => tier)]), (name) => world.tier(name));
  for (const { name } of tiers) {
    const isOwn = name === policy.tier;
    // What is passed on gets past whatever else there is in another tier.
    if (!isOwn && passes(world, policy, name, direction)) continue;
    const members = others.filter(({ tier }) => tier === name);
    for (const one of members
      .filter(({ wide }) => wide)
      .map(({ read }) => read())
      .sort(byOrder)) {
      if (isOwn && byOrder(one, policy) >= 0) break;
      if (decidesAll(one, direction, isOwn)) return { by: 'policy', ref: one.ref, tier: name };
    }
    if (isOwn) return undefined;
    if (endsInDeny(world, name) && members.length > 0) return { by: 'tier', tier: name };
  }
  return undefined;
}

interface Candidate {
  readonly tier: string;
  readonly wide: boolean;
  readonly read: () => Policy;
}

/** The policies that decide about every pod that the policy governs. The policy may be one of them. */
function covering(world: World, policy: Policy, pods: readonly LabelBox[], direction: Direction): readonly Candidate[] {
  const { namespace } = policy.ref;
  if (namespace !== undefined) {
    const own = pods.map(podPart);
    return world
      .governing(namespace, direction)
      .filter(({ tier, wide }) => tier !== policy.tier || wide === 'yes')
      .filter(({ boxes }) => own.every((box) => boxes.some((outer) => containsBox(outer, box))))
      .map((one) => ({ tier: one.tier, wide: one.wide === 'yes', read: () => one.policy }));
  }
  const parts = pods.map((box) => ({ namespace: namespacePart(box), pod: podPart(box) }));
  return world.clusterGoverning.covering(parts, direction).map(({ stored, outline }) => ({
    tier: outline.tier,
    wide: outline.wide[direction] === 'yes',
    read: () => world.policy(stored.ref) ?? policy,
  }));
}

/** Whether some policy of a tier, be it about a few of these pods only, hands on to later tiers. */
function passes(world: World, { ref: { namespace } }: Policy, tier: string, direction: Direction): boolean {
  if (namespace === undefined) return world.tiers.does(tier, `passes ${direction}`);
  return world.governing(namespace, direction).some((one) => one.tier === tier && one.passes);
}

/** Whether nothing gets past the policy: its rules decide about everyone and all traffic. A Pass decides inside its own tier only. */
function decidesAll(policy: Policy, direction: Direction, inSameTier: boolean): boolean {
  const list = ruleList(policy, direction);
  if (hasPass(list) && !inSameTier) return false;
  const peers = list.rules.filter(isUnlimited).flatMap((rule) => rule.peers);
  return areEveryone(peers, policy.ref);
}

function isUnlimited({ action, own, traffic, unsure, exceptNamed, http }: Rule): boolean {
  const isLimited = own !== undefined || unsure === true || exceptNamed !== undefined || http === true;
  return action !== 'log' && !isLimited && isAllTraffic(traffic);
}
