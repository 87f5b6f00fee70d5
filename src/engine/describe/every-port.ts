import {
  type AddressSet,
  containsAddresses,
  everyAddress,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  unionAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { containsBox, everyLabels, intersectBoxes, isEmptyBox, type LabelBox } from '../sets/labels.ts';
import {
  allowsEveryPort,
  containsTraffic,
  destinationPorts,
  portTraffic,
  protocolNumber,
  type Traffic,
  unionAllTraffic,
} from '../sets/traffic.ts';
import { type Allowed, inside } from './allowed.ts';

const tcp = protocolNumber('TCP') ?? 6;

/**
 * How many parts are looked at, run of ports by run, before the rest is left aside. A policy that a person wrote needs
 * some dozens; what is then found is still true, though something may be missed.
 */
const mostWork = 1_000_000;

/** Past this many places the rest are left aside, likewise. */
const mostPlaces = 100;

/**
 * The addresses that may use every port of TCP, whichever parts the ports come from. Ports that a part opens for some
 * source ports only are not counted.
 */
export function addressesOnEveryPort(parts: readonly Allowed[]): AddressSet {
  const { whole, runs } = openPorts(parts.filter((part) => !isNoAddress(part.addresses)));
  const together = onEveryRun(runs, everyAddress, isNoAddress, (some, open) =>
    intersectAddresses(some, unionAllAddresses(open.map((part) => part.addresses))),
  );
  return unionAddresses(together ?? noAddresses, unionAllAddresses(whole.map((part) => part.addresses)));
}

/** Whether endpoints may use every port of TCP that are somewhere where each of the parts lets them through. */
export function letsEndpointsOnEveryPort(parts: readonly Allowed[]): boolean {
  const { whole, runs } = openPorts(parts.filter((part) => part.endpoints.length > 0));
  if (whole.length > 0) return true;
  const none = (places: readonly Place[]) => places.length === 0;
  const together = onEveryRun<readonly Place[]>(runs, [{ box: everyLabels, at: 'any' }], none, (some, open) => {
    const places = widest(open.flatMap(({ endpoints, at }) => endpoints.map((box) => ({ box, at }))));
    return widest(some.flatMap((one) => places.flatMap((place) => shared(one, place))));
  });
  return together !== undefined;
}

/** Endpoints by their labels, at certain addresses. */
interface Place {
  readonly box: LabelBox;
  readonly at: Allowed['at'];
}

function shared(a: Place, b: Place): readonly Place[] {
  const box = intersectBoxes(a.box, b.box);
  const at = inside(a.at, b.at);
  return isEmptyBox(box) || (at !== 'any' && isNoAddress(at)) ? [] : [{ box, at }];
}

function lies(inner: Place, outer: Place): boolean {
  if (!containsBox(outer.box, inner.box)) return false;
  return outer.at === 'any' || containsAddresses(outer.at, inner.at === 'any' ? everyAddress : inner.at);
}

/** Narrows a set down by one run of ports after the other. Undefined where no port is left, or too much work. */
function onEveryRun<T>(
  runs: Iterable<readonly Allowed[]>,
  everything: T,
  isNone: (set: T) => boolean,
  narrow: (set: T, open: readonly Allowed[]) => T,
): T | undefined {
  let set = everything;
  let work = 0;
  let some = false;
  for (const open of runs) {
    some = true;
    work += open.length;
    if (work > mostWork) return undefined;
    set = narrow(set, open);
    if (isNone(set)) return undefined;
  }
  return some ? set : undefined;
}

interface OpenPorts {
  /** Parts that open every port by themselves. */
  readonly whole: readonly Allowed[];
  /** Runs of ports that no other part tells apart, each with the parts that open it. None where some port is shut. */
  readonly runs: Iterable<readonly Allowed[]>;
}

/** Where parts begin and end to open ports. */
interface Edge {
  readonly port: number;
  readonly opened: Allowed[];
  readonly closed: Allowed[];
}

function openPorts(parts: readonly Allowed[]): OpenPorts {
  const whole: Allowed[] = [];
  const edges = new Map<number, Edge>();
  const edgeAt = (port: number): Edge => {
    const edge = edges.get(port) ?? { port, opened: [], closed: [] };
    edges.set(port, edge);
    return edge;
  };
  edgeAt(1);
  for (const part of parts) {
    if (allowsEveryPort(part.traffic, tcp)) {
      whole.push(part);
      continue;
    }
    for (const [first, last] of portsFromAnySource(part.traffic)) {
      edgeAt(first).opened.push(part);
      edgeAt(last + 1).closed.push(part);
    }
  }
  const inOrder = [...edges.values()].filter(({ port }) => port <= 65535).sort((a, b) => a.port - b.port);
  return { whole, runs: isShutSomewhere(inOrder) ? [] : runsOf(inOrder) };
}

/** Destination ports that every source port can reach. */
function portsFromAnySource(traffic: Traffic): readonly (readonly [first: number, last: number])[] {
  const ports = destinationPorts(traffic, tcp);
  const whole = (some: typeof ports) =>
    containsTraffic(traffic, unionAllTraffic(some.map(([first, last]) => portTraffic(tcp, first, last))));
  return whole(ports) ? ports : ports.filter((one) => whole([one]));
}

function isShutSomewhere(edges: readonly Edge[]): boolean {
  let open = 0;
  return edges.some(({ opened, closed }) => {
    open += opened.length - closed.length;
    return open === 0;
  });
}

function* runsOf(edges: readonly Edge[]): Generator<readonly Allowed[]> {
  const open = new Set<Allowed>();
  for (const { opened, closed } of edges) {
    for (const part of closed) open.delete(part);
    for (const part of opened) open.add(part);
    yield [...open];
  }
}

/** The places that lie in no other of them. */
function widest(places: readonly Place[]): readonly Place[] {
  let kept: Place[] = [];
  for (const place of places) {
    if (kept.length >= mostPlaces) break;
    if (kept.some((one) => lies(place, one))) continue;
    kept = kept.filter((one) => !lies(one, place));
    kept.push(place);
  }
  return kept;
}
