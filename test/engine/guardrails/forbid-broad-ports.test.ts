import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forbidBroadPorts } from '../../../src/engine/guardrails/forbid-broad-ports.ts';
import { created, egress, ingress, named, pod, policy, told, tried, web, wrong } from './trial.ts';

const judged = (object: unknown, settings = {}) => told(created(forbidBroadPorts, object, { settings }));
const message = (object: unknown, language: 'en' | 'ja' = 'en') =>
  created(forbidBroadPorts, object).findings.map((one) => one.say(language).message);

const shop = { namespaceSelector: named('shop') };
const range = (port: number, endPort: number, protocol = 'TCP') => ({ protocol, port, endPort });
const block = (cidr: string) => ({ ipBlock: { cidr } });

describe('forbid-broad-ports', () => {
  it('tells of every port, by no ports, by every port of TCP, and by ranges', () => {
    expect(judged(ingress([{ from: [shop] }]))).toEqual(['warn every-port spec.ingress[0]']);
    expect(judged(ingress([{ from: [shop], ports: [] }]))).toEqual(['warn every-port spec.ingress[0]']);
    expect(judged(ingress([{ from: [shop], ports: [{}] }]))).toEqual(['warn every-port spec.ingress[0].ports']);
    expect(judged(egress([{ to: [shop], ports: [range(1, 30_000), range(30_001, 65_535)] }]))).toEqual([
      'warn every-port spec.egress[0].ports',
    ]);
    expect(judged(ingress([{}]))).toEqual(['warn every-port spec.ingress[0]']);
  });

  it('says who gets which ports, and how to name those that are used', () => {
    expect(message(ingress([{ from: [shop] }]))).toEqual(['every pod of this namespace may connect to every port']);
    expect(message(ingress([{ from: [shop] }]), 'ja')).toEqual([
      'この namespace のすべての Pod からすべてのポートに接続できます',
    ]);
    expect(message(egress([{ to: [block('10.0.0.0/8')], ports: [{}] }]))).toEqual([
      'these pods may connect to 10.0.0.0/8 on every port of TCP',
    ]);
    expect(message(egress([{ ports: [range(1, 5000, 'UDP')] }]))).toEqual([
      'these pods may connect to everyone on 5,000 UDP ports; at most 1,024 may be open',
    ]);
    expect(message(egress([{ ports: [range(1, 5000, 'UDP')] }]), 'ja')).toEqual([
      'これらの Pod からすべての相手の 5,000 個の UDP ポートに接続できます。上限は 1,024 個です',
    ]);
    const [example] = created(forbidBroadPorts, ingress([{ from: [shop] }])).findings;
    expect(example?.fix).toBe('ports: [{protocol: TCP, port: 8080}]');
    expect(example?.witness).toEqual({ from: 'shop/any-pod', to: 'shop/*', protocol: 'TCP', port: 80 });
    const declared = [
      { name: 'http', containerPort: 3000 },
      { name: 'dns', containerPort: 53, protocol: 'UDP' },
    ];
    const world = [
      pod('shop/web', { app: 'web' }, declared),
      pod('shop/db', { app: 'db' }, [{ name: 'x', containerPort: 1 }]),
    ];
    const [own] = created(forbidBroadPorts, ingress([{ from: [shop] }]), { world }).findings;
    expect(own?.fix).toBe('ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 3000}]');
  });

  it('tells of more ports than the setting, of one protocol', () => {
    expect(judged(ingress([{ from: [shop], ports: [range(1, 1024)] }]))).toEqual([]);
    expect(judged(ingress([{ from: [shop], ports: [range(1, 1025)] }]))).toEqual([
      'warn too-many-ports spec.ingress[0].ports',
    ]);
    expect(judged(ingress([{ from: [shop], ports: [range(1, 800), range(1, 800, 'UDP')] }]))).toEqual([]);
    expect(judged(ingress([{ from: [shop], ports: [{ protocol: 'UDP' }] }]))).toEqual([
      'warn too-many-ports spec.ingress[0].ports',
    ]);
    expect(judged(ingress([{ from: [shop], ports: [range(1, 3)] }]), { maxPorts: 2 })).toHaveLength(1);
    expect(judged(ingress([{ from: [shop], ports: [{}] }]), { maxPorts: 65_535 })).toHaveLength(1);
  });

  it('lets a single workload have every port', () => {
    for (const peer of [
      { podSelector: { matchLabels: { app: 'db' } } },
      { namespaceSelector: named('kube-system'), podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } },
      block('192.0.2.7/32'),
      block('2001:db8::7/128'),
    ]) {
      expect(judged(egress([{ to: [peer] }]))).toEqual([]);
    }
    const apps = [{ podSelector: { matchLabels: { app: 'db' } } }, { podSelector: { matchLabels: { app: 'cache' } } }];
    expect(judged(egress([{ to: apps }, { to: [block('192.0.2.7/32')] }]))).toEqual([]);
  });

  it('counts as more than one workload what holds other pods too', () => {
    for (const peer of [
      { podSelector: {} },
      { podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['db'] }] } },
      { namespaceSelector: named('a', 'b'), podSelector: web },
      { namespaceSelector: { matchLabels: { team: 'a' } }, podSelector: web },
      { namespaceSelector: {}, podSelector: web },
      block('192.0.2.6/31'),
    ]) {
      expect(judged(egress([{ to: [peer] }]))).toEqual(['warn every-port spec.egress[0]']);
    }
  });

  it('adds up what a peer gets over all rules', () => {
    const split = egress([
      { to: [shop], ports: [range(1, 30_000)] },
      { to: [block('192.0.2.0/24')], ports: [{ port: 443 }] },
      { to: [{ podSelector: {} }], ports: [range(30_001, 65_535)] },
    ]);
    expect(judged(split)).toEqual(['warn every-port spec.egress']);
    const nested = egress([
      { to: [block('10.0.0.0/8')], ports: [range(1, 600)] },
      { to: [block('10.1.0.0/16')], ports: [range(601, 1200)] },
    ]);
    expect(judged(nested)).toEqual(['warn too-many-ports spec.egress']);
    expect(message(nested)).toEqual([
      'these pods may connect to 10.1.0.0/16 on 1,200 TCP ports; at most 1,024 may be open',
    ]);
    const everyone = egress([{ ports: [range(1, 600)] }, { to: [shop], ports: [range(601, 1200)] }]);
    expect(judged(everyone)).toEqual(['warn too-many-ports spec.egress']);
    const apart = egress([
      { to: [block('10.0.0.0/8')], ports: [range(1, 600)] },
      { to: [block('11.0.0.0/8')], ports: [range(601, 1200)] },
      { to: [shop], ports: [range(601, 1200)] },
    ]);
    expect(judged(apart)).toEqual([]);
  });

  it('points at the first rule that does it alone, names the others, and keeps the two keys apart', () => {
    const two = ingress([{ from: [shop] }, { from: [block('10.0.0.0/8')], ports: [{}] }]);
    expect(judged(two)).toEqual(['warn every-port spec.ingress[0]']);
    expect(message(two)[0]).toMatch(/ \(also at spec\.ingress\[1\]\.ports\)$/);
    const both = ingress([{ from: [shop] }, { from: [block('10.0.0.0/8')], ports: [range(1, 2000)] }]);
    expect(judged(both)).toEqual(['warn every-port spec.ingress[0]', 'warn too-many-ports spec.ingress[1].ports']);
    expect(message(both)[1]).toBe('10.0.0.0/8 may connect to 2,000 TCP ports; at most 1,024 may be open');
  });

  it('leaves alone what is switched off, deleted, or nobody', () => {
    expect(judged(policy({ podSelector: web, policyTypes: ['Ingress'], egress: [{}] }))).toEqual([]);
    expect(told(tried(forbidBroadPorts, { old: ingress([{}]) }))).toEqual([]);
    const nobody = {
      podSelector: {
        matchExpressions: [
          { key: 'a', operator: 'Exists' },
          { key: 'a', operator: 'DoesNotExist' },
        ],
      },
    };
    expect(judged(egress([{ to: [nobody] }]))).toEqual([]);
  });

  it('lowers on update what was there and warns of what is more', () => {
    const old = egress([{ to: [block('10.0.0.0/8')], ports: [range(1, 5000)] }]);
    const update = (object: unknown) => told(tried(forbidBroadPorts, { old, object }));
    expect(update(egress([{ to: [block('10.0.0.0/9')], ports: [range(1, 4000)] }]))).toEqual([
      'audit too-many-ports spec.egress[0].ports',
    ]);
    expect(update(egress([{ to: [block('10.0.0.0/7')], ports: [range(1, 5000)] }]))).toEqual([
      'warn too-many-ports spec.egress[0].ports',
    ]);
    expect(update(egress([{ to: [block('10.0.0.0/8')], ports: [range(1, 5001)] }]))).toEqual([
      'warn too-many-ports spec.egress[0].ports',
    ]);
    expect(update(egress([{ to: [block('10.0.0.0/8')], ports: [range(1, 5000)] }], {}))).toEqual([
      'warn too-many-ports spec.egress[0].ports',
    ]);
    const all = told(
      tried(forbidBroadPorts, { old: egress([{}]), object: egress([{ to: [{ namespaceSelector: {} }] }]) }),
    );
    expect(all).toEqual(['audit every-port spec.egress[0]']);
  });

  it('gives the same keys however the same set is spelled', () => {
    const names = ['a', 'b', 'c'];
    const part = fc.record({
      names: fc.subarray(names, { minLength: 1 }),
      labelled: fc.boolean(),
      ports: fc.subarray([range(1, 700), range(701, 1400), range(1401, 65_535)], { minLength: 1 }),
    });
    const podSelector = { matchLabels: { app: 'x' } };
    const peer = (of: readonly string[], labelled: boolean) => ({
      namespaceSelector: named(...of),
      ...(labelled ? { podSelector } : {}),
    });
    const keys = (rules: readonly object[]) => created(forbidBroadPorts, egress(rules)).findings.map((one) => one.key);
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        fc.boolean(),
        (parts, byName, byPort) => {
          const whole = parts.map((one) => ({ to: [peer(one.names, one.labelled)], ports: one.ports }));
          const split = parts.toReversed().flatMap((one) =>
            (byName ? one.names.map((name) => [name]) : [one.names]).flatMap((some) =>
              (byPort ? one.ports.map((port) => [port]) : [one.ports.toReversed()]).map((ports) => ({
                to: [peer(some, one.labelled)],
                ports,
              })),
            ),
          );
          expect(keys(split)).toEqual(keys(whole));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('gives the same keys however addresses are cut', () => {
    const halves = ['10.0.0.0/9', '10.128.0.0/9'];
    const ports = [range(1, 30_000), range(30_001, 65_535)];
    const whole = egress([{ to: [block('10.0.0.0/8')], ports }]);
    const cut = egress(halves.flatMap((half) => ports.map((one) => ({ to: [block(half)], ports: [one] }))));
    expect(judged(whole)).toEqual(['warn every-port spec.egress[0].ports']);
    expect(judged(cut)).toEqual(['warn every-port spec.egress']);
    expect(judged(egress(['192.0.2.6/32', '192.0.2.7/32'].map((one) => ({ to: [block(one)] }))))).toEqual([
      'warn every-port spec.egress',
    ]);
  });

  it('reads anything without a throw', () => {
    for (const value of wrong) {
      expect(judged(policy(value))).toEqual([]);
      judged(ingress([value]));
      judged(ingress([{ from: [value], ports: value }]));
      judged(ingress([{ from: [shop], ports: [value] }]), { maxPorts: value });
    }
  });

  it('measures ten thousand rules', () => {
    const many = (rule: (n: number) => object) =>
      created(forbidBroadPorts, egress(Array.from({ length: 10_000 }, (_, n) => rule(n))));
    const address = (n: number) => block(`10.${n >> 8}.${n & 255}.0/24`);
    expect(told(many((n) => ({ to: [address(n)], ports: [{ port: 443 }] })))).toEqual([]);
    const open = many((n) => ({ to: [address(n)] }));
    expect(told(open)).toEqual(['warn every-port spec.egress[0]']);
    expect(open.findings[0]?.say('en').message.length).toBeLessThan(300);
    expect(told(many((n) => ({ to: [shop], ports: [{ port: n + 1 }] })))).toEqual(['warn too-many-ports spec.egress']);
    const label = (n: number) => ({ namespaceSelector: { matchLabels: { team: `t${n}` } } });
    expect(told(many((n) => ({ to: [label(n)] })))).toEqual(['warn every-port spec.egress[0]']);
  });

  it('says that it gave up where the rules are too many to add up', () => {
    const label = (n: number) => ({ podSelector: { matchLabels: { [`key${n}`]: 'x' } } });
    const rules = Array.from({ length: 100 }, (_, n) => ({ to: [label(n)], ports: [range(n * 20 + 1, n * 20 + 20)] }));
    const verdict = created(forbidBroadPorts, egress(rules));
    expect(verdict.findings).toEqual([]);
    expect(verdict.notChecked).toEqual([{ guardrail: 'forbid-broad-ports', reason: 'work-cap' }]);
  });
});
