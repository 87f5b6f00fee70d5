import { endpointKind, namespaceLabelOf, namespaceName } from '../model/attributes.ts';
import type { Policy } from '../model/policy.ts';
import {
  admitsFresh,
  boxOf,
  coverage,
  everyLabels,
  isEmptyBox,
  type LabelBox,
  matchesBox,
  restrictBox,
  someLabels,
} from '../sets/labels.ts';

/** Whom a policy governs. */
export interface SubjectFacts {
  /**
   * Every pod of the namespaces it governs. A policy that opens something is measured by a pod without labels, as an
   * opening is; one that only closes must cover every possible pod, as a protection must.
   */
  readonly everyPod: boolean;
  /** A namespace that carries nothing but its name, whatever that is but for finitely many. */
  readonly everyNamespace: boolean;
  /** Host endpoints too. */
  readonly hosts: boolean;
}

/** @param opens whether the policy lets anything through in a direction that it governs */
export function subjectFacts(policy: Policy, opens: boolean): SubjectFacts {
  const boxes = policy.subject.endpoints.filter((box) => !isEmptyBox(box));
  const pods = boxes.flatMap((box) => ofKind(box, 'Pod') ?? []);
  return {
    everyPod: opens ? pods.some((box) => admitsFresh(ownPart(box))) : pods.some((box) => coversNamespaceOf(box, pods)),
    everyNamespace: pods.some((box) => admitsFresh(namespacePart(box), namespaceName)),
    hosts: boxes.some((box) => ofKind(box, 'HostEndpoint') !== undefined),
  };
}

function ofKind(box: LabelBox, kind: string): LabelBox | undefined {
  return restrictBox(box, (key) => (key === endpointKind ? { value: kind } : undefined));
}

/** A box limits each key by itself, so what it asks of the namespace and of the pod come apart. */
function ownPart(box: LabelBox): LabelBox {
  return boxOf(box.conditions.filter(({ key }) => namespaceLabelOf(key) === undefined));
}

function namespacePart(box: LabelBox): LabelBox {
  return boxOf(box.conditions.filter(({ key }) => namespaceLabelOf(key) !== undefined));
}

/** Whether the boxes hold every possible pod of a namespace that `box` lies in. */
function coversNamespaceOf(box: LabelBox, boxes: readonly LabelBox[]): boolean {
  const labels = someLabels(namespacePart(box)) ?? new Map<string, string>();
  const there = boxes.filter((one) => matchesBox(namespacePart(one), labels)).map(ownPart);
  return coverage(everyLabels, there).answer === 'covered';
}
