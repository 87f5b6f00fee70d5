import { commonPath, type FieldPath } from '../json/path.ts';
import { admitsBarePod, distinctBoxes, everyPod, namedNamespaces } from '../model/box-parts.ts';
import type { NotCheckedReason } from '../model/not-checked.ts';
import { type Direction, isEveryone, type Policy, type Rule } from '../model/policy.ts';
import { leftOpen } from '../reach/isolation.ts';
import {
  type AddressSet,
  containsAddresses,
  countAddresses,
  everyAddress,
  isNoAddress,
  noAddresses,
  subtractAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { boxKey, equalBoxes, isEmptyBox, type LabelBox } from '../sets/labels.ts';
import { SCTP, TCP, UDP, UDPLite } from '../sets/protocols.ts';
import {
  allowsEveryPort,
  isNoTraffic,
  noTraffic,
  portCount,
  type Traffic,
  unionAllTraffic,
  unionTraffic,
} from '../sets/traffic.ts';
import type { Surroundings } from './far-end.ts';
import { type OpenPart, openParts } from './opening.ts';
import { addressShares, boxShares, overlaps, podShares, type Share } from './shares.ts';

const protocolsWithPorts: readonly number[] = [TCP, UDP, SCTP, UDPLite];

/** Those who get more ports than they should, and where that comes from. */
export interface OpenPorts {
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
  readonly traffic: Traffic;
  readonly path: FieldPath;
  /** Places besides `path` that do the same by themselves. */
  readonly also: readonly FieldPath[];
}

export interface BroadPorts {
  /** Those who get every port of TCP. */
  readonly everyPort: OpenPorts | undefined;
  /** Those who get more ports of one protocol than allowed, and are not told of already. */
  readonly tooMany: OpenPorts | undefined;
  /** Why some of it could not be told. */
  readonly doubts: readonly NotCheckedReason[];
}

/**
 * Who gets how many ports in one direction, over all rules: a peer that two rules list gets the ports of both. Peers no
 * broader than one workload may have any: a single address, or labelled pods of a single namespace.
 */
export function broadPorts(
  policy: Policy,
  direction: Direction,
  maxPorts: number,
  surroundings: Surroundings,
): BroadPorts {
  const { parts, doubts } = openParts(policy, direction, noTraffic, surroundings);
  const isTooMany = (traffic: Traffic) => portCount(traffic, busiestProtocol(traffic)) > maxPorts;
  const many = gains(parts, (traffic) => getsEveryPort(traffic) || isTooMany(traffic));
  if (many.parts.length === 0 && many.complete) return { everyPort: undefined, tooMany: undefined, doubts };
  const every = gains(parts, getsEveryPort);
  const everyPort = located(every.parts, parts, getsEveryPort);
  const rest = everyPort === undefined ? many.parts : without(many.parts, everyPort);
  const tooMany = located(rest, parts, (traffic) => !getsEveryPort(traffic) && isTooMany(traffic));
  return { everyPort, tooMany, doubts: every.complete && many.complete ? doubts : [...doubts, 'work-cap'] };
}

function getsEveryPort(traffic: Traffic): boolean {
  return allowsEveryPort(traffic, TCP);
}

/** The protocol of which the most ports are in the set. */
export function busiestProtocol(traffic: Traffic): number {
  return protocolsWithPorts.reduce((most, one) => (portCount(traffic, one) > portCount(traffic, most) ? one : most));
}

/** Peers who get the same, over the rules that give it. */
interface Part {
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
  readonly traffic: Traffic;
  readonly rules: readonly Rule[];
}

/** All those whose traffic, over all rules, is too much. */
function gains(
  all: readonly OpenPart[],
  isTooMuch: (traffic: Traffic) => boolean,
): { readonly parts: readonly Part[]; readonly complete: boolean } {
  if (!isTooMuch(unionAllTraffic(all.map((part) => part.traffic)))) return { parts: [], complete: true };
  const [toEveryone, toSome] = [all.filter(isToEveryone), all.filter((part) => !isToEveryone(part))];
  const base = unionAllTraffic(toEveryone.map((part) => part.traffic));
  const rulesToEveryone = [...new Set(toEveryone.map((part) => part.rule))];
  if (isTooMuch(base)) {
    return {
      parts: [{ addresses: everyAddress, endpoints: [everyPod], traffic: base, rules: rulesToEveryone }],
      complete: true,
    };
  }
  const toAll = { traffic: base, rules: rulesToEveryone };
  const addresses = overlaps.ofAddresses(addressShares(toSome).map(giving(toAll)), isTooMuch);
  const byAddress = podShares(toSome);
  const toAnyPod = byAddress.shares.filter(({ set }) => equalBoxes(set, everyPod));
  const chosenToo = [...boxShares(toSome), ...byAddress.shares].map(giving(toAll));
  const boxes = overlaps.ofBoxes(
    toAnyPod.reduce((shares, given) => shares.map(giving(given)), chosenToo),
    isTooMuch,
  );
  // Pods that no selector chooses are told of by their addresses, short of everyone.
  const unchosen = new Set([...rulesToEveryone, ...byAddress.shares.flatMap((share) => share.rules)]);
  const isEverywhere = containsAddresses(unionAllAddresses(addresses.found.map(({ set }) => set)), everyAddress);
  const chosen = boxes.found.filter(({ rules }) => isEverywhere || !rules.every((rule) => unchosen.has(rule)));
  return {
    parts: [
      ...addresses.found.map(({ set, ...rest }) => ({ ...rest, addresses: set, endpoints: [] })),
      ...chosen.map(({ set, ...rest }) => ({ ...rest, addresses: noAddresses, endpoints: [set] })),
    ],
    complete: addresses.complete && boxes.complete && byAddress.complete,
  };
}

/** Adds what others are given as well. */
function giving<S>(given: Pick<Share<unknown>, 'traffic' | 'rules'>): (share: Share<S>) => Share<S> {
  return (share) =>
    isNoTraffic(given.traffic)
      ? share
      : {
          set: share.set,
          traffic: unionTraffic(given.traffic, share.traffic),
          rules: [...new Set([...given.rules, ...share.rules])],
        };
}

/** Whether all of it is open to everyone, nothing taken off before. */
function isToEveryone({ peer, open }: OpenPart): boolean {
  return isEveryone(peer) && open.length === 1;
}

/** Past this many pairs of boxes to compare, what is told of already may be told once more. */
const mostPairs = 100_000;

function without(parts: readonly Part[], told: OpenPorts): readonly Part[] {
  const known = new Set(told.endpoints.map(boxKey));
  const others = parts.map((part) => ({ ...part, endpoints: part.endpoints.filter((box) => !known.has(boxKey(box))) }));
  const pairs = others.reduce((sum, part) => sum + part.endpoints.length * told.endpoints.length, 0);
  const left = (box: LabelBox) => (pairs > mostPairs ? [box] : (leftOpen(told.endpoints, box) ?? [box]));
  return others
    .map((part) => ({
      ...part,
      addresses: subtractAddresses(part.addresses, told.addresses),
      endpoints: part.endpoints.flatMap(left),
    }))
    .filter(({ addresses, endpoints }) => !isNoAddress(addresses) || endpoints.length > 0);
}

type Peers = Pick<OpenPorts, 'addresses' | 'endpoints'>;

/** Whether there is anyone beyond a single address and the labelled pods of a single namespace. */
function isWide({ addresses, endpoints }: Peers): boolean {
  const { v4, v6 } = countAddresses(addresses);
  if (v4 + v6 > 1n) return true;
  const names = new Set<string>();
  for (const box of endpoints) {
    const named = namedNamespaces(box);
    if (named === undefined || admitsBarePod(box)) return true;
    for (const name of named) names.add(name);
  }
  return names.size > 1;
}

/** All parts as one, where they are wide; points at the rules that do it by themselves, else at what all have in common. */
function located(
  parts: readonly Part[],
  all: readonly OpenPart[],
  isTooMuch: (traffic: Traffic) => boolean,
): OpenPorts | undefined {
  const peers = {
    addresses: unionAllAddresses(parts.map((part) => part.addresses)),
    endpoints: distinctBoxes(parts.flatMap((part) => part.endpoints)),
  };
  if (!isWide(peers)) return undefined;
  const giving = new Set(parts.flatMap((part) => part.rules));
  const byRule = [...Map.groupBy(all, (part) => part.rule)].filter(([rule]) => giving.has(rule));
  const alone = byRule.filter(([, own]) => isWide(tooMuchOf(own, isTooMuch)));
  const [first, ...also] = alone.map(([rule]) => rule.ports[0]?.path.slice(0, -1) ?? rule.path);
  return {
    ...peers,
    traffic: unionAllTraffic(parts.map((part) => part.traffic)),
    path: first ?? commonPath(byRule.map(([rule]) => rule.path)),
    also,
  };
}

/** Those who get too much by one rule alone. */
function tooMuchOf(own: readonly OpenPart[], isTooMuch: (traffic: Traffic) => boolean): Peers {
  const shares = own.flatMap((part) => part.open).filter((share) => isTooMuch(share.traffic));
  return {
    addresses: unionAllAddresses(shares.map((share) => share.addresses)),
    endpoints: shares.flatMap((share) => share.endpoints.filter((box) => !isEmptyBox(box))),
  };
}
