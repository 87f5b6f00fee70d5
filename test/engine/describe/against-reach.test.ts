import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DirectionFacts, describePolicy } from '../../../src/engine/describe/describe.ts';
import { policyText } from '../../../src/engine/describe/sentences.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { prober } from '../../../src/engine/reach/probe.ts';
import { namespace, pod, settingsOf, worldOf } from '../reach/cluster.ts';
import { clusterFacts } from './policies.ts';

/**
 * What is said of a policy by itself, and what gets through where it is the only one: of pods without labels in namespaces
 * that carry nothing but their name, and of one address out of each range that a rule could tell apart.
 */

const addresses = {
  IPv4: ['1.2.3.4', '10.1.2.3', '64.0.0.1', '130.1.2.3', '203.0.113.7', '255.255.255.255'],
  IPv6: ['::1:1', '2001:db8::7', '9000::1'],
} as const;
/** One in a namespace of its own for each range, at an address beside the one that stands for it. */
const freshPods = Object.entries({
  IPv4: ['1.2.3.5', '10.1.2.4', '64.0.0.2', '130.1.2.4', '203.0.113.8', '255.255.255.254'],
  IPv6: ['::1:2', '2001:db8::8', '9000::2'],
}).flatMap(([family, all]) => all.map((ip, n) => ({ family, ip, id: `fresh-${family.toLowerCase()}-${n}/any` })));
const flows = [
  ...['TCP', 'UDP'].flatMap((protocol) => [1, 53, 80, 443, 65535].map((port) => ({ protocol, port }))),
  { protocol: 'ICMP' },
  { protocol: 'ICMPv6' },
  { protocol: 'SCTP', port: 9 },
];

const selectors = [
  'all()',
  "app == 'web'",
  "app != 'web'",
  '!has(nope)',
  'has(x) || !has(x)',
  "app in {'web', 'db'}",
  "projectcalico.org/orchestrator == 'k8s'",
];
const namespaceSelectors = [
  'all()',
  "projectcalico.org/name == 'shop'",
  "projectcalico.org/name != 'nope'",
  "projectcalico.org/name starts with ''",
  "team == 'shop'",
  '!has(team)',
  'global()',
];
const families = [
  [
    ['0.0.0.0/0'],
    ['0.0.0.0/1', '128.0.0.0/1'],
    ['0.0.0.0/2', '64.0.0.0/2', '128.0.0.0/1'],
    ['10.0.0.0/8'],
    ['0.0.0.0/1'],
  ],
  [['::/0'], ['::/1', '8000::/1'], ['2001:db8::/32']],
];

const far = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      selector: fc.constantFrom(...selectors),
      namespaceSelector: fc.constantFrom(...namespaceSelectors),
    },
    { requiredKeys: [] },
  ),
  fc.constantFrom(...families.flat()).map((nets) => ({ nets })),
  fc.constantFrom({ notNets: ['203.0.113.0/24'] }, { notNets: ['2001:db8::/32'] }, { notNets: ['10.0.0.0/8'] }),
  fc.constantFrom(
    { notSelector: "app == 'db'" },
    { notSelector: 'all()' },
    { selector: 'all()', notSelector: "app == 'db'" },
    { notSelector: "app == 'db'", nets: ['10.0.0.0/8'] },
  ),
  fc
    .tuple(fc.constantFrom(...selectors), fc.constantFrom(...families.flat()))
    .map(([selector, nets]) => ({ selector, namespaceSelector: 'all()', nets })),
);
const traffic = fc.constantFrom<object>(
  {},
  { protocol: 'TCP' },
  { protocol: 'UDP' },
  { notProtocol: 'TCP' },
  { protocol: 'TCP', ports: [443] },
  { protocol: 'TCP', ports: ['1:65535'] },
  { protocol: 6, ports: ['0:79', '81:65535'] },
  { protocol: 'TCP', notPorts: [80] },
  { protocol: 'ICMP', ipVersion: 4 },
);

type Side = 'ingress' | 'egress';

const ruleOf = (
  direction: Side,
  action: string,
  peer: object,
  { ports, notPorts, ...rest }: { ports?: unknown; notPorts?: unknown },
) => {
  const here = { ...(ports === undefined ? {} : { ports }), ...(notPorts === undefined ? {} : { notPorts }) };
  return direction === 'ingress'
    ? { action, ...rest, source: peer, destination: here }
    : { action, ...rest, destination: { ...peer, ...here } };
};

