import {
  type AddressSet,
  addressRanges,
  containsAddresses,
  countAddresses,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  isNoAddress,
  publicAddresses,
  rangeAddresses,
  roughCount,
} from '../sets/addresses.ts';
import type { Opening } from './opening.ts';

/** Prefix lengths of the largest range of either family that is still allowed: 8 is 10.0.0.0/8 and its like. */
export interface Prefixes {
  readonly ipv4: number;
  readonly ipv6: number;
}

export type Family = 'IPv4' | 'IPv6';

export const families: readonly Family[] = ['IPv4', 'IPv6'];

const whole = (family: Family): AddressSet => (family === 'IPv4' ? everyIPv4 : everyIPv6);

export function ofFamily(set: AddressSet, family: Family): AddressSet {
  return intersectAddresses(set, whole(family));
}

export function countIn(set: AddressSet, family: Family): bigint {
  const count = countAddresses(set);
  return family === 'IPv4' ? count.v4 : count.v6;
}

/** Whether more than `limit` addresses are in the set; counted exactly only where it is close. */
export function isMoreThan(set: AddressSet, family: Family, limit: bigint): boolean {
  const rough = roughCount(set);
  const about = (family === 'IPv4' ? rough.v4 : rough.v6) / Number(limit);
  return Math.abs(about - 1) > 1e-6 ? about > 1 : countIn(set, family) > limit;
}

/** How many addresses a prefix length stands for. */
export function addressesOf(prefix: number, family: Family): bigint {
  return 1n << BigInt((family === 'IPv4' ? 32 : 128) - prefix);
}

export function holdsEvery(set: AddressSet, family: Family): boolean {
  return containsAddresses(set, whole(family));
}

export function isEveryoneAtAll({ addresses, freshPod }: Opening): boolean {
  return freshPod && holdsEvery(addresses, 'IPv4') && holdsEvery(addresses, 'IPv6');
}

/**
 * The families in which a set holds more public addresses than allowed, or a contiguous run of more than that which
 * holds a public address. Private ranges of any size pass: they are inside.
 */
export function tooManyIn(set: AddressSet, allowed: Prefixes): readonly Family[] {
  return families.filter((family) => {
    const limit = addressesOf(family === 'IPv4' ? allowed.ipv4 : allowed.ipv6, family);
    if (!isMoreThan(set, family, limit)) return false;
    const open = publicAddresses(set);
    if (countIn(open, family) === 0n) return false;
    if (isMoreThan(open, family, limit)) return true;
    return addressRanges(ofFamily(set, family)).some((range) => {
      const run = rangeAddresses(range.first, range.last);
      return countIn(run, family) > limit && !isNoAddress(publicAddresses(run));
    });
  });
}
