import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolve } from '../../src/config/resolve.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { judge } from '../../src/engine/judge.ts';
import type { Change } from '../../src/engine/model/change.ts';
import { refKey, refOf } from '../../src/engine/model/object.ts';
import { World } from '../../src/engine/model/world.ts';
import { dnsReach } from '../../src/engine/reach/dns.ts';
import { openToDns } from '../../src/engine/reach/dns-for-all.ts';
import { leftPods } from '../../src/engine/reach/isolation.ts';
import { everyLabels, matchesBox } from '../../src/engine/sets/labels.ts';

/**
 * What is remembered of a World, and of the ones that it comes from, must not show: whatever came before, a change gets
 * the verdict that it gets in a World which was just read.
 */

const set = resolve(
  { spec: { enforcer: 'calico', cluster: { podCIDRs: ['10.0.0.0/8'] } }, exemptions: [], source: {} },
  { registry, ownService: 'sekisho' },
);

type Plain = Readonly<Record<string, unknown>>;

const calico = (kind: string, name: string, spec: Plain, namespace?: string, labels: Plain = {}): Plain => ({
  apiVersion: 'projectcalico.org/v3',
  kind,
  metadata: { name, labels, ...(namespace === undefined ? {} : { namespace }) },
  spec,
});

const namespaceNames = ['red', 'blue'] as const;
const tierNames = ['early', 'default', 'late'] as const;
const selector = fc.constantFrom('', "app == 'a'", "app != 'a'");
const labels = fc.record({ team: fc.constantFrom('one', 'two') }, { requiredKeys: [] });

const destination = fc.constantFrom<Plain>(
  {},
  { ports: [53] },
  { namespaceSelector: "projectcalico.org/name == 'kube-system'", selector: "k8s-app == 'kube-dns'" },
  { selector: "use == 'names'", ports: [53] },
  { nets: ['10.0.0.0/8'], ports: [53] },
  { ports: [80] },
);
const egress = fc
  .tuple(fc.constantFrom('Allow', 'Allow', 'Deny', 'Pass'), fc.constantFrom('UDP', 'TCP', undefined), destination)
  .map(([action, protocol, to]) => ({
    action,
    // Without a protocol only names of ports are let in.
    ...(protocol === undefined && 'ports' in to ? { protocol: 'UDP' } : protocol === undefined ? {} : { protocol }),
    destination: to,
  }));
const ingress = fc
  .tuple(fc.constantFrom('Allow', 'Deny', 'Pass'), fc.constantFrom<Plain>({}, { selector: "role == 'client'" }))
  .map(([action, source]) => ({ action, source }));
const policySpec = fc.record({
  tier: fc.constantFrom(...tierNames),
  order: fc.constantFrom(1, 2, 3),
  selector,
  types: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
  ingress: fc.array(ingress, { maxLength: 2 }),
  egress: fc.array(egress, { maxLength: 3 }),
});

const space = fc
  .tuple(fc.constantFrom(...namespaceNames), labels)
  .map(([name, some]) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: some } }));
const tier = fc
  .tuple(fc.constantFrom('early', 'late'), fc.constantFrom(100, 2_000_000), fc.constantFrom('Deny', 'Pass'))
  .map(([name, order, defaultAction]) => calico('Tier', name, { order, defaultAction }));
const globalPolicy = fc
  .tuple(fc.constantFrom('p', 'q', 'r'), policySpec, fc.constantFrom('all()', "team == 'one'", 'has(team)'))
  .map(([name, spec, namespaceSelector]) => calico('GlobalNetworkPolicy', name, { ...spec, namespaceSelector }));
/** Lets pods resolve names, unless something comes before. */
const dnsPolicy = fc
  .tuple(fc.constantFrom('n', 'm'), policySpec, fc.constantFrom('all()', "team == 'one'"))
  .map(([name, spec, namespaceSelector]) =>
    calico('GlobalNetworkPolicy', name, {
      ...spec,
      namespaceSelector,
      types: ['Egress'],
      egress: ['UDP', 'TCP'].map((protocol) => ({
        action: 'Allow',
        protocol,
        destination: { selector: "k8s-app == 'kube-dns'", ports: [53] },
      })),
    }),
  );
const ownPolicy = fc
  .tuple(fc.constantFrom(...namespaceNames), fc.constantFrom('p', 'q'), policySpec)
  .map(([namespace, name, spec]) => calico('NetworkPolicy', name, spec, namespace));
const kubernetesPolicy = fc
  .tuple(fc.constantFrom(...namespaceNames), fc.constantFrom('k', 'l'), fc.boolean())
  .map(([namespace, name, whole]) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace, name },
    spec: { podSelector: whole ? {} : { matchLabels: { app: 'a' } }, policyTypes: ['Ingress', 'Egress'] },
  }));
