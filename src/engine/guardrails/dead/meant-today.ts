import { nameLabel, serviceAccountLabelOf } from '../../model/attributes.ts';
import type { PodClass } from '../../model/endpoint.ts';
import type { LabelIndex } from '../../model/label-index.ts';
import type { World } from '../../model/world.ts';
import type { AmongNamespaces, AmongPods } from '../../reach/today.ts';
import { everyLabels, type LabelBox, labelIn, matchesBox } from '../../sets/labels.ts';
import { type ExistingLabels, labelsOfFew } from '../../words/nearest-label.ts';

/** Who could have been meant by a selector that finds nobody: pods, or namespaces, by their own labels. */
export interface Meant {
  readonly labels: () => ExistingLabels;
  readonly finds: (box: LabelBox) => boolean;
  /** Undefined where they are too many to be counted in time. */
  readonly count: (box: LabelBox) => number | undefined;
}

/** So many pods, and different labels of theirs, are gone through; of more an index tells which are near. */
const few = 2000;

/** Of a label with more values than these, the search would cost more than the hint is worth. */
const mostValues = 20_000;

/** So many pods are looked at to find out whether a hint would be a good one. */
const mostLooks = 20_000;

/** And so many to tell how many it would find. */
const mostCounted = 5000;

export function meantPods(among: AmongPods, world: World): Meant {
  let looks = mostLooks;
  return {
    labels: () =>
      labelsOfFew(labelsIn(among, world), few) ?? labelsOfMany(world.podLabels.labels, (name) => among.includes(name)),
    finds: (box) => {
      for (const { name } of among.holding(box)) {
        const pods = world.podsOf(name);
        looks -= 1 + pods.length;
        if (looks < 0) return false;
        if (pods.some(({ labels }) => matchesBox(box, labels))) return true;
      }
      return false;
    },
    count: (box) => {
      let [count, left] = [0, mostCounted];
      for (const { name } of among.holding(box)) {
        const pods = world.podsOf(name);
        left -= 1 + pods.length;
        if (left < 0) return undefined;
        for (const pod of pods) if (matchesBox(box, pod.labels)) count += pod.count;
      }
      return count;
    },
  };
}

function* labelsIn(among: AmongPods, world: World): IterableIterator<PodClass['labels']> {
  for (const { name } of among.namespaces()) for (const { labels } of world.podsOf(name)) yield labels;
}

function labelsOfMany(index: LabelIndex, isMeant: (name: string) => boolean): ExistingLabels {
  return {
    keys: () => Array.from(index.keys()).filter((key) => serviceAccountLabelOf(key) === undefined),
    valuesOf: (key) => (index.valueCount(key) > mostValues ? [] : index.valuesOf(key)),
    has: (key, value) => {
      for (const name of index.bearers(key, value)) if (isMeant(name)) return true;
      return false;
    },
  };
}

/** Namespaces that only their contents tell of carry their names and nothing else. */
export function meantNamespaces(among: AmongNamespaces, world: World): Meant {
  const index = world.namespaceLabels;
  const count = (box: LabelBox) => {
    let found = 0;
    for (const _ of among.in(box)) found += 1;
    return found;
  };
  const finds = (box: LabelBox) => {
    for (const _ of among.in(box)) return true;
    return false;
  };
  return {
    labels: () => ({
      keys: () => new Set([...index.keys(), nameLabel]),
      valuesOf: (key) => {
        if (index.valueCount(key) > mostValues) return [];
        return key === nameLabel ? Array.from(among.in(everyLabels), ({ name }) => name) : index.valuesOf(key);
      },
      has: (key, value) => finds(labelIn(key, [value])),
    }),
    finds,
    count,
  };
}
