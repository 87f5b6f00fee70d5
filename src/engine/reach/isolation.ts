import type { PodClass } from '../model/endpoint.ts';
import type { Direction } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { everyLabels, isEveryBox, type LabelBox, matchesBox, subtractBox } from '../sets/labels.ts';

/** The pods of a namespace, by their own labels, to which nothing gets that no rule lists; the widest boxes first. */
export function isolated(world: World, namespace: string, direction: Direction): readonly LabelBox[] {
  const boxes = world.governing(namespace, direction).flatMap((one) => one.boxes);
  return boxes.some(isEveryBox) ? [everyLabels] : boxes;
}

/** What `boxes` leave of all pods, as disjoint boxes; undefined past the work cap. */
export function leftOpen(
  boxes: readonly LabelBox[],
  within: LabelBox = everyLabels,
  cap = 2000,
): readonly LabelBox[] | undefined {
  let open: readonly LabelBox[] = [within];
  for (const box of boxes) {
    if (open.length === 0) return open;
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
