import fc from 'fast-check';
import { expect, test } from 'vitest';
import { builtInSet } from '../../src/config/resolve.ts';
import { placed } from '../../src/engine/check/changes.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { judge } from '../../src/engine/judge.ts';
import { gather } from '../../src/engine/model/gather.ts';
import { broadKeys, directions } from './breadth-measure.ts';
import type { Block, PeerObject, PolicyObject, PolicySpec, PortObject, RuleObject, Selector } from './manifests.ts';
import { chooser, runs, timeout } from './runs.ts';
import { respelled } from './spellings.ts';

/** A policy is as broad as what it opens, however it is written, and as broad as the brute force says. */

const policiesTried = 1_500;
const spellingsEach = 3;

const nameLabel = 'kubernetes.io/metadata.name';

const oddBlock: fc.Arbitrary<Block> = fc
  .tuple(fc.nat({ max: 255 }), fc.nat({ max: 255 }), fc.integer({ min: 4, max: 11 }))
  .map(([first, second, length]) => ({ cidr: `${first}.${second}.0.0/${length}` }));

const oddBlock6: fc.Arbitrary<Block> = fc
  .tuple(fc.nat({ max: 0xffff }), fc.nat({ max: 0xffff }), fc.integer({ min: 28, max: 34 }))
  .map(([first, second, length]) => ({ cidr: `${first.toString(16)}:${second.toString(16)}::/${length}` }));

const block: fc.Arbitrary<Block> = fc.oneof(
  fc.constantFrom<Block>(
    ...['0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1', '0.0.0.0/2', '64.0.0.0/2'].map((cidr) => ({ cidr })),
    ...['10.0.0.0/8', '11.0.0.0/8', '10.0.0.0/7', '9.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map((cidr) => ({
      cidr,
    })),
    ...['100.64.0.0/10', '100.64.0.0/9', '127.0.0.0/8', '126.0.0.0/8', '169.254.0.0/16', '203.0.113.0/24'].map(
      (cidr) => ({ cidr }),
    ),
    ...['8.0.0.0/9', '8.128.0.0/9', '224.0.0.0/4', '192.0.2.7/32'].map((cidr) => ({ cidr })),
    ...['::/0', '::/1', '8000::/1', 'fc00::/7', 'fd00::/8', 'fe00::/9', 'fe80::/10', '::1/128'].map((cidr) => ({
      cidr,
    })),
    ...['2000::/3', '2001:db8::/32', '2001:db8::/33', '2001:db8:8000::/33', '2001:db9::/32'].map((cidr) => ({ cidr })),
  ),
  fc
    .subarray(['10.0.0.0/8', '0.0.0.0/1', '128.0.0.0/1', '8.8.8.8/32', '224.0.0.0/4'], { minLength: 1, maxLength: 4 })
    .map((except) => ({ cidr: '0.0.0.0/0', except })),
  fc
    .subarray(['10.0.0.0/9', '10.128.0.0/9', '11.0.0.0/8', '11.0.0.0/16'], { minLength: 1 })
    .map((except) => ({ cidr: '10.0.0.0/7', except })),
  fc
    .subarray(['::/1', '8000::/1', 'fd00::/8', '2001:db8::/32'], { minLength: 1 })
    .map((except) => ({ cidr: '::/0', except })),
  oddBlock,
  oddBlock6,
);

const expression = (key: string, values: readonly string[]) =>
  fc.oneof(
    fc
      .constantFrom('In', 'NotIn')
      .chain((operator) =>
        fc
          .subarray([...values], { minLength: 1 })
          .map((some) => ({ matchExpressions: [{ key, operator, values: some }] })),
      ),
    fc.constantFrom('Exists', 'DoesNotExist').map((operator) => ({ matchExpressions: [{ key, operator }] })),
    fc.constantFrom(...values).map((value) => ({ matchLabels: { [key]: value } })),
  );

const spaces: fc.Arbitrary<Selector> = fc.oneof(
  fc.constant({}),
  expression(nameLabel, ['shop', 'kube-system', 'fresh']),
  expression('team', ['a', 'b']),
  fc.tuple(expression(nameLabel, ['shop', 'kube-system']), expression('team', ['a'])).map(both),
);

const pods: fc.Arbitrary<Selector> = fc.oneof(fc.constant({}), expression('app', ['a', 'b']));

function both([a, b]: readonly [Selector, Selector]): Selector {
  return {
    matchLabels: { ...a.matchLabels, ...b.matchLabels },
    matchExpressions: [...(a.matchExpressions ?? []), ...(b.matchExpressions ?? [])],
  };
}

