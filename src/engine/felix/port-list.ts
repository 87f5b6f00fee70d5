import { type AddressSet, everyAddress } from '../sets/addresses.ts';
import { readAddress, readCidr } from '../sets/cidr.ts';
import { protocolNumber } from '../sets/traffic.ts';

/**
 * What Felix cannot read of an entry. At any of these it stops, and does not come up again while the value is there.
 *
 * - `protocol`: neither tcp nor udp; SCTP, which the documentation offers, is no better than a slip
 * - `net`: neither an address nor a range of them
 * - `port`: not a number from 0 to 65535
 * - `form`: too many colons, or brackets that do not close
 */
export type EntryFault = 'protocol' | 'net' | 'port' | 'form';

export type ReadEntry =
  | { readonly ok: true; readonly protocol: number; readonly port: number; readonly addresses: AddressSet }
  | { readonly ok: false; readonly fault: EntryFault };

/** One entry of a list in text, as it is written and as Felix reads it. */
export interface ListedEntry {
  readonly written: string;
  readonly reading: ReadEntry;
}

/**
 * Reads a list of ports as Felix does: `tcp:22,udp:10.0.0.0/8:53,tcp:[fd00::/8]:22`; a number alone is of TCP. Empty
 * entries count for nothing.
 *
 * Source: projectcalico/calico felix/config/param_types.go, PortListParam.
 */
export function readPortList(text: string): readonly ListedEntry[] {
  return text
    .split(',')
    .map(withoutSpaces)
    .filter((written) => written !== '')
    .map((written) => ({ written, reading: readEntry(written) }));
}

/** Only spaces, and only at the ends: `tcp :22` is of a protocol that nobody knows. */
function withoutSpaces(text: string): string {
  let first = 0;
  let last = text.length;
  while (first < last && text[first] === ' ') first += 1;
  while (last > first && text[last - 1] === ' ') last -= 1;
  return text.slice(first, last);
}

const fault = (name: EntryFault): ReadEntry => ({ ok: false, fault: name });

function readEntry(written: string): ReadEntry {
  let net = '';
  let rest = written;
  if (written.includes('[') && written.includes(']')) {
    const start = written.indexOf('[');
    const end = written.indexOf(']:');
    if (end <= start) return fault('form');
    net = written.slice(start + 1, end);
    rest = written.slice(0, start) + written.slice(end + 2);
  }
  const parts = rest.split(':');
  if (parts.length > 3) return fault('form');
  const [protocol = ''] = parts.length === 1 ? ['tcp'] : parts;
  const port = parts.at(-1) ?? '';
  if (parts.length === 3) net = parts[1] ?? '';
  const number = failsafeProtocol(protocol);
  if (number === undefined) return fault('protocol');
  // As Go's Atoi reads: a sign and leading zeros are no matter.
  if (!/^[+-]?\d+$/.test(port) || Number(port) < 0 || Number(port) > 65535) return fault('port');
  const addresses = net === '' ? everyAddress : readNet(net)?.addresses;
  return addresses === undefined
    ? fault('net')
    : { ok: true, protocol: number, port: Math.abs(Number(port)), addresses };
}

/** 6 or 17, in any case of letters; undefined for all that Felix does not know here. */
export function failsafeProtocol(name: string): number | undefined {
  return /^(?:tcp|udp)$/i.test(name) ? protocolNumber(name) : undefined;
}

export interface ReadNet {
  readonly addresses: AddressSet;
  /** Of the address that is written: one that maps IPv4 into IPv6 counts as IPv4, however short its prefix. */
  readonly family: 4 | 6;
}

/**
 * An address or a range, host bits or not; undefined for anything else.
 *
 * Source: projectcalico/calico libcalico-go/lib/net/ipnet.go, ParseCIDROrIP.
 */
export function readNet(text: string): ReadNet | undefined {
  const [address = '', prefix] = text.split('/', 2);
  const alone = readAddress(address);
  if (!alone.ok) return undefined;
  if (prefix === undefined) return { addresses: alone.addresses, family: alone.family };
  // Go reads `/08` as `/8`.
  const reading = readCidr(text.replace(/\/0+(?=\d)/, '/'));
  return reading.ok ? { addresses: reading.addresses, family: alone.family } : undefined;
}
