import { isEveryPod } from '../model/box-parts.ts';
import type { CheckContext } from '../model/check-context.ts';
import type { Decisions, Governing } from '../model/governing.ts';
import { refName } from '../model/object.ts';
import { type Direction, directions } from '../model/policy.ts';
import { builtInTiers, defaultTier } from '../model/tier.ts';
import type { World } from '../model/world.ts';
import { endsInDeny, leftPods } from '../reach/isolation.ts';
import { isEarlierTier } from '../reach/tiers.ts';
import { type LabelBox, overlapBoxes } from '../sets/labels.ts';

/** What another order, or another end, of a tier does. */
export interface TierEdit {
  readonly tier: string;
  /** What is different, and whether it is the tier's place or its end. */
  readonly what: 'order' | 'default-action' | 'both';
  /** The policies of which one now decides before another, or whose unlisted traffic ends otherwise; sorted. */
  readonly policies: readonly string[];
  /** Whether there may be others that were not looked at. */
  readonly more: boolean;
}

/** Namespaces and pairs of policies that are looked at. */
const mostWork = 8_000;
const mostNamed = 50;

/** Which policies a change of a tier concerns; undefined where no verdict hangs on it. */
export function tierEdit(context: CheckContext, namespaces: Iterable<string>): TierEdit | 'unknown' | undefined {
  const { name: tier } = context.change.ref;
  const [old, now] = [context.before.tier(tier), context.after.tier(tier)];
  const moved = old?.order !== now?.order;
  const turned = (old?.defaultAction ?? 'deny') !== (now?.defaultAction ?? 'deny');
  if (!turned && !mayMatter(context, tier)) return undefined;
  const found = new Set<string>();
  let left = mostWork;
  let more = false;
  for (const namespace of namespaces) {
    for (const direction of directions) {
      const governing = context.after.governing(namespace, direction);
      const members = governing.filter((one) => one.tier === tier);
      left -= 1 + governing.length;
      const others = governing.filter((one) => one.tier !== tier);
      for (const member of members) {
        const near = others.filter((one) => overlaps(one.boxes, member.boxes));
        left -= others.length;
        const concerned = [
          ...(moved
            ? near.filter((one) => changesSides(context, tier, one.tier) && matters(context, member, one))
            : []),
          ...(turned ? whatFollows(context, member, near) : []),
        ];
        if (concerned.length === 0) continue;
        for (const { ref } of [...concerned, member]) found.add(refName(ref));
        if (left < 0 || found.size >= mostNamed) break;
      }
    }
    if (left < 0 || found.size >= mostNamed) {
      more = true;
      break;
    }
  }
  if (found.size === 0) return more ? 'unknown' : undefined;
  return {
    tier,
    what: moved && turned ? 'both' : moved ? 'order' : 'default-action',
    policies: [...found].sort(),
    more,
  };
}

/** Whether the tier, moved, now comes before or after one where that may matter, whatever pods and namespaces there are. */
function mayMatter(context: CheckContext, tier: string): boolean {
  const { after } = context;
  const names = new Set([...builtInTiers.keys(), ...Array.from(after.objects('tiers'), ({ name }) => name)]);
  const passed = [...names].filter((name) => name !== tier && changesSides(context, tier, name));
  // Policies of Kubernetes are in no index; and one may stand in a tier that nobody defined.
  if (passed.includes(defaultTier) || [tier, ...names].some((name) => after.tier(name) === undefined)) return true;
  return directions.some((direction) => {
    const own = decisionsIn(context, tier, direction);
    return passed.some((name) => {
      const others = decisionsIn(context, name, direction);
      return (own.allow && others.deny) || (others.allow && own.deny);
    });
  });
}

/** Whether some policy of a tier allows, and whether one refuses or makes it end in deny. */
function decisionsIn({ before, after }: CheckContext, tier: string, direction: Direction): Decisions {
  const ends = endsInDeny(after, tier) || endsInDeny(before, tier);
  return {
    allow: after.tiers.does(tier, `allows ${direction}`),
    deny: after.tiers.does(tier, `${ends ? 'decides' : 'denies'} ${direction}`),
  };
}

function overlaps(a: readonly LabelBox[], b: readonly LabelBox[]): boolean {
  return a.some((one) => b.some((other) => overlapBoxes(one, other)));
}

/** Whether the edited tier came before the other one, and comes after it now, or the reverse. */
function changesSides({ before, after }: CheckContext, tier: string, other: string): boolean {
  return isFirst(before, tier, other) !== isFirst(after, tier, other);
}

function isFirst(world: World, tier: string, other: string): boolean {
  return isEarlierTier(tier, other, (name) => world.tier(name));
}

/** Which of two decides first matters only where one lets through what the other may refuse. */
function matters(context: CheckContext, a: Governing, b: Governing): boolean {
  return (a.rules.allow && refuses(context, b)) || (b.rules.allow && refuses(context, a));
}

function refuses({ before, after }: CheckContext, { rules, tier }: Governing): boolean {
  return endsInDeny(after, tier) || endsInDeny(before, tier) || rules.deny;
}

/**
 * Whose verdict hangs on how the tier ends: later policies that allow something, or the member itself, where nothing later
 * would refuse what it does not list.
 */
function whatFollows({ after }: CheckContext, member: Governing, near: readonly Governing[]): readonly Governing[] {
  const later = near.filter((one) => isFirst(after, member.tier, one.tier));
  const allowing = later.filter((one) => one.rules.allow);
  const closed = later.filter((one) => endsInDeny(after, one.tier)).flatMap((one) => one.boxes);
  const isClosed = closed.some(isEveryPod) || member.boxes.every((box) => leftPods(closed, box)?.length === 0);
  return isClosed ? allowing : [...allowing, member];
}
