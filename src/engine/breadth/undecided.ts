import { everyPod } from '../model/box-parts.ts';
import {
  type AddressSet,
  everyAddress,
  intersectAddresses,
  isNoAddress,
  subtractAddresses,
  unionAddresses,
} from '../sets/addresses.ts';
import { boxKey, intersectBoxes, isEmptyBox, type LabelBox, subtractBox } from '../sets/labels.ts';
import {
  allTraffic,
  intersectTraffic,
  isNoTraffic,
  noTraffic,
  subtractTraffic,
  type Traffic,
  trafficKey,
  unionAllTraffic,
  unionTraffic,
} from '../sets/traffic.ts';
import type { FarEnd } from './far-end.ts';

/**
 * Traffic of one endpoint with everyone, as far as rules have not decided about it: for addresses and for pods by their
 * labels, apart. The sets of either list are disjoint.
 */
export interface Undecided {
  readonly addresses: readonly { readonly set: AddressSet; readonly traffic: Traffic }[];
  readonly pods: readonly { readonly box: LabelBox; readonly traffic: Traffic }[];
}

export const everything: Undecided = allOf(allTraffic);

/** This traffic with everyone. */
export function allOf(traffic: Traffic): Undecided {
  return { addresses: [{ set: everyAddress, traffic }], pods: [{ box: everyPod, traffic }] };
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
 *   address, so what has been taken from every address is then taken from every pod as well
 */
export function take(from: Undecided, far: FarEnd, traffic: Traffic, whole?: Traffic): Split | undefined {
  const addresses = takeAddresses(from.addresses, far.addresses, traffic);
  let pods = from.pods;
  const takenPods: Undecided['pods'][number][] = [];
  const takeFromPods = (boxes: readonly LabelBox[], what: Traffic): void => {
    for (const box of boxes) {
      const next = new PodCells();
      for (const cell of pods) {
        const shared = intersectBoxes(cell.box, box);
        const gone = intersectTraffic(cell.traffic, what);
        if (isEmptyBox(shared) || isNoTraffic(gone)) {
          next.add(cell);
          continue;
        }
        takenPods.push({ box: shared, traffic: gone });
        next.add({ box: shared, traffic: subtractTraffic(cell.traffic, what) });
        for (const rest of subtractBox(cell.box, box)) next.add({ box: rest, traffic: cell.traffic });
      }
      pods = next.cells;
      if (pods.length > mostCells) return;
    }
  };
  takeFromPods(far.endpoints, traffic);
  if (whole !== undefined && !isNoAddress(far.addresses)) {
    const gone = subtractTraffic(whole, unionAllTraffic(addresses.left.map((cell) => cell.traffic)));
    if (!isNoTraffic(gone)) takeFromPods([everyPod], intersectTraffic(traffic, gone));
  }
  if (pods.length > mostCells || takenPods.length > mostCells || addresses.left.length > mostCells) return undefined;
  return { taken: { addresses: addresses.taken, pods: takenPods }, left: { addresses: addresses.left, pods } };
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

class PodCells {
  readonly #byBox = new Map<string, Undecided['pods'][number]>();

  add(cell: Undecided['pods'][number]): void {
    if (isNoTraffic(cell.traffic) || isEmptyBox(cell.box)) return;
    const key = boxKey(cell.box);
    const known = this.#byBox.get(key)?.traffic ?? noTraffic;
    this.#byBox.set(key, { box: cell.box, traffic: unionTraffic(known, cell.traffic) });
  }

  get cells(): Undecided['pods'] {
    return [...this.#byBox.values()];
  }
}

/** Both together; the sets need not be disjoint any more. */
export function join(a: Undecided, b: Undecided): Undecided {
  return { addresses: [...a.addresses, ...b.addresses], pods: [...a.pods, ...b.pods] };
}
