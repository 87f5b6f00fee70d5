import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forbidBroadSubjects } from '../../../src/engine/guardrails/forbid-broad-subjects.ts';
import { created, egress, ingress, named, pod, policy, told, tried, web, wrong } from './trial.ts';

const judged = (object: unknown, groups: readonly string[] = []) =>
  told(created(forbidBroadSubjects, object, { groups }));
const dns = [
  { protocol: 'UDP', port: 53 },
  { protocol: 'TCP', port: 53 },
];
const everywhere = { namespaceSelector: {} };
const db = { podSelector: { matchLabels: { app: 'db' } } };

describe('forbid-broad-subjects', () => {
  it('tells of a rule that opens something for every pod', () => {
    expect(judged(ingress([{ from: [db] }], {}))).toEqual(['warn every-pod spec.podSelector']);
    expect(judged(egress([{ to: [db], ports: [{ port: 5432 }] }], {}))).toEqual(['warn every-pod spec.podSelector']);
    const both = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] };
    expect(judged(policy(both))).toEqual(['warn every-pod spec.podSelector', 'warn every-pod spec.podSelector']);
  });

  it('knows every pod however it is selected', () => {
    const expression = (operator: string, values?: readonly string[]) => ({
      matchExpressions: [{ key: 'nope', operator, values }],
    });
    for (const selector of [null, {}, { matchLabels: {} }, expression('NotIn', ['x']), expression('DoesNotExist')]) {
      expect(judged(ingress([{ from: [db] }], selector))).toHaveLength(1);
    }
    for (const selector of [web, expression('Exists'), expression('In', ['x'])]) {
      expect(judged(ingress([{ from: [db] }], selector))).toEqual([]);
    }
  });

  it('says whom, what and for how many pods, and shows a label to select by', () => {
    const world = [pod('shop/web', { app: 'web' }), pod('shop/db', { app: 'db' }), pod('other/x', { app: 'x' })];
    const object = ingress(
      [
        { from: [db], ports: [{ port: 8080 }] },
        { from: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: dns },
      ],
      {},
    );
    const [finding] = created(forbidBroadSubjects, object, { world }).findings;
    expect(finding?.say('en').message).toBe(
      'pods app=db of this namespace may connect to every pod of namespace shop (2 today): TCP 8080',
    );
    expect(finding?.say('ja').message).toBe(
      'この namespace の app=db の Pod から namespace shop のすべての Pod(現在 2 個)に接続できます: TCP 8080',
    );
    expect(finding?.fix).toBe('podSelector: {matchLabels: {app: db}}');
    const [bare] = created(forbidBroadSubjects, egress([{ ports: [{ port: 443 }] }], {})).findings;
    expect(bare?.say('en').message).toBe('every pod of namespace shop may connect to everyone: TCP 443');
    expect(bare?.fix).toBe('podSelector: {matchLabels: {app: NAME}}');
    expect(bare?.witness).toMatchObject({ from: 'shop/*', protocol: 'TCP', port: 443 });
  });

  it('has nothing against a default deny, DNS, rules without effect, and deletion', () => {
    expect(judged(ingress([], {}))).toEqual([]);
    expect(judged(egress([{ to: [everywhere], ports: dns }, { ports: [{ port: 53 }] }], {}))).toEqual([]);
    expect(judged(policy({ podSelector: {}, policyTypes: ['Ingress'], egress: [{}] }))).toEqual([]);
    const nobody = {
      podSelector: {
        matchExpressions: [
          { key: 'a', operator: 'Exists' },
          { key: 'a', operator: 'DoesNotExist' },
        ],
      },
    };
    expect(judged(ingress([{ from: [nobody] }], {}))).toEqual([]);
    expect(told(tried(forbidBroadSubjects, { old: ingress([{}], {}) }))).toEqual([]);
  });

  it('leaves DNS out of what it tells', () => {
    const [finding] = created(forbidBroadSubjects, egress([{ to: [db], ports: [...dns, { port: 443 }] }], {})).findings;
    expect(finding?.say('en').message).toMatch(/: TCP 443$/);
    const [whole] = created(forbidBroadSubjects, ingress([{}], {})).findings;
    expect(whole?.say('en').message).toBe('everyone may connect to every pod of namespace shop: everything');
  });

  it('lets the platform do it', () => {
    expect(judged(ingress([{}], {}), ['system:masters'])).toEqual([]);
  });

  it('lowers on update what was there and warns of what is more', () => {
    const old = ingress([{ from: [everywhere], ports: [{ port: 80 }, { port: 81 }] }], {});
    const update = (object: unknown) => told(tried(forbidBroadSubjects, { old, object }));
    expect(update(ingress([{ from: [db], ports: [{ port: 80 }] }], {}))).toEqual(['audit every-pod spec.podSelector']);
    expect(update(ingress([{ from: [everywhere], ports: [{ port: 82 }] }], {}))).toEqual([
      'warn every-pod spec.podSelector',
    ]);
    expect(update(ingress([{ ports: [{ port: 80 }] }], {}))).toEqual(['warn every-pod spec.podSelector']);
    expect(update(egress([{ to: [db], ports: [{ port: 80 }] }], {}))).toEqual(['warn every-pod spec.podSelector']);
    const tcp = [{ port: 1, endPort: 52 }, { port: 53 }, { port: 54, endPort: 65_535 }].map((port) => ({
      from: [db],
      ports: [port],
    }));
    const spelled = told(
      tried(forbidBroadSubjects, { old: ingress(tcp, {}), object: ingress([{ from: [db], ports: [{}] }], {}) }),
    );
    expect(spelled).toEqual(['audit every-pod spec.podSelector']);
    const fromEveryone = told(
      tried(forbidBroadSubjects, { old: ingress([{}], {}), object: ingress([{ from: [db] }], {}) }),
    );
    expect(fromEveryone).toEqual(['audit every-pod spec.podSelector']);
  });

  it('gives the same findings however rules are cut', () => {
    const peers = [db, everywhere, { namespaceSelector: named('a') }, { ipBlock: { cidr: '10.0.0.0/8' } }];
    const ports = [...dns, { port: 80 }, { protocol: 'UDP', port: 9 }];
    fc.assert(
      fc.property(fc.subarray(peers, { minLength: 1 }), fc.subarray(ports, { minLength: 1 }), (from, some) => {
        const cut = from.flatMap((peer) => some.map((port) => ({ from: [peer], ports: [port] })));
        expect(judged(ingress(cut.toReversed(), {}))).toEqual(judged(ingress([{ from, ports: some }], {})));
      }),
    );
  });

  it('reads anything without a throw, and ten thousand rules', () => {
    for (const value of wrong) {
      judged(policy(value));
      judged(ingress([value], {}));
      judged(ingress([{ from: [value], ports: [value] }], value));
    }
    const rules = Array.from({ length: 10_000 }, (_, n) => ({
      from: [{ podSelector: { matchLabels: { app: `a${n}` } } }],
    }));
    const verdict = created(forbidBroadSubjects, ingress(rules, {}));
    expect(told(verdict)).toEqual(['warn every-pod spec.podSelector']);
    expect(verdict.findings[0]?.say('en').message.length).toBeLessThan(300);
  });
});
