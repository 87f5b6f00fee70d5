import { everyPod } from '../model/box-parts.ts';
import {
  type AddressSet,
  everyAddress,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  isNoAddress,
  overlapAddresses,
  subtractAddresses,
  unionAddresses,
} from '../sets/addresses.ts';
import { boxKey, intersectBoxes, isEmptyBox, type LabelBox, subtractBox } from '../sets/labels.ts';
import {
  allTraffic,
  intersectTraffic,
  isNoTraffic,
  subtractTraffic,
  type Traffic,
  trafficKey,
  unionAllTraffic,
} from '../sets/traffic.ts';
import type { FarEnd } from './far-end.ts';

/**
 * Traffic of one endpoint with everyone, as far as rules have not decided about it: for addresses and for pods by their
 * labels, apart. The sets of either list are disjoint.
 */
export interface Undecided {
  readonly addresses: readonly { readonly set: AddressSet; readonly traffic: Traffic }[];
  readonly pods: readonly PodCell[];
}

/** Traffic with the pods of a box over one family of addresses, or over both: a packet is of one only. */
interface PodCell {
  readonly box: LabelBox;
  readonly families: AddressSet;
  readonly traffic: Traffic;
}

export const everything: Undecided = allOf(allTraffic);

/** This traffic with everyone. */
export function allOf(traffic: Traffic): Undecided {
  return { addresses: [{ set: everyAddress, traffic }], pods: [{ box: everyPod, families: everyAddress, traffic }] };
}

export const nothing: Undecided = { addresses: [], pods: [] };

const mostCells = 200;

export interface Split {
  readonly taken: Undecided;
  readonly left: Undecided;
}

/**
 * Takes the traffic of some far ends out of what is undecided. Undefined past the work cap.
 *
 * @param whole where `from` is what earlier takings have left of some traffic with everyone, that traffic: a pod has an
 *   address, so what has been taken from every address of a family is then taken from every pod over it as well
 */
export function take(from: Undecided, far: FarEnd, traffic: Traffic, whole?: Traffic): Split | undefined {
  const addresses = takeAddresses(from.addresses, far.addresses, traffic);
  let pods = from.pods;
  const takenPods: PodCell[] = [];
  const takeFromPods = (boxes: readonly LabelBox[], families: AddressSet, what: Traffic): void => {
    for (const box of boxes) {
      const next = new PodCells();
      for (const cell of pods) {
        const shared = intersectBoxes(cell.box, box);
        const gone = intersectTraffic(cell.traffic, what);
        const over = intersectAddresses(cell.families, families);
        if (isEmptyBox(shared) || isNoTraffic(gone) || isNoAddress(over)) {
          next.add(cell);
          continue;
        }
        takenPods.push({ box: shared, families: over, traffic: gone });
        next.add({ box: shared, families: over, traffic: subtractTraffic(cell.traffic, what) });
        next.add({ ...cell, box: shared, families: subtractAddresses(cell.families, families) });
        for (const rest of subtractBox(cell.box, box)) next.add({ ...cell, box: rest });
      }
      pods = next.cells;
      if (pods.length > mostCells) return;
    }
  };
  takeFromPods(far.endpoints, far.families ?? everyAddress, traffic);
  if (whole !== undefined && !isNoAddress(far.addresses)) {
    for (const family of [everyIPv4, everyIPv6]) {
      const gone = subtractTraffic(whole, trafficOver(family, addresses.left));
      if (!isNoTraffic(gone)) takeFromPods([everyPod], family, intersectTraffic(traffic, gone));
    }
  }
  if (pods.length > mostCells || takenPods.length > mostCells || addresses.left.length > mostCells) return undefined;
  return { taken: { addresses: addresses.taken, pods: takenPods }, left: { addresses: addresses.left, pods } };
}

/** All traffic with some address of a family. */
export function trafficOver(family: AddressSet, cells: Undecided['addresses']): Traffic {
  return unionAllTraffic(cells.filter(({ set }) => overlapAddresses(set, family)).map(({ traffic }) => traffic));
}

function takeAddresses(
  cells: Undecided['addresses'],
  set: AddressSet,
  traffic: Traffic,
): { readonly taken: Undecided['addresses']; readonly left: Undecided['addresses'] } {
  if (isNoAddress(set)) return { taken: [], left: cells };
  const taken: Undecided['addresses'][number][] = [];
  const left = new Map<string, Undecided['addresses'][number]>();
  const keep = (addresses: AddressSet, what: Traffic): void => {
    if (isNoAddress(addresses) || isNoTraffic(what)) return;
    const key = trafficKey(what);
    const known = left.get(key)?.set;
    left.set(key, { set: known === undefined ? addresses : unionAddresses(known, addresses), traffic: what });
  };
  for (const cell of cells) {
    const shared = intersectAddresses(cell.set, set);
    const gone = intersectTraffic(cell.traffic, traffic);
    if (isNoAddress(shared) || isNoTraffic(gone)) {
      keep(cell.set, cell.traffic);
      continue;
    }
    taken.push({ set: shared, traffic: gone });
    keep(shared, subtractTraffic(cell.traffic, traffic));
    keep(subtractAddresses(cell.set, set), cell.traffic);
  }
  return { taken, left: [...left.values()] };
}

/** Pods that have the same traffic left over either family are one cell, however they were taken from. */
class PodCells {
  readonly #known = new Map<string, PodCell>();

  add(cell: PodCell): void {
    if (isNoTraffic(cell.traffic) || isEmptyBox(cell.box) || isNoAddress(cell.families)) return;
    const key = `${boxKey(cell.box)} ${trafficKey(cell.traffic)}`;
    const known = this.#known.get(key)?.families;
    this.#known.set(key, known === undefined ? cell : { ...cell, families: unionAddresses(known, cell.families) });
  }

  get cells(): Undecided['pods'] {
    return [...this.#known.values()];
  }
}

/** Both together; the sets need not be disjoint any more. */
export function join(a: Undecided, b: Undecided): Undecided {
  return { addresses: [...a.addresses, ...b.addresses], pods: [...a.pods, ...b.pods] };
}