const peer: fc.Arbitrary<PeerObject> = fc.oneof(
  { weight: 5, arbitrary: block.map((ipBlock) => ({ ipBlock })) },
  { weight: 1, arbitrary: spaces.map((namespaceSelector) => ({ namespaceSelector })) },
  {
    weight: 1,
    arbitrary: fc.tuple(spaces, pods).map(([namespaceSelector, podSelector]) => ({ namespaceSelector, podSelector })),
  },
  { weight: 1, arbitrary: pods.map((podSelector) => ({ podSelector })) },
);

const ports: fc.Arbitrary<readonly PortObject[] | null> = fc.oneof(
  fc.constantFrom<readonly PortObject[] | null>(null, [], [{}], [{ port: 443 }]),
  fc.array(
    fc.constantFrom<PortObject>(
      { port: 53 },
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'SCTP' },
      { port: 53, endPort: 54 },
      { port: 8000, endPort: 8010 },
      { protocol: 'UDP' },
    ),
    { minLength: 1, maxLength: 3 },
  ),
);

/** From no rule to three, and now and then one for everyone. */
const rules = (far: 'from' | 'to'): fc.Arbitrary<readonly RuleObject[]> =>
  fc.array(
    fc
      .tuple(
        fc.oneof(
          { weight: 7, arbitrary: fc.array(peer, { minLength: 1, maxLength: 4 }) },
          { weight: 1, arbitrary: fc.constant([]) },
        ),
        ports,
      )
      .map(([peers, own]) => ({ [far]: peers, ports: own })),
    { maxLength: 4 },
  );

const specs: fc.Arbitrary<PolicySpec> = fc.record({
  podSelector: fc.oneof(fc.constantFrom<Selector | null>(null, {}), pods),
  policyTypes: fc.constantFrom<readonly string[] | null>(null, ['Ingress'], ['Egress'], ['Ingress', 'Egress']),
  ingress: rules('from'),
  egress: rules('to'),
});

const policies: fc.Arbitrary<PolicyObject> = specs.map((spec) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'shop', name: 'p' },
  spec,
}));

const set = builtInSet({ registry });
const nothing = gather([]);
const nobody = { name: '', groups: [] };

/** What is denied when the policy is the first thing that the cluster holds, as `egress forbid-broad-peers/everyone`. */
function denials(object: PolicyObject): readonly string[] {
  const one = placed(object, undefined, 'shop');
  const change = {
    operation: 'CREATE',
    ref: one.ref,
    object,
    oldObject: undefined,
    user: nobody,
    dryRun: false,
  } as const;
  const { findings } = judge({ change, before: nothing, after: gather([one]) }, set, 0);
  const denied = findings.filter((finding) => finding.effect === 'deny');
  return [...new Set(denied.map(({ guardrail, key, path }) => `${String(path[1])} ${guardrail}/${key}`))].sort();
}

function measured(object: PolicyObject): readonly string[] {
  return directions
    .flatMap((direction) => broadKeys(object, direction).map((key) => `${direction} forbid-broad-peers/${key}`))
    .sort();
}

const ofPeers = (keys: readonly string[]) => keys.filter((key) => key.includes(' forbid-broad-peers/'));

test('every spelling of a policy is denied for the same, and for what the brute force measures', { timeout }, () => {
  fc.assert(
    fc.property(policies, fc.nat(), (policy, seed) => {
      const choose = chooser(seed);
      const expected = measured(policy);
      const denied = denials(policy);
      expect(ofPeers(denied)).toEqual(expected);
      for (let count = 0; count < spellingsEach; count += 1) {
        const other = respelled(policy, choose);
        expect({ other, measured: measured(other) }).toEqual({ other, measured: expected });
        expect({ other, denied: denials(other) }).toEqual({ other, denied });
      }
    }),
    runs(policiesTried),
  );
});

test('the random policies are of every breadth', () => {
  const found = new Map<string, number>();
  for (const policy of fc.sample(policies, { ...runs(1), numRuns: 1_000 })) {
    const keys = measured(policy);
    for (const key of keys.length === 0 ? ['narrow'] : keys) found.set(key, (found.get(key) ?? 0) + 1);
  }
  const keys = ['everyone', 'every-address', 'every-namespace', 'too-many-addresses'];
  for (const key of [
    'narrow',
    ...directions.flatMap((direction) => keys.map((one) => `${direction} forbid-broad-peers/${one}`)),
  ]) {
    expect([key, found.get(key) ?? 0]).toEqual([key, expect.toSatisfy((count: number) => count >= 3)]);
  }
});
