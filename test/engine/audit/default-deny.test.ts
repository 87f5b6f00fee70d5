import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../../src/config/load.ts';
import { builtInSet } from '../../../src/config/resolve.ts';
import { defaultDenyOf } from '../../../src/engine/audit/default-deny.ts';
import { placed } from '../../../src/engine/check/changes.ts';
import { registry } from '../../../src/engine/guardrails/registry.ts';
import { gather } from '../../../src/engine/model/gather.ts';

const namespace = (name: string, status = {}) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status });
const both = ['Ingress', 'Egress'];

function policy(name: string, podSelector: object, policyTypes = both, space = 'shop') {
  const metadata = { name, namespace: space };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { podSelector, policyTypes } };
}

function worldOf(...objects: readonly object[]) {
  return gather(
    objects.map((one) => placed(one, undefined, 'shop')),
    'cluster',
  );
}

function setOf(spec: object) {
  const text = JSON.stringify({
    apiVersion: 'sekisho.dev/v1alpha1',
    kind: 'GuardrailSet',
    metadata: { name: 's' },
    spec,
  });
  const loaded = loadConfiguration([{ file: 'sekisho.yaml', text }], { registry, now: 0 });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.set;
}

const usual = builtInSet({ registry });
const closed = policy('default-deny', {});
const web = policy('web', { matchLabels: { app: 'web' } });
const notWeb = policy('rest', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] });

describe('the default deny of a namespace', () => {
  it.each([
    ['complete', 'one policy', [closed]],
    ['complete', 'two that cover all pods together', [web, notWeb]],
    ['complete', 'one for each direction', [policy('in', {}, ['Ingress']), policy('out', {}, ['Egress'])]],
    ['partial', 'a policy for some pods', [web]],
    ['absent', 'no policy', []],
    ['absent', 'one direction only', [policy('in', {}, ['Ingress'])]],
    ['absent', 'a default deny next door', [policy('default-deny', {}, both, 'other')]],
  ] as const)('is %s with %s', (standing, _what, policies) => {
    const found = defaultDenyOf(worldOf(namespace('shop'), ...policies), 'shop', usual);
    expect(found?.defaultDeny).toBe(standing);
    expect((found?.findings ?? []).length > 0).toBe(standing !== 'complete');
  });

  it('counts cluster policies, and says which direction is open', () => {
    const spec = { selector: 'all()', types: ['Ingress'] };
    const global = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalNetworkPolicy',
      metadata: { name: 'deny' },
      spec,
    };
    const found = defaultDenyOf(worldOf(namespace('shop'), global), 'shop', usual);
    expect(found?.findings.map(({ say }) => say('en').message)).toEqual([
      'namespace shop has no default deny for outgoing traffic',
    ]);
    const ingress = { guardrails: { 'require-default-deny': { settings: { directions: ['Ingress'] } } } };
    expect(defaultDenyOf(worldOf(namespace('shop'), global), 'shop', setOf(ingress))?.defaultDeny).toBe('complete');
  });

  it('is nobody’s business where nothing is guarded, or the namespace goes', () => {
    expect(defaultDenyOf(worldOf(namespace('kube-system')), 'kube-system', usual)).toBeUndefined();
    expect(defaultDenyOf(worldOf(namespace('shop', { phase: 'Terminating' })), 'shop', usual)).toBeUndefined();
    expect(defaultDenyOf(worldOf(), 'shop', usual)).toBeUndefined();
    const off = setOf({ guardrails: { 'require-default-deny': { mode: 'off' } } });
    expect(defaultDenyOf(worldOf(namespace('shop')), 'shop', off)).toBeUndefined();
  });

  it('is said as it is, whatever is permitted', () => {
    const spec = {
      guardrails: { 'require-default-deny': { overrides: [{ namespaces: { names: ['shop'] }, mode: 'off' }] } },
    };
    expect(defaultDenyOf(worldOf(namespace('shop')), 'shop', setOf(spec))?.defaultDeny).toBe('absent');
  });
});
