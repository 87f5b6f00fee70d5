import { endpointKind, namespaceName } from '../model/attributes.ts';
import { everyPod } from '../model/box-parts.ts';
import { type Direction, isEveryone, type Peer, type Policy, type Rule, ruleList } from '../model/policy.ts';
import { type AddressSet, everyAddress, noAddresses, unionAllAddresses } from '../sets/addresses.ts';
import { admitsFresh, type LabelBox, restrictBox } from '../sets/labels.ts';
import { isNoTraffic, subtractTraffic, type Traffic } from '../sets/traffic.ts';

/** A part of a policy that lets somebody in, or out. */
export interface OpenPart {
  readonly policy: Policy;
  readonly rule: Rule;
  readonly peer: Peer;
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
}

/** Everyone to whom some traffic is open, as addresses and as endpoints. */
export interface Opening {
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
  /** Whether a pod without labels, in a namespace that carries its name only, is let through. */
  readonly freshPod: boolean;
}

/** The parts of a policy that open something, ports in `besides` left aside. Which ports are open does not matter beyond that. */
export function openParts(policy: Policy, direction: Direction, besides: Traffic): readonly OpenPart[] {
  const list = ruleList(policy, direction);
  if (!list.applies) return [];
  return list.rules.flatMap((rule) => {
    if (rule.action !== 'allow' || isNoTraffic(subtractTraffic(rule.traffic, besides))) return [];
    return rule.peers.map((peer) => openPart(policy, rule, peer));
  });
}

function openPart(policy: Policy, rule: Rule, peer: Peer): OpenPart {
  const addresses = isEveryone(peer)
    ? everyAddress
    : peer.endpoints !== 'any' || peer.addresses === 'any'
      ? noAddresses
      : peer.addresses;
  const endpoints = isEveryone(peer) ? [everyPod] : peer.endpoints === 'any' ? [] : peer.endpoints;
  return { policy, rule, peer, addresses, endpoints };
}

export function opening(parts: readonly OpenPart[]): Opening {
  return {
    addresses: unionAllAddresses(parts.map((part) => part.addresses)),
    endpoints: parts.flatMap((part) => part.endpoints),
    freshPod: parts.some((part) => part.endpoints.some(admitsFreshPod)),
  };
}

/**
 * Whether a box lets in a pod without any labels from a namespace that carries only its name, whatever the name is but
 * for finitely many. Of several boxes one must do so by itself: each either leaves out finitely many names or admits no
 * more than that.
 */
export function admitsFreshPod(box: LabelBox): boolean {
  const pods = restrictBox(box, (key) => (key === endpointKind ? { value: 'Pod' } : undefined));
  return pods !== undefined && admitsFresh(pods, namespaceName);
}
