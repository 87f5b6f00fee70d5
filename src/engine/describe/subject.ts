import { endpointKind } from '../model/attributes.ts';
import { admitsAnyNamespace, admitsBarePod, namespacePart, podPart } from '../model/box-parts.ts';
import type { Policy } from '../model/policy.ts';
import { coverage, everyLabels, type LabelBox, matchesBox, restrictBox, someLabels } from '../sets/labels.ts';

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
  const boxes = policy.subject.endpoints;
  // Before connections or addresses are known, only the traffic of hosts is decided about.
  const pods = policy.stage === 'normal' ? boxes.filter((box) => admitsKind(box, 'Pod')) : [];
  return {
    everyPod: opens ? pods.some(admitsBarePod) : pods.some((box) => coversNamespacesOf(box, pods)),
    everyNamespace: pods.some(admitsAnyNamespace),
    hosts: boxes.some((box) => admitsKind(box, 'HostEndpoint')),
  };
}

function admitsKind(box: LabelBox, kind: string): boolean {
  return restrictBox(box, (key) => (key === endpointKind ? { value: kind } : undefined)) !== undefined;
}

/** Whether the boxes hold every possible pod of a namespace that `box` lies in. */
function coversNamespacesOf(box: LabelBox, boxes: readonly LabelBox[]): boolean {
  const namespace = someLabels(namespacePart(box)) ?? new Map<string, string>();
  const there = boxes.filter((one) => matchesBox(namespacePart(one), namespace)).map(podPart);
  return coverage(everyLabels, there).answer === 'covered';
}
