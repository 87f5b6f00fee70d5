import { endpointKind, namespaceName } from '../model/attributes.ts';
import { everyPod } from '../model/box-parts.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import type { NotCheckedReason } from '../model/not-checked.ts';
import { isEveryone, type Peer, type Rule } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { leftOpen } from '../reach/isolation.ts';
import {
  type AddressSet,
  containsAddresses,
  countAddresses,
  everyAddress,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  overlapAddresses,
  subtractAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { boxKey, intersectBoxes, isEmptyBox, type LabelBox, labelIn } from '../sets/labels.ts';
import { admitsFreshPod } from './fresh-pod.ts';

/** Whom the far end of a rule comes to in a World: addresses, and endpoints by their labels. */
export interface FarEnd {
  readonly addresses: AddressSet;
  readonly endpoints: readonly LabelBox[];
  /** The families of addresses over which these endpoints are meant; both where nothing is said. */
  readonly families?: AddressSet | undefined;
  /** Endpoints that are let through at some addresses only. */
  readonly somewhere?: readonly Somewhere[] | undefined;
  /** The addresses at which pods are let through whoever they are; none where the enforcer may look at pods by labels only. */
  readonly anyone?: AddressSet | undefined;
}

/** Endpoints at some addresses. */
export interface Somewhere {
  readonly box: LabelBox;
  readonly within: AddressSet;
  /** Where pods have their addresses; none where nobody says. */
  readonly pods: AddressSet;
}

export const nobody: FarEnd = { addresses: noAddresses, endpoints: [] };

export const everybody: FarEnd = { addresses: everyAddress, endpoints: [everyPod] };

/** All that a World is asked for about far ends. */
export type FarWorld = Pick<World, 'knownAs' | 'knowsSets' | 'hasService'>;

/** What far ends are looked up in. */
export interface Surroundings<W extends FarWorld = World> {
  readonly world: W;
  readonly cluster: Pick<ClusterFacts, 'podAddresses'>;
}

type Doubt = (reason: NotCheckedReason) => void;

const eachFamily = [everyIPv4, everyIPv6];

const networkSet: LabelBox = labelIn(endpointKind, ['NetworkSet']);
const hostEndpoint: LabelBox = labelIn(endpointKind, ['HostEndpoint']);

/**
 * Everybody whom a peer may let through. What cannot be told is left out, and `doubt` hears of it.
 *
 * @param ranges where the endpoints of the peer are let through by all peers together that choose the same ones; else
 *   where this one does
 */
export function letThrough(
  peer: Peer,
  { world, cluster }: Surroundings<FarWorld>,
  doubt: Doubt,
  ranges?: Ranges,
): FarEnd {
  if (isEveryone(peer)) return everybody;
  if (peer.unsure === true) {
    doubt('work-cap');
    return surelyLetThrough(peer, world);
  }
  if (peer.service !== undefined) {
    // The endpoints of one Service are one workload; of one that is not there, nobody knows what they will be.
    const { name, namespace } = peer.service;
    const isKnown = namespace !== undefined && world.hasService(namespace, name);
    if (!isKnown) doubt('no-services');
    return nobody;
  }
  const within = peer.addresses === 'any' ? everyAddress : peer.addresses;
  if (peer.endpoints === 'any') {
    if (peer.except === undefined) return { addresses: within, endpoints: [] };
    const known = knownAs(peer.except, world, doubt);
    const pods = coversFamily(within) ? (leftOpen(peer.except, everyPod) ?? [everyPod]) : [];
    return { addresses: subtractAddresses(within, known), endpoints: pods, families: familiesOf(within) };
  }
  const boxes = peer.endpoints.filter(canBe);
  if (peer.addresses === 'any') return { addresses: knownAs(boxes, world, doubt), endpoints: boxes };
  const addresses = intersectAddresses(knownAs(boxes, world, doubt), within);
  if (isNoAddress(within)) return { addresses, endpoints: [] };
  const isWhole = coversPods(ranges?.of(peer) ?? within, cluster.podAddresses);
  if (isWhole) return { addresses, endpoints: boxes, families: familiesOf(within) };
  if (isNoAddress(cluster.podAddresses) && boxes.some((box) => admitsFreshPod([box]))) doubt('no-cluster-facts');
  return { addresses, endpoints: [], somewhere: boxes.map((box) => ({ box, within, pods: cluster.podAddresses })) };
}

/** Where endpoints are let through that several peers choose, each at some addresses: a range may be written in pieces. */
export class Ranges {
  readonly #keys = new Map<unknown, string>();
  readonly #ranges = new Map<string, AddressSet>();

  constructor(peers: readonly Peer[]) {
    const within = new Map<string, AddressSet[]>();
    for (const { endpoints, addresses } of peers) {
      if (endpoints === 'any' || addresses === 'any') continue;
      const key = this.#keyOf(endpoints);
      const known = within.get(key);
      if (known === undefined) within.set(key, [addresses]);
      else known.push(addresses);
    }
    for (const [key, pieces] of within) this.#ranges.set(key, unionAllAddresses(pieces));
  }

  of({ endpoints }: Peer): AddressSet | undefined {
    return endpoints === 'any' ? undefined : this.#ranges.get(this.#keyOf(endpoints));
  }

  /** The networks of one rule share their endpoints. */
  #keyOf(endpoints: readonly LabelBox[]): string {
    const known = this.#keys.get(endpoints) ?? endpoints.map(boxKey).sort().join(' | ');
    this.#keys.set(endpoints, known);
    return known;
  }
}

