import type { Rule } from '../model/policy.ts';
import {
  type AddressSet,
  containsAddresses,
  countAddresses,
  equalAddresses,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  isNoAddress,
  partitionAddresses,
  rangeCount,
  roughCount,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { boxKey, containsBox, equalBoxes, intersectBoxes, isEmptyBox, type LabelBox } from '../sets/labels.ts';
import {
  intersectTraffic,
  isNoTraffic,
  noTraffic,
  type Traffic,
  trafficKey,
  unionAllTraffic,
} from '../sets/traffic.ts';
import type { OpenPart } from './opening.ts';

/** What all rules together give to a set of peers. */
export interface Share<S> {
  readonly set: S;
  readonly traffic: Traffic;
  readonly rules: readonly Rule[];
}

/** The addresses that parts open, each set of them once. */
export function addressShares(parts: readonly OpenPart[]): readonly Share<AddressSet>[] {
  const byRule = Map.groupBy(parts, (part) => part.rule);
  const listed = [...byRule].flatMap(([rule, own]) => {
    const byTraffic = Map.groupBy(
      own.flatMap((part) => part.open).filter((share) => !isNoAddress(share.addresses)),
      (share) => trafficKey(share.traffic),
    );
    return [...byTraffic.values()].map((same) => ({
      set: unionAllAddresses(same.map((share) => share.addresses)),
      traffic: same[0]?.traffic ?? noTraffic,
      rule,
    }));
  });
  return shares(listed, addressMark, equalAddresses);
}

/** The boxes that parts open, each once. */
export function boxShares(parts: readonly OpenPart[]): readonly Share<LabelBox>[] {
  const listed = parts.flatMap(({ rule, open }) =>
    open.flatMap(({ endpoints, traffic }) =>
      endpoints.filter((set) => !isEmptyBox(set)).map((set) => ({ set, traffic, rule })),
    ),
  );
  return shares(listed, boxKey, equalBoxes);
}

/** Pods that rules let through for their addresses: what each box of them gets wherever in a family of addresses it is. */
export function podShares(parts: readonly OpenPart[]): {
  readonly shares: readonly Share<LabelBox>[];
  readonly complete: boolean;
} {
  const places = parts.flatMap(({ rule, open }) =>
    open.flatMap(({ pods = [], traffic }) => pods.map(({ box, at }) => ({ box, at, traffic, rule }))),
  );
  const boxes = new Map(places.map(({ box }) => [boxKey(box), box]));
  const ranges = places.reduce((sum, { at }) => sum + rangeCount(at), 0);
  if (boxes.size * ranges * places.length > mostRangeLooks) return { shares: [], complete: false };
  const shares = [everyIPv4, everyIPv6].flatMap((family) =>
    [...boxes.values()].flatMap((set): readonly Share<LabelBox>[] => {
      const here = places
        .filter(({ box }) => containsBox(box, set))
        .map((place) => ({ ...place, at: intersectAddresses(place.at, family) }))
        .filter(({ at }) => !isNoAddress(at));
      if (!containsAddresses(unionAllAddresses(here.map(({ at }) => at)), family)) return [];
      const traffic = partitionAddresses(here.map(({ at }) => at))
        .filter(({ members }) => members.length > 0)
        .map(({ members }) => unionAllTraffic(members.flatMap((index) => here[index]?.traffic ?? [])))
        .reduce(intersectTraffic);
      return isNoTraffic(traffic) ? [] : [{ set, traffic, rules: [...new Set(here.map(({ rule }) => rule))] }];
    }),
  );
  return { shares, complete: true };
}

/** Equal for equal sets, and mostly for no others. To spell out thousands of ranges would take longer than all the rest. */
function addressMark(set: AddressSet): string {
  const { v4, v6 } = roughCount(set);
  return `${rangeCount(set)} ${v4} ${v6} ${set.v4[0]} ${set.v6[0]}`;
}

interface Listed<S> {
  readonly set: S;
  readonly traffic: Traffic;
  readonly rule: Rule;
}

/** @param markOf equal for equal sets */
function shares<S>(
  listed: readonly Listed<S>[],
  markOf: (set: S) => string,
  areEqual: (a: S, b: S) => boolean,
): readonly Share<S>[] {
  const found: { readonly set: S; readonly traffic: Traffic[]; readonly rules: Set<Rule> }[] = [];
  const byMark = new Map<string, typeof found>();
  for (const { set, traffic, rule } of listed) {
    const mark = markOf(set);
    const marked = byMark.get(mark) ?? [];
    byMark.set(mark, marked);
    let share = marked.find((one) => areEqual(one.set, set));
    if (share === undefined) {
      share = { set, traffic: [], rules: new Set() };
      marked.push(share);
      found.push(share);
    }
    share.rules.add(rule);
    share.traffic.push(traffic);
  }
  return found.map(({ set, traffic, rules }) => ({ set, traffic: unionAllTraffic(traffic), rules: [...rules] }));
}

/** Where shares lie over one another and so come to what is asked for; `complete` is false past the work cap. */
export interface Overlaps<S> {
  readonly found: readonly Share<S>[];
  readonly complete: boolean;
}

type Asked = (traffic: Traffic) => boolean;

/** What shares come to where they meet. Those that do by themselves are found as they are, and only the others compared. */
export const overlaps = {
  ofAddresses: (all: readonly Share<AddressSet>[], isAsked: Asked): Overlaps<AddressSet> =>
    apart(all, isAsked, whereAddressesMeet),
  ofBoxes: (all: readonly Share<LabelBox>[], isAsked: Asked): Overlaps<LabelBox> => apart(all, isAsked, whereBoxesMeet),
};

function apart<S>(
  all: readonly Share<S>[],
  isAsked: Asked,
  whereTheyMeet: (others: readonly Share<S>[], isAsked: Asked) => Overlaps<S>,
): Overlaps<S> {
  const alone = all.filter((share) => isAsked(share.traffic));
  const others = all.filter((share) => !isAsked(share.traffic));
  if (!isAsked(unionAllTraffic(others.map((share) => share.traffic)))) return { found: alone, complete: true };
  const { found, complete } = whereTheyMeet(others, isAsked);
  return { found: [...alone, ...found], complete };
}

/** So many ranges times sets may be looked at. */
const mostRangeLooks = 4_000_000;

function whereAddressesMeet(all: readonly Share<AddressSet>[], isAsked: Asked): Overlaps<AddressSet> {
  const sets = all.map((share) => share.set);
  if (areDisjoint(sets)) return { found: [], complete: true };
  const ranges = sets.reduce((sum, set) => sum + rangeCount(set), 0);
  if (ranges * sets.length > mostRangeLooks) return { found: [], complete: false };
  const known = new Map<string, Share<null>>();
  const found = partitionAddresses(sets).flatMap(({ range, members }) => {
    if (members.length < 2) return [];
    const key = members.join();
    const meeting = known.get(key) ?? { set: null, ...merged(members.flatMap((index) => all[index] ?? [])) };
    known.set(key, meeting);
    return isAsked(meeting.traffic) ? [{ ...meeting, set: range }] : [];
  });
  return { found, complete: true };
}

function areDisjoint(sets: readonly AddressSet[]): boolean {
  const whole = countAddresses(unionAllAddresses(sets));
  const counts = sets.map(countAddresses);
  const sum = (family: 'v4' | 'v6') => counts.reduce((total, count) => total + count[family], 0n);
  return sum('v4') === whole.v4 && sum('v6') === whole.v6;
}

function merged<S>(meeting: readonly Share<S>[]): { readonly traffic: Traffic; readonly rules: readonly Rule[] } {
  return {
    traffic: unionAllTraffic(meeting.map((share) => share.traffic)),
    rules: [...new Set(meeting.flatMap((share) => share.rules))],
  };
}

const mostRegions = 500;
const mostBoxLooks = 300_000;

/**
 * Every set of pods that some of the boxes have in common is one of their intersections, so these are looked at, each
 * with all the boxes that hold the whole of it.
 */
function whereBoxesMeet(all: readonly Share<LabelBox>[], isAsked: Asked): Overlaps<LabelBox> {
  // Each of them is a region and is looked at with all the others, at least.
  if (all.length * all.length > mostBoxLooks) return { found: [], complete: false };
  const regions = new Map(all.map(({ set }) => [boxKey(set), set]));
  const most = all.length + mostRegions;
  let looks = 0;
  // A Map goes on to what is added while it is walked through.
  for (const region of regions.values()) {
    looks += all.length;
    if (looks > mostBoxLooks) return { found: [], complete: false };
    for (const { set } of all) {
      const shared = intersectBoxes(region, set);
      if (!isEmptyBox(shared)) regions.set(boxKey(shared), shared);
    }
    if (regions.size > most) return { found: [], complete: false };
  }
  const found = [...regions.values()].flatMap((set) => {
    const meeting = all.filter((share) => containsBox(share.set, set));
    const share = { set, ...merged(meeting) };
    return meeting.length > 1 && isAsked(share.traffic) ? [share] : [];
  });
  return { found, complete: true };
}
