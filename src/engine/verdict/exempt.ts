import type { Finding } from '../guardrails/define.ts';
import type { ExemptedObjects, Exemption } from '../guardrails/guardrail-set.ts';
import type { Change } from '../model/change.ts';
import type { Namespace } from '../model/namespace.ts';
import { groupKind, labelsOf } from '../model/object.ts';
import { matchesGlob, selects } from '../model/selection.ts';
import { matchesBox } from '../sets/labels.ts';

export type ExemptionAnswer =
  | { readonly answer: 'exempt'; readonly exemption: string }
  | { readonly answer: 'expired'; readonly exemption: string; readonly on: string }
  | { readonly answer: 'none' };

/**
 * Whether an exemption covers a finding. One that covers it and is in force wins over one that has run out; of several,
 * the first by name.
 *
 * @param now milliseconds since 1970
 */
export function exempt(
  finding: Finding,
  change: Change,
  namespace: Namespace | undefined,
  exemptions: readonly Exemption[],
  now: number,
): ExemptionAnswer {
  let expired: ExemptionAnswer = { answer: 'none' };
  for (const exemption of exemptions) {
    if (now < exemption.notBefore || !covers(exemption, finding, change, namespace)) continue;
    if (now <= exemption.expires) return { answer: 'exempt', exemption: exemption.name };
    if (expired.answer === 'none') {
      expired = {
        answer: 'expired',
        exemption: exemption.name,
        on: new Date(exemption.expires).toISOString().slice(0, 10),
      };
    }
  }
  return expired;
}

function covers(exemption: Exemption, finding: Finding, change: Change, namespace: Namespace | undefined): boolean {
  const named = exemption.guardrails.some((one) => coversKey(one, finding));
  return (
    named && (exemption.objects.length === 0 || exemption.objects.some((one) => coversObject(one, change, namespace)))
  );
}

function coversKey(written: string, finding: Finding): boolean {
  if (written === finding.guardrail) return true;
  if (written === `${finding.guardrail}/${finding.key}`) return true;
  // Whoever may do the graver thing may do the lesser one.
  const [guardrail, key] = written.split('/');
  return guardrail === finding.guardrail && key !== undefined && finding.coveredBy.includes(key);
}

function coversObject(objects: ExemptedObjects, change: Change, namespace: Namespace | undefined): boolean {
  const { ref } = change;
  if (objects.kinds.length > 0 && !objects.kinds.includes(ref.kind) && !objects.kinds.includes(groupKind(ref)))
    return false;
  if (objects.names !== undefined && !objects.names.some((pattern) => matchesGlob(pattern, ref.name))) return false;
  if (objects.namespaces !== undefined) {
    if (namespace === undefined || !selects(objects.namespaces, namespace.name, namespace.labels)) return false;
  }
  return matchesBox(objects.labels, labelsOf(change.object ?? change.oldObject));
}
