import { boxKey, type LabelBox, restrictBox } from '../sets/labels.ts';
import { endpointKind, namespaceLabelOf, namespaceName } from './attributes.ts';
import type { Namespace } from './namespace.ts';
import { type Direction, type Policy, ruleList } from './policy.ts';

/** A policy, and the pods of one namespace that it governs, by their own labels. */
export interface Governing {
  /** Read when it is asked for: to know who is isolated, the boxes are enough. */
  readonly policy: Policy;
  readonly boxes: readonly LabelBox[];
}

/** Whom a policy of a namespace governs there: what is left of it that is worth keeping at hand for every policy. */
export interface Outline {
  readonly enforced: boolean;
  readonly ingress: boolean;
  readonly egress: boolean;
  readonly boxes: readonly LabelBox[];
}

/**
 * The outline of a policy that looks at nothing of its own namespace but the name; undefined for any other.
 *
 * @param once gives one object for equal boxes: most policies of a cluster select one of a few labels
 */
export function outlineOf(policy: Policy, once: (box: LabelBox) => LabelBox): Outline | undefined {
  const { namespace } = policy.ref;
  if (namespace === undefined) return undefined;
  const boxes: LabelBox[] = [];
  for (const box of policy.subject.endpoints) {
    const own = restrictBox(box, (key) =>
      key === endpointKind ? { value: 'Pod' } : key === namespaceName ? { value: namespace } : undefined,
    );
    if (own === undefined) continue;
    if (own.conditions.some(({ key }) => namespaceLabelOf(key) !== undefined)) return undefined;
    boxes.push(once(own));
  }
  return { enforced: policy.enforced, ingress: policy.ingress.applies, egress: policy.egress.applies, boxes };
}

export function governs({ enforced, ingress, egress, boxes }: Outline, direction: Direction): boolean {
  return enforced && boxes.length > 0 && (direction === 'ingress' ? ingress : egress);
}

/** The pods of a namespace that a policy governs in a direction; none where it does not. */
export function governedBy(policy: Policy, namespace: Namespace, direction: Direction): readonly LabelBox[] {
  if (!policy.enforced || !ruleList(policy, direction).applies) return [];
  return policy.subject.endpoints.flatMap((box) => withinNamespace(box, namespace) ?? []);
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

/** Keeps one object for equal boxes. */
export class BoxPool {
  readonly #boxes = new Map<string, LabelBox>();

  once(box: LabelBox): LabelBox {
    const key = boxKey(box);
    const known = this.#boxes.get(key);
    if (known !== undefined) return known;
    // Boxes that are as many as policies are not worth remembering.
    if (this.#boxes.size < 10_000) this.#boxes.set(key, box);
    return box;
  }
}
