import type { FieldPath } from '../../json/path.ts';
import { asList, field, isAbsent } from '../../json/read.ts';
import type { Problems } from '../problems.ts';

export interface Types {
  readonly ingress: boolean;
  readonly egress: boolean;
  /** Whether the object says so itself. */
  readonly declared: boolean;
}

/**
 * Which directions a policy governs. Where `types` is empty, the user's API fills it in by the number of rules; in
 * storage nobody does, and Felix then takes the policy for one of both directions.
 *
 * Source: projectcalico/calico api/pkg/defaults and felix/calc.
 */
export function readTypes(spec: unknown, stored: boolean, path: FieldPath, problems: Problems): Types {
  const written = problems.list(field(spec, 'types'), [...path, 'types']);
  const seen = new Set<unknown>();
  written.forEach((type, index) => {
    const at = [...path, 'types', index];
    if (type !== 'Ingress' && type !== 'Egress') problems.wrongType(at, type, 'policy-type');
    else if (seen.has(type)) problems.wrongType(at, type, 'twice');
    seen.add(type);
  });
  if (written.length > 0) {
    return { ingress: written.includes('Ingress'), egress: written.includes('Egress'), declared: true };
  }
  if (stored) return { ingress: true, egress: true, declared: false };
  const ingress = count(field(spec, 'ingress'));
  const egress = count(field(spec, 'egress'));
  return { ingress: ingress > 0 || egress === 0, egress: egress > 0, declared: false };
}

function count(rules: unknown): number {
  return isAbsent(rules) ? 0 : (asList(rules)?.length ?? 0);
}
