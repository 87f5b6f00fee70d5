import type { Labels } from '../model/attributes.ts';
import { type Direction, decidesForPods, type Policy, ruleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { matchesBox } from '../sets/labels.ts';
import { isNoTraffic } from '../sets/traffic.ts';
import { type PolicyRule, rulesOf } from './fold.ts';
import type { ReachSettings } from './match.ts';
import type { OtherReading, PodParty } from './party.ts';
import { hasNames } from './rule-match.ts';
import { intoTiers, type Tier } from './tiers.ts';

/** What stands between an endpoint and its peers in one direction. Endpoints that the same policies govern share one. */
export interface Gate {
  readonly direction: Direction;
  readonly tiers: readonly Tier[];
  /** The rules of the tiers that can decide anything, in order. */
  readonly rules: readonly PolicyRule[];
  /** Whether traffic that no rule lists ends in deny. */
  readonly isolates: boolean;
  /** Whether the policies govern the endpoint for certain; else it may be that nothing stands in the way. */
  readonly certain: boolean;
  /** Why nobody can say which policies govern the endpoint at all; `not-read` is a selector too complex to be told. */
  readonly doubt: OtherReading['reason'] | 'not-read' | undefined;
  /** Whether rules tell apart the endpoints that the same policies govern: by conditions on their own side, or by the names of their ports. */
  readonly looksAtNear: boolean;
}

/** Finds the gates of a World, each made once. */
export class Gates {
  readonly #world: World;
  readonly #settings: ReachSettings;
  readonly #ofNamespace = new Map<string, readonly Policy[]>();
  readonly #numbers = new Map<Policy, number>();
  readonly #gates = new Map<string, Gate>();
  readonly #ofParty = { ingress: new Map<PodParty, Gate>(), egress: new Map<PodParty, Gate>() };
  readonly #known: ((namespace: string) => readonly Policy[]) | undefined;
  #clusterWide: readonly Policy[] | undefined;

  /** `known`: the policies that can govern anybody of a namespace who is asked about, where somebody has looked already. */
  constructor(world: World, settings: ReachSettings, known?: (namespace: string) => readonly Policy[]) {
    this.#world = world;
    this.#settings = settings;
    this.#known = known;
  }

  of(party: PodParty, direction: Direction): Gate {
    const known = this.#ofParty[direction].get(party) ?? this.#find(party, direction);
    this.#ofParty[direction].set(party, known);
    return known;
  }

  #find(party: PodParty, direction: Direction): Gate {
    const policies = this.#governing(party, party.attributes, direction);
    const { otherwise } = party;
    const others = otherwise === undefined ? policies : this.#governing(party, otherwise.attributes, direction);
    const otherDoubt =
      policies.length === others.length && policies.every((one, i) => one === others[i])
        ? undefined
        : otherwise?.reason;
    const certain = !party.pod.hostNetwork || policies.length === 0;
    const untold = this.#decidingFor(party, direction).some(({ subject }) => subject.unsure === true);
    const doubt = untold ? 'not-read' : otherDoubt;
    const key = `${direction} ${certain} ${doubt} ${policies.map((policy) => this.#number(policy)).join()}`;
    const known = this.#gates.get(key);
    if (known !== undefined) return known;
    const gate = makeGate(this.#world, policies, direction, { certain, doubt });
    this.#gates.set(key, gate);
    return gate;
  }

  /** Enforced policies that select the endpoint in this direction. */
  #governing(party: PodParty, attributes: Labels, direction: Direction): readonly Policy[] {
    return this.#decidingFor(party, direction).filter((policy) =>
      policy.subject.endpoints.some((box) => matchesBox(box, attributes)),
    );
  }

  /** Enforced policies that have a say in this direction, should they select the endpoint. */
  #decidingFor(party: PodParty, direction: Direction): readonly Policy[] {
    // A pod on the host network is the host to every enforcer that says anything about it, and no policy of pods governs hosts.
    if (party.pod.hostNetwork && this.#settings.enforcer !== 'generic') return [];
    return this.#candidates(party.pod.namespace).filter(
      (policy) => decidesForPods(policy) && ruleList(policy, direction).applies,
    );
  }

  #candidates(namespace: string): readonly Policy[] {
    if (this.#known !== undefined) return this.#known(namespace);
    const known = this.#ofNamespace.get(namespace);
    if (known !== undefined) return known;
    this.#clusterWide ??= this.#world.clusterPolicies();
    const policies = [...this.#world.policiesOf(namespace), ...this.#clusterWide];
    this.#ofNamespace.set(namespace, policies);
    return policies;
  }

  #number(policy: Policy): number {
    const known = this.#numbers.get(policy) ?? this.#numbers.size;
    this.#numbers.set(policy, known);
    return known;
  }
}

function makeGate(
  world: World,
  policies: readonly Policy[],
  direction: Direction,
  { certain, doubt }: Pick<Gate, 'certain' | 'doubt'>,
): Gate {
  const tiers = intoTiers(policies, (name) => world.tier(name));
  const rules = tiers
    .flatMap((tier) => [...rulesOf(tier, direction)])
    .filter(({ rule }) => rule.action !== 'log' && rule.peers.length > 0 && !isNoTraffic(rule.traffic));
  return {
    direction,
    tiers,
    rules,
    isolates: tiers.some((tier) => tier.defaultAction === 'deny'),
    certain,
    doubt,
    looksAtNear: rules.some(({ rule }) => rule.own !== undefined || (direction === 'ingress' && hasNames(rule))),
  };
}
