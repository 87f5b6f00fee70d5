import { withinNamespace } from '../model/governing.ts';
import { type Direction, type Policy, type Rule, ruleList } from '../model/policy.ts';
import type { TierDefault } from '../model/tier.ts';
import type { World } from '../model/world.ts';
import { containsBox, intersectBoxes, type LabelBox, overlapBoxes, subtractBox } from '../sets/labels.ts';
import {
  allTraffic,
  intersectTraffic,
  isNoTraffic,
  noTraffic,
  subtractTraffic,
  type Traffic,
  unionTraffic,
  withoutNamedPorts,
} from '../sets/traffic.ts';
import { type FarEnd, speaksOf } from './far-ends.ts';
import { byOrder, inTierOrder } from './tiers.ts';

/** What decided about some traffic. */
export type Decider =
  | { readonly by: 'rule'; readonly tier: string; readonly policy: Policy; readonly rule: Rule }
  | { readonly by: 'tier-end'; readonly tier: string }
  | { readonly by: 'profile' };

export interface Decided {
  readonly traffic: Traffic;
  readonly allowed: boolean;
  readonly decider: Decider;
}

/** Pods of one namespace for which the same decides about traffic with one far end. */
export interface Share {
  readonly pods: LabelBox;
  readonly decided: readonly Decided[];
  /** Traffic of which it cannot be said. */
  readonly doubted: Traffic;
}

/** A tier as far as it can decide about ends of which nothing is known. */
interface UnlistedTier {
  readonly name: string;
  readonly defaultAction: TierDefault;
  /** The pods that any policy of it governs. */
  readonly governed: readonly LabelBox[];
  /** The policies that may speak of such ends, in order. */
  readonly policies: readonly { readonly policy: Policy; readonly boxes: readonly LabelBox[] }[];
}

/** What is left to spend: each box that is looked at, each share that comes of it. */
export interface Budget {
  left: number;
}

/** All that decides, in one namespace and direction, about traffic with ends of which nothing is known. */
export class Unlisted {
  readonly #world: World;
  readonly #namespace: string;
  readonly #direction: Direction;
  readonly #tiers: readonly UnlistedTier[];

  constructor(world: World, namespace: string, direction: Direction) {
    this.#world = world;
    this.#namespace = namespace;
    this.#direction = direction;
    const bySets = world.wideSets.length > 0;
    const byTier = Map.groupBy(world.governing(namespace, direction), ({ tier }) => tier);
    this.#tiers = inTierOrder(byTier.keys(), (name) => world.tier(name)).map(({ name, defaultAction }) => {
      const members = byTier.get(name) ?? [];
      return {
        name,
        defaultAction,
        governed: members.flatMap(({ boxes }) => boxes),
        policies: members
          .filter(({ wide }) => wide === 'yes' || (wide === 'by-sets' && bySets))
          .map(({ policy, boxes }) => ({ policy, boxes }))
          .sort((a, b) => byOrder(a.policy, b.policy)),
      };
    });
  }

  /** Whether any rule may speak of such ends. */
  get speaksOfMany(): boolean {
    return this.#tiers.some(({ policies }) => policies.length > 0);
  }

  /** The rules that may speak of such ends. */
  *rules(): IterableIterator<{ readonly rule: Rule; readonly world: World }> {
    for (const { policies } of this.#tiers) {
      for (const { policy } of policies) {
        for (const rule of ruleList(policy, this.#direction).rules) yield { rule, world: this.#world };
      }
    }
  }

  /**
   * What becomes of traffic between these pods and the far end, in as many shares as it takes; undefined when the budget
   * is spent.
   */
  shares(pods: LabelBox, end: FarEnd, budget: Budget): readonly Share[] | undefined {
    const found: Share[] = [];
    const open: State[] = [{ pods, tier: 0, at: undefined, arriving: allTraffic, decided: [], doubted: noTraffic }];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      budget.left -= 1;
      if (budget.left < 0) return undefined;
      if (isNoTraffic(state.arriving) && state.at === undefined) {
        found.push(shareOf(state));
        continue;
      }
      const tier = this.#tiers[state.tier];
      if (tier === undefined) {
        const rest = { traffic: state.arriving, allowed: true, decider: { by: 'profile' } as const };
        found.push(shareOf({ ...state, decided: [...state.decided, rest] }));
        continue;
      }
      const next =
        state.at === undefined ? this.#enter(state, tier, budget) : this.#step(state, state.at, tier, end, budget);
      if (next === undefined) return undefined;
      open.push(...next);
    }
    return found;
  }

  /** A tier has no say about pods that none of its policies governs. */
  #enter(state: State, { governed }: UnlistedTier, budget: Budget): readonly State[] | undefined {
    const parts = split(state.pods, governed, budget);
    if (parts === undefined) return undefined;
    const at: At = { policy: 0, rule: 0, undecided: state.arriving, passed: noTraffic };
    return [
      ...parts.inside.map((pods) => ({ ...state, pods, at })),
      ...parts.outside.map((pods) => ({ ...state, pods, tier: state.tier + 1 })),
    ];
  }

  #step(state: State, at: At, tier: UnlistedTier, end: FarEnd, budget: Budget): readonly State[] | undefined {
    const one = tier.policies[at.policy];
    if (one === undefined || isNoTraffic(at.undecided)) return [leave(state, at, tier)];
    const rules = ruleList(one.policy, this.#direction).rules;
    if (at.rule === 0) {
      const parts = split(state.pods, one.boxes, budget);
      if (parts === undefined) return undefined;
      if (parts.inside.length === 0) return [{ ...state, at: { ...at, policy: at.policy + 1 } }];
      if (parts.outside.length > 0 || parts.inside.length > 1) {
        return [
          ...parts.inside.map((pods) => ({ ...state, pods })),
          ...parts.outside.map((pods) => ({ ...state, pods, at: { ...at, policy: at.policy + 1 } })),
        ];
      }
    }
    for (let index = at.rule; index < rules.length; index += 1) {
      budget.left -= 1;
      if (budget.left < 0) return undefined;
      const rule = rules[index];
      if (rule === undefined || rule.action === 'log' || !speaksOf(rule, end, this.#world)) continue;
      const rest: At = { ...at, rule: index + 1 };
      const own = this.#ownPods(rule);
      const parts = own === undefined ? { inside: [state.pods], outside: [] } : split(state.pods, own, budget);
      if (parts === undefined) return undefined;
      return [
        ...parts.inside.map((pods) => apply({ ...state, pods }, rest, rule, tier.name, one.policy)),
        ...parts.outside.map((pods) => ({ ...state, pods, at: rest })),
      ];
    }
    return [{ ...state, at: { ...at, policy: at.policy + 1, rule: 0 } }];
  }

  /** The pods that a rule itself asks for on its own side; undefined where it asks for none. */
  #ownPods({ own }: Rule): readonly LabelBox[] | undefined {
    if (own === undefined || own.endpoints === 'any') return undefined;
    const namespace = this.#world.namespaceOrBare(this.#namespace);
    return own.endpoints.flatMap((box) => withinNamespace(box, namespace) ?? []);
  }
}

