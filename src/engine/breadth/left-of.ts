import type { NotCheckedReason } from '../model/not-checked.ts';
import { everyAddress, intersectAddresses, isNoAddress, noAddresses, overlapAddresses } from '../sets/addresses.ts';
import { intersectBoxes, isEmptyBox } from '../sets/labels.ts';
import { intersectTraffic, isNoTraffic, type Traffic } from '../sets/traffic.ts';
import type { FarEnd } from './far-end.ts';
import type { PodsAt } from './pods-at.ts';
import type { Undecided } from './undecided.ts';

/** Far ends with the same traffic. */
export interface Share extends FarEnd {
  readonly traffic: Traffic;
  readonly pods?: readonly PodsAt[] | undefined;
}

/** What is still undecided of the traffic with a far end. Sets and hosts are known by their addresses, which tell of them. */
export function leftOf(
  far: FarEnd,
  traffic: Traffic,
  undecided: Undecided,
  doubt: (reason: NotCheckedReason) => void,
): readonly Share[] {
  const shares: Share[] = [...byAddress(far, traffic, undecided, doubt)];
  for (const cell of undecided.addresses) {
    const addresses = intersectAddresses(cell.set, far.addresses);
    const open = intersectTraffic(cell.traffic, traffic);
    if (!isNoAddress(addresses) && !isNoTraffic(open)) shares.push({ addresses, endpoints: [], traffic: open });
  }
  for (const cell of undecided.pods) {
    const met = overlapAddresses(far.families ?? everyAddress, cell.families) ? far.endpoints : [];
    const endpoints = met.map((box) => intersectBoxes(box, cell.box)).filter((box) => !isEmptyBox(box));
    const somewhere = (far.somewhere ?? [])
      .map((one) => ({
        ...one,
        box: intersectBoxes(one.box, cell.box),
        within: intersectAddresses(one.within, cell.families),
      }))
      .filter(({ box, within }) => !isEmptyBox(box) && !isNoAddress(within));
    const open = intersectTraffic(cell.traffic, traffic);
    if (endpoints.length + somewhere.length > 0 && !isNoTraffic(open)) {
      shares.push({ addresses: noAddresses, endpoints, somewhere, traffic: open });
    }
  }
  return shares;
}

/** More cells than these are not held against one another. */
const mostPairs = 1_000;

/** The pods that are still undecided at the addresses of a far end: what is left both of these and of the pods. */
function byAddress(
  { anyone = noAddresses }: FarEnd,
  traffic: Traffic,
  undecided: Undecided,
  doubt: (reason: NotCheckedReason) => void,
): readonly Share[] {
  if (isNoAddress(anyone)) return [];
  if (undecided.addresses.length * undecided.pods.length > mostPairs) {
    doubt('work-cap');
    return [];
  }
  return undecided.pods.flatMap(({ box, families, traffic: ofPods }) =>
    undecided.addresses.flatMap(({ set, traffic: ofAddresses }): readonly Share[] => {
      const at = intersectAddresses(intersectAddresses(anyone, set), families);
      const open = intersectTraffic(intersectTraffic(ofPods, ofAddresses), traffic);
      if (isNoAddress(at) || isEmptyBox(box) || isNoTraffic(open)) return [];
      return [{ addresses: noAddresses, endpoints: [], pods: [{ box, at }], traffic: open }];
    }),
  );
}
