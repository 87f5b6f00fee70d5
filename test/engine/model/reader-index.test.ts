import { expect, it } from 'vitest';
import { readNetworkPolicy } from '../../../src/engine/dialects/kubernetes/network-policy.ts';
import { PolicyShelf, type StoredPolicy } from '../../../src/engine/model/policy-shelf.ts';
import { ReaderIndex } from '../../../src/engine/model/reader-index.ts';

const shelf = new PolicyShelf();

function reading(...teams: readonly string[]): StoredPolicy {
  const from = teams.map((team) => ({ namespaceSelector: { matchLabels: { team } } }));
  const ref = { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy', namespace: 'shop', name: 'web' };
  return shelf.store({ spec: { podSelector: {}, ingress: [{ from }] } }, ref, readNetworkPolicy, undefined);
}

const keysUnder = (index: ReaderIndex, entry: string) => Array.from(index.under(entry), ([key]) => key).sort();

it('knows after any number of exchanges who reads what, and an index that was asked before knows nothing of later ones', () => {
  let index = ReaderIndex.empty((stored) => stored.namespaceLabels);
  for (let n = 0; n < 100; n += 1) index = index.exchanged(`p${n}`, undefined, reading('a', `t${n}`));
  const earlier = index;
  const [a, b] = [reading('a', 't7'), reading('b')];
  index = index.exchanged('p7', a, b).exchanged('p8', reading('a', 't8'), undefined);
  expect(keysUnder(index, 'team=a')).toHaveLength(98);
  expect(keysUnder(index, 'team=t7')).toEqual([]);
  expect(keysUnder(index, 'team=t8')).toEqual([]);
  expect(keysUnder(index, 'team=b')).toEqual(['p7']);
  expect(keysUnder(index, 'team=t9')).toEqual(['p9']);
  expect(keysUnder(earlier, 'team=a')).toHaveLength(100);
  expect(keysUnder(earlier, 'team=b')).toEqual([]);
  expect([...index.under('team=b')][0]?.[1]).toBe(b);
});

it('stays the same where neither policy reads a namespace label', () => {
  const index = ReaderIndex.empty((stored) => stored.namespaceLabels);
  expect(index.exchanged('p', reading(), reading())).toBe(index);
});
