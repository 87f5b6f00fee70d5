import type { Peer, Rule } from '../model/policy.ts';
import { type AddressSet, everyAddress, noAddresses, unionAllAddresses } from '../sets/addresses.ts';

/** Of a pod whose address, or what an address counts for, is not known: how far a rule leads to it by addresses. */
export interface LedAddresses {
  /** Those that the pod may have for the rule to lead there. */
  readonly some: AddressSet;
  /** Those with which it surely does. */
  readonly sure: AddressSet;
}

export const nothingSure: LedAddresses = { some: everyAddress, sure: noAddresses };

/**
 * A rule about every address of a family leads to whatever has one, though nobody knows which: two such rules, one for
 * each family, are as good as one about everything.
 *
 * @param leadsAnyhow whether a peer surely leads to the pod, were it not for its addresses
 */
export function ledAddresses({ peers, own, unsure }: Rule, leadsAnyhow: (peer: Peer) => boolean): LedAddresses {
  const some = unionAllAddresses(
    // The endpoints of a Service may have any.
    peers.map(({ addresses, service }) => (addresses === 'any' || service !== undefined ? everyAddress : addresses)),
  );
  const isLimited = unsure === true || own?.except !== undefined || (own?.addresses ?? 'any') !== 'any';
  if (isLimited) return { some, sure: noAddresses };
  const sure = peers.flatMap((peer) => {
    if (peer.addresses === 'any' || peer.except !== undefined || peer.unsure === true) return [];
    return leadsAnyhow(peer) ? [peer.addresses] : [];
  });
  return { some, sure: unionAllAddresses(sure) };
}
