import { caught, letThrough, type Surroundings } from '../breadth/far-end.ts';
import { appliesTo, coversAllOf, type NearEnd, nearEnds } from '../breadth/near-end.ts';
import { endpointKind, namespaceName } from '../model/attributes.ts';
import { everyPod } from '../model/box-parts.ts';
import {
  type Direction,
  isEveryone,
  isVoided,
  type Peer,
  type Policy,
  type Rule,
  ruleList,
  type ServiceName,
} from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { leftOpen } from '../reach/isolation.ts';
import {
  type AddressSet,
  containsAddresses,
  everyAddress,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  subtractAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import {
  admitsFresh,
  everyLabels,
  intersectBoxes,
  isEmptyBox,
  type LabelBox,
  labelIn,
  restrictBox,
  subtractBox,
} from '../sets/labels.ts';
import {
  intersectTraffic,
  isNoTraffic,
  namedPortTraffic,
  noTraffic,
  portTraffic,
  protocolsOf,
  protocolTraffic,
  subtractTraffic,
  type Traffic,
  trafficKey,
  unionAllTraffic,
  unionTraffic,
} from '../sets/traffic.ts';
import { isNoEndpoint } from '../words/box.ts';

/** Every one of these far ends may use all of this traffic. */
export interface Allowed {
  readonly addresses: AddressSet;
  /** Endpoints that are not meant, though they may be at these addresses. */
  readonly spared?: readonly LabelBox[] | undefined;
  readonly endpoints: readonly LabelBox[];
  /** Where only endpoints at certain addresses are meant: which. */
  readonly at: AddressSet | 'any';
  readonly traffic: Traffic;
  /** Ports by their names that are not meant, whichever numbers they stand for. */
  readonly sparedPorts?: Traffic | undefined;
}

/** Past this many parts, further Deny rules are left aside: what is left is then too much rather than too little. */
const mostParts = 2000;

/**
 * Whom the rules of one direction let through and with what, as parts that add up: what an earlier rule of the policy
 * denies or passes on is already taken out of them. Nothing where the policy does not govern the direction, or where a
 * mistake keeps all of it from being enforced.
 */
export function allowedBy(policy: Policy, direction: Direction, surroundings: Surroundings): readonly Allowed[] {
  const list = ruleList(policy, direction);
  if (!list.applies || isVoided(policy)) return [];
  const rules = list.rules.filter((rule) => rule.action !== 'log');
  const cut = nearEnds(policy, rules);
  const ends = cut === undefined || cut.length === 0 ? [undefined] : cut;
  return ends.flatMap((near) => allowedAt(rules, near, direction, surroundings));
}

/** The same for a part of the subject that every rule applies to as a whole or not at all. */
function allowedAt(
  rules: readonly Rule[],
  near: NearEnd,
  direction: Direction,
  surroundings: Surroundings,
): readonly Allowed[] {
  const refused: Allowed[] = [];
  const parts: Allowed[] = [];
  for (const rule of rules) {
    if (rule.action !== 'allow') {
      if (coversAllOf(rule, near)) refused.push(...refusedBy(rule, surroundings));
      continue;
    }
    if (!appliesTo(rule, near)) continue;
    const far = rule.peers.flatMap((peer) => farEnds(peer, rule, direction, surroundings));
    parts.push(
      ...refused.reduce<readonly Allowed[]>(
        without,
        far.filter((part) => !isVoid(part)),
      ),
    );
  }
  return parts;
}

function farEnds(peer: Peer, { traffic }: Rule, direction: Direction, surroundings: Surroundings): readonly Allowed[] {
  const { endpoints, addresses, except, service } = peer;
  if (isEveryone(peer)) return [{ addresses: everyAddress, endpoints: [everyLabels], at: 'any', traffic }];
  if (service !== undefined) return [serviceEnd(service, traffic, direction, surroundings.world)];
  if (except !== undefined || peer.unsure === true)
    return [{ ...letThrough(peer, surroundings, noDoubt), spared: except, at: addresses, traffic }];
  // Whether an address range means pods too is for the enforcer to say.
  if (endpoints === 'any') {
    return [{ addresses: addresses === 'any' ? everyAddress : addresses, endpoints: [], at: 'any', traffic }];
  }
  const boxes = endpoints.filter((box) => !isNoEndpoint(box));
  const known = letThrough(peer, surroundings, noDoubt).addresses;
  return [
    { addresses: noAddresses, endpoints: boxes, at: addresses, traffic },
    ...(isNoAddress(known) ? [] : [{ addresses: known, endpoints: [], at: 'any' as const, traffic }]),
  ];
}

/** Facts are told of what is known; where that is little, guardrails say so. */
function noDoubt(): void {}

/** The endpoints of a Service, and for egress its ports: both as far as the World knows them. */
function serviceEnd(service: ServiceName, traffic: Traffic, direction: Direction, world: World): Allowed {
  const { namespace, name } = service;
  const known = namespace === undefined ? undefined : world.servicesOf(namespace).find((one) => one.name === name);
  const place = namespace === undefined ? everyPod : intersectBoxes(everyPod, labelIn(namespaceName, [namespace]));
  const labels = [...(known?.selector ?? [])].map(([key, value]) => labelIn(key, [value]));
  // Which ports a Service has nobody reads here: ports with a name that nobody else uses, and any of them may be the DNS's.
  const ports = unionAllTraffic(
    [6, 17].flatMap((protocol) => [namedPortTraffic(protocol, `service:${name}`), portTraffic(protocol, 53, 53)]),
  );
  return {
    addresses: noAddresses,
    endpoints: [labels.reduce(intersectBoxes, place)],
    at: 'any',
    traffic: direction === 'egress' ? ports : traffic,
  };
}

/** Whom a rule surely takes out: addresses by themselves, and endpoints wherever it names their addresses. */
function refusedBy(rule: Rule, surroundings: Surroundings): readonly Allowed[] {
  return caught(rule, surroundings).map(({ addresses }, index) => {
    const peer = rule.peers[index];
    const { endpoints, at } = peer === undefined ? nobodyRefused : endpointsRefused(peer);
    return { addresses, endpoints, at, traffic: rule.traffic, spared: peer?.except, sparedPorts: rule.exceptNamed };
  });
}

type Endpoints = Pick<Allowed, 'endpoints' | 'at'>;

const nobodyRefused: Endpoints = { endpoints: [], at: 'any' };

function endpointsRefused(peer: Peer): Endpoints {
  const { endpoints, addresses: at, except = [] } = peer;
  if (peer.unsure === true || peer.service !== undefined) return nobodyRefused;
  if (endpoints !== 'any') return { endpoints: endpoints.filter((box) => !isNoEndpoint(box)), at };
  return { endpoints: leftOpen(except, everyLabels) ?? [], at };
}

function isVoid({ addresses, endpoints, at, traffic }: Allowed): boolean {
  const isNowhere = endpoints.length === 0 || (at !== 'any' && isNoAddress(at));
  return isNoTraffic(traffic) || (isNoAddress(addresses) && isNowhere);
}

/** With the endpoints that are at the addresses of the parts: what Calico knows a packet by is its addresses. */
export function withEndpointsThere(parts: readonly Allowed[]): readonly Allowed[] {
  const there = parts.map((part): Allowed => {
    const endpoints = leftOpen(part.spared ?? [], everyPod) ?? [];
    return { ...part, addresses: noAddresses, endpoints, at: part.addresses };
  });
  return [...parts, ...there.filter((part) => !isVoid(part))];
}

/** The parts without what is refused: the far ends that it does not name, and the rest of the traffic to those it does. */
function without(parts: readonly Allowed[], refused: Allowed): readonly Allowed[] {
  if (parts.length > mostParts) return parts;
  return parts.flatMap((part) => {
    const named = part.endpoints.flatMap((box) => shared(box, refused.endpoints));
    const spared: Allowed = {
      ...part,
      addresses: subtractAddresses(part.addresses, refused.addresses),
      endpoints: refused.endpoints.reduce<readonly LabelBox[]>(
        (boxes, gone) => boxes.flatMap((box) => subtractBox(box, gone)),
        part.endpoints,
      ),
    };
    const elsewhere: Allowed = { ...part, addresses: noAddresses, endpoints: named, at: outside(part.at, refused.at) };
    const hit: Allowed = {
      ...part,
      addresses: intersectAddresses(part.addresses, refused.addresses),
      endpoints: named,
      at: inside(part.at, refused.at),
      traffic: unionTraffic(subtractTraffic(part.traffic, refused.traffic), portsSpared(part, refused)),
    };
    // Whoever lets a range through lets the endpoints there through, and those were not refused.
    const kept = (refused.spared ?? []).flatMap((box) => leftOpen(part.spared ?? [], box) ?? []);
    const there: Allowed = { ...part, addresses: noAddresses, endpoints: kept, at: hit.addresses };
    return [spared, elsewhere, hit, there].filter((piece) => !isVoid(piece));
  });
}

/** Of the protocols that a part speaks of, the ports by their names that are not refused with the others. */
function portsSpared({ traffic }: Allowed, { sparedPorts = noTraffic }: Allowed): Traffic {
  return intersectTraffic(sparedPorts, unionAllTraffic(protocolsOf(traffic).map(protocolTraffic)));
}

function outside(at: Allowed['at'], gone: Allowed['at']): AddressSet {
  if (gone === 'any') return noAddresses;
  return subtractAddresses(at === 'any' ? everyAddress : at, gone);
}

/** Where both are. */
export function inside(at: Allowed['at'], other: Allowed['at']): Allowed['at'] {
  if (at === 'any') return other;
  return other === 'any' ? at : intersectAddresses(at, other);
}

function shared(box: LabelBox, others: readonly LabelBox[]): readonly LabelBox[] {
  return others.map((other) => intersectBoxes(box, other)).filter((one) => !isEmptyBox(one));
}

/**
 * The parts that let through a pod without labels, in a namespace that carries only its name, under all but finitely many
 * names, wherever in a family of addresses it is. Parts that do so with the same traffic, each for some addresses, add up.
 */
export function partsOfFreshPods(parts: readonly Allowed[]): readonly Allowed[] {
  const fresh = parts.filter(letsFreshPod);
  const wholly = new Set(
    [...Map.groupBy(fresh, ({ traffic }) => trafficKey(traffic)).values()].filter(isAnywhere).flat(),
  );
  return fresh.filter((part) => wholly.has(part));
}

/** The same, with whatever traffic each. */
export function letFreshPods(parts: readonly Allowed[]): boolean {
  return isAnywhere(parts.filter(letsFreshPod));
}

function isAnywhere(parts: readonly Allowed[]): boolean {
  const range = unionAllAddresses(parts.map(({ at }) => (at === 'any' ? everyAddress : at)));
  return containsAddresses(range, everyIPv4) || containsAddresses(range, everyIPv6);
}

function letsFreshPod({ endpoints }: Allowed): boolean {
  return endpoints.some((box) => {
    const pods = restrictBox(box, (key) => (key === endpointKind ? { value: 'Pod' } : undefined));
    return pods !== undefined && admitsFresh(pods, namespaceName);
  });
}
