import {
  defaultServiceAccount,
  endpointKind,
  namespaceName,
  serviceAccountLabelOf,
  serviceAccountName,
} from '../model/attributes.ts';
import { type LabelBox, restrictBox } from '../sets/labels.ts';
import { holdsAlmostEveryName } from '../sets/namespace-names.ts';
import { everyValue, noValues, unionValues, type ValueSet } from '../sets/values.ts';

/**
 * Whether boxes let in a pod without any labels from a namespace that carries only its name, whatever the name is but for
 * finitely many. Such a pod runs as the service account `default`, which carries no labels either. What Calico itself adds
 * to its labels is part of the joint space.
 */
export function admitsFreshPod(boxes: readonly LabelBox[]): boolean {
  return holdsAlmostEveryName(namesOfFreshPods(boxes));
}

/** Whether they let in such pods under endlessly many names, so that with other boxes it may come to all but some. */
export function admitsManyFreshPods(boxes: readonly LabelBox[]): boolean {
  return namesOfFreshPods(boxes).kind !== 'only';
}

function namesOfFreshPods(boxes: readonly LabelBox[]): ValueSet {
  let names = noValues;
  for (const box of boxes) {
    const fresh = restrictBox(box, ofFreshPod);
    if (fresh === undefined) continue;
    const [name, ...others] = fresh.conditions;
    if (name === undefined) return everyValue;
    if (others.length === 0) names = unionValues(names, name.values);
  }
  return names;
}

/** All that is known of a fresh pod: everything but the name of its namespace. */
function ofFreshPod(key: string): { readonly value: string | undefined } | undefined {
  if (key === endpointKind) return { value: 'Pod' };
  if (key === namespaceName) return undefined;
  if (key === serviceAccountName) return { value: defaultServiceAccount };
  if (serviceAccountLabelOf(key) !== undefined) return { value: undefined };
  return { value: undefined };
}
