import { type NodeFailsafe, NodeFailsafes } from '../../felix/failsafe-ports.ts';
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
import { type HostGate, hostGates, isInNamespace } from './host-gate.ts';
import { opposite } from './host-group.ts';
import { foldLocal, type HostOutcome, type Part } from './stages.ts';

/** One port, and the addresses with which a host is to exchange traffic over it. */
export interface HostFlow {
  /** Ingress: a port of the host. Egress: a port of others. */
  readonly direction: Direction;
  readonly protocol: number;
  readonly port: number;
  readonly addresses: AddressSet;
}

/** A host endpoint with all that decides about its traffic in one World. */
export interface HostState {
  readonly host: HostEndpoint;
  readonly gates: { readonly [D in Direction]: HostGate };
  readonly failsafe: NodeFailsafe;
  /** Whether Calico sees more in it than is read here: nothing certain can be said of it. */
  readonly unclear: boolean;
}

const statesOfWorlds = new WeakMap<World, HostStates>();

/** The states of host endpoints of one World. */
export class HostStates {
  readonly world: World;
  readonly #failsafes: FailsafeKeys;
  readonly #keys = new Map<HostEndpoint, string>();
  readonly #states = new Map<string, HostState>();
  #nodeAddresses: AddressSet | undefined;

  private constructor(world: World, failsafes: FailsafeKeys) {
    this.world = world;
    this.#failsafes = failsafes;
  }

  /**
   * Remembered as long as the World is: most changes are judged against the same one.
   *
   * @param like a World whose failsafe lists are the same, if any: nothing of them is then worked out anew
   */
  static of(world: World, like?: World): HostStates {
    const known = statesOfWorlds.get(world);
    if (known !== undefined) return known;
    const same = like !== undefined && haveSameFelix(world, like);
    const states = new HostStates(world, same ? HostStates.of(like).#failsafes : new FailsafeKeys(world));
    statesOfWorlds.set(world, states);
    return states;
  }

  /** Of all Nodes, and those that are expected of host endpoints. */
  get nodeAddresses(): AddressSet {
    this.#nodeAddresses ??= unionAllAddresses([
      ...Array.from(this.world.objects('nodes'), ({ addresses }) => addresses),
      ...Array.from(this.world.objects('hostEndpoints'), ({ expectedIPs }) => expectedIPs),
    ]);
    return this.#nodeAddresses;
  }

  of(host: HostEndpoint): HostState {
    const key = this.keyOf(host);
    const known = this.#states.get(key) ?? {
      host,
      gates: hostGates(host, this.world),
      failsafe: this.#failsafes.on(host.node),
      unclear: isInNamespace(host, this.world),
    };
    this.#states.set(key, known);
    return known;
  }

  /** Equal for host endpoints that the same policies, profiles and failsafe lists govern, by what they look like. */
  keyOf(host: HostEndpoint): string {
    const known = this.#keys.get(host) ?? `${lookOf(host)} ${this.#failsafes.keyOf(host.node)}`;
    this.#keys.set(host, known);
    return known;
  }
}

/** The failsafe lists of nodes, and a text for each node that is the same where they are. */
class FailsafeKeys {
  readonly #failsafes: NodeFailsafes;
  readonly #numbers = new Map<object, number>();
  readonly #keys = new Map<string, string>();

  constructor(world: World) {
    this.#failsafes = new NodeFailsafes(world);
  }

  on(node: string): NodeFailsafe {
    return this.#failsafes.on(node);
  }

  keyOf(node: string): string {
    const known = this.#keys.get(node);
    if (known !== undefined) return known;
    const { inbound, outbound } = this.on(node);
    const key = [...inbound.sources, ...outbound.sources].map(({ value }) => this.#number(value)).join();
    this.#keys.set(node, key);
    return key;
  }

  #number(one: object): number {
    const known = this.#numbers.get(one) ?? this.#numbers.size;
    this.#numbers.set(one, known);
    return known;
  }
}

/** Whether the failsafe lists are the same on every node. Where selectors choose nodes, these are not compared. */
function haveSameFelix(a: World, b: World): boolean {
  if (a.countOf('felixConfigurations') !== b.countOf('felixConfigurations')) return false;
  for (const one of a.objects('felixConfigurations')) {
    if (b.object('felixConfigurations', one.ref.name) !== one) return false;
    if (one.scope.kind !== 'every-node' && one.scope.kind !== 'node' && a.countOf('nodes') !== b.countOf('nodes'))
      return false;
  }
  return true;
}

const looks = new WeakMap<HostEndpoint, string>();

/** What policies and profiles can tell host endpoints apart by, besides their addresses. Remembered: there are hundreds. */
export function lookOf(host: HostEndpoint): string {
  const known = looks.get(host);
  if (known !== undefined) return known;
  const labels = [...host.labels].sort(([a], [b]) => (a < b ? -1 : 1));
  const look = JSON.stringify([labels, host.profiles, host.namedPorts, host.interfaceName === '*']);
  looks.set(host, look);
  return look;
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

/** What becomes of the replies to a flow where nothing remembers the connection. */
export function foldReplies(
  state: HostState,
  flow: HostFlow,
  addresses: AddressSet,
  world: World,
  cluster: ReachSettings['cluster'],
): HostOutcome<AddressSet> {
  const traffic = withSourcePorts(portTraffic(flow.protocol, ...clientPorts), [[flow.port, flow.port]]);
  const replies = { ...flow, addresses };
  return foldOver(state, opposite(flow.direction), traffic, replies, world, cluster);
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
  return foldLocal(state.gates[direction], {
    algebra: addressAlgebra,
    all: flow.addresses,
    rule: (rule, policy) => asker.ask(rule, policy),
    failsafe: part(own, !isReply),
    replies: part(others, isReply),
  });
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
    const own = rule.own === undefined ? 'yes' : this.#own(rule.own);
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

  #own(peer: Peer): 'yes' | 'no' | 'maybe' {
    const settings = { enforcer: 'calico', cluster: this.#cluster } as const;
    const near = hostParty(this.#host, this.#world);
    const match = matchPeer(peer, near, settings, (one) => calicoRegion(this.#world, one));
    return match === 'yes' || match === 'no' ? match : 'maybe';
  }

  /** Pods are no far ends of the flows that are asked about here: only what selectors know by its address is. */
  #far({ endpoints, addresses, except }: Peer): AddressSet {
    const chosen = endpoints === 'any' ? everyAddress : this.#world.addressesKnownAs(endpoints);
    const inside = addresses === 'any' ? chosen : intersectAddresses(chosen, addresses);
    return except === undefined ? inside : subtractAddresses(inside, this.#world.addressesKnownAs(except));
  }
}
