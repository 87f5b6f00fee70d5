import {
  type AddressFamily,
  type AddressSet,
  addressRanges,
  blockAddresses,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  rangesOf,
  subtractAddresses,
  unionAllAddresses,
  widthOf,
} from './address-set.ts';
import { copyNumber } from './ranges.ts';

/** Networks set apart for examples (RFC 5737, RFC 3849): as a witness they cannot be taken for somebody's own. */
const exampleNetworks: readonly AddressSet[] = [
  blockAddresses([0xc0000200], 24),
  blockAddresses([0xc6336400], 24),
  blockAddresses([0xcb007100], 24),
  blockAddresses([0x20010db8, 0, 0, 0], 32),
];

/** One address of the set, always the same; one from a documentation network if there is one. Undefined for no addresses. */
export function someAddress(set: AddressSet): string | undefined {
  for (const network of exampleNetworks) {
    const shared = intersectAddresses(set, network);
    if (isNoAddress(shared)) continue;
    // The first address of a network is its name, so another one is taken where there is one.
    const hosts = subtractAddresses(shared, firstOf(network));
    return addressRanges(isNoAddress(hosts) ? shared : hosts)[0]?.first;
  }
  return addressRanges(firstOf(set))[0]?.first;
}

/** The least address of the set, of IPv4 where it has any. */
function firstOf(set: AddressSet): AddressSet {
  const family: AddressFamily = set.v4.length > 0 ? 4 : 6;
  const width = widthOf(family);
  if (rangesOf(set, family).length === 0) return noAddresses;
  const first = new Uint32Array(width);
  copyNumber(rangesOf(set, family), 0, first, 0, width);
  return blockAddresses(first, 32 * width);
}

/** RFC 1918, RFC 6598, loopback and link-local; RFC 4193, `::1` and `fe80::/10`. */
const nonPublicAddresses: AddressSet = unionAllAddresses([
  blockAddresses([0x0a000000], 8),
  blockAddresses([0xac100000], 12),
  blockAddresses([0xc0a80000], 16),
  blockAddresses([0x64400000], 10),
  blockAddresses([0x7f000000], 8),
  blockAddresses([0xa9fe0000], 16),
  blockAddresses([0xfc000000, 0, 0, 0], 7),
  blockAddresses([0xfe800000, 0, 0, 0], 10),
  blockAddresses([0, 0, 0, 1], 128),
]);

/** The addresses that are not private, shared (RFC 6598), link-local, loopback or unique local. */
export function publicAddresses(set: AddressSet): AddressSet {
  return subtractAddresses(set, nonPublicAddresses);
}
