import type { FailsafePort } from '../model/felix-configuration.ts';
import {
  type AddressSet,
  addressKey,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  subtractAddresses,
} from '../sets/addresses.ts';
import { portsOf } from './failsafe-ports.ts';
import type { FailsafeValue } from './failsafe-value.ts';

/** A port that has to stay open and does not, or not for everyone. */
export interface LostPort {
  readonly protocol: number;
  readonly port: number;
  /** For whom it is not open. */
  readonly addresses: AddressSet;
  /** Whether it is in no entry at all. */
  readonly removed: boolean;
}

/**
 * What a list lacks of what is required. A port that an unreadable entry was meant for is not among it: once the entry
 * is mended, nothing is lacking.
 */
export function lostPorts(value: FailsafeValue, required: readonly FailsafePort[]): readonly LostPort[] {
  const open = new Map(portsOf(value).map((one) => [`${one.protocol} ${one.port}`, one.addresses]));
  const meant = portsMeant(value);
  return required.flatMap(({ protocol, port, addresses }) => {
    if (meant.has(port)) return [];
    const kept = open.get(`${protocol} ${port}`);
    const lost = kept === undefined ? addresses : subtractAddresses(addresses, kept);
    return isNoAddress(lost) ? [] : [{ protocol, port, addresses: lost, removed: kept === undefined }];
  });
}

/** The numbers in entries that cannot be read, as far as they may be ports. */
function portsMeant({ entries }: FailsafeValue): ReadonlySet<number> {
  const ports = new Set<number>();
  for (const { reading, written } of entries) {
    if (reading.ok) continue;
    for (const [number] of written.matchAll(/(?<![\w./])\d{1,5}(?![\w./])/g)) ports.add(Number(number));
  }
  return ports;
}

/** What of `lost` was not surely lost before, whichever of the earlier lists counted. */
export function newlyLost(lost: readonly LostPort[], before: readonly (readonly LostPort[])[]): readonly LostPort[] {
  return lost.flatMap((one) => {
    const earlier = before.map((list) => addressesOf(list, one)).reduce(inBoth, undefined) ?? noAddresses;
    const addresses = subtractAddresses(one.addresses, earlier);
    return isNoAddress(addresses) ? [] : [{ ...one, addresses }];
  });
}

function inBoth(a: AddressSet | undefined, b: AddressSet): AddressSet {
  return a === undefined ? b : intersectAddresses(a, b);
}

function addressesOf(lost: readonly LostPort[], { protocol, port }: LostPort): AddressSet {
  return lost.find((one) => one.protocol === protocol && one.port === port)?.addresses ?? noAddresses;
}

/** Ports that are lost for the same addresses, together. */
export function byAddresses(lost: readonly LostPort[]): readonly (readonly LostPort[])[] {
  const groups = new Map<string, LostPort[]>();
  for (const one of lost) {
    const key = addressKey(one.addresses);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [one]);
    else known.push(one);
  }
  return [...groups.values()];
}