/**
 * What is certain of a peer whose selectors are not told: some pods. Where it is a selector of whom to leave out, no
 * address is left out but those that network sets and host endpoints are known by.
 */
function surelyLetThrough({ addresses, except, surely }: Peer, world: FarWorld): FarEnd {
  const within = addresses === 'any' ? everyAddress : addresses;
  const endpoints = coversFamily(within) ? (surely ?? []) : [];
  const pods = { endpoints, families: familiesOf(within) };
  if (except === undefined) return { addresses: noAddresses, ...pods };
  const known = world.knownAs([networkSet, hostEndpoint]);
  return { addresses: known.complete ? subtractAddresses(within, known.addresses) : noAddresses, ...pods };
}

/** Everybody of whom it is certain that a rule matches them, on whatever ports. */
export function caught(rule: Rule, { world }: Surroundings<FarWorld>): readonly FarEnd[] {
  if (rule.unsure === true) return [];
  return rule.peers.map((peer) => {
    if (isEveryone(peer)) return everybody;
    if (peer.unsure === true || peer.service !== undefined) return nobody;
    const within = peer.addresses === 'any' ? everyAddress : peer.addresses;
    const families = unionAllAddresses(eachFamily.filter((family) => containsAddresses(within, family)));
    const isAnywhere = !isNoAddress(families);
    if (peer.endpoints === 'any') {
      if (peer.except === undefined) return { addresses: within, endpoints: [] };
      const known = world.knownAs(peer.except.filter(canBe));
      if (!known.complete) return nobody;
      const pods = isAnywhere ? (leftOpen(peer.except, everyPod) ?? []) : [];
      return { addresses: subtractAddresses(within, known.addresses), endpoints: pods, families };
    }
    const boxes = peer.endpoints.filter(canBe);
    return {
      addresses: intersectAddresses(world.knownAs(boxes).addresses, within),
      endpoints: isAnywhere ? boxes : [],
      families,
    };
  });
}

function knownAs(boxes: readonly LabelBox[], world: FarWorld, doubt: Doubt): AddressSet {
  const byAddress = boxes.filter((box) => isOf(box, networkSet) || isOf(box, hostEndpoint));
  if (byAddress.length === 0) return noAddresses;
  if (byAddress.some((box) => isOf(box, networkSet)) && !world.knowsSets()) doubt('no-network-sets');
  const known = world.knownAs(byAddress);
  if (!known.complete) doubt('work-cap');
  return known.addresses;
}

function isOf(box: LabelBox, kind: LabelBox): boolean {
  return !isEmptyBox(intersectBoxes(box, kind));
}

/** Host endpoints are in no namespace, so a box that asks for one has none of them in it. */
function canBe(box: LabelBox): boolean {
  const isInNamespace = box.conditions.some(({ key, absent }) => key === namespaceName && !absent);
  return !isEmptyBox(box) && !(isInNamespace && box.conditions.some(isHost));
}

function isHost({ key, values }: LabelBox['conditions'][number]): boolean {
  return key === endpointKind && values.kind === 'only' && values.values.join() === 'HostEndpoint';
}

function coversFamily(addresses: AddressSet): boolean {
  return eachFamily.some((family) => containsAddresses(addresses, family));
}

/** The families, whole, of which there is an address in the range. */
function familiesOf(range: AddressSet): AddressSet {
  return unionAllAddresses(eachFamily.filter((family) => overlapAddresses(range, family)));
}

/** A hole that not even the pods of one node fit into: those of a node are given a /24, or a /64. */
const smallHole = { v4: 256n, v6: 1n << 64n } as const;

/** Whether all addresses of a family are in the range, a few holes aside. */
function coversAlmost(range: AddressSet): boolean {
  const { v4, v6 } = countAddresses(subtractAddresses(everyAddress, range));
  return v4 < smallHole.v4 || v6 < smallHole.v6;
}

/** Whether pods have their addresses in the range. Where nobody says where they are, they may be anywhere. */
export function coversPods(range: AddressSet, pods: AddressSet): boolean {
  if (coversFamily(range) || coversAlmost(range)) return true;
  return !isNoAddress(pods) && containsAddresses(range, pods);
}
