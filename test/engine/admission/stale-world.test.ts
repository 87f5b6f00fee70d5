import { describe, expect, it } from 'vitest';
import { builtInSet } from '../../../src/config/resolve.ts';
import { answerReview } from '../../../src/engine/admission/answer.ts';
import { registry } from '../../../src/engine/guardrails/registry.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { World } from '../../../src/engine/model/world.ts';
import { labelIn } from '../../../src/engine/sets/labels.ts';

const policy = (name: string, spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec,
});
const denyAll = policy('deny-all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
const everyone = policy('everyone', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{}] });
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } } };
const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { guarded: 'no' } } };
const world = [namespace, denyAll, pod].reduce((now, one) => now.with(one, refOf(one)), World.empty('cluster'));

function review(operation: 'CREATE' | 'DELETE', object: ReturnType<typeof policy>): unknown {
  const { name } = object.metadata;
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      operation,
      kind: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
      namespace: 'shop',
      name,
      userInfo: { username: 'jane' },
      [operation === 'DELETE' ? 'oldObject' : 'object']: object,
    },
  };
}

function answer(isStale: boolean, asked: unknown, set = builtInSet({ registry })) {
  const answered = answerReview(asked, { world, isStale, set, language: 'en' }, 0);
  if (answered.kind !== 'answered') throw new Error(answered.message);
  const { response } = JSON.parse(answered.body) as { response: { warnings?: string[] } };
  return { ...answered.record, warnings: response.warnings ?? [] };
}

describe('a World that is out of date', () => {
  it('decides nothing: what needs it is not checked, which is said aloud', () => {
    expect(answer(false, review('DELETE', denyAll)).denied).toEqual(['require-default-deny/lost']);
    const stale = answer(true, review('DELETE', denyAll));
    expect(stale.decision).toBe('allow');
    expect(stale.notChecked).toContain('require-default-deny: stale-world');
    expect(stale.warnings).toContain('shop/deny-all: require-default-deny: the view of the cluster is out of date');
  });

  it('is missed by nothing that can do without', () => {
    const stale = answer(true, review('CREATE', everyone));
    expect(stale.denied).toEqual(answer(false, review('CREATE', everyone)).denied);
    expect(stale.denied).toEqual(['forbid-broad-peers/everyone']);
  });

  it('still tells which namespaces are left alone, by the labels last known', () => {
    const excludedNamespaces = { names: undefined, labels: labelIn('guarded', ['no']) };
    const set = { ...builtInSet({ registry }), excludedNamespaces };
    expect(answer(true, review('CREATE', everyone), set).notChecked).toEqual(['*: excluded-namespace']);
  });
});
