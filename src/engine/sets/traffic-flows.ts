import { countIntervals, hasInteger, type Intervals, intersectIntervals, interval, noIntervals } from './intervals.ts';
import { destinationsOf, type PortCell } from './port-cells.ts';
import { isWhole, type ProtocolPart } from './protocol-part.ts';
import { divisibleProtocols, everyPort, isIcmp } from './protocols.ts';
import type { Traffic } from './traffic-set.ts';

function partOf(traffic: Traffic, protocol: number): ProtocolPart | undefined {
  return traffic.divided.find((part) => part.protocol === protocol);
}

/** Protocols of which some flow is in the set, ascending. */
export function protocolsOf(traffic: Traffic): readonly number[] {
  const found = traffic.divided.map((part) => part.protocol);
  for (const [first, last] of traffic.portless) for (let p = first; p <= last; p += 1) found.push(p);
  return found.sort((a, b) => a - b);
}

/** The named destination ports, in order; not those of a protocol whose every port is in the set. */
export function namedPorts(traffic: Traffic): readonly { readonly protocol: number; readonly name: string }[] {
  return traffic.divided.flatMap(({ protocol, names }) => names.map(({ name }) => ({ protocol, name })));
}

/**
 * The destination ports that some source port can reach; for ICMP and ICMPv6, type * 256 + code. Named ports, and
 * protocols without ports, add none.
 */
export function destinationPorts(traffic: Traffic, protocol: number): Intervals {
  return destinationsOf(partOf(traffic, protocol)?.cells ?? []);
}

/** How many destination ports {@link destinationPorts} gives. */
export function portCount(traffic: Traffic, protocol: number): number {
  return countIntervals(destinationPorts(traffic, protocol));
}

/** Whether all of the protocol is in the set: every destination port from every source port, where it has ports. */
export function allowsEveryPort(traffic: Traffic, protocol: number): boolean {
  const part = partOf(traffic, protocol);
  return part === undefined ? hasInteger(traffic.portless, protocol) : isWhole(part);
}

/** One flow, or, where fields are left out, any flow that fits. */
export interface TrafficFlow {
  readonly protocol: number;
  readonly port?: number | undefined;
  /** A destination port by its name instead of its number. */
  readonly name?: string | undefined;
  readonly sourcePort?: number | undefined;
  readonly icmpType?: number | undefined;
  readonly icmpCode?: number | undefined;
}

/** Whether the flow, or some flow that fits, is in the set. A named port has its number only once it is resolved. */
export function hasFlow(traffic: Traffic, flow: TrafficFlow): boolean {
  const part = partOf(traffic, flow.protocol);
  if (part === undefined) return hasInteger(traffic.portless, flow.protocol);
  const { port, name, sourcePort } = flow;
  const fromSource = (sources: Intervals) => sourcePort === undefined || hasInteger(sources, sourcePort);
  if (port === undefined && !isIcmp(flow.protocol)) {
    const named = part.names.some((one) => (name === undefined || one.name === name) && fromSource(one.sources));
    if (named || name !== undefined) return named || isWhole(part);
  }
  const wanted = isIcmp(flow.protocol) ? icmpRange(flow) : port === undefined ? everyPort : interval(port, port);
  return part.cells.some(
    ({ destinations, sources }) => intersectIntervals(destinations, wanted).length > 0 && fromSource(sources),
  );
}

function icmpRange({ icmpType, icmpCode }: TrafficFlow): Intervals {
  if (icmpType === undefined) return interval(0, 65535);
  return interval(icmpType * 256 + (icmpCode ?? 0), icmpType * 256 + (icmpCode ?? 255));
}

/** Ports that a reader knows, and so makes the better evidence. */
const knownPorts: readonly number[] = [80, 443];

/**
 * One flow of the set, always the same: of TCP where there is any, to port 80 or 443 where it is in, else to the lowest.
 * The source port is given only where not every one would do. Undefined for no traffic.
 */
export function someFlow(traffic: Traffic): TrafficFlow | undefined {
  for (const protocol of divisibleProtocols) {
    const part = partOf(traffic, protocol);
    if (part !== undefined) return flowOf(part);
  }
  const protocol = traffic.portless[0]?.[0];
  return protocol === undefined ? undefined : { protocol };
}

function flowOf({ protocol, cells, names }: ProtocolPart): TrafficFlow | undefined {
  const [lowest] = cells;
  if (lowest === undefined) {
    const [named] = names;
    return named && { protocol, name: named.name, ...sourceOf(named.sources) };
  }
  if (isIcmp(protocol)) {
    const first = lowest.destinations[0]?.[0] ?? 0;
    return { protocol, icmpType: first >> 8, icmpCode: first & 255 };
  }
  for (const port of knownPorts) {
    const cell = cells.find(({ destinations }) => hasInteger(destinations, port));
    if (cell !== undefined) return flowTo(protocol, port, cell);
  }
  return flowTo(protocol, lowest.destinations[0]?.[0] ?? 1, lowest);
}

function flowTo(protocol: number, port: number, cell: PortCell): TrafficFlow {
  return { protocol, port, ...sourceOf(cell.sources) };
}

function sourceOf(sources: Intervals = noIntervals): { readonly sourcePort?: number } {
  const first = sources[0]?.[0];
  return sources === everyPort || first === undefined ? {} : { sourcePort: first };
}
