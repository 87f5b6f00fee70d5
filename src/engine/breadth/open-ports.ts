import { commonPath, type FieldPath } from '../json/path.ts';
import { endpointKind } from '../model/attributes.ts';
import { admitsBarePod, distinctBoxes, namedNamespaces } from '../model/box-parts.ts';
import { type Direction, isEveryone, type Policy, type Rule, ruleList } from '../model/policy.ts';
import {
  addressRanges,
  type AddressSet,
  countAddresses,
  everyAddress,
  isNoAddress,
  noAddresses,
  partitionAddresses,
  subtractAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { coverage, everyLabels, isEmptyBox, type LabelBox, labelIn } from '../sets/labels.ts';
import { SCTP, TCP, UDP, UDPLite } from '../sets/protocols.ts';
import {
  allowsEveryPort,
  isNoTraffic,
  noTraffic,
  portCount,
  type Traffic,
  trafficKey,
  unionAllTraffic,
  unionTraffic,
} from '../sets/traffic.ts';
import { regions } from './together.ts';

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
  /** Get every port of TCP. */
  readonly everyPort: OpenPorts | undefined;
  /** Get more ports of one protocol than allowed, and are not among the former. */
  readonly tooMany: OpenPorts | undefined;
  /** False where some of it would have cost too much to find out. */
  readonly complete: boolean;
}

/**
 * Who gets how many ports in one direction, over all rules: a peer that two rules list gets the ports of both. Peers no
 * broader than one workload may have any: a single address, or labelled pods of a single namespace.
 */
export function broadPorts(policy: Policy, direction: Direction, maxPorts: number): BroadPorts {
  const list = ruleList(policy, direction);
  const shares = list.applies ? sharesOf(list.rules) : [];
  const every = gains(shares, getsEveryPort);
  const many = gains(shares, (traffic) => getsEveryPort(traffic) || countPorts(traffic) > maxPorts);
  const rest = isWide(every) ? without(many, every) : many;
  return {
    everyPort: isWide(every) ? located(every, list.rules, getsEveryPort) : undefined,
    tooMany: isWide(rest) ? located(rest, list.rules, (traffic) => !getsEveryPort(traffic) && countPorts(traffic) > maxPorts) : undefined,
    complete: every.complete && many.complete,
  };
}

function getsEveryPort(traffic: Traffic): boolean {
  return allowsEveryPort(traffic, TCP);
}

/** The protocol of which the most ports are in the set. */
export function busiestProtocol(traffic: Traffic): number {
  return protocolsWithPorts.reduce((most, one) => (portCount(traffic, one) > portCount(traffic, most) ? one : most));
}

function countPorts(traffic: Traffic): number {
  return portCount(traffic, busiestProtocol(traffic));
}

/** Everyone to whom rules with the same traffic open it. */
interface Share {
  readonly rules: readonly Rule[];
  readonly traffic: Traffic;
  readonly everyone: boolean;
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
}

function sharesOf(rules: readonly Rule[]): readonly Share[] {
  const byTraffic = new Map<string, Rule[]>();
  for (const rule of rules) {
    if (rule.action !== 'allow' || isNoTraffic(rule.traffic)) continue;
    const traffic = trafficKey(rule.traffic);
    const same = byTraffic.get(traffic);
    if (same === undefined) byTraffic.set(traffic, [rule]);
    else same.push(rule);
  }
  return [...byTraffic.values()].map(shareOf);
}

function shareOf(rules: readonly Rule[]): Share {
  const peers = rules.flatMap((rule) => rule.peers);
  return {
    rules,
    traffic: rules[0]?.traffic ?? noTraffic,
    everyone: peers.some(isEveryone),
    addresses: unionAllAddresses(
      peers.flatMap((peer) => (peer.endpoints === 'any' && peer.addresses !== 'any' ? peer.addresses : [])),
    ),
    endpoints: distinctBoxes(
      peers.flatMap((peer) => (peer.endpoints === 'any' ? [] : peer.endpoints.filter((box) => !isEmptyBox(box)))),
    ),
  };
}

/** The set of those whose traffic, over all rules, is too much. */
interface Gains {
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
  readonly traffic: Traffic;
  readonly shares: readonly Share[];
  readonly complete: boolean;
}

const nothing: Gains = { addresses: noAddresses, endpoints: [], traffic: noTraffic, shares: [], complete: true };

const everyPod: readonly LabelBox[] = [labelIn(endpointKind, ['Pod'])];

