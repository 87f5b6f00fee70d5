import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refOf } from '../../../src/engine/model/object.ts';
import { World } from '../../../src/engine/model/world.ts';

interface Written {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly tier: string;
  readonly types: readonly ('Ingress' | 'Egress')[];
  readonly rules: readonly {
    readonly action: string;
    readonly far: 'anyone' | 'some' | 'set';
    readonly port: number;
  }[];
  /** Whether it is about what is never tracked, and so about no pod. */
  readonly isOfHosts: boolean;
}

const written: fc.Arbitrary<Written> = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  namespace: fc.constantFrom(undefined, undefined, 'n'),
  tier: fc.constantFrom('early', 'late'),
  types: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
  rules: fc.array(
    fc.record({
      action: fc.constantFrom('Allow', 'Deny', 'Pass', 'Log'),
      far: fc.constantFrom('anyone', 'some', 'set'),
      port: fc.constantFrom(53, 80),
    }),
    { maxLength: 2 },
  ),
  isOfHosts: fc.constantFrom(false, false, false, true),
});

const selectorOf = { some: { selector: "app == 'web' && team == 'a'" }, set: { selector: "feed == 'x'" }, anyone: {} };

function objectOf({ name, namespace, tier, types, rules, isOfHosts }: Written): object {
  const inDirection = (far: 'source' | 'destination') =>
    rules.map((rule) => ({
      action: rule.action,
      protocol: 'UDP',
      source: far === 'source' ? selectorOf[rule.far] : {},
      destination: { ports: [rule.port], ...(far === 'destination' ? selectorOf[rule.far] : {}) },
    }));
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: namespace === undefined ? 'GlobalNetworkPolicy' : 'NetworkPolicy',
    metadata: { name, namespace },
    spec: {
      tier,
      types,
      ...(types.includes('Ingress') ? { ingress: inDirection('source') } : {}),
      ...(types.includes('Egress') ? { egress: inDirection('destination') } : {}),
      ...(isOfHosts && namespace === undefined ? { doNotTrack: true, applyOnForward: true } : {}),
    },
  };
}

const key = ({ name, namespace }: Written) => `${namespace ?? ''}/${name}`;

function decides(one: Written): boolean {
  return !(one.isOfHosts && one.namespace === undefined);
}

/** Two that govern the same, of which one allows what the other denies. */
const sameButForWhatIsDone = ['Allow', 'Deny'].map((action): { readonly one: Written; readonly goes: boolean } => ({
  one: {
    name: 'a',
    namespace: 'n',
    tier: 'early',
    types: ['Egress'],
    rules: [{ action, far: 'anyone', port: 53 }],
    isOfHosts: false,
  },
  goes: false,
}));

describe('what the policies of a tier do, taken together', () => {
  it('is what a look at each of them says, whatever came and went', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ one: written, goes: fc.boolean() }), { maxLength: 12 }), (changes) => {
        const there = new Map<string, Written>();
        let world = World.empty('cluster');
        for (const { one, goes } of changes) {
          const object = objectOf(one);
          world = goes ? world.without(refOf(object)) : world.with(object, refOf(object));
          if (goes) there.delete(key(one));
          else there.set(key(one), one);
        }
        for (const tier of ['early', 'late']) {
          const all = [...there.values()].filter((one) => one.tier === tier && decides(one));
          for (const direction of ['ingress', 'egress'] as const) {
            const type = direction === 'ingress' ? 'Ingress' : 'Egress';
            const those = all.filter(({ types }) => types.includes(type));
            const some = (...actions: string[]) =>
              those.some(({ rules }) => rules.some(({ action }) => actions.includes(action)));
            expect(world.tiers.does(tier, `decides ${direction}`)).toBe(those.length > 0);
            expect(world.tiers.does(tier, `allows ${direction}`)).toBe(some('Allow'));
            expect(world.tiers.does(tier, `denies ${direction}`)).toBe(some('Deny'));
            expect(world.tiers.does(tier, `passes ${direction}`)).toBe(some('Pass'));
            const settling = those.map(({ rules }) =>
              rules.filter(({ action }) => action === 'Allow' || action === 'Deny').map(({ far }) => far),
            );
            expect(world.tiers.does(tier, `settles ${direction}`)).toBe(settling.some((far) => far.includes('anyone')));
            expect(world.tiers.does(tier, `settles ${direction} by-sets`)).toBe(
              settling.some((far) => !far.includes('anyone') && far.length > 0),
            );
          }
          const own = all.filter(({ namespace, types }) => namespace !== undefined && types.includes('Egress'));
          expect(world.tiers.does(tier, 'own decides egress')).toBe(own.length > 0);
          const onDns = ({ rules }: Written, ...actions: string[]) =>
            rules.some(({ port, action }) => port === 53 && actions.includes(action));
          expect(world.tiers.does(tier, 'own speaks of dns')).toBe(
            own.some((one) => onDns(one, 'Allow', 'Deny', 'Pass')),
          );
          expect(
            Array.from(world.tiers.settlingDns(tier), ({ ref }) => `${ref.namespace ?? ''}/${ref.name}`).sort(),
          ).toEqual(
            all
              .filter((one) => one.types.includes('Egress') && onDns(one, 'Allow', 'Deny'))
              .map(key)
              .sort(),
          );
        }
      }),
      { numRuns: 400, examples: [[sameButForWhatIsDone]] },
    );
  });
});
