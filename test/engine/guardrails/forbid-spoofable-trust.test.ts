import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forbidSpoofableTrust } from '../../../src/engine/guardrails/forbid-spoofable-trust.ts';
import { created, egress, ingress, type Labels, named, namespace, policy, told, tried, web, wrong } from './trial.ts';

const judged = (object: unknown, world: readonly object[] = []) =>
  told(created(forbidSpoofableTrust, object, { world }));
const first = (object: unknown, world: readonly object[] = []) =>
  created(forbidSpoofableTrust, object, { world }).findings[0];
const team = { namespaceSelector: { matchLabels: { team: 'web' } } };
const anywhere = { namespaceSelector: {}, podSelector: web };

describe('forbid-spoofable-trust/namespace-label', () => {
  it('tells of peers that are let in for a label of their namespace', () => {
    expect(judged(ingress([{ from: [team] }]))).toEqual([
      'warn namespace-label spec.ingress[0].from[0].namespaceSelector',
    ]);
    expect(judged(egress([{ to: [{ ...team, podSelector: web }] }]))).toEqual([
      'warn namespace-label spec.egress[0].to[0]',
    ]);
    const exists = { namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Exists' }] } };
    expect(judged(ingress([{ from: [exists] }]))).toHaveLength(1);
  });

  it('says who, and names the namespaces of today instead', () => {
    const world = [namespace('a', { team: 'web' }), namespace('b', { team: 'web' }), namespace('c', { team: 'db' })];
    const found = first(ingress([{ from: [{ ...team, podSelector: web }] }]), world);
    expect(found?.say('en').message).toBe(
      'pods app=web of namespaces team=web may connect, and whoever may label a namespace can join them',
    );
    expect(found?.say('ja').message).toBe(
      'team=web の namespace の app=web の Pod から接続できます。namespace にラベルを付けられる人なら、誰でも対象に加われます',
    );
    expect(found?.fix).toBe(
      'from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [a, b]}]}, podSelector: {matchLabels: {app: web}}}]',
    );
    expect(first(egress([{ to: [team] }]), world.slice(0, 1))?.fix).toBe(
      'to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: a}}}]',
    );
    const many = Array.from({ length: 6 }, (_, n) => namespace(`n${n}`, { team: 'web' }));
    expect(first(egress([{ to: [team] }]), many)?.fix).toMatch(/metadata\.name: NAMESPACE/);
    expect(first(egress([{ to: [team] }]))?.say('en').message).toMatch(/may be reached, and whoever/);
  });

  it('has nothing against names, labels beside names, labels that shut out, and own pods', () => {
    const expression = (operator: string, values?: readonly string[]) => ({
      namespaceSelector: { matchExpressions: [{ key: 'team', operator, values }] },
    });
    for (const peer of [
      { namespaceSelector: named('web') },
      { namespaceSelector: { ...named('a', 'b'), matchLabels: { team: 'web' } } },
      expression('NotIn', ['web']),
      expression('DoesNotExist'),
      { podSelector: web },
      { ipBlock: { cidr: '10.0.0.0/8' } },
    ]) {
      expect(judged(ingress([{ from: [peer] }]))).toEqual([]);
    }
    expect(judged(ingress([{}]))).toEqual([]);
  });
});

describe('forbid-spoofable-trust/pod-label-across-namespaces', () => {
  it('tells of pods that are let in for their own label wherever they are', () => {
    const found = first(ingress([{ from: [anywhere] }]));
    expect(judged(ingress([{ from: [anywhere] }]))).toEqual([
      'warn pod-label-across-namespaces spec.ingress[0].from[0]',
    ]);
    expect(found?.say('en').message).toBe(
      'pods app=web of every namespace may connect, and whoever may create pods anywhere can join them',
    );
    expect(found?.fix).toBe(
      'from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAMESPACE}}, podSelector: {matchLabels: {app: web}}}]',
    );
  });

  it('knows an unrestricted namespaceSelector however it is spelled', () => {
    const name = 'kubernetes.io/metadata.name';
    for (const namespaceSelector of [
      { matchLabels: {} },
      { matchExpressions: [{ key: name, operator: 'Exists' }] },
      { matchExpressions: [{ key: name, operator: 'NotIn', values: ['kube-system'] }] },
      { matchExpressions: [{ key: 'nope', operator: 'DoesNotExist' }] },
    ]) {
      expect(judged(ingress([{ from: [{ namespaceSelector, podSelector: web }] }]))).toHaveLength(1);
    }
  });

  it('has nothing against peers without pod labels, or in named namespaces', () => {
    expect(judged(ingress([{ from: [{ namespaceSelector: {} }] }]))).toEqual([]);
    expect(judged(ingress([{ from: [{ namespaceSelector: named('a'), podSelector: web }] }]))).toEqual([]);
    expect(judged(policy({ podSelector: web, policyTypes: ['Ingress'], egress: [{ to: [anywhere] }] }))).toEqual([]);
  });
});

describe('forbid-spoofable-trust on policies', () => {
  it('tells equal peers once, and lowers on update what was there', () => {
    const old = ingress([{ from: [team] }, { ports: [{ port: 80 }], from: [team] }]);
    expect(judged(old)).toEqual(['warn namespace-label spec.ingress[0].from[0].namespaceSelector']);
    expect(first(old)?.say('en').message).toMatch(/\(also at spec\.ingress\[1\]\.from\[0\]\.namespaceSelector\)$/);
    const update = (object: unknown) => told(tried(forbidSpoofableTrust, { old, object }));
    expect(update(ingress([{ from: [anywhere] }, { from: [{ ...team, podSelector: web }] }]))).toEqual([
      'warn pod-label-across-namespaces spec.ingress[0].from[0]',
      'audit namespace-label spec.ingress[1].from[0]',
    ]);
    expect(told(tried(forbidSpoofableTrust, { old }))).toEqual([]);
  });

  it('gives the same keys however a selector is spelled', () => {
    const spellings = (key: string, value: string): readonly object[] => [
      { matchLabels: { [key]: value } },
      { matchExpressions: [{ key, operator: 'In', values: [value] }] },
      {
        matchExpressions: [
          { key, operator: 'Exists' },
          { key, operator: 'In', values: [value, value] },
        ],
      },
      { matchLabels: { [key]: value }, matchExpressions: [{ key, operator: 'NotIn', values: ['else'] }] },
    ];
    const [plain] = spellings('team', 'web');
    fc.assert(
      fc.property(
        fc.constantFrom(...spellings('team', 'web')),
        fc.constantFrom(...spellings('app', 'web')),
        fc.boolean(),
        (ns, pods, any) => {
          const written = { namespaceSelector: any ? {} : ns, podSelector: pods };
          const same = { namespaceSelector: any ? {} : plain, podSelector: web };
          expect(judged(ingress([{ from: [written] }]))).toEqual(judged(ingress([{ from: [same] }])));
          const update = tried(forbidSpoofableTrust, {
            old: ingress([{ from: [same] }]),
            object: ingress([{}, { from: [written] }]),
          });
          expect(update.findings.map((one) => one.effect)).toEqual(['audit']);
        },
      ),
    );
  });

  it('reads anything without a throw, and tells of ten thousand rules in ten findings', () => {
    for (const value of wrong) {
      judged(policy(value));
      judged(ingress([{ from: [value, { namespaceSelector: value, podSelector: value }] }], value));
    }
    const rules = Array.from({ length: 10_000 }, (_, n) => ({
      from: [{ namespaceSelector: { matchLabels: { team: `t${n}` } } }],
    }));
    expect(created(forbidSpoofableTrust, ingress(rules)).findings).toHaveLength(10);
  });
});

describe('forbid-spoofable-trust on namespaces', () => {
  const relabel = (before: Labels, after: Labels, ...world: readonly object[]) =>
    tried(forbidSpoofableTrust, { old: namespace('shop', before), object: namespace('shop', after) }, { world });
  const reading = (id: string, direction: 'ingress' | 'egress', peers: readonly object[], rest: object = {}) => {
    const types = direction === 'ingress' ? ['Ingress'] : ['Egress'];
    return policy(
      {
        podSelector: {},
        policyTypes: types,
        [direction]: [{ [direction === 'ingress' ? 'from' : 'to']: peers, ...rest }],
      },
      id,
    );
  };
  const labelled = (labels: Labels) => ({ namespaceSelector: { matchLabels: labels } });

  it('tells what a label opens and closes, by policies anywhere', () => {
    const policies = [
      reading('pay/api', 'ingress', [labelled({ team: 'web' })]),
      reading('pay/out', 'egress', [labelled({ team: 'db' })]),
    ];
    const verdict = relabel({ team: 'db' }, { team: 'web' }, ...policies);
    expect(told(verdict)).toEqual(['warn namespace-label metadata.labels.team']);
    const [found] = verdict.findings;
    expect(found?.say('en').message).toBe(
      'pods of this namespace may now connect to the pods that policy pay/api governs; pods of this namespace may no longer be reached by the pods that policy pay/out governs',
    );
    expect(found?.say('ja').message).toBe(
      'この namespace の Pod からポリシー pay/api の Pod へ接続できるようになります。ポリシー pay/out の Pod からこの namespace の Pod へ接続できなくなります',
    );
    expect(found?.fix).toBe('labels: {team: db}');
  });

  it('tells of a label that comes and of one that goes, each by itself', () => {
    const policies = [
      reading('a/x', 'ingress', [labelled({ new: '1' })]),
      reading('b/y', 'ingress', [labelled({ old: '1' })]),
    ];
    const verdict = relabel({ old: '1' }, { new: '1' }, ...policies);
    expect(told(verdict)).toEqual([
      'warn namespace-label metadata.labels.new',
      'warn namespace-label metadata.labels.old',
    ]);
    expect(verdict.findings.map((one) => one.say('en').message)).toEqual([
      'pods of this namespace may now connect to the pods that policy a/x governs',
      'pods of this namespace may no longer connect to the pods that policy b/y governs',
    ]);
    expect(verdict.findings.map((one) => one.fix)).toEqual([null, 'labels: {old: "1"}']);
  });

  it('names three policies and counts the others', () => {
    const policies = Array.from({ length: 7 }, (_, n) => reading(`p${n}/x`, 'ingress', [labelled({ team: 'web' })]));
    const [found] = relabel({}, { team: 'web' }, ...policies).findings;
    expect(found?.say('en').message).toBe(
      'pods of this namespace may now connect to the pods that policies p0/x, p1/x, p2/x and 4 more govern',
    );
    expect(found?.say('ja').message).toMatch(/p0\/x、p1\/x、p2\/x など、ほか 4 件/);
  });

  it('hears of negative labels, and of labels that only some of the pods need', () => {
    const notProd = { namespaceSelector: { matchExpressions: [{ key: 'env', operator: 'NotIn', values: ['prod'] }] } };
    expect(told(relabel({ env: 'prod' }, {}, reading('a/x', 'ingress', [notProd])))).toEqual([
      'warn namespace-label metadata.labels.env',
    ]);
    const some = { ...labelled({ team: 'web' }), podSelector: web };
    expect(told(relabel({}, { team: 'web' }, reading('a/x', 'ingress', [some])))).toHaveLength(1);
  });

  it('has nothing to say where nothing is opened or closed', () => {
    const own = labelled({ team: 'web' });
    for (const [before, after, ...peers] of [
      [{ team: 'a' }, { team: 'b' }, own],
      [{ other: 'a' }, { other: 'b' }, own],
      [{}, { team: 'web' }, own, { namespaceSelector: {} }],
      [{}, { team: 'web' }, own, { namespaceSelector: named('shop') }],
      [{ team: 'web' }, { team: 'db' }, own, labelled({ team: 'db' })],
    ] as const) {
      expect(told(relabel(before, after, reading('a/x', 'ingress', peers)))).toEqual([]);
    }
    const everyone = policy({ podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [own] }, {}] }, 'a/x');
    expect(told(relabel({}, { team: 'web' }, everyone))).toEqual([]);
    const off = policy({ podSelector: {}, policyTypes: ['Egress'], ingress: [{ from: [own] }] }, 'a/x');
    expect(told(relabel({}, { team: 'web' }, off))).toEqual([]);
  });

  it('tells of more ports for pods that get some already', () => {
    const more = policy(
      {
        podSelector: {},
        policyTypes: ['Ingress'],
        ingress: [
          { from: [{ namespaceSelector: {} }], ports: [{ port: 80 }] },
          { from: [labelled({ team: 'web' })], ports: [{ port: 443 }] },
        ],
      },
      'a/x',
    );
    expect(told(relabel({}, { team: 'web' }, more))).toHaveLength(1);
  });

  it('says where the World holds no policies, and looks at updates only', () => {
    const verdict = tried(
      forbidSpoofableTrust,
      { old: namespace('shop'), object: namespace('shop', { a: 'b' }) },
      { origin: 'none' },
    );
    expect(verdict.notChecked).toEqual([{ guardrail: 'forbid-spoofable-trust', reason: 'no-policies' }]);
    const world = [reading('a/x', 'ingress', [labelled({ team: 'web' })])];
    expect(created(forbidSpoofableTrust, namespace('shop', { team: 'web' }), { world }).findings).toEqual([]);
    expect(tried(forbidSpoofableTrust, { old: namespace('shop', { team: 'web' }) }, { world }).findings).toEqual([]);
  });

  it('reads labels of any kind', () => {
    for (const value of wrong) {
      const object = { ...namespace('shop'), metadata: { name: 'shop', labels: value } };
      tried(
        forbidSpoofableTrust,
        { old: namespace('shop', { team: 'web' }), object },
        { world: [ingress([{ from: [team] }])] },
      );
    }
  });

  it('looks through ten thousand policies', () => {
    const policies = Array.from({ length: 10_000 }, (_, n) =>
      reading(`p${n}/x`, 'ingress', [labelled({ team: 'web' })]),
    );
    const [found] = relabel({}, { team: 'web' }, ...policies).findings;
    expect(found?.say('en').message).toMatch(/and 9,997 more govern$/);
  });
});
