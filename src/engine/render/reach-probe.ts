import { isObject } from '../json/read.ts';
import type { ProbeAnswer, SideAnswer } from '../reach/probe.ts';
import type { Reading } from '../reach/probe-reading.ts';

/**
 * One line of JSON for one probe: what was asked, then the answer. A probe that makes no sense comes back with an
 * `error` instead; one that is no object stands in `probe`.
 */
export function renderProbe(probe: unknown, answer: Reading<ProbeAnswer>): string {
  if (!answer.ok)
    return `${JSON.stringify({ ...(isObject(probe) ? probe : { probe: probe ?? null }), error: answer.problem })}\n`;
  const { given, verdict, why, note, egress, ingress } = answer.value;
  return `${JSON.stringify({ ...given, verdict, why, note, egress: sideFields(egress), ingress: sideFields(ingress) })}\n`;
}

function sideFields({ verdict, by }: SideAnswer): object {
  return { verdict, by: by.map(({ object, path, stage }) => ({ object, path, stage })) };
}
