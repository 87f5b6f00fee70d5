import { type Governing, withinNamespace } from '../model/governing.ts';
import { type Direction, type Policy, type Rule, ruleList } from '../model/policy.ts';
import type { TierDefault } from '../model/tier.ts';
import type { World } from '../model/world.ts';
import { boxKey, containsBox, intersectBoxes, type LabelBox, overlapBoxes, subtractBox } from '../sets/labels.ts';
import {
  allTraffic,
  intersectTraffic,
  isNoTraffic,
  noTraffic,
  subtractTraffic,
  type Traffic,
  unionTraffic,
} from '../sets/traffic.ts';
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

/** A tier as far as it matters here. */
interface FoldedTier {
  readonly name: string;
  readonly defaultAction: TierDefault;
  /** The pods that any policy of it governs. */
  readonly governed: readonly LabelBox[];
  /** The policies that may decide about the traffic in question, in order. */
  readonly policies: readonly { readonly policy: Policy; readonly boxes: readonly LabelBox[] }[];
}

/** What is left to spend: each box that is looked at, each share that comes of it. */
export interface Budget {
  left: number;
}

/** What a rule takes of the traffic in question; `doubted`: nobody can say whether it does. Undefined where it takes nothing. */
export type Take = (rule: Rule) => { readonly traffic: Traffic; readonly doubted: boolean } | undefined;

/**
 * The one fold of tiers, policies and rules, for all pods of a namespace at once: they are told apart only as far as it
 * makes a difference.
 */
export class PodFold {
  readonly #world: World;
  readonly #namespace: string;
  readonly #direction: Direction;
  readonly #tiers: readonly FoldedTier[];

  /** @param mayDecide whether a policy may have a rule about the traffic in question; the others only end tiers */
  constructor(world: World, namespace: string, direction: Direction, mayDecide: (one: Governing) => boolean) {
    this.#world = world;
    this.#namespace = namespace;
    this.#direction = direction;
    const byTier = Map.groupBy(world.governing(namespace, direction), ({ tier }) => tier);
    this.#tiers = inTierOrder(byTier.keys(), (name) => world.tier(name)).map(({ name, defaultAction }) => {
      const members = byTier.get(name) ?? [];
      return {
        name,
        defaultAction,
        governed: members.flatMap(({ boxes }) => boxes),
        policies: members
          .filter(mayDecide)
          .map(({ policy, boxes }) => ({ policy, boxes }))
          .sort((a, b) => byOrder(a.policy, b.policy)),
      };
    });
  }

  /** Whether any policy may decide. */
  get decides(): boolean {
    return this.#tiers.some(({ policies }) => policies.length > 0);
  }

  /** The rules of those policies. */
  *rules(): IterableIterator<Rule> {
    for (const policy of this.policies()) yield* ruleList(policy, this.#direction).rules;
  }

  *policies(): IterableIterator<Policy> {
    for (const { policies } of this.#tiers) for (const { policy } of policies) yield policy;
  }

  /**
   * The fold of traffic with one far end.
   *
   * @param take must answer alike for the same rule, as must `noteOf`
   */
  towards<Note = never>(take: Take, noteOf?: (rule: Rule) => Note | undefined): FarFold<Note> {
    return new FarFold(this.#tiers, this.#direction, new Asked(take, noteOf), (rule) => this.#ownPods(rule));
  }

  /** The pods that a rule itself asks for on its own side; undefined where it asks for none. */
  #ownPods({ own }: Rule): readonly LabelBox[] | undefined {
    if (own === undefined || own.endpoints === 'any') return undefined;
    const namespace = this.#world.namespaceOrBare(this.#namespace);
    return own.endpoints.flatMap((box) => withinNamespace(box, namespace) ?? []);
  }
}

/** What the rules take, and what is noted of those that were asked. */
class Asked<Note> {
  readonly #take: Take;
  readonly #noteOf: ((rule: Rule) => Note | undefined) | undefined;
  notes = new Set<Note>();

  constructor(take: Take, noteOf: ((rule: Rule) => Note | undefined) | undefined) {
    this.#take = take;
    this.#noteOf = noteOf;
  }

  of(rule: Rule): ReturnType<Take> {
    const note = this.#noteOf?.(rule);
    if (note !== undefined) this.notes.add(note);
    return this.#take(rule);
  }
}

/** What became of some pods, and what it took to find out; or with how much it could not be found out. */
type Answer<Note> =
  | { readonly shares: readonly Share[]; readonly cost: number; readonly notes: ReadonlySet<Note> }
  | { readonly shares: undefined; readonly notWith: number };

/** So many pods are remembered for one far end. */
const mostAnswers = 24;

/** The fold where the far end is given. Asked again about the same pods it remembers, and costs as much as before. */
export class FarFold<Note> {
  /** What it costs to ask at all, to be paid once by each who asks. */
  readonly cost: number;
  /** Without what changes nothing about the traffic in question, so that pods are not told apart by it. */
  readonly #tiers: readonly FoldedTier[];
  readonly #direction: Direction;
  readonly #asked: Asked<Note>;
  readonly #ownPods: (rule: Rule) => readonly LabelBox[] | undefined;
  readonly #known = new Map<string, Answer<Note>>();
  /** Of the rules that were asked to begin with. */
  readonly #notes: ReadonlySet<Note>;

  constructor(
    tiers: readonly FoldedTier[],
    direction: Direction,
    asked: Asked<Note>,
    ownPods: (rule: Rule) => readonly LabelBox[] | undefined,
  ) {
    this.cost = tiers.reduce((sum, { policies }) => sum + 1 + policies.length, 0);
    this.#tiers = tiers.flatMap((tier) => narrowed(tier, direction, (rule) => asked.of(rule)) ?? []);
    this.#direction = direction;
    this.#asked = asked;
    this.#ownPods = ownPods;
    this.#notes = asked.notes;
  }

  /**
   * What becomes of traffic between these pods and the far end, in as many shares as it takes; undefined when the budget
   * is spent.
   *
   * @param notes gets what is noted of the rules that were asked
   */
  shares(pods: LabelBox, budget: Budget, notes?: Set<Note>): readonly Share[] | undefined {
    const answer = this.#answer(pods, budget);
    if (answer.shares === undefined) return undefined;
    for (const some of [this.#notes, answer.notes]) for (const note of some) notes?.add(note);
    return answer.shares;
  }

  #answer(pods: LabelBox, budget: Budget): Answer<Note> {
    if (this.#tiers.length === 0) {
      // Worth no key: the profile decides at once.
      const [had, shares] = [budget.left, this.#find(pods, budget)];
      return shares === undefined ? { shares, notWith: had } : { shares, cost: had - budget.left, notes: this.#notes };
    }
    const key = boxKey(pods);
    const known = this.#known.get(key);
    if (known?.shares !== undefined) {
      budget.left -= known.cost;
      return budget.left < 0 ? { shares: undefined, notWith: known.cost - 1 } : known;
    }
    const had = budget.left;
    if (known !== undefined && had <= known.notWith) {
      budget.left = -1;
      return known;
    }
    this.#asked.notes = new Set();
    const shares = this.#find(pods, budget);
    const notes = this.#asked.notes;
    const answer = shares === undefined ? { shares, notWith: had } : { shares, cost: had - budget.left, notes };
    if (this.#known.size >= mostAnswers) this.#known.clear();
    this.#known.set(key, answer);
    return answer;
  }

  #find(pods: LabelBox, budget: Budget): readonly Share[] | undefined {
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
        state.at === undefined ? this.#enter(state, tier, budget) : this.#step(state, state.at, tier, budget);
      if (next === undefined) return undefined;
      open.push(...next);
    }
    return found;
  }

  /** A tier has no say about pods that none of its policies governs. */
  #enter(state: State, { governed }: FoldedTier, budget: Budget): readonly State[] | undefined {
    const parts = split(state.pods, governed, budget);
    if (parts === undefined) return undefined;
    const at: At = { policy: 0, rule: 0, undecided: state.arriving, passed: noTraffic };
    return [
      ...parts.inside.map((pods) => ({ ...state, pods, at })),
      ...parts.outside.map((pods) => ({ ...state, pods, tier: state.tier + 1 })),
    ];
  }

  #step(state: State, at: At, tier: FoldedTier, budget: Budget): readonly State[] | undefined {
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
      const taken = rule === undefined || rule.action === 'log' ? undefined : this.#asked.of(rule);
      if (rule === undefined || taken === undefined) continue;
      const rest: At = { ...at, rule: index + 1 };
      const own = this.#ownPods(rule);
      const parts = own === undefined ? { inside: [state.pods], outside: [] } : split(state.pods, own, budget);
      if (parts === undefined) return undefined;
      return [
        ...parts.inside.map((pods) =>
          apply({ ...state, pods }, rest, taken, { by: 'rule', tier: tier.name, policy: one.policy, rule }),
        ),
        ...parts.outside.map((pods) => ({ ...state, pods, at: rest })),
      ];
    }
    return [{ ...state, at: { ...at, policy: at.policy + 1, rule: 0 } }];
  }
}