const networkSet = fc
  .tuple(fc.constantFrom('s', 't'), fc.constantFrom(['10.0.0.53/32'], ['10.0.0.0/9'], ['192.0.2.0/24']))
  .map(([name, nets]) => calico('GlobalNetworkSet', name, { nets }, undefined, { use: 'names' }));
const dnsPod = fc.constantFrom<readonly string[]>([], ['10.0.0.53']).map((addresses) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'kube-system', name: 'dns', labels: { 'k8s-app': 'kube-dns' } },
  status: { phase: 'Running', podIPs: addresses.map((ip) => ({ ip })) },
}));

const step = fc.record({
  object: fc.oneof(
    globalPolicy,
    dnsPolicy,
    ownPolicy,
    kubernetesPolicy,
    tier,
    space,
    networkSet,
  ) as fc.Arbitrary<Plain>,
  remove: fc.nat(3).map((n) => n === 0),
});

const start: readonly Plain[] = [
  ...['red', 'blue', 'kube-system'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { team: 'one' } },
  })),
  calico('Tier', 'early', { order: 100, defaultAction: 'Pass' }),
  calico('Tier', 'late', { order: 2_000_000, defaultAction: 'Deny' }),
];

const read = (objects: Iterable<Plain>): World => {
  let world = World.empty('cluster');
  for (const object of objects) world = world.with(object, refOf(object));
  return world;
};

const user = { name: 'ana', groups: [] };

/** Which of several namespaces is spoken of follows the order in which they came, or came to be what they are. */
function told(change: Change, before: World, after: World, isInOrder: boolean, alone = true) {
  const { allowed, findings, notChecked } = judge({ change, before, after, alone }, set, 0);
  const said = findings.map(({ guardrail, key, effect, path, say, witness }) => [
    ...[guardrail, key, effect, path],
    ...(isInOrder ? [say('en'), say('ja'), witness] : []),
  ]);
  return { allowed, said, notChecked };
}

describe('a World that was changed step by step', () => {
  it('gives each change the verdict of one that was just read', () => {
    let found = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 8 }), dnsPod, (steps, pod) => {
        const held = new Map([...start, pod].map((object) => [refKey(refOf(object)), object]));
        let grown = read(held.values());
        let isInOrder = true;
        for (const { object, remove } of steps) {
          const ref = refOf(object);
          const key = refKey(ref);
          const old = held.get(key);
          if (remove && old === undefined) continue;
          const operation = old === undefined ? 'CREATE' : remove ? 'DELETE' : 'UPDATE';
          const change: Change = {
            operation,
            ref,
            object: remove ? undefined : object,
            oldObject: old,
            user,
            dryRun: false,
          };
          const before = read(held.values());
          isInOrder &&= ref.kind !== 'Namespace';
          if (remove) held.delete(key);
          else held.set(key, object);
          const next = remove ? grown.without(ref) : grown.with(object, ref);
          const inGrown = told(change, grown, next, isInOrder);
          expect(inGrown).toEqual(told(change, before, read(held.values()), isInOrder));
          // What is told at once of a change that comes alone is what a look at each namespace tells.
          const oneByOne = told(change, grown, next, isInOrder, false);
          expect({ ...inGrown, notChecked: [] }).toEqual({ ...oneByOne, notChecked: [] });
          expect(oneByOne.notChecked).toEqual(expect.arrayContaining([...inGrown.notChecked]));
          if (JSON.stringify(inGrown).includes('"keep-dns"')) found += 1;
          grown = next;
        }
      }),
      { numRuns: 150, seed: 20_261_128 },
    );
    expect(found).toBeGreaterThan(0);
  });
});

describe('namespaces of which every pod reaches the DNS', () => {
  it('are found only where the fold of each finds that as well', () => {
    let found = 0;
    const settings = {
      servers: set.cluster.dns,
      enforcer: set.enforcer,
      podAddresses: set.cluster.podAddresses,
    };
    const objects = fc.array(fc.oneof(globalPolicy, dnsPolicy, dnsPolicy, ownPolicy, tier, networkSet), {
      minLength: 2,
      maxLength: 6,
    }) as fc.Arbitrary<readonly Plain[]>;
    fc.assert(
      fc.property(objects, dnsPod, (some, pod) => {
        const world = read([...start, pod, ...some]);
        const open = openToDns(world, settings);
        for (const { name, labels: known } of world.namespaces()) {
          if (!open.some((box) => matchesBox(box, known))) continue;
          found += 1;
          const reach = dnsReach(world, name, [everyLabels], settings, { left: 100_000 });
          expect(leftPods(reach?.certain.udp ?? [])).toEqual([]);
          expect(leftPods(reach?.certain.tcp ?? [])).toEqual([]);
        }
      }),
      { numRuns: 1500, seed: 20_261_128 },
    );
    expect(found).toBeGreaterThan(100);
  });
});
