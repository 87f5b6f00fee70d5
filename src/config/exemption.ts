import type { Exemption } from '../engine/guardrails/guardrail-set.ts';
import { readLabels, readSelection } from '../engine/guardrails/settings.ts';
import type { Fault } from './fault.ts';
import { nearest } from './nearest.ts';
import type { WrittenExemption } from './schema.ts';
import * as sentences from './sentences.ts';
import { day, endOfDay, formatDate, readMoment } from './time.ts';

/** What an exemption is read against. */
export interface ExemptionLimits {
  readonly maxDays: number;
  /** Names of the custom rules, without `custom/`. */
  readonly customRules: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Reads an exemption of the right shape. One that has run out already is read like any other. */
export function readExemption(
  { metadata, spec }: WrittenExemption,
  limits: ExemptionLimits,
): { readonly exemption: Exemption; readonly faults: readonly Fault[] } {
  const expires = readMoment(spec.expires)?.last ?? 0;
  const notBefore = readMoment(spec.notBefore ?? '')?.first;
  const created = readMoment(metadata.creationTimestamp ?? '')?.first;
  const latest = endOfDay((notBefore ?? created ?? limits.now) + limits.maxDays * day);
  const faults: Fault[] = [];
  if (notBefore !== undefined && expires < notBefore) {
    faults.push({ path: ['spec', 'expires'], sentence: sentences.endsBeforeItBegins() });
  } else if (expires > latest) {
    faults.push({ path: ['spec', 'expires'], sentence: sentences.tooLong(limits.maxDays, formatDate(latest)) });
  }
  for (const [index, guardrail] of spec.guardrails.entries()) {
    const [scope, rule] = guardrail.split('/');
    if (scope !== 'custom' || rule === undefined || limits.customRules.includes(rule)) continue;
    const near = nearest(rule, limits.customRules);
    const sentence = sentences.unknownName('customRule', rule, near, limits.customRules);
    faults.push({ path: ['spec', 'guardrails', index], sentence });
  }
  const exemption: Exemption = {
    name: metadata.name,
    guardrails: spec.guardrails,
    objects: (spec.objects ?? []).map((objects) => ({
      kinds: objects.kinds ?? [],
      namespaces: objects.namespaces === undefined ? undefined : readSelection(objects.namespaces),
      names: objects.names,
      labels: readLabels(objects),
    })),
    owner: spec.owner,
    reason: spec.reason,
    notBefore: notBefore ?? 0,
    expires,
  };
  return { exemption, faults };
}