/**
 * A tier without the policies whose rules take nothing, as they only end it, nor, where it ends in pass, those last ones
 * that but pass on: to come to its end is the same. Undefined where it then changes nothing at all.
 */
function narrowed(tier: FoldedTier, direction: Direction, take: Take): FoldedTier | undefined {
  const policies = tier.policies.filter(({ policy }) =>
    ruleList(policy, direction).rules.some((rule) => rule.action !== 'log' && take(rule) !== undefined),
  );
  if (tier.defaultAction === 'deny') return { ...tier, policies };
  const last = policies.findLastIndex(({ policy }) => !onlyPasses(policy, direction, take));
  return last === -1 ? undefined : { ...tier, policies: policies.slice(0, last + 1) };
}

function onlyPasses(policy: Policy, direction: Direction, take: Take): boolean {
  return ruleList(policy, direction).rules.every((rule) => {
    if (rule.action === 'log') return true;
    const taken = take(rule);
    return taken === undefined || (rule.action === 'pass' && !taken.doubted);
  });
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
function leave(state: State, { undecided, passed }: At, tier: FoldedTier): State {
  const next = { ...state, tier: state.tier + 1, at: undefined };
  if (tier.defaultAction === 'pass') return { ...next, arriving: unionTraffic(passed, undecided) };
  const denied: Decided = { traffic: undecided, allowed: false, decider: { by: 'tier-end', tier: tier.name } };
  return { ...next, arriving: passed, decided: [...state.decided, denied] };
}

/** What a rule takes. Where nobody can say whether it does, that goes out of what can be told. */
function apply(
  state: State,
  at: At,
  { traffic, doubted }: NonNullable<ReturnType<Take>>,
  decider: Extract<Decider, { by: 'rule' }>,
): State {
  const taken = intersectTraffic(at.undecided, traffic);
  if (isNoTraffic(taken)) return { ...state, at };
  const rest = { ...at, undecided: subtractTraffic(at.undecided, taken) };
  if (doubted) return { ...state, at: rest, doubted: unionTraffic(state.doubted, taken) };
  const { action } = decider.rule;
  if (action === 'pass') return { ...state, at: { ...rest, passed: unionTraffic(at.passed, taken) } };
  return { ...state, at: rest, decided: [...state.decided, { traffic: taken, allowed: action === 'allow', decider }] };
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
