import { type AddressSet, everyIPv4, everyIPv6, isNoAddress, overlapAddresses } from '../sets/addresses.ts';
import type { ReachSettings } from './match.ts';
import type { HostParty, Party, PodParty } from './party.ts';

/** Two parties as they are over one family of addresses. */
export interface FamilyPair {
  readonly from: Party;
  readonly to: Party;
  /** Whether both are certain to have an address of the family. */
  readonly sure: boolean;
}

/**
 * Two parties by each family over which they may meet: a packet is of one only. As they are where neither may
 * have both. At least one pair is sure, or all together are: some family they must have in common to meet at all.
 *
 * @param allowOnly whether no rule denies: whatever some family lets pass then passes, and a party whose addresses nobody
 * knows need not be looked at in each
 */
export function byFamily(
  from: Party,
  to: Party,
  cluster: ReachSettings['cluster'],
  allowOnly: boolean,
): readonly FamilyPair[] {
  if (!hasBoth(from) && !hasBoth(to)) return [{ from, to, sure: true }];
  if (allowOnly && (isNowhere(from) || isNowhere(to))) return [{ from, to, sure: true }];
  const pairs = [everyIPv4, everyIPv6].flatMap((family): readonly FamilyPair[] => {
    const [a, b] = [within(from, family, cluster), within(to, family, cluster)];
    return a === undefined || b === undefined ? [] : [{ from: a.party, to: b.party, sure: a.sure && b.sure }];
  });
  return pairs.length > 0 ? pairs : [{ from, to, sure: true }];
}

function isNowhere(party: Party): boolean {
  return party.kind !== 'addresses' && party.addresses.length === 0;
}

function hasBoth(party: Party): boolean {
  return party.kind !== 'addresses' && party.inFamily.length > 0;
}

interface Within {
  readonly party: Party;
  readonly sure: boolean;
}

/** Undefined where the party is certain to have no address of the family. */
function within(party: Party, family: AddressSet, cluster: ReachSettings['cluster']): Within | undefined {
  if (party.kind === 'addresses') return overlapAddresses(party.addresses, family) ? { party, sure: true } : undefined;
  if (party.addresses.length === 0) return mayBeWithin(party, family, cluster);
  if (!party.addresses.some((own) => overlapAddresses(own, family))) return undefined;
  return { party: narrowed(party, family), sure: true };
}

function narrowed(party: PodParty | HostParty, family: AddressSet): Party {
  const all: readonly (PodParty | HostParty)[] = party.inFamily;
  return all.find((one) => one.family === family) ?? party;
}

/** Where nobody has said which addresses there are, a pod has some IPv4 address, and perhaps an IPv6 one too. */
function mayBeWithin(
  party: PodParty | HostParty,
  family: AddressSet,
  cluster: ReachSettings['cluster'],
): Within | undefined {
  const ofNode = party.kind === 'host' || party.pod.hostNetwork;
  const given = ofNode ? cluster.nodeAddresses : cluster.podAddresses;
  const own = narrowed(party, family);
  if (isNoAddress(given)) return { party: own, sure: family === everyIPv4 };
  if (!overlapAddresses(given, family)) return undefined;
  return { party: own, sure: !overlapAddresses(given, family === everyIPv4 ? everyIPv6 : everyIPv4) };
}
