import type { Direction, Rule } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import type { LabelBox } from '../sets/labels.ts';
import { equalTraffic, intersectTraffic, isNoTraffic, type Traffic, withoutNamedPorts } from '../sets/traffic.ts';
import { type FarEnd, farEnds, speaksOf } from './far-ends.ts';
import { type Budget, type Decider, PodFold, type Take } from './pod-fold.ts';

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
  const after = foldOf(worlds.after, namespace, direction);
  // Without a rule that speaks of such ends, their traffic comes to an end where the pods are isolated.
  if (!after.decides) return { found: [], doubtful: false };
  const before = foldOf(worlds.before, namespace, direction);
  const ends = farEnds([...inWorld(worlds.before, before), ...inWorld(worlds.after, after)]);
  if (ends === undefined) return undefined;
  const found: LetThrough[] = [];
  let doubtful = false;
  for (const end of ends) {
    const [takeBefore, takeAfter] = [takeOf(worlds.before, end), takeOf(worlds.after, end)];
    for (const some of pods) {
      const now = after.shares(some, takeAfter, budget);
      if (now === undefined) return undefined;
      for (const share of now) {
        const open = share.decided.filter(({ allowed }) => allowed);
        if (open.length === 0 && isNoTraffic(share.doubted)) continue;
        const then = before.shares(share.pods, takeBefore, budget);
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
        if (found.length >= mostFound) return { found, doubtful };
      }
    }
  }
  return { found, doubtful };
}

/** Only policies that may speak of such ends decide about them. */
function foldOf(world: World, namespace: string, direction: Direction): PodFold {
  const bySets = world.wideSets.length > 0;
  return new PodFold(world, namespace, direction, ({ wide }) => wide === 'yes' || (wide === 'by-sets' && bySets));
}

function inWorld(world: World, fold: PodFold): readonly { readonly rule: Rule; readonly world: World }[] {
  return Array.from(fold.rules(), (rule) => ({ rule, world }));
}

/**
 * Doubted is a rule that hangs on the addresses of the pods themselves, or on what is not read here. A named port is some
 * number that nobody knows, so of it nothing is taken.
 */
function takeOf(world: World, end: FarEnd): Take {
  return (rule) => {
    if (!speaksOf(rule, end, world)) return undefined;
    const { own, unsure, exceptNamed } = rule;
    const doubted =
      unsure === true ||
      exceptNamed !== undefined ||
      (own !== undefined && (own.addresses !== 'any' || own.except !== undefined));
    return { traffic: withoutNamedPorts(rule.traffic), doubted };
  };
}
