import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabelIndex } from '../../../src/engine/model/label-index.ts';
import type { ObjectRef } from '../../../src/engine/model/object.ts';
import { World } from '../../../src/engine/model/world.ts';
import { boxOf, matchesBox, readSelector } from '../../../src/engine/sets/labels.ts';

const policyRef = (name: string, namespace = 'shop'): ObjectRef => ({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  namespace,
  name,
});
const namespaceRef = (name: string): ObjectRef => ({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  namespace: undefined,
  name,
});
const namespace = (labels: Record<string, string>) => ({ metadata: { labels } });
const spec = (namespaceSelector: object) => ({
  spec: { podSelector: {}, ingress: [{ from: [{ namespaceSelector }] }] },
});

describe('a World', () => {
  it('is a snapshot: a change makes another one, and says the same of all the rest', () => {
    const before = World.empty('cluster').with({ spec: { podSelector: {} } }, policyRef('a'));
    const after = before.with({ spec: { podSelector: {}, policyTypes: ['Egress'] } }, policyRef('b'));
    expect(before.policiesOf('shop')).toHaveLength(1);
    expect(
      after
        .policiesOf('shop')
        .map(({ ref }) => ref.name)
        .sort(),
    ).toEqual(['a', 'b']);
    expect(
      after
        .without(policyRef('a'))
        .policiesOf('shop')
        .map(({ ref }) => ref.name),
    ).toEqual(['b']);
    expect(after.policiesOf('shop')).toHaveLength(2);
  });

  it('is the same World after something that is there already', () => {
    const world = World.empty('cluster')
      .with({ spec: { podSelector: {} } }, policyRef('a'))
      .with(namespace({ team: 'a' }), namespaceRef('shop'));
    expect(world.with({ metadata: { resourceVersion: '2' }, spec: { podSelector: {} } }, policyRef('a'))).toBe(world);
    expect(world.with(namespace({ team: 'a' }), namespaceRef('shop'))).toBe(world);
    expect(world.with(namespace({ team: 'b' }), namespaceRef('shop'))).not.toBe(world);
  });

  it('gives every namespace its name as a label, whatever the object says', () => {
    const world = World.empty('files').with(
      namespace({ 'kubernetes.io/metadata.name': 'other' }),
      namespaceRef('shop'),
    );
    expect(world.namespace('shop')?.labels.get('kubernetes.io/metadata.name')).toBe('shop');
    expect(world.namespaceOrBare('nowhere').labels).toEqual(new Map([['kubernetes.io/metadata.name', 'nowhere']]));
  });

  it('finds the policies that look at a namespace label, and forgets them when they change', () => {
    const selector = { matchLabels: { team: 'a' } };
    const world = World.empty('cluster')
      .with(spec(selector), policyRef('a'))
      .with(spec({ matchExpressions: [{ key: 'stage', operator: 'Exists' }] }), policyRef('b'));
    const names = (w: World, label: string, ...values: string[]) =>
      w.policiesReading(label, values).map(({ ref }) => ref.name);
    expect([
      names(world, 'team', 'a', 'b'),
      names(world, 'stage', 'x'),
      names(world, 'kubernetes.io/metadata.name'),
    ]).toEqual([['a'], ['b'], []]);
    expect(names(world.with(spec({}), policyRef('a')), 'team', 'a')).toEqual([]);
    expect(names(world.without(policyRef('b')), 'stage')).toEqual([]);
  });

  it('says who governs whom in a namespace only where a policy governs', () => {
    const world = World.empty('cluster')
      .with({ spec: { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'] } }, policyRef('a'))
      .with(
        {
          spec: {
            podSelector: {
              matchExpressions: [
                { key: 'a', operator: 'In', values: ['x'] },
                { key: 'a', operator: 'NotIn', values: ['x'] },
              ],
            },
          },
        },
        policyRef('nobody'),
      );
    expect(world.governing('shop', 'ingress')).toEqual([]);
    expect(world.governing('shop', 'egress').map(({ policy }) => policy.ref.name)).toEqual(['a']);
    expect(world.governing('other', 'egress')).toEqual([]);
  });

  it('is not harmed by objects of any shape', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom('NetworkPolicy', 'Namespace', 'Pod', 'Service', 'Deployment'),
        (object, kind) => {
          const group = kind === 'NetworkPolicy' ? 'networking.k8s.io' : kind === 'Deployment' ? 'apps' : '';
          const ref = { group, version: 'v1', kind, namespace: kind === 'Namespace' ? undefined : 'shop', name: 'a' };
          const world = World.empty('files').with(object, ref);
          expect(world.without(ref).policiesOf('shop')).toEqual([]);
        },
      ),
    );
  });
});

describe('the index of labels', () => {
  const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y', 'z'));
  const expressions = fc.array(
    fc.oneof(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c'),
        operator: fc.constantFrom('In', 'NotIn'),
        values: fc.array(fc.constantFrom('x', 'y', 'z'), { minLength: 1 }),
      }),
      fc.record({ key: fc.constantFrom('a', 'b', 'c'), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
    ),
    { maxLength: 3 },
  );

  it('leaves out nobody whom a selector admits, also after others have gone', () => {
    fc.assert(
      fc.property(fc.array(labels, { maxLength: 12 }), expressions, fc.nat(), (all, matchExpressions, gone) => {
        const maps = all.map((one) => new Map(Object.entries(one)));
        let index = maps.reduce((before, map, i) => before.with(`n${i}`, map), LabelIndex.empty());
        const leaving = maps[gone % Math.max(1, maps.length)];
        if (leaving !== undefined) index = index.without(`n${gone % maps.length}`, leaving);
        const reading = readSelector({ matchExpressions });
        const box = reading.ok ? reading.box : boxOf([]);
        const found = index.candidates(box);
        const candidates = found === undefined ? undefined : [...found.names];
        const admitted = maps.flatMap((map, i) => (map !== leaving && matchesBox(box, map) ? [`n${i}`] : []));
        if (candidates !== undefined) expect(candidates).toEqual(expect.arrayContaining(admitted));
        if (candidates !== undefined && leaving !== undefined)
          expect(candidates).not.toContain(`n${gone % maps.length}`);
      }),
    );
  });
});
