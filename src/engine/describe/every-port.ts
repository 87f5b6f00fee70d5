import {
  type AddressSet,
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
import type { Allowed } from './allowed.ts';

const tcp = protocolNumber('TCP') ?? 6;

/**
 * How many parts are looked at, run of ports by run, before the rest is left aside. A policy that a person wrote needs
 * some dozens; what is then found is still true, though something may be missed.
 */
const mostWork = 1_000_000;

/** Past this many boxes the rest are left aside, likewise. */
const mostBoxes = 100;

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

/** The endpoints that may use every port of TCP, as boxes, of which none lies in another. */
export function endpointsOnEveryPort(parts: readonly Allowed[]): readonly LabelBox[] {
  const { whole, runs } = openPorts(parts.filter((part) => part.endpoints.length > 0));
  const none = (boxes: readonly LabelBox[]) => boxes.length === 0;
  const together = onEveryRun<readonly LabelBox[]>(runs, [everyLabels], none, (some, open) => {
    const boxes = widest(open.flatMap((part) => part.endpoints));
    return widest(
      some.flatMap((one) => boxes.map((box) => intersectBoxes(one, box)).filter((box) => !isEmptyBox(box))),
    );
  });
  return widest([...whole.flatMap((part) => part.endpoints), ...(together ?? [])]);
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

/** The boxes that lie in no other of them. */
function widest(boxes: readonly LabelBox[]): readonly LabelBox[] {
  let kept: LabelBox[] = [];
  for (const box of boxes) {
    if (kept.length >= mostBoxes) break;
    if (kept.some((one) => containsBox(one, box))) continue;
    kept = kept.filter((one) => !containsBox(box, one));
    kept.push(box);
  }
  return kept;
}