const policies = fc.constantFrom<Side>('ingress', 'egress').chain((direction) => {
  const rule = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constant('Allow'), far, traffic) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom('Deny', 'Log'), far, traffic) },
  );
  return fc.record({ rules: fc.array(rule, { maxLength: 4 }), global: fc.boolean() }).map(({ rules, global }) => ({
    direction,
    object: {
      apiVersion: 'projectcalico.org/v3',
      kind: global ? 'GlobalNetworkPolicy' : 'NetworkPolicy',
      metadata: global ? { name: 'p' } : { name: 'p', namespace: 'shop' },
      spec: {
        selector: "app == 'web'",
        ...(global ? { namespaceSelector: "projectcalico.org/name == 'shop'" } : {}),
        types: [direction === 'ingress' ? 'Ingress' : 'Egress'],
        [direction]: rules.map(([action, peer, what]) => ruleOf(direction, action, peer, what)),
      },
    },
  }));
});

describe('the facts of a Calico policy', () => {
  it('agree with what gets through where it stands alone', () => {
    fc.assert(
      fc.property(policies, ({ direction, object }) => {
        const world = worldOf(
          namespace('shop', { team: 'shop' }),
          ...freshPods.map(({ id }) => namespace(id.split('/')[0] ?? '')),
          pod('shop/web', { ips: ['10.244.0.1', 'fd00::1'] }),
          pod('shop/db', { ips: ['10.244.0.2'] }),
          ...freshPods.map(({ id, ip }) => pod(id, { labels: {}, ips: [ip] })),
          object,
        );
        const policy = world.policy(refOf(object));
        if (policy === undefined) throw new Error('no policy');
        if (policy.problems.length > 0) return;
        const facts: DirectionFacts = describePolicy(policy, world, clusterFacts())[direction];
        const ask = prober(world, settingsOf());
        const passes = (other: string, flow: object): boolean => {
          const ends = direction === 'ingress' ? { from: other, to: 'shop/web' } : { from: 'shop/web', to: other };
          const answer = ask({ ...ends, ...flow });
          if (!answer.ok) throw new Error(answer.problem);
          return answer.value[direction].verdict === 'allow';
        };
        const some = (other: string) => flows.some((flow) => passes(other, flow));
        const told = JSON.stringify([object.spec, facts, policyText(policy, 'en')]);
        const families = Object.entries(addresses).map(([family, ranges]) => ({
          ranges,
          pods: freshPods.filter((one) => one.family === family).map(({ id }) => id),
        }));
        if (facts.allowsEveryPod)
          expect(
            families.some(({ pods }) => pods.every(some)),
            told,
          ).toBe(true);
        // A range is told of addresses only: a pod in it is let through all the same.
        const byLabels = families.some(({ pods, ranges }) => pods.every(some) && !ranges.some(some));
        if (byLabels) expect(facts.allowsEveryPod, told).toBe(true);
        const everyAddress = Object.values(addresses).some((family) => family.every(some));
        expect(facts.allowsEveryAddress, told).toBe(everyAddress);
        expect(facts.allowsEveryone, told).toBe(facts.allowsEveryAddress || facts.allowsEveryPod);
        const everybody = [...addresses.IPv4, ...addresses.IPv6, ...freshPods.map(({ id }) => id), 'shop/db'];
        if (facts.allowsNothing) expect(everybody.filter(some), told).toEqual([]);
        const tcp = flows.filter(({ protocol }) => protocol === 'TCP');
        const wholeTcp = (other: string) => tcp.every((flow) => passes(other, flow));
        if (facts.allowsEveryoneAnyPort && !facts.allowsEveryPod) {
          expect(
            Object.values(addresses).some((family) => family.every(wholeTcp)),
            told,
          ).toBe(true);
        }
        if (everybody.some(wholeTcp)) expect(facts.allowsAnyPort, told).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a selector that is too complex to be worked out', () => {
  const selector = Array.from({ length: 8 }, (_, n) => `(a${n} == 'x' || b${n} == 'y')`).join(' && ');
  const described = (spec: object) => {
    const object = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'NetworkPolicy',
      metadata: { name: 'p', namespace: 'shop' },
      spec: { types: ['Ingress'], ...spec },
    };
    const world = worldOf(pod('shop/web'), pod('shop/db'), object);
    const policy = world.policy(refOf(object));
    if (policy === undefined) throw new Error('no policy');
    const answer = prober(world, settingsOf())({ from: 'shop/db', to: 'shop/web', protocol: 'TCP', port: 80 });
    return {
      facts: describePolicy(policy, world, clusterFacts()).ingress,
      text: policyText(policy, 'en'),
      verdict: answer.ok ? answer.value.verdict : answer.problem,
    };
  };

  it('of a peer is neither everyone nor nobody', () => {
    const { facts, text, verdict } = described({
      selector: "app == 'web'",
      ingress: [{ action: 'Allow', source: { selector } }],
    });
    expect(facts).toMatchObject({ allowsNothing: false, allowsEveryone: false });
    expect(text).toContain('from whom a complex selector means (under conditions that are not read here)');
    expect(verdict).toBe('unknown');
  });

  it('of a policy governs neither nobody nor anybody for certain', () => {
    const { text, verdict } = described({ selector, ingress: [] });
    expect(text).toContain('nothing is told of whom it governs');
    expect(verdict).toBe('unknown');
  });
});
