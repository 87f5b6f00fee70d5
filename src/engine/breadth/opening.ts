import type { NotCheckedReason } from '../model/not-checked.ts';
import { type Direction, isEveryone, type Peer, type Policy, type Rule, ruleList } from '../model/policy.ts';
import { isCalico } from '../reach/rule-match.ts';
import { type AddressSet, addressKey, containsAddresses, everyAddress, unionAllAddresses } from '../sets/addresses.ts';
import { boxKey, type LabelBox } from '../sets/labels.ts';
import { isNoTraffic, subtractTraffic, type Traffic, trafficKey, unionAllTraffic } from '../sets/traffic.ts';
import {
  caught,
  coversPods,
  type FarEnd,
  type FarWorld,
  letThrough,
  Ranges,
  type Somewhere,
  type Surroundings,
} from './far-end.ts';
import { admitsFreshPod } from './fresh-pod.ts';
import { leftOf, type Share } from './left-of.ts';
import { appliesTo, coversAllOf, type NearEnd, nearEnds } from './near-end.ts';
import { freshPodsAnywhere, type PodsAt, podsAt } from './pods-at.ts';
import { allPorts, decided, leftUndecided } from './undecided-ports.ts';

/** A part of a policy that lets somebody in, or out. */
export interface OpenPart {
  readonly policy: Policy;
  readonly rule: Rule;
  readonly peer: Peer;
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
  readonly somewhere: readonly Somewhere[];
  /** Pods that are let through for their addresses, which no selector chooses. */
  readonly pods: readonly PodsAt[];
  /** All traffic of the part. Where earlier rules leave different traffic to different far ends, `open` tells them apart. */
  readonly traffic: Traffic;
  readonly open: readonly Share[];
}

/** Everyone to whom some traffic is open, as addresses and as endpoints. */
export interface Opening {
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
  readonly somewhere: readonly Somewhere[];
  readonly pods: readonly PodsAt[];
  /** Whether a pod without labels, in a namespace that carries its name only, is let through: by a selector, or with everyone. */
  readonly freshPod: boolean;
}

export interface OpenParts {
  readonly parts: readonly OpenPart[];
  /** What kept some of it from being told. */
  readonly doubts: readonly NotCheckedReason[];
}

/**
 * The parts of a policy that open something, after its own earlier rules that deny or pass, ports in `besides` left
 * aside. Which ports are open does not matter beyond that: whoever is denied some of them only is still let through.
 */
export function openParts(
  policy: Policy,
  direction: Direction,
  besides: Traffic,
  surroundings: Surroundings<FarWorld>,
): OpenParts {
  const list = ruleList(policy, direction);
  if (!list.applies || !opensAtAll(policy)) return { parts: [], doubts: [] };
  const rules = list.rules.filter((rule) => rule.action !== 'log');
  if (!rules.some(({ action }) => action === 'allow')) return { parts: [], doubts: [] };
  const doubts = new Set<NotCheckedReason>();
  const doubt = (reason: NotCheckedReason) => doubts.add(reason);
  const ends = policy.subject.endpoints.length === 0 ? [undefined] : nearEnds(policy, rules);
  if (ends === undefined) doubt('work-cap');
  // Past the cap nothing is taken off, so that the policy looks no narrower than it is.
  const found = (ends ?? [undefined]).flatMap((near) =>
    partsAt(policy, rules, near, ends === undefined, besides, surroundings, doubt),
  );
  return { parts: joined(found), doubts: [...doubts] };
}

/** No less than what {@link openParts} opens: without what earlier rules take away. Much cheaper where these speak of many addresses. */
export function openAtMost(
  policy: Policy,
  direction: Direction,
  besides: Traffic,
  surroundings: Surroundings<FarWorld>,
): Opening {
  const list = ruleList(policy, direction);
  const opens = (rule: Rule): boolean =>
    rule.action === 'allow' && !isNoTraffic(subtractTraffic(rule.traffic, besides));
  const peers = list.applies && opensAtAll(policy) ? list.rules.filter(opens).flatMap((rule) => rule.peers) : [];
  const ranges = new Ranges(peers);
  return opening(
    peers.map((peer) => {
      const far = anyoneThere(
        policy,
        peer,
        letThrough(peer, surroundings, () => undefined, ranges),
      );
      return { ...far, somewhere: far.somewhere ?? [], pods: podsAt(far.anyone) };
    }),
  );
}

/** A policy that selects nothing, or that Calico refuses, opens nothing. A Profile is for those endpoints that name it. */
function opensAtAll({ subject, ref, problems }: Policy): boolean {
  if (subject.endpoints.length > 0 || ref.kind === 'Profile') return true;
  return problems.some(({ reason }) => reason === 'selector-too-complex');
}

