import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describePolicy, type PolicyFacts } from '../../../src/engine/describe/describe.ts';
import { policyText } from '../../../src/engine/describe/sentences.ts';
import { readNetworkPolicy } from '../../../src/engine/dialects/kubernetes/network-policy.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import type { Policy } from '../../../src/engine/model/policy.ts';
import { World } from '../../../src/engine/model/world.ts';
import { allows, type Far, firstOf, sizeOf, type WrittenPeer, type WrittenRule } from './brute-force.ts';
import { clusterFacts, policyOf } from './policies.ts';
import { labelKeys, labelValues, nameKey, namespaceNames, portCuts, rules } from './random-rules.ts';

const factsOf = (policy: Policy): PolicyFacts => describePolicy(policy, World.empty('none'), clusterFacts());
const factsOfRules = (ingress: readonly unknown[]) => factsOf(policyOf({ podSelector: {}, ingress })).ingress;

/** Every labelling over the known keys, with the known values and one that stands for all others. */
function labellings(): readonly ReadonlyMap<string, string>[] {
  return labelKeys.reduce<readonly ReadonlyMap<string, string>[]>(
    (found, key) =>
      found.flatMap((one) => [one, ...[...labelValues, 'any-other'].map((value) => new Map(one).set(key, value))]),
    [new Map()],
  );
}

const pods: readonly Far[] = namespaceNames.flatMap((name) =>
  labellings().flatMap((namespace) =>
    labellings().map((pod) => ({ namespace: new Map(namespace).set(nameKey, name), pod })),
  ),
);

/** The first address of every run of addresses that the rules do not tell apart. */
function addressesFor(written: readonly WrittenRule[]): readonly Far[] {
  const blocks = written.flatMap(({ from = [] }) => from.flatMap((peer) => ('ipBlock' in peer ? [peer.ipBlock] : [])));
  const cidrs = blocks.flatMap(({ cidr, except }) => [cidr, ...except]);
  const starts = cidrs.flatMap((cidr) => [firstOf(cidr), firstOf(cidr) + sizeOf(cidr)]);
  return [...new Set([0, ...starts])].filter((address) => address < 2 ** 32).map((address) => ({ address }));
}

const flows = [
  ...portCuts.flatMap((port) => [
    { protocol: 'TCP', port },
    { protocol: 'UDP', port },
  ]),
  { protocol: 'ICMP', port: 0 },
];
const everyTcp = flows.filter((flow) => flow.protocol === 'TCP');

describe('the facts agree with asking one peer after the other', () => {
  it('for any rules', () => {
    fc.assert(
      fc.property(rules, (written) => {
        const someFlow = (far: Far) => flows.some((flow) => allows(written, 'shop', far, flow));
        const everyPort = (far: Far) => everyTcp.every((flow) => allows(written, 'shop', far, flow));
        const addresses = addressesFor(written);
        const fresh: Far = { namespace: new Map([[nameKey, 'any-other']]), pod: new Map() };
        // No generated rule has IPv6 addresses but by having everyone.
        const everyAddress = addresses.every(someFlow);
        expect(factsOfRules(written)).toEqual({
          applies: true,
          deniesUnlisted: true,
          allowsNothing: ![...addresses, ...pods].some(someFlow),
          allowsEveryAddress: everyAddress,
          allowsEveryPod: someFlow(fresh),
          allowsEveryone: everyAddress || someFlow(fresh),
          allowsEveryoneAnyPort: addresses.every(everyPort) || everyPort(fresh),
          allowsAnyPort: [...addresses, ...pods].some(everyPort),
        });
      }),
      { numRuns: 400 },
    );
  });
});

describe('another spelling changes no fact', () => {
  it('when rules, peers and ports stand in another order', () => {
    const shuffled = rules.chain((written) =>
      fc.shuffledSubarray([...written], { minLength: written.length }).map((other) => {
        const turned = other.map((rule) => ({
          ...rule,
          ...(rule.from === undefined ? {} : { from: rule.from.toReversed() }),
          ...(rule.ports === undefined ? {} : { ports: rule.ports.toReversed() }),
        }));
        return { written, turned };
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ written, turned }) => {
        expect(factsOfRules(turned)).toEqual(factsOfRules(written));
      }),
    );
  });

  it('when a range is cut in two, or a rule in one for each peer', () => {
    fc.assert(
      fc.property(rules, (written) => {
        const facts = factsOfRules(written);
        expect(factsOfRules(written.map((rule) => ({ ...rule, ...cutPeers(rule) })))).toEqual(facts);
        expect(
          factsOfRules(written.flatMap((rule) => rule.from?.map((peer) => ({ ...rule, from: [peer] })) ?? [rule])),
        ).toEqual(facts);
      }),
    );
  });

  it('when IPv6 is cut into ever smaller halves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 90 }), fc.boolean(), (depth, port) => {
        const pieces = halvesOfIPv6(depth).map((cidr) => ({ ipBlock: { cidr } }));
        const ports = port ? [{ protocol: 'TCP', port: 443 }] : undefined;
        const facts = factsOfRules(pieces.map((peer) => ({ from: [peer], ...(ports && { ports }) })));
        expect(facts).toEqual(factsOfRules([{ from: [{ ipBlock: { cidr: '::/0' } }], ...(ports && { ports }) }]));
        expect(facts.allowsEveryAddress).toBe(true);
        expect(factsOfRules(pieces.slice(1).map((peer) => ({ from: [peer] }))).allowsEveryAddress).toBe(false);
      }),
    );
  });
});

