import { describe, expect, it } from 'vitest';
import { accountsOf, calicoComponent } from '../../../../src/engine/dialects/calico/accounts.ts';
import { mirrorOf } from '../../../../src/engine/dialects/calico/generated.ts';
import type { Operation } from '../../../../src/engine/model/change.ts';
import { isOfUnknownRequester, passesAsCalico } from '../../../../src/engine/verdict/calico-writes.ts';

describe("Calico's own accounts", () => {
  it.each([
    ['system:serviceaccount:calico-apiserver:calico-apiserver', 'calico-apiserver'],
    ['system:serviceaccount:calico-system:calico-apiserver', 'calico-apiserver'],
    ['system:serviceaccount:calico-system:calico-kube-controllers', 'calico-kube-controllers'],
    ['system:serviceaccount:kube-system:calico-node', 'calico-node'],
    ['system:serviceaccount:calico-system:calico-typha', 'calico-typha'],
    ['system:serviceaccount:tigera-operator:tigera-operator', 'tigera-operator'],
  ])('%s is one', (name, component) => {
    expect(calicoComponent({ name })).toBe(component);
  });

  it.each([
    'calico-apiserver',
    'system:serviceaccount:shop:calico-apiserver',
    'system:serviceaccount:kube-system:calico-apiserver',
    'system:serviceaccount:calico-system:default',
    'system:serviceaccount:calico-system:calico-node:x',
    'constructor',
    '',
  ])('%s is none', (name) => {
    expect(calicoComponent({ name })).toBeUndefined();
  });
});

const [apiServer = ''] = accountsOf('calico-apiserver');
const [controllers = ''] = accountsOf('calico-kube-controllers');
const [operator = ''] = accountsOf('tigera-operator');

function change(operation: Operation, group: string, kind: string, name: string, user: string, spec: object = {}) {
  const object = { metadata: { name }, spec };
  return {
    operation,
    ref: { group, version: 'v3', kind, namespace: undefined, name },
    object: operation === 'DELETE' ? undefined : object,
    oldObject: operation === 'CREATE' ? undefined : object,
    user: { name: user, groups: [] },
    dryRun: false,
  };
}

const v3 = 'projectcalico.org';
const stored = 'crd.projectcalico.org';

describe('a request that comes a second time', () => {
  it.each([
    ['CREATE', stored, 'judged-before'],
    ['UPDATE', stored, 'judged-before'],
    ['DELETE', stored, undefined],
    ['CREATE', v3, undefined],
    ['CREATE', 'networking.k8s.io', undefined],
  ] as const)('%s of %s by the API server of Calico: %s', (operation, group, answer) => {
    expect(passesAsCalico(change(operation, group, 'Tier', 'security', apiServer))).toBe(answer);
  });

  it('is of nobody known where only the second one comes', () => {
    expect(isOfUnknownRequester(change('DELETE', stored, 'Tier', 'security', apiServer))).toBe(true);
    expect(isOfUnknownRequester(change('DELETE', v3, 'Tier', 'security', apiServer))).toBe(false);
    expect(isOfUnknownRequester(change('UPDATE', stored, 'Tier', 'security', apiServer))).toBe(false);
    expect(isOfUnknownRequester(change('DELETE', stored, 'Tier', 'security', 'ana'))).toBe(false);
  });
});

describe("an object of Calico's own", () => {
  it.each([
    ['a mirror, by the controllers', change('UPDATE', v3, 'GlobalNetworkPolicy', 'kcnp.kube-admin.a', controllers)],
    ['a host endpoint of a node', change('CREATE', stored, 'HostEndpoint', 'node-1-auto-hep', controllers)],
    ['a name that is migrated', change('DELETE', stored, 'GlobalNetworkPolicy', 'default.a', controllers)],
    [
      "the operator's policy",
      change('UPDATE', v3, 'GlobalNetworkPolicy', 'calico-system.a', operator, { tier: 'calico-system' }),
    ],
  ])('%s passes', (_name, one) => {
    expect(passesAsCalico(one)).toBe('own-object-of-calico');
  });

  it.each([
    ['a host endpoint that somebody made', change('UPDATE', v3, 'HostEndpoint', 'master', controllers)],
    ["Felix's configuration", change('UPDATE', v3, 'FelixConfiguration', 'default', controllers)],
    ["the operator's policy in a tier of others", change('CREATE', v3, 'GlobalNetworkPolicy', 'a', operator)],
    ['the same, by somebody else', change('CREATE', stored, 'HostEndpoint', 'node-1-auto-hep', 'ana')],
  ])('%s is judged', (_name, one) => {
    expect(passesAsCalico(one)).toBeUndefined();
  });
});

describe('a mirror', () => {
  const of = (kind: string, name: string, group = v3) =>
    mirrorOf({ group, version: 'v3', kind, namespace: kind === 'NetworkPolicy' ? 'shop' : undefined, name });

  it.each([
    ['NetworkPolicy', 'knp.default.web', { kind: 'NetworkPolicy', namespace: 'shop', name: 'web' }],
    ['NetworkPolicy', 'knp.web', { kind: 'NetworkPolicy', namespace: 'shop', name: 'web' }],
    ['NetworkPolicy', 'knp.default.', { kind: 'NetworkPolicy', namespace: 'shop', name: 'default.' }],
    [
      'GlobalNetworkPolicy',
      'kcnp.kube-baseline.a.b',
      { kind: 'ClusterNetworkPolicy', namespace: undefined, name: 'a.b' },
    ],
    ['Profile', 'kns.shop', { kind: 'Namespace', namespace: undefined, name: 'shop' }],
    ['Profile', 'ksa.shop.a.b', { kind: 'ServiceAccount', namespace: 'shop', name: 'a.b' }],
    ['Profile', 'ksa.shop', undefined],
    ['Profile', 'projectcalico-default-allow', undefined],
  ])('%s %s is of %j', (kind, name, original) => {
    expect(of(kind, name)).toEqual({ of: original });
    expect(of(kind, name, stored)).toEqual({ of: original });
  });

  it.each([
    ['NetworkPolicy', 'knp'],
    ['NetworkPolicy', 'knp.'],
    ['NetworkPolicy', 'my-knp.default.web'],
    ['NetworkPolicy', 'kns.shop'],
    ['NetworkPolicy', 'projectcalico-default-allow'],
    ['StagedNetworkPolicy', 'knp.default.web'],
    ['GlobalNetworkPolicy', 'knp.default.web'],
    ['Profile', 'knp.default.web'],
  ])('%s %s is none', (kind, name) => {
    expect(of(kind, name)).toBeUndefined();
  });

  it('is never of a kind of somebody else', () => {
    expect(of('NetworkPolicy', 'knp.default.web', 'networking.k8s.io')).toBeUndefined();
  });
});
