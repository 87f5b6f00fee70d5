import {
  containsIntervals,
  equalIntervals,
  type Interval,
  type Intervals,
  intersectIntervals,
  interval,
  intervalsKey,
  intervalsOf,
  noIntervals,
  subtractIntervals,
  unionIntervals,
} from './intervals.ts';
import { cellsOf, intersectCells, noCells, unionCells } from './port-cells.ts';
import {
  containsPart,
  equalParts,
  intersectParts,
  isWhole,
  type ProtocolPart,
  partKey,
  partOf,
  subtractParts,
  unionParts,
  wholePart,
} from './protocol-part.ts';
import { divisibleProtocols, everyPort, everyPortless, hasPorts, isIcmp, isProtocol } from './protocols.ts';

/**
 * A set of flows by protocol, destination port and source port; for ICMP and ICMPv6 type and code stand for the
 * destination port. Canonical: equal sets are equal values.
 *
 * A destination port may be given by a **name** whose number depends on the pod. It is kept apart as something that is in
 * "every port" of its protocol and otherwise equal to itself only. So a union is exact whatever the names stand for; an
 * intersection is never too large; a subtraction never takes too much; and what is said to be contained is. Where more
 * is needed, names are resolved first ({@link resolveNamedPorts}).
 */
export interface Traffic {
  /** Protocols without ports, each as a whole. */
  readonly portless: Intervals;
  /** Protocols that can be divided, of which something is in the set; ascending by number. */
  readonly divided: readonly ProtocolPart[];
}

export const noTraffic: Traffic = { portless: noIntervals, divided: [] };

const wholeParts: readonly ProtocolPart[] = divisibleProtocols.toSorted((a, b) => a - b).map(wholePart);

/** Everything. One shared value: no other value has everything in it. */
export const allTraffic: Traffic = { portless: everyPortless, divided: wholeParts };

function made(portless: Intervals, divided: readonly ProtocolPart[]): Traffic {
  if (portless.length === 0 && divided.length === 0) return noTraffic;
  if (divided.length < wholeParts.length || !equalIntervals(portless, everyPortless)) return { portless, divided };
  return divided.every(isWhole) ? allTraffic : { portless, divided };
}

function partTraffic(part: ProtocolPart | undefined): Traffic {
  return part === undefined ? noTraffic : made(noIntervals, [part]);
}

/** All flows of a protocol; none for a number that is no protocol. */
export function protocolTraffic(protocol: number): Traffic {
  if (divisibleProtocols.includes(protocol)) return partTraffic(wholePart(protocol));
  return isProtocol(protocol) ? made(interval(protocol, protocol), []) : noTraffic;
}

/** Destination ports from `first` to `last`. Port 0 is no port; a protocol without ports has none. */
export function portTraffic(protocol: number, first: number, last: number): Traffic {
  if (!hasPorts(protocol)) return noTraffic;
  return partTraffic(partOf(protocol, cellsOf(portsOnly([[first, last]])), []));
}

export function namedPortTraffic(protocol: number, name: string): Traffic {
  return hasPorts(protocol)
    ? partTraffic({ protocol, cells: noCells, names: [{ name, sources: everyPort }] })
    : noTraffic;
}

/** ICMP or ICMPv6: all of it, one type, or one code of a type. None for other protocols and for numbers beyond 255. */
export function icmpTraffic(protocol: number, type?: number, code?: number): Traffic {
  if (!isIcmp(protocol)) return noTraffic;
  if (type === undefined) return protocolTraffic(protocol);
  if (!isByte(type) || !(code === undefined || isByte(code))) return noTraffic;
  return partTraffic(partOf(protocol, cellsOf(interval(type * 256 + (code ?? 0), type * 256 + (code ?? 255))), []));
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 255;
}

function portsOnly(pairs: readonly Interval[]): Intervals {
  const whole = pairs.filter(([first, last]) => Number.isInteger(first) && Number.isInteger(last));
  return intersectIntervals(everyPort, intervalsOf(whole));
}

/** Every port but these. */
export function complementPorts(pairs: readonly Interval[]): Intervals {
  return subtractIntervals(everyPort, intervalsOf(pairs));
}

/** What of it comes from these source ports. Protocols without ports have none to come from, and drop out. */
export function withSourcePorts(traffic: Traffic, sources: readonly Interval[]): Traffic {
  const ports = portsOnly(sources);
  const cells = cellsOf(everyPort, ports);
  return made(
    noIntervals,
    traffic.divided.flatMap((part) => {
      if (!hasPorts(part.protocol)) return [];
      const names = part.names.map((one) => ({ name: one.name, sources: intersectIntervals(one.sources, ports) }));
      return partOf(part.protocol, intersectCells(part.cells, cells), names) ?? [];
    }),
  );
}

