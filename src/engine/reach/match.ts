import type { ClusterFacts, EnforcerProfile } from '../model/cluster-facts.ts';
import type { Peer } from '../model/policy.ts';
import {
  type AddressSet,
  containsAddresses,
  everyIPv4,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  overlapAddresses,
} from '../sets/addresses.ts';
import { type LabelBox, matchesBox } from '../sets/labels.ts';
import type { HostParty, Party, PodParty } from './party.ts';
import type { UnknownReason } from './unknown-reason.ts';

/** What reachability depends on besides the objects of the cluster. */
export interface ReachSettings {
  readonly enforcer: EnforcerProfile;
  readonly cluster: Pick<ClusterFacts, 'podAddresses' | 'nodeAddresses'> &
    Partial<Pick<ClusterFacts, 'applicationLayer'>>;
}

/** Whether a peer is one end of a flow, or why that cannot be said. */
export type PeerMatch = 'yes' | 'no' | UnknownReason;

/** The addresses at which a peer matches. */
export interface Region {
  /** Of pods that its selectors choose by their labels, or of anybody where it has none. */
  readonly chosen: AddressSet | 'any';
  /** Of all others: a selector of Calico's also knows network sets and host endpoints, by their addresses. */
  readonly others: AddressSet;
}

/** Kubernetes selectors speak of pods only. */
function regionOfKubernetes({ addresses }: Peer): Region {
  return { chosen: addresses, others: noAddresses };
}

/**
 * Whether `party` is one of those that `peer` speaks of, as the enforcer reads it. All conditions of the peer must hold.
 * A Service is not looked at: `service-match.ts` does that.
 *
 * Calico makes a list of addresses out of a selector, and asks no packet where it is from: so a pod matches by its
 * labels, and anybody by an address that a network set or a host endpoint of such labels has.
 *
 * Source: projectcalico/calico felix/calc/rule_scanner.go.
 */
export function matchPeer(
  peer: Peer,
  party: Party,
  settings: ReachSettings,
  regionOf: (peer: Peer) => Region = regionOfKubernetes,
): PeerMatch {
  const { chosen, others } = regionOf(peer);
  const left = peer.except === undefined ? 'yes' : negated(matchLabels(peer.except, peer, party, settings));
  if (left === 'no') return 'no';
  const byLabels = peer.endpoints === 'any' ? 'yes' : matchLabels(peer.endpoints, peer, party, settings);
  if (byLabels === 'no') return bothMatch(left, isNoAddress(others) ? 'no' : isAt(others, party, settings.cluster));
  return bothMatch(chosen === 'any' ? 'yes' : matchAddresses(chosen, party, settings), bothMatch(byLabels, left));
}

/** What two conditions come to that must both hold. */
function bothMatch(a: PeerMatch, b: PeerMatch): PeerMatch {
  if (a === 'no' || b === 'no') return 'no';
  return a === 'yes' ? b : a;
}

function negated(match: PeerMatch): PeerMatch {
  return match === 'yes' ? 'no' : match === 'no' ? 'yes' : match;
}

/** Whether a selector chooses the party by its labels. */
function matchLabels(boxes: readonly LabelBox[], { written }: Peer, party: Party, settings: ReachSettings): PeerMatch {
  if (party.kind !== 'pod') return 'no';
  const chosen = boxes.some((box) => matchesBox(box, party.attributes));
  const { otherwise } = party;
  if (otherwise !== undefined && boxes.some((box) => matchesBox(box, otherwise.attributes)) !== chosen)
    return otherwise.reason;
  if (!chosen) return 'no';
  return party.pod.hostNetwork ? matchHostNetwork(written.podSelector, settings.enforcer) : 'yes';
}

/**
 * Traffic of a pod on the host network comes from the node: where enforcers take it for the node's no selector matches,
 * and Kubernetes itself calls it undefined.
 */
function matchHostNetwork(podSelector: boolean, enforcer: EnforcerProfile): PeerMatch {
  switch (enforcer) {
    case 'generic':
      return 'host-network-peer';
    case 'ovn':
      // OVN-Kubernetes takes host traffic of a namespace in where a podSelector is written, be it an empty one.
      return podSelector ? 'host-network-peer' : 'no';
    case 'calico':
    case 'cilium':
    case 'antrea':
      return 'no';
  }
}

function matchAddresses(block: AddressSet, party: Party, settings: ReachSettings): PeerMatch {
  // Cilium: CIDR peers match neither pods nor nodes, unless `policy-cidr-match-mode` says otherwise.
  if (party.kind === 'pod' && settings.enforcer === 'cilium') return 'no';
  const inside = isAt(block, party, settings.cluster);
  return inside === 'yes' && party.kind === 'pod' && settings.enforcer === 'generic' ? 'pod-in-block' : inside;
}

/** Whether an address of the party is in the block. */
export function isAt(block: AddressSet, party: Party, cluster: ReachSettings['cluster']): PeerMatch {
  if (party.kind !== 'addresses') return isInside(block, party, cluster);
  // Only addresses that somebody asks about by themselves are ever cut by a block: ranges are made so that none is.
  if (containsAddresses(block, party.addresses)) return 'yes';
  return overlapAddresses(block, party.addresses) ? 'part-of-range' : 'no';
}

/**
 * Whether the pod's address is in the block. A pod with an address of each family is in it with either: a flow of that
 * family can then pass. Of a pod whose addresses nobody knows, it is said only where it holds for every address that it
 * may have: one of the cluster's pods, or, on the host network, of its nodes; where these are not given either, some
 * IPv4 address, and perhaps an IPv6 one too.
 */
function isInside(block: AddressSet, party: PodParty | HostParty, cluster: ReachSettings['cluster']): PeerMatch {
  const differ = party.kind === 'host' ? 'host-addresses' : 'pods-differ';
  if (party.addresses.length > 0) return holds(block, party.addresses, differ);
  if (isNoAddress(block)) return 'no';
  const ofNode = party.kind === 'host' || party.pod.hostNetwork;
  const given = ofNode ? cluster.nodeAddresses : cluster.podAddresses;
  const { family } = party;
  if (family === undefined) {
    if (containsAddresses(block, isNoAddress(given) ? everyIPv4 : given)) return 'yes';
    if (!isNoAddress(given) && !overlapAddresses(block, given)) return 'no';
  } else {
    const possible = isNoAddress(given) ? family : intersectAddresses(given, family);
    if (containsAddresses(block, possible)) return 'yes';
    if (!overlapAddresses(block, possible)) return 'no';
  }
  return ofNode ? 'node-address-unknown' : 'pod-address-unknown';
}

/** Several addresses of one family are those of several pods under one name, or of one host, and the block may hold some of them only. */
function holds(block: AddressSet, families: readonly AddressSet[], differ: UnknownReason): PeerMatch {
  if (families.some((addresses) => containsAddresses(block, addresses))) return 'yes';
  return families.some((addresses) => overlapAddresses(block, addresses)) ? differ : 'no';
}