function cutPeers({ from }: WrittenRule): { from?: readonly WrittenPeer[] } {
  if (from === undefined) return {};
  return {
    from: from.flatMap((peer) => {
      if (!('ipBlock' in peer) || peer.ipBlock.cidr.endsWith('/32') || peer.ipBlock.except.length > 0) return [peer];
      const [address = '', prefix] = peer.ipBlock.cidr.split('/');
      const half = firstOf(peer.ipBlock.cidr) + sizeOf(peer.ipBlock.cidr) / 2;
      const second = [24, 16, 8, 0].map((bits) => Math.floor(half / 2 ** bits) % 256).join('.');
      return [address, second].map((first) => ({ ipBlock: { cidr: `${first}/${Number(prefix) + 1}`, except: [] } }));
    }),
  };
}

/** `8000::/1`, `4000::/2`, ... and what is left of `::/0`. */
function halvesOfIPv6(depth: number): readonly string[] {
  const text = (value: bigint) =>
    Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
  const upper = Array.from({ length: depth }, (_, i) => `${text(1n << BigInt(127 - i))}/${i + 1}`);
  return [...upper, `::/${depth}`];
}

describe('whatever the input is', () => {
  const everyoneIsSomebody = ({ ingress, egress }: PolicyFacts) => {
    for (const facts of [ingress, egress]) {
      expect(facts.allowsEveryone).toBe(facts.allowsEveryAddress || facts.allowsEveryPod);
      if (facts.allowsEveryoneAnyPort) expect([facts.allowsEveryone, facts.allowsAnyPort]).toEqual([true, true]);
      if (facts.allowsNothing) expect([facts.allowsEveryone, facts.allowsAnyPort]).toEqual([false, false]);
      if (!facts.applies) expect([facts.allowsNothing, facts.deniesUnlisted]).toEqual([true, false]);
    }
    if (egress.allowsNothing) expect(egress.blocksDNS).toBe(egress.applies);
  };

  it('the facts do not contradict each other', () => {
    fc.assert(
      fc.property(rules, rules, fc.subarray(['Ingress', 'Egress']), (ingress, egress, policyTypes) => {
        const to = egress.map(({ from, ports }) => ({ ...(from && { to: from }), ...(ports && { ports }) }));
        everyoneIsSomebody(factsOf(policyOf({ podSelector: {}, policyTypes, ingress, egress: to })));
      }),
    );
  });

  const anySpec = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        podSelector: fc.jsonValue(),
        policyTypes: fc.oneof(fc.jsonValue(), fc.array(fc.constantFrom('Ingress', 'Egress', 'x', null))),
        ingress: fc.oneof(
          fc.jsonValue(),
          fc.array(
            fc.record({ from: fc.array(fc.jsonValue()), ports: fc.array(fc.jsonValue()) }, { requiredKeys: [] }),
          ),
        ),
        egress: fc.oneof(fc.jsonValue(), fc.array(fc.oneof(fc.jsonValue(), fc.constant({})))),
      },
      { requiredKeys: [] },
    ),
  );

  it('nothing throws and the text is one short line', () => {
    fc.assert(
      fc.property(fc.jsonValue(), anySpec, (metadata, spec) => {
        const object = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec };
        const policy = readNetworkPolicy(object, refOf(object));
        everyoneIsSomebody(factsOf(policy));
        for (const language of ['en', 'ja'] as const) {
          const text = policyText(policy, language);
          expect(text).toMatch(/^.{10,1500}$/u);
          expect(text).not.toMatch(/undefined|\[object|[\p{Cc}]/u);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a key named __proto__ is a label like any other', () => {
    const spec: unknown = JSON.parse(
      '{"podSelector": {"matchLabels": {"__proto__": "x"}}, "__proto__": {"ingress": [{}]}}',
    );
    const policy = policyOf(spec);
    expect(factsOf(policy).ingress.allowsNothing).toBe(true);
    expect(policyText(policy, 'en')).toContain('__proto__');
  });
});
