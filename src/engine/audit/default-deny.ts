import type { GuardrailConfiguration, GuardrailSet } from '../guardrails/guardrail-set.ts';
import { requireDefaultDeny } from '../guardrails/require-default-deny.ts';
import { judge } from '../judge.ts';
import type { Change } from '../model/change.ts';
import type { World } from '../model/world.ts';
import type { JudgedFinding } from '../verdict/verdict.ts';

/** In the required directions: every possible pod is isolated, some are, none is in one of them, or it cannot be told. */
export const standings = ['complete', 'partial', 'absent', 'unknown'] as const;

/** How it stands with the default deny of a namespace. */
export interface Standing {
  readonly defaultDeny: (typeof standings)[number];
  /** What is open, for those who want it in words. */
  readonly findings: readonly JudgedFinding[];
}

/**
 * How a namespace stands now, whoever made it so: what nobody was asked about counts as much as what was allowed.
 * Undefined where nobody wants to know: the namespace is not there, about to go or not guarded, or the guardrail is off.
 *
 * It is what a policy would be told that is put there now and selects nobody. It says how it is: overrides and exemptions
 * permit a namespace to be open, and do not close it.
 */
export function defaultDenyOf(world: World, namespace: string, set: GuardrailSet): Standing | undefined {
  const there = world.namespace(namespace);
  const guardrails = set.guardrails.filter(isAudited).map(told);
  if (there === undefined || there.terminating || guardrails.length === 0) return undefined;
  const change = policyForNobody(namespace);
  const one = { change, before: world, after: world.with(change.object, change.ref), alone: true };
  const { findings, notChecked } = judge(one, { ...set, guardrails, exemptions: [] }, 0);
  if (notChecked.some(({ reason }) => reason === 'excluded-namespace')) return undefined;
  if (findings.length > 0) {
    return { defaultDeny: findings.some(({ key }) => key === 'absent') ? 'absent' : 'partial', findings };
  }
  return { defaultDeny: notChecked.length > 0 ? 'unknown' : 'complete', findings };
}

function isAudited({ configured, mode }: GuardrailConfiguration): boolean {
  return configured.guardrail.name === requireDefaultDeny.name && mode !== 'off';
}

function told(configuration: GuardrailConfiguration): GuardrailConfiguration {
  return { ...configuration, mode: 'audit', findings: new Map(), overrides: [] };
}

/** Of a name that no object can have, so that it stands in nobody's place. */
function policyForNobody(namespace: string): Change {
  const ref = { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy', namespace, name: 'audit:nobody' };
  const contradiction = [
    { key: 'sekisho.dev/audit', operator: 'Exists' },
    { key: 'sekisho.dev/audit', operator: 'DoesNotExist' },
  ];
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: ref.name, namespace },
    spec: { podSelector: { matchExpressions: contradiction }, policyTypes: ['Ingress', 'Egress'] },
  };
  const user = { name: '', groups: [] };
  return { operation: 'CREATE', ref, object, oldObject: undefined, user, dryRun: true };
}
