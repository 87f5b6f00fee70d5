import { jointLabels } from '../model/attributes.ts';
import type { World } from '../model/world.ts';
import { type LabelBox, matchesBox } from '../sets/labels.ts';

/** Below this there is too little to tell a selector that means everyone from one that means the few there are. */
const fewestNamespaces = 3;
const fewestPods = 10;

/**
 * Whether the boxes hold every pod of every guarded namespace that exists now: no tautology, yet one in effect.
 * Stops at the first pod outside, so that the common case is cheap however large the World.
 */
export function isEveryoneOfToday(boxes: readonly LabelBox[], world: World, isGuarded: (namespace: string) => boolean): boolean {
  if (boxes.length === 0) return false;
  let namespaces = 0;
  let pods = 0;
  for (const name of world.populatedNamespaces()) {
    const classes = world.podsOf(name);
    if (classes.length === 0 || !isGuarded(name)) continue;
    namespaces += 1;
    const namespace = world.namespaceOrBare(name);
    for (const pod of classes) {
      if (!boxes.some((box) => matchesBox(box, jointLabels(namespace.labels, pod.labels)))) return false;
      pods += pod.count;
    }
  }
  return namespaces >= fewestNamespaces && pods >= fewestPods;
}
