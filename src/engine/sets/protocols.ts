import { type Intervals, interval, intervalsOf } from './intervals.ts';

/** IP protocol numbers (IANA) that have a name here. */
export const TCP = 6;
export const UDP = 17;
export const SCTP = 132;
export const UDPLite = 136;
export const ICMP = 1;
export const ICMPv6 = 58;

/** In the order in which people expect them. */
export const divisibleProtocols: readonly number[] = [TCP, UDP, SCTP, UDPLite, ICMP, ICMPv6];

const names: ReadonlyMap<number, string> = new Map([
  [TCP, 'TCP'],
  [UDP, 'UDP'],
  [SCTP, 'SCTP'],
  [UDPLite, 'UDPLite'],
  [ICMP, 'ICMP'],
  [ICMPv6, 'ICMPv6'],
]);

const numbers: ReadonlyMap<string, number> = new Map([...names].map(([number, name]) => [name.toLowerCase(), number]));

/** The IP protocol number of TCP, UDP, SCTP, UDPLite, ICMP or ICMPv6 in any case; undefined for any other name. */
export function protocolNumber(name: string): number | undefined {
  return numbers.get(name.toLowerCase());
}

/** The name of a protocol that has one here, else its number as text. */
export function protocolName(protocol: number): string {
  return names.get(protocol) ?? String(protocol);
}

/** Port 0 cannot be listened on: it is no port, so that 1-65535 is every port. */
export const everyPort: Intervals = interval(1, 65535);

/** ICMP has types and codes instead of ports; as one number, type * 256 + code. */
const everyIcmp: Intervals = interval(0, 65535);

/** Protocols that are in a set as a whole or not at all: all but the divisible ones. */
export const everyPortless: Intervals = intervalsOf(
  Array.from({ length: 256 }, (_, protocol) => protocol)
    .filter((protocol) => !divisibleProtocols.includes(protocol))
    .map((protocol) => [protocol, protocol] as const),
);

export function isProtocol(protocol: number): boolean {
  return Number.isInteger(protocol) && protocol >= 0 && protocol <= 255;
}

export function hasPorts(protocol: number): boolean {
  return protocol === TCP || protocol === UDP || protocol === SCTP || protocol === UDPLite;
}

export function isIcmp(protocol: number): boolean {
  return protocol === ICMP || protocol === ICMPv6;
}

/** All that a divisible protocol can be divided into. */
export function everyDestination(protocol: number): Intervals {
  return isIcmp(protocol) ? everyIcmp : everyPort;
}
