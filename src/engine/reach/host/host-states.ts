import { type NodeFailsafe, NodeFailsafes } from '../../felix/failsafe-ports.ts';
import { failsafeText } from '../../felix/failsafe-value.ts';
import type { HostEndpoint } from '../../model/host-endpoint.ts';
import { type Direction, directions, type Peer, ruleList } from '../../model/policy.ts';
import type { World } from '../../model/world.ts';
import { type HostGate, hostGates, isInNamespace } from './host-gate.ts';
import { policiesOf } from './host-group.ts';
import { HostPolicies } from './host-policies.ts';

/** A host endpoint with all that decides about its traffic in one World. */
export interface HostState {
  /** One of those that it is the same for. */
  readonly host: HostEndpoint;
  readonly gates: { readonly [D in Direction]: HostGate };
  readonly failsafe: NodeFailsafe;
  /** Whether Calico sees more in it than is read here: nothing certain can be said of it. */
  readonly unclear: boolean;
  /** What its rules ask of the host itself: by this, hosts of one state may still differ. */
  readonly asks: readonly Peer[];
}

const known = new WeakMap<World, HostStates>();

/** The states of host endpoints of one World. */
export class HostStates {
  readonly #world: World;
  readonly #policies: HostPolicies;
  readonly #failsafes: FailsafeKeys;
  readonly #ownKeys: OwnKeys;
  readonly #keys = new Map<HostEndpoint, string>();
  readonly #states = new Map<string, HostState>();
  #someUnclear: boolean | undefined;

  private constructor(world: World, failsafes: FailsafeKeys, ownKeys: OwnKeys) {
    this.#world = world;
    this.#policies = new HostPolicies(world);
    this.#failsafes = failsafes;
    this.#ownKeys = ownKeys;
  }

  /**
   * Remembered as long as nothing changes that decides about hosts.
   *
   * @param like a World whose failsafe lists and profiles are worked out, which may be the same ones
   */
  static of(world: World, like?: World): HostStates {
    const { ofHosts } = world;
    const states = known.get(ofHosts);
    if (states !== undefined) return states;
    const isLike = like !== undefined && world.hasSame('felixConfigurations', like) && world.hasSame('nodes', like);
    const failsafes = isLike ? HostStates.of(like).#failsafes : new FailsafeKeys(ofHosts);
    const hasProfilesOf = isLike && world.hasSame('profiles', like);
    const ownKeys = hasProfilesOf ? HostStates.of(like).#ownKeys : new OwnKeys(ofHosts, failsafes);
    const made = new HostStates(ofHosts, failsafes, ownKeys);
    known.set(ofHosts, made);
    return made;
  }

  of(host: HostEndpoint): HostState {
    const key = this.keyOf(host);
    const state = this.#states.get(key) ?? this.#make(host);
    this.#states.set(key, state);
    return state;
  }

  /** Equal for host endpoints that the same policies, profiles and failsafe lists govern. */
  keyOf(host: HostEndpoint): string {
    const key = this.#keys.get(host) ?? `${this.#policies.keyOf(host)} ${this.#ownKeys.of(host)}`;
    this.#keys.set(host, key);
    return key;
  }

  /** The same of the failsafe lists alone. */
  failsafeKeyOf({ node }: HostEndpoint): string {
    return this.#failsafes.keyOf(node);
  }

  /** Whether nothing certain can be said of some host endpoint. */
  get someUnclear(): boolean {
    const hosts = this.#world.objects('hostEndpoints');
    this.#someUnclear ??= Array.from(hosts).some((host) => this.#ownKeys.isUnclear(host));
    return this.#someUnclear;
  }

  #make(host: HostEndpoint): HostState {
    const gates = hostGates(host, this.#world, this.#policies.policiesOf(host));
    const rules = directions.flatMap((direction) =>
      policiesOf(gates[direction]).flatMap((policy) => ruleList(policy, direction).rules),
    );
    return {
      host,
      gates,
      failsafe: this.#failsafes.on(host.node),
      unclear: this.#ownKeys.isUnclear(host),
      asks: [...new Set(rules.flatMap(({ own }) => own ?? []))],
    };
  }
}

/** What of a host endpoint decides about its traffic besides policies. */
class OwnKeys {
  readonly #world: World;
  readonly #failsafes: FailsafeKeys;
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<HostEndpoint, { readonly number: number; readonly isUnclear: boolean }>();

  constructor(world: World, failsafes: FailsafeKeys) {
    this.#world = world;
    this.#failsafes = failsafes;
  }

  /** The same number where all of that is the same. */
  of(host: HostEndpoint): number {
    return this.#look(host).number;
  }

  isUnclear(host: HostEndpoint): boolean {
    return this.#look(host).isUnclear;
  }

  #look(host: HostEndpoint): { readonly number: number; readonly isUnclear: boolean } {
    const known = this.#known.get(host);
    if (known !== undefined) return known;
    const { profiles, namedPorts, interfaceName, node } = host;
    const isUnclear = isInNamespace(host, this.#world);
    const own = JSON.stringify([profiles, namedPorts, interfaceName === '*', isUnclear]);
    const text = `${own} ${this.#failsafes.keyOf(node)}`;
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    const made = { number, isUnclear };
    this.#known.set(host, made);
    return made;
  }
}

/** The failsafe lists of nodes, and a text for each node that is the same where they are. */
class FailsafeKeys {
  readonly #failsafes: NodeFailsafes;
  readonly #keys = new Map<string, string>();

  constructor(world: World) {
    this.#failsafes = new NodeFailsafes(world);
  }

  on(node: string): NodeFailsafe {
    return this.#failsafes.on(node);
  }

  keyOf(node: string): string {
    const key = this.#keys.get(node);
    if (key !== undefined) return key;
    const { inbound, outbound } = this.on(node);
    const made = [inbound, outbound]
      .map(({ sources }) => sources.map(({ value }) => failsafeText(value)).join())
      .join(';');
    this.#keys.set(node, made);
    return made;
  }
}