function gains(shares: readonly Share[], isTooMuch: (traffic: Traffic) => boolean): Gains {
  if (!isTooMuch(unionAllTraffic(shares.map((share) => share.traffic)))) return nothing;
  const toEveryone = shares.filter((share) => share.everyone);
  const base = unionAllTraffic(toEveryone.map((share) => share.traffic));
  if (isTooMuch(base)) {
    return { addresses: everyAddress, endpoints: everyPod, traffic: base, shares: toEveryone, complete: true };
  }
  const toSome = shares.filter((share) => !share.everyone);
  const alone = toSome.filter((share) => isTooMuch(unionTraffic(base, share.traffic)));
  const others = toSome.filter((share) => !alone.includes(share));
  const parts = [
    ...alone.map((share) => ({ ...share, shares: [share], complete: true })),
    addressGains(others, base, isTooMuch),
    endpointGains(others, base, isTooMuch),
  ];
  const found = parts.flatMap((part) => part.shares);
  return {
    addresses: unionAllAddresses(parts.map((part) => part.addresses)),
    endpoints: distinctBoxes(parts.flatMap((part) => part.endpoints)),
    traffic: found.length === 0 ? noTraffic : unionAllTraffic([base, ...parts.map((part) => part.traffic)]),
    shares: found.length === 0 ? [] : [...toEveryone, ...found],
    complete: parts.every((part) => part.complete),
  };
}

/** So many ranges times shares may be looked at. */
const mostLooks = 4_000_000;

/** The addresses that several shares together give too much. */
function addressGains(all: readonly Share[], base: Traffic, isTooMuch: (traffic: Traffic) => boolean): Gains {
  const shares = all.filter((share) => !isNoAddress(share.addresses));
  if (!isTooMuch(unionAllTraffic([base, ...shares.map((share) => share.traffic)]))) return nothing;
  const ranges = shares.reduce((sum, share) => sum + addressRanges(share.addresses).length, 0);
  if (ranges * shares.length > mostLooks) return { ...nothing, complete: false };
  const found: { readonly range: AddressSet; readonly shares: readonly Share[]; readonly traffic: Traffic }[] = [];
  const known = new Map<string, Traffic>();
  for (const { range, members } of partitionAddresses(shares.map((share) => share.addresses))) {
    const together = members.flatMap((index) => shares[index] ?? []);
    const traffic = known.get(members.join()) ?? unionAllTraffic([base, ...together.map((share) => share.traffic)]);
    known.set(members.join(), traffic);
    if (members.length > 0 && isTooMuch(traffic)) found.push({ range, shares: together, traffic });
  }
  return {
    addresses: unionAllAddresses(found.map((cell) => cell.range)),
    endpoints: [],
    traffic: unionAllTraffic(found.map((cell) => cell.traffic)),
    shares: [...new Set(found.flatMap((cell) => cell.shares))],
    complete: true,
  };
}

/** The pods that several shares together give too much. */
function endpointGains(all: readonly Share[], base: Traffic, isTooMuch: (traffic: Traffic) => boolean): Gains {
  const shares = all.filter((share) => share.endpoints.length > 0);
  if (!isTooMuch(unionAllTraffic([base, ...shares.map((share) => share.traffic)]))) return nothing;
  const shared = regions(
    [everyLabels],
    shares.map((share) => ({ boxes: share.endpoints, member: share })),
  );
  if (shared === undefined) return { ...nothing, complete: false };
  const found = shared
    .map(({ box, members }) => ({ box, members, traffic: unionAllTraffic([base, ...members.map((share) => share.traffic)]) }))
    .filter(({ members, traffic }) => members.length > 0 && isTooMuch(traffic));
  return {
    addresses: noAddresses,
    endpoints: distinctBoxes(found.map((region) => region.box)),
    traffic: unionAllTraffic(found.map((region) => region.traffic)),
    shares: [...new Set(found.flatMap((region) => region.members))],
    complete: true,
  };
}

function without(all: Gains, told: Gains): Gains {
  const keepsSome = told.endpoints.length === 0;
  return {
    ...all,
    addresses: subtractAddresses(all.addresses, told.addresses),
    endpoints: keepsSome
      ? all.endpoints
      : all.endpoints.filter((box) => coverage(box, told.endpoints).answer !== 'covered'),
  };
}

/** Whether there is anyone beyond a single address and the labelled pods of a single namespace. */
function isWide({ addresses, endpoints }: Pick<Gains, 'addresses' | 'endpoints'>): boolean {
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

/** Points at the rules that do it by themselves, or else at what all that have a part in it have in common. */
function located(found: Gains, rules: readonly Rule[], isTooMuch: (traffic: Traffic) => boolean): OpenPorts {
  const { addresses, endpoints, traffic, shares } = found;
  const alone = new Set(
    shares.filter((share) => isTooMuch(share.traffic)).flatMap((share) => share.rules.filter((rule) => isWide(reachOf(rule)))),
  );
  const [first, ...also] = rules.filter((rule) => alone.has(rule)).map(portsPath);
  const path = first ?? commonPath(shares.flatMap((share) => share.rules.map((rule) => rule.path)));
  return { addresses, endpoints, traffic, path, also };
}

function reachOf(rule: Rule): Pick<Gains, 'addresses' | 'endpoints'> {
  const { everyone, addresses, endpoints } = shareOf([rule]);
  return everyone ? { addresses: everyAddress, endpoints: everyPod } : { addresses, endpoints };
}

function portsPath(rule: Rule): FieldPath {
  return rule.ports.length > 0 ? [...rule.path, 'ports'] : rule.path;
}
