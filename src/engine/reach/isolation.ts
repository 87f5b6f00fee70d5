import { serviceAccountLabelOf, serviceAccountName } from '../model/attributes.ts';
import { isEveryPod, possiblePods } from '../model/box-parts.ts';
import type { PodClass } from '../model/endpoint.ts';
import type { Direction } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import {
  boxOf,
  everyLabels,
  intersectBoxes,
  type KeyCondition,
  type LabelBox,
  type LabelLookup,
  matchesBox,
  subtractBox,
  uniteConditions,
} from '../sets/labels.ts';
import { isEveryValue, isListed } from '../sets/values.ts';

/**
 * The pods of a namespace, by their own labels and service accounts, to which nothing gets that no rule lists: those
 * that a policy selects in a tier that ends in deny. What a tier that ends in pass leaves undecided goes on. The widest
 * boxes first.
 */
export function isolated(world: World, namespace: string, direction: Direction): readonly LabelBox[] {
  const ends = (tier: string) => endsInDeny(world, tier);
  // Most of what follows is about thousands of cluster policies: one that governs every pod spares the look at the others.
  if (governsEveryPod(world, namespace, direction, ends)) return [everyLabels];
  return world
    .governing(namespace, direction)
    .filter(({ tier }) => ends(tier))
    .flatMap(({ boxes }) => boxes);
}

/** Whether some policy, in a tier of which `inTier` is true, decides about traffic of every pod of a namespace. */
export function governsEveryPod(
  world: World,
  namespace: string,
  direction: Direction,
  inTier: (tier: string) => boolean,
): boolean {
  return (
    world.clusterGoverning.governsEveryPod(world.namespaceOrBare(namespace), direction, inTier) ||
    world.governingOwn(namespace, direction).some(({ tier, boxes }) => inTier(tier) && boxes.some(isEveryPod))
  );
}

/** The namespaces, by their labels, of which cluster policies isolate every pod. */
export function isolatedWhole(world: World, direction: Direction): readonly LabelBox[] {
  return world.clusterGoverning.governedWhole(direction, (tier) => endsInDeny(world, tier));
}

/**
 * Whether traffic that no rule of a tier decides is denied at its end. A tier that nobody defined decides last, and ends
 * in deny.
 *
 * Source: projectcalico/calico felix/calc/policy_sorter.go.
 */
export function endsInDeny(world: World, tier: string): boolean {
  return world.tier(tier)?.defaultAction !== 'pass';
}

/** How many boxes may be taken from others in all. */
const mostSubtractions = 40_000;

/** What `boxes` leave of all pods, as disjoint boxes; undefined past the work cap. */
export function leftOpen(
  boxes: readonly LabelBox[],
  within: LabelBox = everyLabels,
  cap = 2000,
): readonly LabelBox[] | undefined {
  let open: readonly LabelBox[] = [within];
  let spent = 0;
  for (const box of unitedByLabel(boxes)) {
    if (open.length === 0) return open;
    spent += open.length;
    open = open.flatMap((one) => subtractBox(one, box));
    if (open.length > cap || spent > mostSubtractions) return undefined;
  }
  return open;
}

/** Boxes that ask for the same label alone are one: a namespace may have hundreds of policies, each for one workload. */
function unitedByLabel(boxes: readonly LabelBox[]): readonly LabelBox[] {
  const byKey = new Map<string, KeyCondition[]>();
  const others: LabelBox[] = [];
  for (const box of boxes) {
    const [only, ...more] = box.conditions;
    if (only === undefined || more.length > 0 || !isListed(only.values)) others.push(box);
    else {
      const known = byKey.get(only.key);
      if (known === undefined) byKey.set(only.key, [only]);
      else known.push(only);
    }
  }
  const united = [...byKey.values()].flatMap((conditions) => uniteConditions(conditions) ?? []);
  return [...united.map((condition) => boxOf([condition])), ...others];
}

/** The same of the pods of one namespace that there can be: those that run under some service account. */
export function leftPods(boxes: readonly LabelBox[], within: LabelBox = everyLabels): readonly LabelBox[] | undefined {
  return leftOpen(boxes, intersectBoxes(within, possiblePods))?.map(asOwnLabels);
}

/** A condition that every pod meets says nothing. */
function asOwnLabels(box: LabelBox): LabelBox {
  const isMet = ({ key, values }: LabelBox['conditions'][number]) => key === serviceAccountName && isEveryValue(values);
  return box.conditions.some(isMet) ? boxOf(box.conditions.filter((condition) => !isMet(condition))) : box;
}

/** Whether a pod, as boxes of one namespace see it, is in one of them. Without a World, nothing is known of its service account but the name. */
export function inAny(boxes: readonly LabelBox[], pod: PodClass, world?: World): boolean {
  if (boxes.length === 0) return false;
  const known = insideNamespace(pod, world);
  return boxes.some((box) => matchesBox(box, known));
}

/** A pod by its own labels and those of its service account. */
function insideNamespace(pod: PodClass, world: World | undefined): LabelLookup {
  return {
    get(key) {
      if (key === serviceAccountName) return pod.serviceAccount;
      const label = serviceAccountLabelOf(key);
      if (label === undefined) return pod.labels.get(key);
      return world?.object('serviceAccounts', pod.serviceAccount, pod.namespace)?.labels.get(label);
    },
  };
}

/** Pods that take traffic today and that policy can govern at all: those of the host's network are the host. */
export function podsOfToday(world: World, namespace: string): readonly PodClass[] {
  return world.podsOf(namespace).filter((pod) => pod.running && !pod.hostNetwork);
}
