import type { ClusterFacts, EnforcerProfile } from '../model/cluster-facts.ts';
import type { Peer } from '../model/policy.ts';
import { type AddressSet, containsAddresses, everyIPv4, isNoAddress, overlapAddresses } from '../sets/addresses.ts';
import { matchesBox } from '../sets/labels.ts';
import type { AddressParty, Party, PodParty } from './party.ts';
import type { UnknownReason } from './unknown-reason.ts';

/** What reachability depends on besides the objects of the cluster. */
export interface ReachSettings {
  readonly enforcer: EnforcerProfile;
  readonly cluster: Pick<ClusterFacts, 'podAddresses' | 'nodeAddresses'>;
}

/** Whether a peer is the far end of a flow, or why that cannot be said. */
export type PeerMatch = 'yes' | 'no' | UnknownReason;

/** Whether `party` is one of those that `peer` speaks of, as the enforcer reads it. Both conditions of the peer must hold. */
export function matchPeer(peer: Peer, party: Party, settings: ReachSettings): PeerMatch {
  const byLabels = matchEndpoints(peer, party, settings.enforcer);
  if (byLabels === 'no') return 'no';
  const byAddress = peer.addresses === 'any' ? 'yes' : matchAddresses(peer.addresses, party, settings);
  return byAddress === 'yes' ? byLabels : byAddress;
}

/**
 * Selectors speak of labels, and an address has none. Traffic of a pod on the host network comes from the node: where
 * enforcers take it for the node's no selector matches, and Kubernetes itself calls it undefined.
 */
function matchEndpoints(peer: Peer, party: Party, enforcer: EnforcerProfile): PeerMatch {
  if (peer.endpoints === 'any') return 'yes';
  if (party.kind === 'addresses') return 'no';
  if (!peer.endpoints.some((box) => matchesBox(box, party.attributes))) return 'no';
  return party.pod.hostNetwork ? matchHostNetwork(peer, enforcer) : 'yes';
}

function matchHostNetwork(peer: Peer, enforcer: EnforcerProfile): PeerMatch {
  switch (enforcer) {
    case 'generic':
      return 'host-network-peer';
    case 'ovn':
      // OVN-Kubernetes takes host traffic of a namespace in where a podSelector is written, be it an empty one.
      return peer.written.podSelector ? 'host-network-peer' : 'no';
    case 'calico':
    case 'cilium':
    case 'antrea':
      return 'no';
  }
}

function matchAddresses(block: AddressSet, party: Party, settings: ReachSettings): PeerMatch {
  if (party.kind === 'addresses') return matchRange(block, party);
  // Cilium: CIDR peers match neither pods nor nodes, unless `policy-cidr-match-mode` says otherwise.
  if (settings.enforcer === 'cilium') return 'no';
  const inside = isInside(block, party, settings.cluster);
  return inside === 'yes' && settings.enforcer === 'generic' ? 'pod-in-block' : inside;
}

/** Only addresses that somebody asks about by themselves are ever cut by a block: ranges are made so that none is. */
function matchRange(block: AddressSet, party: AddressParty): PeerMatch {
  if (containsAddresses(block, party.addresses)) return 'yes';
  return overlapAddresses(block, party.addresses) ? 'part-of-range' : 'no';
}

/**
 * Whether the pod's address is in the block. A pod with an address of each family is in it with either: a flow of that
 * family can then pass. Of a pod whose addresses nobody knows, it is said only where it holds for every address that it
 * may have: one of the cluster's pods, or, on the host network, of its nodes; where these are not given either, some
 * IPv4 address, and perhaps an IPv6 one too.
 */
function isInside(block: AddressSet, party: PodParty, cluster: ReachSettings['cluster']): PeerMatch {
  if (party.addresses.length > 0) return holds(block, party.addresses);
  if (isNoAddress(block)) return 'no';
  const { hostNetwork } = party.pod;
  const given = hostNetwork ? cluster.nodeAddresses : cluster.podAddresses;
  if (containsAddresses(block, isNoAddress(given) ? everyIPv4 : given)) return 'yes';
  if (!isNoAddress(given) && !overlapAddresses(block, given)) return 'no';
  return hostNetwork ? 'node-address-unknown' : 'pod-address-unknown';
}

/** Several addresses of one family are those of several pods under one name, and the block may hold some of them only. */
function holds(block: AddressSet, families: readonly AddressSet[]): PeerMatch {
  if (families.some((addresses) => containsAddresses(block, addresses))) return 'yes';
  return families.some((addresses) => overlapAddresses(block, addresses)) ? 'pods-differ' : 'no';
}
