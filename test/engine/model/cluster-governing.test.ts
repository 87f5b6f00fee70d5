import fc from 'fast-check';
import { expect, it } from 'vitest';
import { attributesOf, nameLabel } from '../../../src/engine/model/attributes.ts';
import { everyPod, namespacePart, podPart } from '../../../src/engine/model/box-parts.ts';
import { asSeenThrough } from '../../../src/engine/model/namespace.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { directions, type Policy, ruleList } from '../../../src/engine/model/policy.ts';
import { World } from '../../../src/engine/model/world.ts';
import { containsBox, matchesBox, overlapBoxes } from '../../../src/engine/sets/labels.ts';

const selector = (key: string) =>
  fc.oneof(
    fc.constantFrom('all()', `has(${key})`, `!has(${key})`),
    fc
      .tuple(fc.constantFrom('==', '!='), fc.constantFrom('a', 'b'))
      .map(([operator, value]) => `${key} ${operator} '${value}'`),
    fc.constantFrom(`${key} in {'a', 'b'}`, `${key} == 'a' && stage == 'x'`, `${key} == 'a' || stage == 'x'`),
  );
const object = fc
  .record({
    name: fc.constantFrom('p', 'q', 'r', 's', 't'),
    tier: fc.constantFrom('early', 'default'),
    namespaceSelector: selector('team'),
    selector: selector('app'),
    types: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
    action: fc.constantFrom('Allow', 'Deny', 'Pass'),
  })
  .map(({ name, action, ...spec }) => ({
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkPolicy',
    metadata: { name },
    spec: { ...spec, ingress: [{ action }], egress: [{ action }] },
  }));

const partsOf = ({ subject }: Policy) =>
  subject.endpoints
    .filter((box) => overlapBoxes(box, everyPod))
    .map((box) => ({ namespace: namespacePart(box), pod: podPart(box) }));
/** Whether every box is in one of the others, namespaces and pods apart. */
const covers = (outer: Policy, inner: Policy) =>
  partsOf(inner).every((one) =>
    partsOf(outer).some((other) => containsBox(other.namespace, one.namespace) && containsBox(other.pod, one.pod)),
  );
const label = fc.tuple(
  fc.constantFrom('team', 'stage', 'app', 'pcns.team', 'pcns.stage'),
  fc.constantFrom('a', 'b', 'x'),
);

it('knows which cluster policies govern a pod, by labels of its own and those that Calico takes its namespace to have', () => {
  let governing = 0;
  const labels = fc.array(label, { maxLength: 3 }).map((all) => new Map(all));
  fc.assert(
    fc.property(fc.array(object, { maxLength: 8 }), labels, labels, (objects, ofNamespace, own) => {
      const world = objects.reduce((before, one) => before.with(one, refOf(one)), World.empty('cluster'));
      const namespace = { name: 'n', labels: new Map([...ofNamespace, [nameLabel, 'n']]), terminating: false };
      const serviceAccount = { name: 'default', labels: new Map<string, string>() };
      const pod = attributesOf({ kind: 'Pod', own, namespace: namespace.labels, serviceAccount, calico: true });
      for (const direction of directions) {
        const wanted = world
          .clusterPolicies()
          .filter((one) => ruleList(one, direction).applies)
          .filter(({ subject }) => subject.endpoints.some((box) => matchesBox(box, pod)));
        const found = world.clusterGoverning
          .governing(asSeenThrough(namespace, own), direction)
          .filter(({ boxes }) => boxes.some((box) => matchesBox(box, pod)));
        expect(found.map(({ ref }) => ref.name).sort()).toEqual(wanted.map(({ ref }) => ref.name).sort());
        governing += wanted.length;
      }
    }),
    { numRuns: 300, seed: 20_261_129 },
  );
  expect(governing).toBeGreaterThan(100);
});

it('knows which cluster policies cover another, and in which tiers some pass on, as a look at each of them tells', () => {
  let covering = 0;
  const step = fc.record({ object, remove: fc.nat(4).map((n) => n === 0) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 15 }), (steps) => {
      let world = World.empty('cluster');
      for (const { object, remove } of steps) {
        const ref = refOf(object);
        world = remove ? world.without(ref) : world.with(object, ref);
        const policies = world.clusterPolicies();
        for (const direction of directions) {
          const deciding = policies.filter((one) => ruleList(one, direction).applies);
          for (const inner of policies) {
            if (partsOf(inner).length === 0) continue;
            const wanted = deciding.filter((outer) => covers(outer, inner)).map(({ ref }) => ref.name);
            const found = world.clusterGoverning.covering(partsOf(inner), direction);
            expect(found.map(({ stored }) => stored.ref.name).sort()).toEqual(wanted.sort());
            covering += wanted.length;
          }
          for (const tier of ['early', 'default']) {
            const passes = deciding.some(
              (one) => one.tier === tier && ruleList(one, direction).rules.some(({ action }) => action === 'pass'),
            );
            expect(world.tiers.does(tier, `passes ${direction}`)).toBe(passes);
          }
        }
      }
    }),
    { numRuns: 200, seed: 20_261_129 },
  );
  expect(covering).toBeGreaterThan(100);
});
