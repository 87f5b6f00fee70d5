import type { Address } from '../addresses.ts';

/** One way through an interface of a node. */
export interface Interface {
  readonly node: string;
  readonly name: string;
}

export type End =
  /** `namespace/name`; a pod on the host network is none, but its node's `host`. */
  | { readonly kind: 'pod'; readonly id: string }
  /** A process of the node itself, which the packet leaves or reaches through this interface. */
  | { readonly kind: 'host'; readonly node: string; readonly interface: string }
  | { readonly kind: 'address' };

/** The first packet of a connection: what belongs to an accepted one passes without being asked (facts §4.1.1). */
export interface Packet {
  readonly from: End;
  readonly to: End;
  /** Both of one family, which is the packet's IP version. After DNAT: that is where policy looks (facts §6.2 D6). */
  readonly source: Address;
  readonly destination: Address;
  /** The IP protocol's number. */
  readonly protocol: number;
  /** Of TCP, UDP, SCTP and UDPLite. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Of ICMP and ICMPv6. */
  readonly icmpType?: number;
  readonly icmpCode?: number;
  /** Where the packet of or to a pod passes an interface of the pod's node. Absent: no such interface is looked at. */
  readonly leavesBy?: Interface;
  readonly entersBy?: Interface;
  /** Where it was sent before DNAT, if anywhere else: what the stages before DNAT see. */
  readonly beforeDNAT?: { readonly destination: Address; readonly destinationPort?: number };
}

/** As `sekisho reach --probes` names ends. */
export function endText(end: End, address: string): string {
  if (end.kind === 'address') return address;
  return end.kind === 'pod' ? end.id : `host:${end.node}/${end.interface}`;
}
