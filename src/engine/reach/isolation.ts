import { endpointKind, namespaceLabelOf } from '../model/attributes.ts';
import type { PodClass } from '../model/endpoint.ts';
import { type Direction, type Policy, ruleList } from '../model/policy.ts';
import type { Namespace, World } from '../model/world.ts';
import { everyLabels, type LabelBox, matchesBox, restrictBox, subtractBox } from '../sets/labels.ts';

/**
 * A box over the joint space, seen from inside one namespace: a box over the pods' own labels, or undefined where no
 * pod of that namespace can be in it.
 */
export function withinNamespace(box: LabelBox, namespace: Namespace): LabelBox | undefined {
  return restrictBox(box, (key) => {
    if (key === endpointKind) return { value: 'Pod' };
    const label = namespaceLabelOf(key);
    return label === undefined ? undefined : { value: namespace.labels.get(label) };
  });
}

/** The enforced policies that govern pods of a namespace in one direction, each with the pods it governs. */
export function governing(
  world: World,
  namespace: Namespace,
  direction: Direction,
): readonly { readonly policy: Policy; readonly boxes: readonly LabelBox[] }[] {
  const policies = [...world.policiesOf(namespace.name), ...world.clusterPolicies()];
  return policies.flatMap((policy) => {
    if (!policy.enforced || !ruleList(policy, direction).applies) return [];
    const boxes = policy.subject.endpoints.flatMap((box) => withinNamespace(box, namespace) ?? []);
    return boxes.length === 0 ? [] : [{ policy, boxes }];
  });
}

/** The pods of a namespace, by their own labels, to which nothing gets that no rule lists. */
export function isolated(world: World, namespace: Namespace, direction: Direction): readonly LabelBox[] {
  return governing(world, namespace, direction).flatMap(({ boxes }) => boxes);
}

/** What `boxes` leave of all pods, as disjoint boxes; undefined past the work cap. */
export function leftOpen(
  boxes: readonly LabelBox[],
  within: LabelBox = everyLabels,
  cap = 2000,
): readonly LabelBox[] | undefined {
  let open: readonly LabelBox[] = [within];
  for (const box of boxes) {
    open = open.flatMap((one) => subtractBox(one, box));
    if (open.length > cap) return undefined;
  }
  return open;
}

/** Whether a pod's labels are in one of the boxes. */
export function inAny(boxes: readonly LabelBox[], pod: PodClass): boolean {
  return boxes.some((box) => matchesBox(box, pod.labels));
}

/** Pods that take traffic today and that policy can govern at all: those of the host's network are the host. */
export function podsOfToday(world: World, namespace: string): readonly PodClass[] {
  return world.podsOf(namespace).filter((pod) => pod.running && !pod.hostNetwork);
}
