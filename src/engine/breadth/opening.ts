import type { NotCheckedReason } from '../guardrails/define.ts';
import { type Direction, type Peer, type Policy, type Rule, ruleList } from '../model/policy.ts';
import {
  type AddressSet,
  addressKey,
  everyAddress,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  overlapAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { boxKey, intersectBoxes, isEmptyBox, type LabelBox } from '../sets/labels.ts';
import {
  allTraffic,
  intersectTraffic,
  isNoTraffic,
  subtractTraffic,
  type Traffic,
  trafficKey,
  unionAllTraffic,
  withoutNamedPorts,
} from '../sets/traffic.ts';
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
import { appliesTo, coversAllOf, type NearEnd, nearEnds } from './near-end.ts';
import { allOf, everything, take, type Undecided } from './undecided.ts';

/** A part of a policy that lets somebody in, or out. */
export interface OpenPart {
  readonly policy: Policy;
  readonly rule: Rule;
  readonly peer: Peer;
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
  readonly somewhere: readonly Somewhere[];
  /** All traffic of the part. Where earlier rules leave different traffic to different far ends, `open` tells them apart. */
  readonly traffic: Traffic;
  readonly open: readonly Share[];
}

/** Far ends with the same traffic. */
export interface Share extends FarEnd {
  readonly traffic: Traffic;
}

/** Everyone to whom some traffic is open, as addresses and as endpoints. */
export interface Opening {
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
  readonly somewhere: readonly Somewhere[];
  /** Whether a pod without labels, in a namespace that carries its name only, is let through. */
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
      const { somewhere = [], ...far } = letThrough(peer, surroundings, () => undefined, ranges);
      return { ...far, somewhere };
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
  const names = unionAllTraffic(rules.map((rule) => namesIn(rule.traffic)));
  let undecided: Undecided = everything;
  let undecidedNames: Undecided = allOf(names);
  const opens = (rule: Rule): boolean =>
    rule.action === 'allow' &&
    !isNoTraffic(subtractTraffic(rule.traffic, besides)) &&
    (isWhole || appliesTo(rule, near));
  const ranges = new Ranges(rules.filter(opens).flatMap((rule) => rule.peers));
  return rules.flatMap((rule) => {
    if (rule.action === 'allow') {
      if (!opens(rule)) return [];
      return rule.peers.map((peer) => {
        const far = letThrough(peer, surroundings, doubt, ranges);
        const open =
          undecided === everything
            ? [{ ...far, traffic: rule.traffic }]
            : [
                ...leftOf(far, withoutNamedPorts(rule.traffic), undecided),
                ...leftOf(far, namesIn(rule.traffic), undecidedNames),
              ];
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
      const split = take(undecided, far, rule.traffic, allTraffic);
      const named = take(undecidedNames, far, rule.traffic, names);
      if (split === undefined || named === undefined) doubt('work-cap');
      else [undecided, undecidedNames] = [split.left, named.left];
    }
    return [];
  });
}

/** Ports by their names: what numbers stand for them is not known, so that only what denies the same names denies them. */
function namesIn(traffic: Traffic): Traffic {
  return subtractTraffic(traffic, withoutNamedPorts(traffic));
}

/** What is still undecided of the traffic with a far end. Sets and hosts are known by their addresses, which tell of them. */
function leftOf(far: FarEnd, traffic: Traffic, undecided: Undecided): readonly Share[] {
  const shares: Share[] = [];
  for (const cell of undecided.addresses) {
    const addresses = intersectAddresses(cell.set, far.addresses);
    const open = intersectTraffic(cell.traffic, traffic);
    if (!isNoAddress(addresses) && !isNoTraffic(open)) shares.push({ addresses, endpoints: [], traffic: open });
  }
  for (const cell of undecided.pods) {
    const met = overlapAddresses(far.families ?? everyAddress, cell.families) ? far.endpoints : [];
    const endpoints = met.map((box) => intersectBoxes(box, cell.box)).filter((box) => !isEmptyBox(box));
    const somewhere = (far.somewhere ?? [])
      .map((one) => ({
        ...one,
        box: intersectBoxes(one.box, cell.box),
        within: intersectAddresses(one.within, cell.families),
      }))
      .filter(({ box, within }) => !isEmptyBox(box) && !isNoAddress(within));
    const open = intersectTraffic(cell.traffic, traffic);
    if (endpoints.length + somewhere.length > 0 && !isNoTraffic(open)) {
      shares.push({ addresses: noAddresses, endpoints, somewhere, traffic: open });
    }
  }
  return shares;
}

function openPart(policy: Policy, rule: Rule, peer: Peer, open: readonly Share[]): OpenPart {
  return {
    policy,
    rule,
    peer,
    addresses: unionAllAddresses(open.map((share) => share.addresses)),
    endpoints: open.flatMap((share) => share.endpoints),
    somewhere: open.flatMap((share) => share.somewhere ?? []),
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

function keyOf({ addresses, endpoints, somewhere = [], traffic }: Share): string {
  const partly = somewhere.map(({ box, within }) => `${boxKey(box)} at ${addressKey(within)}`);
  return `${addressKey(addresses)} ${endpoints.map(boxKey).join(' | ')} ${partly.join(' | ')} ${trafficKey(traffic)}`;
}

export function opening(parts: readonly Pick<OpenPart, 'addresses' | 'endpoints' | 'somewhere'>[]): Opening {
  const somewhere = parts.flatMap((part) => part.somewhere);
  const endpoints = parts.flatMap((part) => part.endpoints);
  const met = freshPodsOfAnywhere(somewhere);
  return {
    addresses: unionAllAddresses(parts.map((part) => part.addresses)),
    endpoints: met.length > 0 ? [...endpoints, ...met] : endpoints,
    somewhere,
    freshPod: met.length > 0 || admitsFreshPod(endpoints),
  };
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
