/** IP protocols by number, as packets carry them. */

export const tcp = 6;
export const udp = 17;
export const sctp = 132;
export const icmp = 1;
export const icmpv6 = 58;
export const udpLite = 136;

/** Facts §2.3: names in exactly this case. */
const numbers: Readonly<Record<string, number>> = {
  TCP: tcp,
  UDP: udp,
  SCTP: sctp,
  ICMP: icmp,
  ICMPv6: icmpv6,
  UDPLite: udpLite,
};

export function protocolNumber(protocol: string | number): number {
  const number = typeof protocol === 'number' ? protocol : numbers[protocol];
  if (number === undefined) throw new Error(`no protocol: ${JSON.stringify(protocol)}`);
  return number;
}

export const hasPorts = (protocol: number): boolean => [tcp, udp, sctp, udpLite].includes(protocol);
