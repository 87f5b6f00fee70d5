import fc from 'fast-check';
import { expect, test } from 'vitest';
import { builtInSet } from '../../src/config/resolve.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { judge } from '../../src/engine/judge.ts';
import { gather } from '../../src/engine/model/gather.ts';
import { refOf } from '../../src/engine/model/object.ts';
import { runs, timeout } from './runs.ts';

/**
 * A Calico rule may name ports, or leave named ones out, and what numbers these are hangs on the pod. What is open is found
 * here by asking for every pod that names its ports in some way, one port after the other.
 */

const policiesTried = 400;

type Port = number | 'http' | 'https';

interface Rule {
  readonly action: 'Allow' | 'Deny' | 'Pass';
  /** Undefined: whatever port. */
  readonly ports?: readonly Port[];
  readonly notPorts?: readonly Port[];
}

type Names = Readonly<Partial<Record<string, number>>>;

/** @param names those that rules speak of */
function policies(names: readonly Port[]): fc.Arbitrary<readonly Rule[]> {
  const ports = fc.uniqueArray(fc.constantFrom<Port>(80, 443, ...names), { minLength: 1, maxLength: 2 });
  const action = fc.constantFrom('Deny', 'Pass');
  const deciding: fc.Arbitrary<Rule> = fc.oneof(
    fc.record({ action, notPorts: ports }),
    fc.record({ action, ports }),
    fc.record({ action }),
  );
  /** Numbers by themselves are left out: whether a name that was spared is one of them hangs on more than one rule. */
  const allowing: fc.Arbitrary<Rule> = fc.oneof(
    fc.record({ action: fc.constant('Allow') }),
    fc.record({ action: fc.constant('Allow'), ports: fc.constantFrom(...names.map((name) => [name])) }),
  );
  return fc
    .tuple(fc.array(fc.oneof({ weight: 3, arbitrary: deciding }, allowing), { maxLength: 4 }), allowing)
    .map(([first, last]) => [...first, last]);
}

const numbers = [undefined, 80, 443, 9000];
const namings: readonly Names[] = numbers.flatMap((http) =>
  numbers.map((https) => ({
    ...(http === undefined ? {} : { http }),
    ...(https === undefined ? {} : { https }),
  })),
);
/** 1 stands for all the ports that nobody speaks of. */
const asked = [1, 80, 443, 9000];

function isOpen(all: readonly Rule[], names: Names, number: number): boolean {
  const isMeant = (one: Port) => (typeof one === 'number' ? one : names[one]) === number;
  const first = all.find(
    ({ ports: only, notPorts: not }) => (only === undefined || only.some(isMeant)) && !(not?.some(isMeant) ?? false),
  );
  return first?.action === 'Allow';
}

function measured(all: readonly Rule[]): { readonly everyone: boolean; readonly everyPort: boolean } {
  return {
    everyone: namings.some((names) => asked.some((number) => isOpen(all, names, number))),
    // A pod that names none of its ports tells whether all of them are open by their numbers.
    everyPort: asked.every((number) => isOpen(all, {}, number)),
  };
}

const set = builtInSet({ registry: registry.filter(({ name }) => /^forbid-broad-(peers|ports)$/.test(name)) });

function told(all: readonly Rule[]): { readonly everyone: boolean; readonly everyPort: boolean } {
  const ingress = all.map(({ action, ports: only, notPorts: not }) => ({
    action,
    protocol: 'TCP',
    destination: { ...(only && { ports: only }), ...(not && { notPorts: not }) },
  }));
  const object = {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkPolicy',
    metadata: { name: 'g' },
    spec: { selector: "app == 'web'", types: ['Ingress'], ingress },
  };
  const ref = refOf(object);
  const before = gather([]);
  const user = { name: '', groups: [] };
  const change = { operation: 'CREATE', ref, object, oldObject: undefined, user, dryRun: false } as const;
  const { findings } = judge({ change, before, after: before.with(object, ref) }, set, 0);
  const keys = findings.map(({ key }) => key);
  return { everyone: keys.includes('everyone'), everyPort: keys.includes('every-port') };
}

test('a named port opens what some pod could name so', { timeout }, () => {
  fc.assert(
    fc.property(policies(['http']), (all) => {
      expect({ all, told: told(all) }).toEqual({ all, told: measured(all) });
    }),
    runs(policiesTried),
  );
});

/** Whether two names stand for one number is asked of no pod: they may, and then what one leaves open is open. */
test('nothing that pods could open by two names is passed over', { timeout }, () => {
  fc.assert(
    fc.property(policies(['http', 'https']), (all) => {
      const [found, open] = [told(all), measured(all)];
      expect({ all, missed: [open.everyone && !found.everyone, open.everyPort && !found.everyPort] }).toEqual({
        all,
        missed: [false, false],
      });
    }),
    runs(policiesTried),
  );
});

test('the random policies open something, every port, or nothing', () => {
  const counts = { nothing: 0, something: 0, everyPort: 0 };
  for (const all of fc.sample(policies(['http']), { ...runs(1), numRuns: 400 })) {
    const { everyone, everyPort } = measured(all);
    counts[everyPort ? 'everyPort' : everyone ? 'something' : 'nothing'] += 1;
  }
  expect(Object.values(counts).every((count) => count > 20)).toBe(true);
});
