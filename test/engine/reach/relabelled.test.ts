import fc from 'fast-check';
import { expect, it } from 'vitest';
import { refOf } from '../../../src/engine/model/object.ts';
import { World } from '../../../src/engine/model/world.ts';
import { relabelled } from '../../../src/engine/reach/relabelled.ts';
import { type Labels, policy } from '../guardrails/trial.ts';

interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}
interface Selector {
  readonly matchExpressions: readonly Requirement[];
}
interface Peer {
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly ports: readonly [{ readonly port: number }];
}

const selector = (...keys: readonly string[]): fc.Arbitrary<Selector> =>
  fc
    .array(
      fc.oneof(
        fc.record({
          key: fc.constantFrom(...keys),
          operator: fc.constantFrom('In' as const, 'NotIn' as const),
          values: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 2 }),
        }),
        fc.record({
          key: fc.constantFrom(...keys),
          operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const),
        }),
      ),
      { maxLength: 2 },
    )
    .map((matchExpressions) => ({ matchExpressions }));
const peer: fc.Arbitrary<Peer> = fc.oneof(
  fc.record({ namespaceSelector: selector('team', 'stage'), podSelector: selector('app') }),
  fc.record({ namespaceSelector: selector('team', 'stage') }),
  fc.record({ podSelector: selector('app') }),
);
const rule: fc.Arbitrary<Rule> = fc.record(
  {
    // Some have more peers than are kept at hand.
    from: fc.oneof(
      fc.array(peer, { minLength: 1, maxLength: 3 }),
      peer.map((one) => Array.from({ length: 40 }, () => one)),
    ),
    ports: fc.constantFrom<Rule['ports'][]>([{ port: 80 }], [{ port: 443 }]),
  },
  { requiredKeys: ['ports'] },
);
const step = fc.record({
  name: fc.constantFrom('p', 'q', 'r'),
  rules: fc.option(fc.array(rule, { maxLength: 3 }), { nil: undefined, freq: 4 }),
});
const labels: fc.Arbitrary<Labels> = fc.dictionary(fc.constantFrom('team', 'stage'), fc.constantFrom('a', 'b', 'd'));

function meets(selector: Selector | undefined, carried: Labels): boolean {
  return (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = carried[key];
    if (operator === 'Exists' || operator === 'DoesNotExist') return (value !== undefined) === (operator === 'Exists');
    return (value !== undefined && values.includes(value)) === (operator === 'In');
  });
}

const pods: readonly Labels[] = [{}, ...['a', 'b', 'c', 'z'].map((app) => ({ app }))];

/** Whether some pod of the namespace gets in as it is `then`, for what a peer sees at the label, and not as it is `now`. */
function opens(rules: readonly Rule[], label: string, now: Labels, then: Labels): boolean {
  return [80, 443].some((wanted) => {
    const open = rules.filter(({ ports: [{ port }] }) => port === wanted);
    if (open.some(({ from }) => from === undefined)) return false;
    const peers = open
      .flatMap(({ from = [] }) => from)
      .filter(({ namespaceSelector }) => namespaceSelector !== undefined);
    const admits = (one: Peer, space: Labels, pod: Labels) =>
      meets(one.namespaceSelector, space) && meets(one.podSelector, pod);
    const looking = peers.filter(({ namespaceSelector }) =>
      namespaceSelector?.matchExpressions.some(({ key }) => key === label),
    );
    return pods.some(
      (pod) => looking.some((one) => admits(one, then, pod)) && !peers.some((one) => admits(one, now, pod)),
    );
  });
}

it('tells which policies let more of a namespace in, or less, as a look at each pod that there may be tells', () => {
  let found = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), labels, labels, (steps, was, is) => {
      let world = World.empty('cluster');
      const written = new Map<string, readonly Rule[]>();
      for (const { name, rules } of steps) {
        const object = policy({ podSelector: {}, policyTypes: ['Ingress'], ingress: rules ?? [] }, `shop/${name}`);
        if (rules === undefined) written.delete(name);
        else written.set(name, rules);
        world = rules === undefined ? world.without(refOf(object)) : world.with(object, refOf(object));
        for (const label of ['team', 'stage']) {
          if (was[label] === is[label]) continue;
          const space = (some: Labels) => ({
            name: 'blue',
            labels: new Map(Object.entries({ ...some, 'kubernetes.io/metadata.name': 'blue' })),
            terminating: false,
          });
          const trusting = world.trustsReading(label, [was[label], is[label]]);
          const [ingress] = relabelled(trusting, label, space(was), space(is));
          const wanted = (now: Labels, then: Labels) =>
            [...written].flatMap(([name, all]) => (opens(all, label, now, then) ? [name] : [])).sort();
          expect(ingress?.gained.map(({ name }) => name).sort()).toEqual(wanted(was, is));
          expect(ingress?.lost.map(({ name }) => name).sort()).toEqual(wanted(is, was));
          found += wanted(was, is).length;
        }
      }
    }),
    { numRuns: 500, seed: 20_261_129 },
  );
  expect(found).toBeGreaterThan(100);
});