interface State {
  readonly pods: LabelBox;
  readonly tier: number;
  /** Where inside the tier; undefined before it. */
  readonly at: At | undefined;
  readonly arriving: Traffic;
  readonly decided: readonly Decided[];
  readonly doubted: Traffic;
}

interface At {
  readonly policy: number;
  readonly rule: number;
  readonly undecided: Traffic;
  readonly passed: Traffic;
}

function shareOf({ pods, decided, doubted }: State): Share {
  return { pods, decided: decided.filter(({ traffic }) => !isNoTraffic(traffic)), doubted };
}

/** The end of a tier: what it leaves undecided is denied, or goes on with what was passed. */
function leave(state: State, { undecided, passed }: At, tier: UnlistedTier): State {
  const next = { ...state, tier: state.tier + 1, at: undefined };
  if (tier.defaultAction === 'pass') return { ...next, arriving: unionTraffic(passed, undecided) };
  const denied: Decided = { traffic: undecided, allowed: false, decider: { by: 'tier-end', tier: tier.name } };
  return { ...next, arriving: passed, decided: [...state.decided, denied] };
}

/**
 * What a rule takes. Where it hangs on the addresses of the pods themselves, or on what is not read here, it takes the
 * traffic out of what can be told. A named port is some number that nobody knows: such a rule takes nothing of it.
 */
function apply(state: State, at: At, rule: Rule, tier: string, policy: Policy): State {
  const taken = intersectTraffic(at.undecided, withoutNamedPorts(rule.traffic));
  if (isNoTraffic(taken)) return { ...state, at };
  const rest = { ...at, undecided: subtractTraffic(at.undecided, taken) };
  const isUnsure = rule.unsure === true || rule.exceptNamed !== undefined;
  if (isUnsure || (rule.own !== undefined && rule.own.addresses !== 'any') || rule.own?.except !== undefined) {
    return { ...state, at: rest, doubted: unionTraffic(state.doubted, taken) };
  }
  if (rule.action === 'pass') return { ...state, at: { ...rest, passed: unionTraffic(at.passed, taken) } };
  const decider = { by: 'rule', tier, policy, rule } as const;
  return {
    ...state,
    at: rest,
    decided: [...state.decided, { traffic: taken, allowed: rule.action === 'allow', decider }],
  };
}

/** The pods that are in some of the boxes, and those that are in none, as disjoint boxes. */
function split(
  pods: LabelBox,
  boxes: readonly LabelBox[],
  budget: Budget,
): { readonly inside: readonly LabelBox[]; readonly outside: readonly LabelBox[] } | undefined {
  budget.left -= boxes.length >> 4;
  if (boxes.some((box) => containsBox(box, pods))) return { inside: [pods], outside: [] };
  const inside: LabelBox[] = [];
  let outside: readonly LabelBox[] = [pods];
  for (const box of boxes) {
    if (!overlapBoxes(box, pods)) continue;
    const left: LabelBox[] = [];
    for (const one of outside) {
      const both = intersectBoxes(one, box);
      if (both.empty) left.push(one);
      else {
        inside.push(both);
        left.push(...subtractBox(one, box));
      }
    }
    outside = left;
    budget.left -= outside.length;
    if (budget.left < 0) return undefined;
  }
  return { inside, outside };
}