function partsAt(
  policy: Policy,
  rules: readonly Rule[],
  near: NearEnd,
  isWhole: boolean,
  besides: Traffic,
  surroundings: Surroundings<FarWorld>,
  doubt: (reason: NotCheckedReason) => void,
): readonly OpenPart[] {
  const all = allPorts(rules);
  let undecided = all;
  const opens = (rule: Rule): boolean =>
    rule.action === 'allow' &&
    !isNoTraffic(subtractTraffic(rule.traffic, besides)) &&
    (isWhole || appliesTo(rule, near));
  const ranges = new Ranges(rules.filter(opens).flatMap((rule) => rule.peers));
  return rules.flatMap((rule) => {
    if (rule.action === 'allow') {
      if (!opens(rule)) return [];
      return rule.peers.map((peer) => {
        const far = anyoneThere(policy, peer, letThrough(peer, surroundings, doubt, ranges));
        const open =
          undecided === all
            ? [{ ...far, pods: podsAt(far.anyone), traffic: rule.traffic }]
            : leftUndecided(undecided, rule.traffic).flatMap(({ cells, traffic }) =>
                leftOf(far, traffic, cells, doubt),
              );
        return openPart(
          policy,
          rule,
          peer,
          open.filter((share) => !isNoTraffic(subtractTraffic(share.traffic, besides))),
        );
      });
    }
    if (isWhole || !coversAllOf(rule, near)) return [];
    for (const far of caught(rule, surroundings)) {
      const next = decided(undecided, rule, far);
      if (next === undefined) doubt('work-cap');
      else undecided = next;
    }
    return [];
  });
}

/**
 * With the pods that it speaks of by their addresses. Calico knows a packet by these, so they are whoever has one, and
 * whether other enforcers look at pods so is not for a policy to say: there only a rule without peers means pods as well.
 */
function anyoneThere(policy: Policy, peer: Peer, far: FarEnd): FarEnd {
  if (isEveryone(peer)) return { addresses: everyAddress, endpoints: [], anyone: everyAddress };
  const isByAddress = peer.endpoints === 'any' && peer.except === undefined && peer.unsure !== true;
  return isByAddress && isCalico(policy) ? { ...far, anyone: far.addresses } : far;
}

function openPart(policy: Policy, rule: Rule, peer: Peer, open: readonly Share[]): OpenPart {
  return {
    policy,
    rule,
    peer,
    addresses: unionAllAddresses(open.map((share) => share.addresses)),
    endpoints: open.flatMap((share) => share.endpoints),
    somewhere: open.flatMap((share) => share.somewhere ?? []),
    pods: open.flatMap((share) => share.pods ?? []),
    traffic: unionAllTraffic(open.map((share) => share.traffic)),
    open,
  };
}

/** A rule and a peer that come up for several near ends are one part. */
function joined(parts: readonly OpenPart[]): readonly OpenPart[] {
  const byPeer = Map.groupBy(parts, (part) => part.peer);
  return [...byPeer.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    if (same.length === 1) return [first];
    const open = new Map(same.flatMap((part) => part.open).map((share) => [keyOf(share), share]));
    return [openPart(first.policy, first.rule, first.peer, [...open.values()])];
  });
}

function keyOf({ addresses, endpoints, somewhere = [], pods = [], traffic }: Share): string {
  const partly = [...somewhere.map(({ box, within: at }) => ({ box, at })), ...pods];
  const places = partly.map(({ box, at }) => `${boxKey(box)} at ${addressKey(at)}`);
  return `${addressKey(addresses)} ${endpoints.map(boxKey).join(' | ')} ${places.join(' | ')} ${trafficKey(traffic)}`;
}

export function opening(parts: readonly Pick<OpenPart, 'addresses' | 'endpoints' | 'somewhere' | 'pods'>[]): Opening {
  const somewhere = parts.flatMap((part) => part.somewhere);
  const pods = parts.flatMap((part) => part.pods);
  const chosen = parts.flatMap((part) => part.endpoints);
  const addresses = unionAllAddresses(parts.map((part) => part.addresses));
  const met = [...freshPodsOfAnywhere(somewhere), ...freshPodsWithEveryone(addresses, chosen, somewhere, pods)];
  const endpoints = met.length > 0 ? [...chosen, ...met] : chosen;
  return { addresses, endpoints, somewhere, pods, freshPod: met.length > 0 || admitsFreshPod(chosen) };
}

/**
 * Where every address of either family is let through, pods may be with them: then it is everyone. Short of that, who is
 * let through for an address is told of by the addresses alone, as 10.0.0.0/8 is not every namespace for the pods in it.
 */
function freshPodsWithEveryone(
  addresses: AddressSet,
  chosen: readonly LabelBox[],
  somewhere: readonly Somewhere[],
  pods: readonly PodsAt[],
): readonly LabelBox[] {
  if (pods.length === 0 || !containsAddresses(addresses, everyAddress)) return [];
  return freshPodsAnywhere([
    ...chosen.map((box) => ({ box, at: everyAddress })),
    ...somewhere.map(({ box, within: at }) => ({ box, at })),
    ...pods,
  ]);
}

/** The boxes that let in fresh pods at one range of addresses each, where that comes to all the addresses of pods. */
function freshPodsOfAnywhere(somewhere: readonly Somewhere[]): readonly LabelBox[] {
  const [first] = somewhere;
  if (first === undefined) return [];
  const fresh = somewhere.filter(letsInFreshPods);
  return coversPods(unionAllAddresses(fresh.map(({ within }) => within)), first.pods)
    ? fresh.map(({ box }) => box)
    : [];
}

export function letsInFreshPods({ box }: Somewhere): boolean {
  return admitsFreshPod([box]);
}
