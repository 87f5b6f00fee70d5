import type { Rule } from '../model/policy.ts';
import { intersectAddresses } from '../sets/addresses.ts';
import { intersectBoxes } from '../sets/labels.ts';
import {
  allTraffic,
  intersectTraffic,
  noTraffic,
  protocolsOf,
  protocolTraffic,
  subtractTraffic,
  type Traffic,
  unionAllTraffic,
  withoutNamedPorts,
} from '../sets/traffic.ts';
import type { FarEnd } from './far-end.ts';
import { allOf, everything, join, nothing, take, type Undecided } from './undecided.ts';

/**
 * What rules have left undecided, of ports by their numbers and by their names apart: what a name stands for is for each
 * pod to say, so that only what denies the same name, or every number that it may be, denies it.
 */
export interface UndecidedPorts {
  readonly numbers: Undecided;
  readonly names: Undecided;
  /** Of numbers that are decided about otherwise, those that go by certain names are not: these names, and which numbers. */
  readonly spared: { readonly names: Undecided; readonly numbers: Undecided };
  /** All names that the rules speak of. */
  readonly spoken: Traffic;
}

/** Before any of the rules. */
export function allPorts(rules: readonly Rule[]): UndecidedPorts {
  const spoken = unionAllTraffic(
    rules.flatMap(({ traffic, exceptNamed = noTraffic }) => [namesIn(traffic), namesIn(exceptNamed)]),
  );
  return { numbers: everything, names: allOf(spoken), spared: { names: nothing, numbers: nothing }, spoken };
}

/** After a rule that decides about its traffic with a far end. Undefined past the work cap. */
export function decided(from: UndecidedPorts, { traffic, exceptNamed }: Rule, far: FarEnd): UndecidedPorts | undefined {
  const numbers = take(from.numbers, far, traffic, allTraffic);
  const names = take(from.names, far, exceptNamed ?? traffic, from.spoken);
  if (numbers === undefined || names === undefined) return undefined;
  if (exceptNamed !== undefined) {
    const spared = {
      names: join(from.spared.names, names.taken),
      numbers: join(from.spared.numbers, numbers.taken),
    };
    return { ...from, numbers: numbers.left, spared };
  }
  const sparedNames = take(from.spared.names, far, traffic);
  const sparedNumbers = take(from.spared.numbers, far, traffic);
  if (sparedNames === undefined || sparedNumbers === undefined) return undefined;
  const spared = { names: sparedNames.left, numbers: sparedNumbers.left };
  return { ...from, numbers: numbers.left, names: names.left, spared };
}

/** What of some traffic is still undecided, each part with the traffic to look for in it. */
export function leftUndecided(
  { numbers, names, spared }: UndecidedPorts,
  traffic: Traffic,
): readonly { readonly cells: Undecided; readonly traffic: Traffic }[] {
  return [
    { cells: numbers, traffic: withoutNamedPorts(traffic) },
    { cells: whereNumbersAre(names, join(numbers, spared.numbers)), traffic: namesIn(traffic) },
    { cells: whereNumbersAre(spared.names, spared.numbers), traffic: allOfEach(traffic) },
  ];
}

function namesIn(traffic: Traffic): Traffic {
  return subtractTraffic(traffic, withoutNamedPorts(traffic));
}

/** All traffic of the protocols of which there is some. */
function allOfEach(traffic: Traffic): Traffic {
  return unionAllTraffic(protocolsOf(traffic).map(protocolTraffic));
}

/** More cells than these are not held against one another: then names are taken to stand for numbers that are left. */
const mostPairs = 1_000;

/** Names, where numbers are left that they may stand for. */
function whereNumbersAre(names: Undecided, numbers: Undecided): Undecided {
  const pairs = names.addresses.length * numbers.addresses.length + names.pods.length * numbers.pods.length;
  if (pairs > mostPairs) return names;
  return {
    addresses: names.addresses.flatMap(({ set, traffic }) =>
      numbers.addresses.map((cell) => ({
        set: intersectAddresses(set, cell.set),
        traffic: intersectTraffic(traffic, allOfEach(cell.traffic)),
      })),
    ),
    pods: names.pods.flatMap(({ box, families, traffic }) =>
      numbers.pods.map((cell) => ({
        box: intersectBoxes(box, cell.box),
        families: intersectAddresses(families, cell.families),
        traffic: intersectTraffic(traffic, allOfEach(cell.traffic)),
      })),
    ),
  };
}
