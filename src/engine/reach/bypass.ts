import type { Governing } from '../model/governing.ts';
import type { Direction, Rule } from '../model/policy.ts';
import { RememberedByWorld } from '../model/remembered-by-world.ts';
import type { World } from '../model/world.ts';
import { addressKey } from '../sets/addresses.ts';
import { boxKey, type LabelBox } from '../sets/labels.ts';
import { equalTraffic, intersectTraffic, isNoTraffic, type Traffic, withoutNamedPorts } from '../sets/traffic.ts';
import { type FarEnd, farEnds, speakingOf } from './far-ends.ts';
import { type Budget, type Decider, type FarFold, PodFold, type Take } from './pod-fold.ts';

/** Traffic with an end of which nothing is known that was denied, and is let through now. */
export interface LetThrough {
  readonly pods: LabelBox;
  readonly end: FarEnd;
  readonly traffic: Traffic;
  readonly before: Decider;
  readonly after: Decider;
}

export interface LettingThrough {
  readonly found: readonly LetThrough[];
  /** Whether there is traffic of which it cannot be said, and could be before. */
  readonly doubtful: boolean;
  /** Whether some rule asks for labels of the namespace itself, so that in another one it may be otherwise. */
  readonly looksAtNamespace: boolean;
}

/** More of these nobody needs to hear. */
const mostFound = 8;

/**
 * What a change newly lets through between pods of a namespace and ends of which nothing is known, by the one fold of
 * tiers, policies and rules in the World before and after. Undefined when the budget is spent.
 */
export function newlyLetThrough(
  worlds: { readonly before: World; readonly after: World },
  namespace: string,
  direction: Direction,
  pods: readonly LabelBox[],
  budget: Budget,
): LettingThrough | undefined {
  const after = rememberedFold(worlds.after, namespace, direction);
  // Without a rule that speaks of such ends, their traffic comes to an end where the pods are isolated.
  if (!after.fold.decides) return { found: [], doubtful: false, looksAtNamespace: false };
  const before = rememberedFold(worlds.before, namespace, direction);
  const ends = after.endsWith(before);
  if (ends === undefined) return undefined;
  const looksAtNamespace = before.looksAtNamespace || after.looksAtNamespace;
  const found: LetThrough[] = [];
  let doubtful = false;
  for (const end of ends) {
    const foldAfter = after.towards(end);
    let paid = false;
    if (pods.length > 0) budget.left -= foldAfter.cost;
    for (const some of pods) {
      const now = foldAfter.shares(some, budget);
      if (now === undefined) return undefined;
      for (const share of now) {
        const open = share.decided.filter(({ allowed }) => allowed);
        if (open.length === 0 && isNoTraffic(share.doubted)) continue;
        // Mostly nothing is open, and what was before need not be known.
        const foldBefore = before.towards(end);
        if (!paid) budget.left -= foldBefore.cost;
        paid = true;
        const then = foldBefore.shares(share.pods, budget);
        if (then === undefined) return undefined;
        for (const old of then) {
          if (!isNoTraffic(share.doubted) && !equalTraffic(share.doubted, old.doubted)) doubtful = true;
          for (const { traffic, decider } of open) {
            for (const denied of old.decided.filter(({ allowed }) => !allowed)) {
              const both = intersectTraffic(traffic, denied.traffic);
              if (isNoTraffic(both)) continue;
              found.push({ pods: old.pods, end, traffic: both, before: denied.decider, after: decider });
            }
          }
        }
        if (found.length >= mostFound) return { found, doubtful, looksAtNamespace };
      }
    }
  }
  return { found, doubtful, looksAtNamespace };
}

/**
 * The same for namespaces whose pods are governed alike, so that `newlyLetThrough` finds the same in them as far as no rule
 * looks at the namespace; undefined where a policy of the namespace itself may decide.
 */
export function alikeKey(world: World, namespace: string, direction: Direction): string | undefined {
  const own = world.governingOwn(namespace, direction);
  if (own.some(mayDecideIn(world))) return undefined;
  const ends = own.map(({ tier, boxes }) => `${tier} ${boxes.map(boxKey).join(' ')}`).sort();
  return `${world.clusterGoverning.alikeKey(world.namespaceOrBare(namespace))}\n${ends.join('\n')}`;
}

/** Only policies that may speak of such ends decide about them. */
function mayDecideIn(world: World): (one: Governing) => boolean {
  const bySets = world.wideSets.length > 0;
  return ({ wide }) => wide === 'yes' || (wide === 'by-sets' && bySets);
}

/** The fold of one namespace and direction, with the far ends that it was asked about. */
class RememberedFold {
  readonly world: World;
  readonly fold: PodFold;
  readonly #towards = new Map<string, FarFold<never>>();
  #ends: { readonly of: RememberedFold; readonly ends: readonly FarEnd[] | undefined } | undefined;

  constructor(world: World, namespace: string, direction: Direction) {
    this.world = world;
    this.fold = new PodFold(world, namespace, direction, mayDecideIn(world));
  }

  towards(end: FarEnd): FarFold<never> {
    const key = `${end.kind} ${end.addresses === undefined ? '' : addressKey(end.addresses)}`;
    const known = this.#towards.get(key) ?? this.fold.towards(takeOf(this.world, end));
    this.#towards.set(key, known);
    return known;
  }

  endsWith(before: RememberedFold): readonly FarEnd[] | undefined {
    if (this.#ends?.of !== before) this.#ends = { of: before, ends: farEnds([before.#spoken, this.#spoken]) };
    return this.#ends.ends;
  }

  get looksAtNamespace(): boolean {
    for (const { own } of this.fold.rules()) if (own !== undefined && own.endpoints !== 'any') return true;
    return false;
  }

  get #spoken(): { readonly world: World; readonly rules: Iterable<Rule> } {
    return { world: this.world, rules: this.fold.rules() };
  }
}

/** Some of a World, as `check` asks about thousands of policies of a few namespaces in one. */
const folds = new RememberedByWorld<RememberedFold>(16);

function rememberedFold(world: World, namespace: string, direction: Direction): RememberedFold {
  return folds.of(world, `${direction} ${namespace}`, () => new RememberedFold(world, namespace, direction));
}

/**
 * Doubted is a rule that hangs on the addresses of the pods themselves, or on what is not read here. A named port is some
 * number that nobody knows, so of it nothing is taken.
 */
function takeOf(world: World, end: FarEnd): Take {
  const speaks = speakingOf(end, world);
  return (rule) => {
    if (!speaks(rule)) return undefined;
    const { own, unsure, exceptNamed } = rule;
    const doubted =
      unsure === true ||
      exceptNamed !== undefined ||
      (own !== undefined && (own.addresses !== 'any' || own.except !== undefined));
    return { traffic: withoutNamedPorts(rule.traffic), doubted };
  };
}
