import { expect, it } from 'vitest';
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
