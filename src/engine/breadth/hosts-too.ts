import { endpointKind } from '../model/attributes.ts';
import type { Policy } from '../model/policy.ts';
import { admitsFresh, intersectBoxes, isEmptyBox, type LabelBox, labelIn, restrictBox } from '../sets/labels.ts';

const pod: LabelBox = labelIn(endpointKind, ['Pod']);

/**
 * The boxes of host endpoints that a policy of pods selects as well: such that a host endpoint without any label is in
 * them. Whoever asks for a label that hosts carry, or says at which stage of a host's traffic the policy decides, means
 * hosts.
 */
export function hostsToo({ subject, stage, applyOnForward }: Policy): readonly LabelBox[] {
  if (stage !== 'normal' || applyOnForward) return [];
  if (!subject.endpoints.some((box) => !isEmptyBox(intersectBoxes(box, pod)))) return [];
  return subject.endpoints.filter(admitsBareHost);
}

function admitsBareHost(box: LabelBox): boolean {
  const hosts = restrictBox(box, (key) => (key === endpointKind ? { value: 'HostEndpoint' } : undefined));
  return hosts !== undefined && admitsFresh(hosts);
}
