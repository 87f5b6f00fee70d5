import {
  type AddressSet,
  everyAddress,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { containsBox, everyLabels, intersectBoxes, isEmptyBox, type LabelBox } from '../sets/labels.ts';
import { allowsEveryPort, containsTraffic, destinationPorts, portTraffic, protocolNumber } from '../sets/traffic.ts';
import type { Allowed } from './allowed.ts';

const tcp = protocolNumber('TCP') ?? 6;

/** Past this many boxes the rest are left aside: a box that is kept may be trusted. */
const mostBoxes = 500;

/**
 * The addresses that may use every port of TCP, whichever parts the ports come from. Ports that a part opens for some
 * source ports only are not counted.
 */
export function addressesOnEveryPort(parts: readonly Allowed[]): AddressSet {
  const { whole, cells } = openPorts(parts.filter((part) => !isNoAddress(part.addresses)));
  let together = cells.length === 0 ? noAddresses : everyAddress;
  for (const cell of cells) {
    if (isNoAddress(together)) break;
    together = intersectAddresses(together, unionAllAddresses(cell.map((part) => part.addresses)));
  }
  return unionAllAddresses([together, ...whole.map((part) => part.addresses)]);
}

/** The endpoints that may use every port of TCP, as boxes, of which none lies in another. */
export function endpointsOnEveryPort(parts: readonly Allowed[]): readonly LabelBox[] {
  const { whole, cells } = openPorts(parts.filter((part) => part.endpoints.length > 0));
  let together: readonly LabelBox[] = cells.length === 0 ? [] : [everyLabels];
  for (const cell of cells) {
    if (together.length === 0) break;
    const boxes = widest(cell.flatMap((part) => part.endpoints));
    const both = together.flatMap((one) => boxes.map((box) => intersectBoxes(one, box)));
    together = widest(both.filter((box) => !isEmptyBox(box)));
  }
  return widest([...together, ...whole.flatMap((part) => part.endpoints)]);
}

interface OpenPorts {
  /** Parts that open every port by themselves. */
  readonly whole: readonly Allowed[];
  /**
   * Runs of ports that no other part tells apart, each with the parts that open it, the fewest first. Empty where some
   * port is opened by none of them.
   */
  readonly cells: readonly (readonly Allowed[])[];
}

function openPorts(parts: readonly Allowed[]): OpenPorts {
  const whole: Allowed[] = [];
  const edges = new Map<number, { readonly opened: Allowed[]; readonly closed: Allowed[] }>();
  const edgeAt = (port: number) => {
    const edge = edges.get(port) ?? { opened: [], closed: [] };
    edges.set(port, edge);
    return edge;
  };
  edgeAt(1);
  for (const part of parts) {
    if (allowsEveryPort(part.traffic, tcp)) {
      whole.push(part);
      continue;
    }
    for (const [first, last] of destinationPorts(part.traffic, tcp)) {
      if (!containsTraffic(part.traffic, portTraffic(tcp, first, last))) continue;
      edgeAt(first).opened.push(part);
      edgeAt(last + 1).closed.push(part);
    }
  }
  const open = new Set<Allowed>();
  const cells: (readonly Allowed[])[] = [];
  for (const [port, { opened, closed }] of [...edges].sort(([a], [b]) => a - b)) {
    for (const part of closed) open.delete(part);
    for (const part of opened) open.add(part);
    if (port > 65535) break;
    if (open.size === 0) return { whole, cells: [] };
    cells.push([...open]);
  }
  return { whole, cells: cells.sort((a, b) => a.length - b.length) };
}

/** The boxes that lie in no other of them. */
function widest(boxes: readonly LabelBox[]): readonly LabelBox[] {
  const kept: LabelBox[] = [];
  for (const box of boxes) {
    if (kept.length >= mostBoxes) break;
    if (kept.some((one) => containsBox(one, box))) continue;
    for (let i = kept.length - 1; i >= 0; i -= 1) {
      const other = kept[i];
      if (other !== undefined && containsBox(box, other)) kept.splice(i, 1);
    }
    kept.push(box);
  }
  return kept;
}
