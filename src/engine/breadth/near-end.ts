import type { Policy, Rule } from '../model/policy.ts';
import { containsAddresses, everyAddress, isNoAddress } from '../sets/addresses.ts';
import { containsBox, intersectBoxes, isEmptyBox, type LabelBox, overlapBoxes, subtractBox } from '../sets/labels.ts';

/** A part of a policy's subject that each of its rules applies to as a whole or not at all; undefined: all of it. */
export type NearEnd = LabelBox | undefined;

const mostNearEnds = 32;

/** The subject, cut where rules narrow their own side. Undefined past the work cap. */
export function nearEnds(policy: Policy, rules: readonly Rule[]): readonly NearEnd[] | undefined {
  const cutters = rules.flatMap(({ own }) => [...(own?.except ?? []), ...(listed(own?.endpoints) ?? [])]);
  if (cutters.length === 0) return [undefined];
  let ends = [...policy.subject.endpoints];
  for (const cutter of cutters) {
    ends = ends.flatMap((end) => {
      const shared = intersectBoxes(end, cutter);
      return isEmptyBox(shared) ? [end] : [shared, ...subtractBox(end, cutter)];
    });
    if (ends.length > mostNearEnds) return undefined;
  }
  return ends;
}

function listed(endpoints: readonly LabelBox[] | 'any' | undefined): readonly LabelBox[] | undefined {
  return endpoints === 'any' ? undefined : endpoints;
}

/** Whether a rule speaks of some traffic of this near end. A Profile's endpoints are not known by it. */
export function appliesTo({ own }: Rule, near: NearEnd): boolean {
  if (own === undefined) return true;
  if (own.addresses !== 'any' && isNoAddress(own.addresses)) return false;
  if (near === undefined) return own.endpoints === 'any' || own.endpoints.length > 0;
  if (own.except?.some((box) => containsBox(box, near)) === true) return false;
  return own.endpoints === 'any' || own.endpoints.some((box) => overlapBoxes(box, near));
}

/** Whether a rule speaks of all traffic of this near end, as far as its own side goes. */
export function coversAllOf(rule: Rule, near: NearEnd): boolean {
  const { own } = rule;
  if (own === undefined) return true;
  if (own.unsure === true || near === undefined || !appliesTo(rule, near)) return false;
  if (own.addresses !== 'any' && !containsAddresses(own.addresses, everyAddress)) return false;
  if (own.except?.some((box) => overlapBoxes(box, near)) === true) return false;
  return own.endpoints === 'any' || own.endpoints.some((box) => containsBox(box, near));
}
