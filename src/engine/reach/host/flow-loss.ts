import type { HostEndpoint } from '../../model/host-endpoint.ts';
import type { Direction, Peer, Policy, Rule } from '../../model/policy.ts';
import type { World } from '../../model/world.ts';
import {
  type AddressSet,
  containsAddresses,
  everyAddress,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  subtractAddresses,
  unionAllAddresses,
} from '../../sets/addresses.ts';
import { UDP } from '../../sets/protocols.ts';
import {
  containsTraffic,
  intersectTraffic,
  isNoTraffic,
  portTraffic,
  resolveNamedPorts,
  type Traffic,
  withSourcePorts,
} from '../../sets/traffic.ts';
import type { ReachSettings } from '../match.ts';
import { matchPeer } from '../match.ts';
import { hostParty } from '../party.ts';
import { calicoRegion } from '../rule-match.ts';
import { addressAlgebra } from './algebra.ts';
import { failsafeLists } from './failsafe-part.ts';
import { opposite } from './host-group.ts';
import type { HostState } from './host-states.ts';
import { foldLocal, foldUntrackedReplies, type HostOutcome, type Part } from './stages.ts';

/** One port, and the addresses with which a host is to exchange traffic over it. */
export interface HostFlow {
  /** Ingress: a port of the host. Egress: a port of others. */
  readonly direction: Direction;
  readonly protocol: number;
  readonly port: number;
  readonly addresses: AddressSet;
}

/** What becomes of a flow at a host endpoint: over its far ends, so that one fold answers for all of them. */
export function foldFlow(
  state: HostState,
  flow: HostFlow,
  world: World,
  cluster: ReachSettings['cluster'],
): HostOutcome<AddressSet> {
  return foldOver(state, flow.direction, portTraffic(flow.protocol, flow.port, flow.port), flow, world, cluster);
}

/** Ports that clients send from, as Linux chooses them. */
const clientPorts = [32768, 60999] as const;

/**
 * What becomes of the replies to a flow where nothing remembers the connection. A reply of UDP can begin a connection of
 * its own; one of TCP or SCTP cannot.
 */
export function foldReplies(
  state: HostState,
  flow: HostFlow,
  addresses: AddressSet,
  world: World,
  cluster: ReachSettings['cluster'],
): HostOutcome<AddressSet> {
  const traffic = withSourcePorts(portTraffic(flow.protocol, ...clientPorts), [[flow.port, flow.port]]);
  const replies = { ...flow, addresses };
  const fold = flow.protocol === UDP ? foldLocal : foldUntrackedReplies;
  return foldOver(state, opposite(flow.direction), traffic, replies, world, cluster, fold);
}

/** Whether the failsafe ports keep all of a flow, whatever policies there are. */
export function isFailsafe({ failsafe }: HostState, flow: HostFlow): boolean {
  return containsAddresses(openBy(failsafeLists(failsafe, flow.direction).surely, flow), flow.addresses);
}

function openBy(
  ports: readonly { readonly protocol: number; readonly port: number; readonly addresses: AddressSet }[],
  { protocol, port }: Pick<HostFlow, 'protocol' | 'port'>,
): AddressSet {
  return unionAllAddresses(
    ports.flatMap((one) => (one.protocol === protocol && one.port === port ? one.addresses : [])),
  );
}

function foldOver(
  state: HostState,
  direction: Direction,
  traffic: Traffic,
  flow: HostFlow,
  world: World,
  cluster: ReachSettings['cluster'],
  fold: typeof foldUntrackedReplies<AddressSet> = foldLocal,
): HostOutcome<AddressSet> {
  const [own, others] = [direction, opposite(direction)].map((one) => failsafeLists(state.failsafe, one));
  // The port of the flow is the destination's on its own way, and the source's on the way back.
  const isReply = direction !== flow.direction;
  const part = (lists: typeof own, counts: boolean): Part<AddressSet> => ({
    must: counts ? openBy(lists?.surely ?? [], flow) : noAddresses,
    may: counts ? openBy(lists?.perhaps ?? [], flow) : noAddresses,
    doubt: 'failsafe-lists',
  });
  const asker = new RuleAsker(state.host, direction, traffic, world, cluster);
  return fold(state.gates[direction], {
    algebra: addressAlgebra,
    all: flow.addresses,
    rule: (rule, policy) => asker.ask(rule, policy),
    failsafe: part(own, !isReply),
    replies: part(others, isReply),
  });
}

/** Whether a host is what a rule asks of its own side. */
export function isHost(
  own: Peer,
  host: HostEndpoint,
  world: World,
  cluster: ReachSettings['cluster'],
): 'yes' | 'no' | 'maybe' {
  const settings = { enforcer: 'calico', cluster } as const;
  const match = matchPeer(own, hostParty(host, world), settings, (one) => calicoRegion(world, one));
  return match === 'yes' || match === 'no' ? match : 'maybe';
}

const nobody: Part<AddressSet> = { must: noAddresses, may: noAddresses };

/** Asks rules which far ends of one flow they match. */
class RuleAsker {
  readonly #host: HostEndpoint;
  readonly #direction: Direction;
  readonly #traffic: Traffic;
  readonly #world: World;
  readonly #cluster: ReachSettings['cluster'];

  constructor(
    host: HostEndpoint,
    direction: Direction,
    traffic: Traffic,
    world: World,
    cluster: ReachSettings['cluster'],
  ) {
    this.#host = host;
    this.#direction = direction;
    this.#traffic = traffic;
    this.#world = world;
    this.#cluster = cluster;
  }

  ask(rule: Rule, _policy: Policy): Part<AddressSet> {
    const matched = this.#resolved(rule);
    if (isNoTraffic(intersectTraffic(matched, this.#traffic))) return nobody;
    const own = rule.own === undefined ? 'yes' : isHost(rule.own, this.#host, this.#world, this.#cluster);
    if (own === 'no') return nobody;
    const addresses = unionAllAddresses(rule.peers.map((peer) => this.#far(peer)));
    if (isNoAddress(addresses)) return nobody;
    const certain =
      own === 'yes' &&
      rule.unsure !== true &&
      rule.exceptNamed === undefined &&
      rule.peers.every((peer) => peer.service === undefined) &&
      !(rule.http === true && this.#cluster.applicationLayer === true) &&
      containsTraffic(matched, this.#traffic);
    return { must: certain ? addresses : noAddresses, may: addresses, doubt: 'not-read' };
  }

  /** Named ports of the host itself are known; what others call their ports makes a flow possible at most. */
  #resolved(rule: Rule): Traffic {
    if (this.#direction === 'egress') return rule.traffic;
    return resolveNamedPorts(rule.traffic, (protocol, name) =>
      this.#host.namedPorts.flatMap((own) => (own.protocol === protocol && own.name === name ? own.port : [])),
    );
  }

  /** Pods are no far ends of the flows that are asked about here: only what selectors know by its address is. */
  #far({ endpoints, addresses, except }: Peer): AddressSet {
    const chosen = endpoints === 'any' ? everyAddress : this.#world.addressesKnownAs(endpoints);
    const inside = addresses === 'any' ? chosen : intersectAddresses(chosen, addresses);
    return except === undefined ? inside : subtractAddresses(inside, this.#world.addressesKnownAs(except));
  }
}
