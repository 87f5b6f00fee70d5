import type { NotCheckedReason } from '../guardrails/define.ts';
import { type Direction, type Peer, type Policy, type Rule, ruleList } from '../model/policy.ts';
import {
  type AddressSet,
  addressKey,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { boxKey, intersectBoxes, isEmptyBox, type LabelBox } from '../sets/labels.ts';
import {
  intersectTraffic,
  isNoTraffic,
  subtractTraffic,
  type Traffic,
  trafficKey,
  unionAllTraffic,
} from '../sets/traffic.ts';
import { caught, type FarEnd, letThrough, Ranges, type Surroundings } from './far-end.ts';
import { admitsFreshPod } from './fresh-pod.ts';
import { appliesTo, coversAllOf, type NearEnd, nearEnds } from './near-end.ts';
import { everything, take, type Undecided } from './undecided.ts';

/** A part of a policy that lets somebody in, or out. */
export interface OpenPart {
  readonly policy: Policy;
  readonly rule: Rule;
  readonly peer: Peer;
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
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
  surroundings: Surroundings,
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
  surroundings: Surroundings,
  doubt: (reason: NotCheckedReason) => void,
): readonly OpenPart[] {
  let undecided: Undecided = everything;
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
          undecided === everything ? [{ ...far, traffic: rule.traffic }] : leftOf(far, rule.traffic, undecided);
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
      const split = take(undecided, far, rule.traffic, true);
      if (split === undefined) doubt('work-cap');
      else undecided = split.left;
    }
    return [];
  });
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
    const endpoints = far.endpoints.map((box) => intersectBoxes(box, cell.box)).filter((box) => !isEmptyBox(box));
    const open = intersectTraffic(cell.traffic, traffic);
    if (endpoints.length > 0 && !isNoTraffic(open)) {
      shares.push({ addresses: noAddresses, endpoints, traffic: open });
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

function keyOf({ addresses, endpoints, traffic }: Share): string {
  return `${addressKey(addresses)} ${endpoints.map(boxKey).join(' | ')} ${trafficKey(traffic)}`;
}

export function opening(parts: readonly Pick<OpenPart, 'addresses' | 'endpoints'>[]): Opening {
  return {
    addresses: unionAllAddresses(parts.map((part) => part.addresses)),
    endpoints: parts.flatMap((part) => part.endpoints),
    freshPod: admitsFreshPod(parts.flatMap((part) => part.endpoints)),
  };
}