/** What comes of a protocol of which both sets have something; and what only one of them has, if that stays. */
interface CombineParts {
  readonly both: (a: ProtocolPart, b: ProtocolPart) => ProtocolPart | undefined;
  readonly keepsA: boolean;
  readonly keepsB: boolean;
}

const union: CombineParts = { both: unionParts, keepsA: true, keepsB: true };
const intersection: CombineParts = { both: intersectParts, keepsA: false, keepsB: false };
const difference: CombineParts = { both: subtractParts, keepsA: true, keepsB: false };

function combine(a: Traffic, b: Traffic, portless: Intervals, { both, keepsA, keepsB }: CombineParts): Traffic {
  const divided: ProtocolPart[] = [];
  let i = 0;
  let j = 0;
  for (let x = a.divided[0], y = b.divided[0]; x !== undefined || y !== undefined; x = a.divided[i], y = b.divided[j]) {
    if (y === undefined || (x !== undefined && x.protocol < y.protocol)) {
      if (keepsA && x !== undefined) divided.push(x);
      i += 1;
    } else if (x === undefined || y.protocol < x.protocol) {
      if (keepsB) divided.push(y);
      j += 1;
    } else {
      const part = both(x, y);
      if (part !== undefined) divided.push(part);
      i += 1;
      j += 1;
    }
  }
  return made(portless, divided);
}

export function unionTraffic(a: Traffic, b: Traffic): Traffic {
  if (a === b || b === noTraffic || a === allTraffic) return a;
  if (a === noTraffic || b === allTraffic) return b;
  return combine(a, b, unionIntervals(a.portless, b.portless), union);
}

/** Merges neighbours in rounds, so that n parts cost n log n. */
export function unionAllTraffic(sets: readonly Traffic[]): Traffic {
  let round = sets;
  while (round.length > 1) {
    const next: Traffic[] = [];
    for (let i = 0; i < round.length; i += 2) next.push(unionTraffic(round[i] ?? noTraffic, round[i + 1] ?? noTraffic));
    round = next;
  }
  return round[0] ?? noTraffic;
}

export function intersectTraffic(a: Traffic, b: Traffic): Traffic {
  if (a === b || a === noTraffic || b === allTraffic) return a;
  if (b === noTraffic || a === allTraffic) return b;
  return combine(a, b, intersectIntervals(a.portless, b.portless), intersection);
}

/** What of `a` is not in `b`. */
export function subtractTraffic(a: Traffic, b: Traffic): Traffic {
  if (b === noTraffic) return a;
  if (a === b || a === noTraffic || b === allTraffic) return noTraffic;
  return combine(a, b, subtractIntervals(a.portless, b.portless), difference);
}

/** Whether all of `b` is in `a`, whatever the named ports of both stand for. */
export function containsTraffic(a: Traffic, b: Traffic): boolean {
  if (a === b || a === allTraffic || b === noTraffic) return true;
  if (!containsIntervals(a.portless, b.portless)) return false;
  return b.divided.every((inner) => {
    const outer = a.divided.find((part) => part.protocol === inner.protocol);
    return outer !== undefined && containsPart(outer, inner);
  });
}

export function equalTraffic(a: Traffic, b: Traffic): boolean {
  if (a === b) return true;
  if (a.divided.length !== b.divided.length || !equalIntervals(a.portless, b.portless)) return false;
  return a.divided.every((x, i) => {
    const y = b.divided[i];
    return y !== undefined && equalParts(x, y);
  });
}

export function isNoTraffic(traffic: Traffic): boolean {
  return traffic.portless.length === 0 && traffic.divided.length === 0;
}

export function isAllTraffic(traffic: Traffic): boolean {
  return traffic === allTraffic;
}

/** The numbers that a named port has, on the pods in question. */
export type PortLookup = (protocol: number, name: string) => readonly number[];

/** The same flows with every named port replaced by its numbers; one that has none goes. */
export function resolveNamedPorts(traffic: Traffic, lookup: PortLookup): Traffic {
  if (traffic.divided.every((part) => part.names.length === 0)) return traffic;
  return made(
    traffic.portless,
    traffic.divided.flatMap(({ protocol, cells, names }) => {
      const resolved = names.map(({ name, sources }) => {
        const numbers = lookup(protocol, name).map((number) => [number, number] as const);
        return cellsOf(portsOnly(numbers), sources);
      });
      return partOf(protocol, resolved.reduce(unionCells, cells), []) ?? [];
    }),
  );
}

/** The same flows without those to named ports. */
export function withoutNamedPorts(traffic: Traffic): Traffic {
  return resolveNamedPorts(traffic, () => []);
}

/** Equal exactly for equal sets. */
export function trafficKey(traffic: Traffic): string {
  return [intervalsKey(traffic.portless), ...traffic.divided.map(partKey)].join(';');
}
