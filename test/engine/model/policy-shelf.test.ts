import { expect, it } from 'vitest';
import { readCalicoPolicy } from '../../../src/engine/dialects/calico/policy.ts';
import { readNetworkPolicy } from '../../../src/engine/dialects/kubernetes/network-policy.ts';
import { PolicyShelf } from '../../../src/engine/model/policy-shelf.ts';

const ref = (name: string) => ({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  namespace: 'shop',
  name,
});

it('reads a policy that it has forgotten as it was, also one whose name is still to be generated', () => {
  const shelf = new PolicyShelf(1);
  const object = { metadata: { generateName: 'web-' }, spec: { podSelector: { matchLabels: { app: 'web' } } } };
  const stored = shelf.store(object, ref(''), readNetworkPolicy, undefined);
  const first = shelf.policy(stored);
  shelf.store({ spec: {} }, ref('other'), readNetworkPolicy, undefined);
  expect(shelf.policy(stored)).not.toBe(first);
  expect(shelf.policy(stored)).toEqual(first);
  expect(first.problems).toEqual([]);
});

const calico = { group: 'projectcalico.org', version: 'v3', kind: 'GlobalNetworkPolicy', namespace: undefined };

it.each([
  ['a name that is not allowed', { apiVersion: 'networking.k8s.io/v1', metadata: { name: 'Web' } }],
  ['metadata that is no object', { apiVersion: 'networking.k8s.io/v1', metadata: 'web' }],
  ['a name that Calico takes for another', { apiVersion: 'projectcalico.org/v3', metadata: { name: 'default.web' } }],
  ['the form in which Calico stores it', { apiVersion: 'crd.projectcalico.org/v1', metadata: { name: 'web' } }],
  [
    'metadata in storage that cannot be read',
    { apiVersion: 'crd.projectcalico.org/v1', metadata: { annotations: { 'projectcalico.org/metadata': '{' } } },
  ],
])('reads one with %s as it was, however long ago that is', (_, head) => {
  const isCalico = !head.apiVersion.startsWith('networking');
  const [read, named] = isCalico ? [readCalicoPolicy, { ...calico, name: 'web' }] : [readNetworkPolicy, ref('Web')];
  const shelf = new PolicyShelf(1, 1);
  const stored = shelf.store({ ...head, spec: { ingress: [{}] } }, named, read, undefined);
  const first = shelf.policy(stored);
  shelf.store({ spec: {} }, ref('other'), readNetworkPolicy, undefined);
  expect(shelf.policy(stored)).not.toBe(first);
  expect(shelf.policy(stored)).toEqual(first);
});
