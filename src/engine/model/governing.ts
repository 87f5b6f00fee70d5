import { type LabelBox, restrictBox } from '../sets/labels.ts';
import { endpointKind, namespaceLabelOf } from './attributes.ts';
import { type Direction, type Policy, ruleList } from './policy.ts';
import type { Namespace } from './world.ts';

/** A policy, and the pods of one namespace that it governs, by their own labels. */
export interface Governing {
  readonly policy: Policy;
  readonly boxes: readonly LabelBox[];
}

export function governingPolicies(policies: readonly Policy[], namespace: Namespace, direction: Direction): readonly Governing[] {
  const found: Governing[] = [];
  for (const policy of policies) {
    if (!policy.enforced || !ruleList(policy, direction).applies) continue;
    const boxes = policy.subject.endpoints.flatMap((box) => withinNamespace(box, namespace) ?? []);
    if (boxes.length > 0) found.push({ policy, boxes });
  }
  return found;
}

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
