import { expect } from 'vitest';
import { parse } from 'yaml';
import { builtInSet } from '../../../src/config/resolve.ts';
import type { Guardrail } from '../../../src/engine/guardrails/define.ts';
import { formatPath } from '../../../src/engine/json/path.ts';
import { judge } from '../../../src/engine/judge.ts';
import type { Operation } from '../../../src/engine/model/change.ts';
import { gather } from '../../../src/engine/model/gather.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { World } from '../../../src/engine/model/world.ts';
import type { WorldOrigin } from '../../../src/engine/model/world-parts.ts';
import type { JudgedFinding, Verdict } from '../../../src/engine/verdict/verdict.ts';

/** A small cluster and one change in it, judged with one guardrail. */
export interface Trial {
  readonly world?: readonly object[];
  readonly origin?: WorldOrigin;
  readonly settings?: object;
  readonly groups?: readonly string[];
  /** Whether labels of the user's say what no text of ours may; then only the renderer keeps it in. */
  readonly echoes?: boolean;
}

export interface Pair {
  readonly old?: unknown;
  readonly object?: unknown;
}

export function tried(guardrail: Guardrail, { old, object }: Pair, trial: Trial = {}): Verdict {
  const { world = [], origin = 'files', settings = {}, groups = [] } = trial;
  const ref = refOf(object ?? old);
  const set = builtInSet({ registry: [guardrail] });
  const held = gather(
    world.map((one) => ({ object: one, ref: refOf(one) })),
    origin,
    World.empty(origin),
  );
  const before = old === undefined ? held : held.with(old, ref);
  const after = object === undefined ? before.without(ref) : before.with(object, ref);
  const operation: Operation = old === undefined ? 'CREATE' : object === undefined ? 'DELETE' : 'UPDATE';
  const change = { operation, ref, object, oldObject: old, user: { name: 'dev', groups: [...groups] }, dryRun: false };
  const guardrails = set.guardrails.map((one) => ({ ...one, configured: guardrail.configure(settings) }));
  const verdict = judge({ change, before, after }, { ...set, guardrails }, 0);
  if (trial.echoes !== true) for (const finding of verdict.findings) expectWellSaid(finding);
  return verdict;
}

export function created(guardrail: Guardrail, object: unknown, trial: Trial = {}): Verdict {
  return tried(guardrail, { object }, trial);
}

/** `warn every-port spec.egress[0].ports`, in order. */
export function told(verdict: Verdict): readonly string[] {
  return verdict.findings.map((one) => `${one.effect} ${one.key} ${formatPath(one.path)}`);
}

/** What every finding must keep to: one line in both languages, nothing that clients act on, a fix that is YAML. */
export function expectWellSaid(finding: JudgedFinding): void {
  const en = finding.say('en');
  const ja = finding.say('ja');
  for (const text of [en.message, en.why, ja.message, ja.why]) {
    expect(text.trim()).toBe(text);
    expect(text).not.toBe('');
    expect(text).not.toMatch(/[\n\r]|immutable|undefined|\[object|NaN| {2}/i);
  }
  expect(en.message).not.toMatch(/\.$/);
  expect(ja.message).not.toMatch(/。$/);
  expect(ja.message).not.toBe(en.message);
  expect(ja.why).not.toBe(en.why);
  expect(ja.why).toMatch(/[ぁ-ん]/);
  expect(ja.message).toMatch(/[ぁ-ん]/);
  if (finding.fix !== null) {
    expect(finding.fix).not.toMatch(/\n/);
    expect(() => parse(finding.fix ?? '')).not.toThrow();
  }
}

export function policy(spec: unknown, id = 'shop/api'): object {
  const [namespace = '', name = ''] = id.split('/');
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { namespace, name }, spec };
}

export const web = { matchLabels: { app: 'web' } };

/** Governs `app=web` for ingress, with these rules. */
export function ingress(rules: readonly unknown[], podSelector: unknown = web): object {
  return policy({ podSelector, policyTypes: ['Ingress'], ingress: rules });
}

export function egress(rules: readonly unknown[], podSelector: unknown = web): object {
  return policy({ podSelector, policyTypes: ['Egress'], egress: rules });
}

export type Labels = Readonly<Record<string, string>>;

export function namespace(name: string, labels: Labels = {}): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** `shop/web`. */
export function pod(id: string, labels: Labels, ports: readonly object[] = []): object {
  const [ns = '', name = ''] = id.split('/');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: ns, name, labels },
    spec: { containers: [{ name: 'main', ports }] },
    status: { phase: 'Running' },
  };
}

/** A namespaceSelector that names its namespaces. */
export function named(...values: readonly string[]): object {
  return { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }] };
}

/** Values of all the wrong kinds. */
export const wrong: readonly unknown[] = [
  null,
  0,
  true,
  'x',
  [],
  [null],
  {},
  { __proto__: null },
  [[]],
  '\u0000',
  [{ a: 1 }],
];
