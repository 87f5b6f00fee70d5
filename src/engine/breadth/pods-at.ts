import { everyPod } from '../model/box-parts.ts';
import {
  type AddressSet,
  containsAddresses,
  everyIPv4,
  everyIPv6,
  isNoAddress,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { boxKey, type LabelBox } from '../sets/labels.ts';
import { admitsFreshPod } from './fresh-pod.ts';

/** Pods of a box, as far as they are at some addresses. */
export interface PodsAt {
  readonly box: LabelBox;
  readonly at: AddressSet;
}

/** Every pod at these addresses. */
export function podsAt(at: AddressSet | undefined): readonly PodsAt[] {
  return at === undefined || isNoAddress(at) ? [] : [{ box: everyPod, at }];
}

/** The boxes that let in fresh pods wherever in a family of addresses they are, each range of it in whatever piece. */
export function freshPodsAnywhere(pods: readonly PodsAt[]): readonly LabelBox[] {
  const places = [...Map.groupBy(pods, ({ box }) => boxKey(box)).values()].flatMap((same): readonly PodsAt[] => {
    const [first] = same;
    return first === undefined ? [] : [{ box: first.box, at: unionAllAddresses(same.map(({ at }) => at)) }];
  });
  for (const family of [everyIPv4, everyIPv6]) {
    const boxes = places.filter(({ at }) => containsAddresses(at, family)).map(({ box }) => box);
    if (admitsFreshPod(boxes)) return boxes;
  }
  return [];
}
