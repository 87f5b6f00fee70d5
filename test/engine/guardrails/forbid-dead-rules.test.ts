import { describe, expect, it } from 'vitest';
import { forbidDeadRules } from '../../../src/engine/guardrails/forbid-dead-rules.ts';
import {
  created,
  egress,
  ingress,
  type Labels,
  named,
  namespace,
  pod,
  policy,
  type Trial,
  told,
  tried,
  web,
  wrong,
} from './trial.ts';

const judged = (object: unknown, trial: Trial = {}) => told(created(forbidDeadRules, object, trial));
const first = (object: unknown, trial: Trial = {}) => created(forbidDeadRules, object, trial).findings[0];
const labelled = (labels: Labels) => ({ podSelector: { matchLabels: labels } });
const never = {
  matchExpressions: [
    { key: 'a', operator: 'In', values: ['x'] },
    { key: 'a', operator: 'DoesNotExist' },
  ],
};
const block = (cidr: string, ...except: readonly string[]) => ({ ipBlock: { cidr, except } });

describe('forbid-dead-rules/type-off', () => {
  const off = { podSelector: web, policyTypes: ['Ingress'], egress: [{}, { ports: [{ port: 443 }] }] };

  it('tells of rules whose direction the types do not name', () => {
    const finding = first(policy(off));
    expect(judged(policy(off))).toEqual(['warn type-off spec.egress']);
    expect(finding?.say('en').message).toBe('2 rules have no effect: policyTypes does not name Egress');
    expect(finding?.say('ja').message).toBe('2 個のルールは効果がありません。policyTypes に Egress がないためです');
    expect(finding?.fix).toBe('policyTypes: [Ingress, Egress]');
    const inward = { podSelector: web, policyTypes: ['Egress'], ingress: [{}] };
    expect(first(policy(inward))?.say('en').message).toBe('1 rule has no effect: policyTypes does not name Ingress');
  });

  it('has nothing against an empty list, and leaves types that cannot be read to others', () => {
    expect(judged(policy({ podSelector: web, policyTypes: ['Ingress'], egress: [] }))).toEqual([]);
    expect(judged(policy({ ...off, policyTypes: ['Ingress', 'egress'] }))).toEqual([]);
    expect(judged(policy({ ...off, policyTypes: 'Ingress' }))).toEqual([]);
  });

  it('lowers on update the rules that were dead before, and warns of new ones', () => {
    const update = (rules: readonly object[]) =>
      told(tried(forbidDeadRules, { old: policy(off), object: policy({ ...off, egress: rules }) }));
    expect(update([{ ports: [{ port: 443 }] }])).toEqual(['audit type-off spec.egress']);
    expect(update([{}, { ports: [{ port: 80 }] }])).toEqual(['warn type-off spec.egress']);
  });
});

describe('forbid-dead-rules/undeclared-types', () => {
  it('tells of egress without types, by what it comes to', () => {
    const closing = policy({ podSelector: web, egress: [{}] });
    expect(judged(closing)).toEqual(['warn undeclared-types spec.egress']);
    expect(first(closing)?.say('en').message).toMatch(/refuse all incoming traffic/);
    const both = policy({ podSelector: web, ingress: [], egress: [{}] });
    expect(first(both)?.say('en').message).toMatch(/both directions/);
    const open = policy({ podSelector: web, policyTypes: [], egress: [] });
    expect(first(open)?.say('en').message).toMatch(/an empty egress list without policyTypes closes nothing/);
    expect(first(open)?.say('ja').message).toMatch(/空の egress リスト/);
  });

  it('has nothing against declared types, or ingress alone', () => {
    expect(judged(egress([{}]))).toEqual([]);
    expect(judged(policy({ podSelector: web, ingress: [{}] }))).toEqual([]);
    expect(judged(policy({ podSelector: web, ingress: [{}], egress: null }))).toEqual([]);
  });

  it('lowers what was there', () => {
    const old = policy({ podSelector: web, egress: [{}] });
    expect(told(tried(forbidDeadRules, { old, object: policy({ podSelector: web, egress: [{}, {}] }) }))).toEqual([
      'audit undeclared-types spec.egress',
    ]);
    expect(told(tried(forbidDeadRules, { old, object: policy({ podSelector: web, egress: [] }) }))).toEqual([
      'warn undeclared-types spec.egress',
    ]);
  });
});

describe('forbid-dead-rules/matches-nothing', () => {
  it('tells of selectors whose conditions exclude each other', () => {
    expect(judged(ingress([], never))).toEqual(['warn matches-nothing spec.podSelector']);
    expect(first(ingress([], never))?.say('en').message).toMatch(/so this policy governs nothing$/);
    expect(judged(ingress([{ from: [{ podSelector: never }] }]))).toEqual([
      'warn matches-nothing spec.ingress[0].from[0].podSelector',
    ]);
    const inAll = { namespaceSelector: {}, podSelector: never };
    expect(judged(egress([{ to: [inAll, { ipBlock: { cidr: '10.0.0.0/8' } }] }]))).toEqual([
      'warn matches-nothing spec.egress[0].to[0]',
    ]);
  });

  it('tells of a range of which the exceptions leave nothing', () => {
    const object = egress([{ to: [block('10.0.0.0/8', '10.0.0.0/9', '10.128.0.0/9')] }]);
    expect(judged(object)).toEqual(['warn matches-nothing spec.egress[0].to[0].ipBlock.cidr']);
    expect(first(object)?.fix).toBe('ipBlock: {cidr: 10.0.0.0/8}');
    expect(judged(egress([{ to: [block('10.0.0.0/8', '10.0.0.0/9')] }]))).toEqual([]);
  });

  it('tells of named ports only where they are looked up on an address', () => {
    const ports = [{ port: 'http' }];
    expect(judged(egress([{ to: [block('192.0.2.0/24')], ports }]))).toEqual([
      'warn matches-nothing spec.egress[0].ports',
    ]);
    expect(judged(ingress([{ from: [block('192.0.2.0/24')], ports }]))).toEqual([]);
    expect(judged(egress([{ to: [block('192.0.2.0/24')], ports: [...ports, { port: 80 }] }]))).toEqual([]);
    expect(judged(egress([{ to: [block('192.0.2.0/24'), labelled({ app: 'x' })], ports }]))).toEqual([]);
    expect(judged(egress([{ ports }]))).toEqual([]);
  });

  it('leaves to others what cannot be read', () => {
    for (const object of [
      ingress([], { matchLabels: 3 }),
      ingress([{ from: [{ podSelector: { matchLabels: 'x' } }] }]),
      ingress([{ from: [{}] }]),
      ingress([{ from: [{ ipBlock: { cidr: '10.0.0.0/99' } }] }]),
      egress([{ to: [block('10.0.0.0/8', '10.0.0.0/8')] }]),
      ingress([{ ports: [{ port: 0 }] }]),
      ingress([{ from: 'everyone' }]),
      policy('nothing'),
      policy({ podSelector: web, policyTypes: ['Ingress'], ingress: 'x' }),
    ]) {
      expect(judged(object)).toEqual([]);
    }
  });

  it('tells equal dead parts once, and lowers on update those that were there', () => {
    const dead = { from: [{ podSelector: never }] };
    const twice = ingress([dead, dead]);
    expect(judged(twice)).toEqual(['warn matches-nothing spec.ingress[0].from[0].podSelector']);
    expect(first(twice)?.say('en').message).toMatch(/also at spec\.ingress\[1\]\.from\[0\]\.podSelector/);
    const other = { from: [{ podSelector: { matchExpressions: never.matchExpressions.toReversed() } }] };
    expect(told(tried(forbidDeadRules, { old: twice, object: ingress([{}, dead, other]) }))).toEqual([
      'warn matches-nothing spec.ingress[2].from[0].podSelector',
      'audit matches-nothing spec.ingress[1].from[0].podSelector',
    ]);
    expect(told(tried(forbidDeadRules, { old: twice }))).toEqual([]);
  });
});

describe('forbid-dead-rules/selects-nothing-today', () => {
  const world = [
    namespace('shop', { team: 'shop' }),
    namespace('web', { team: 'front' }),
    namespace('empty', { team: 'empty' }),
    pod('shop/a', { app: 'payment', tier: 'backend' }),
    pod('shop/b', { app: 'payment', tier: 'backend' }),
    pod('shop/c', { app: 'cart' }),
    pod('web/x', { app: 'front' }),
  ];
  const cluster: Trial = { world, origin: 'cluster' };
  const files: Trial = { world, origin: 'files' };

  it('tells of a subject that selects no pod, and offers the nearest label', () => {
    const object = ingress([], { matchLabels: { app: 'paymnet' } });
    for (const trial of [cluster, files])
      expect(judged(object, trial)).toEqual(['warn selects-nothing-today spec.podSelector']);
    expect(first(object, files)?.say('en').message).toBe(
      'today there are no pods app=paymnet of this namespace; the nearest label is app=payment (2 pods)',
    );
    expect(first(object, files)?.say('ja').message).toBe(
      '現在、この namespace の app=paymnet の Pod はありません。近いラベルは app=payment(Pod 2 個)です',
    );
    expect(first(object, files)?.fix).toBe('podSelector: {matchLabels: {app: payment}}');
  });

  it('mends keys and expressions too, keeps the rest of the selector, and offers nothing that would not do', () => {
    const fixOf = (selector: object) => first(ingress([], selector), cluster)?.fix;
    expect(fixOf({ matchLabels: { ap: 'cart' } })).toBe('podSelector: {matchLabels: {app: cart}}');
    expect(fixOf({ matchLabels: { tier: 'backend', app: 'paymnt' } })).toBe(
      'podSelector: {matchLabels: {tier: backend, app: payment}}',
    );
    expect(fixOf({ matchExpressions: [{ key: 'tierr', operator: 'Exists' }] })).toBe(
      'podSelector: {matchExpressions: [{key: tier, operator: Exists}]}',
    );
    expect(fixOf({ matchExpressions: [{ key: 'app', operator: 'In', values: ['zzz', 'carts'] }] })).toBe(
      'podSelector: {matchExpressions: [{key: app, operator: In, values: [zzz, cart]}]}',
    );
    expect(fixOf({ matchLabels: { app: 'unheard-of' } })).toBeNull();
    expect(fixOf({ matchLabels: { app: 'cartt', tier: 'backend' } })).toBeNull();
  });

  it('tells of peers that are nobody: no such namespace, or no such pod in it', () => {
    const peers = (...from: readonly object[]) => ingress([{ from }], { matchLabels: { app: 'cart' } });
    expect(judged(peers({ namespaceSelector: { matchLabels: { team: 'frnt' } } }), cluster)).toEqual([
      'warn selects-nothing-today spec.ingress[0].from[0].namespaceSelector',
    ]);
    const team = first(peers({ namespaceSelector: { matchLabels: { team: 'frnt' } } }), cluster);
    expect(team?.say('en').message).toBe(
      'today there are no namespaces team=frnt; the nearest label is team=front (1 namespace)',
    );
    expect(team?.say('ja').message).toBe(
      '現在、team=frnt の namespace はありません。近いラベルは team=front(namespace 1 個)です',
    );
    expect(team?.fix).toBe('namespaceSelector: {matchLabels: {team: front}}');
    const name = first(peers({ namespaceSelector: named('wbe') }), cluster);
    expect(name?.say('en').message).toMatch(
      /^today there is no namespace wbe; the nearest label is kubernetes\.io\/metadata\.name=web/,
    );
    const both = { namespaceSelector: named('web'), podSelector: { matchLabels: { app: 'fron' } } };
    expect(judged(peers(both), cluster)).toEqual(['warn selects-nothing-today spec.ingress[0].from[0].podSelector']);
    const elsewhere = { namespaceSelector: named('wbe'), podSelector: { matchLabels: { app: 'front' } } };
    expect(judged(peers(elsewhere), cluster)).toEqual([
      'warn selects-nothing-today spec.ingress[0].from[0].namespaceSelector',
    ]);
    expect(judged(peers({ podSelector: { matchLabels: { app: 'front' } } }), cluster)).toHaveLength(1);
    expect(judged(peers({ namespaceSelector: {}, podSelector: { matchLabels: { app: 'front' } } }), cluster)).toEqual(
      [],
    );
  });

  it('looks for the nearest label of each peer by itself', () => {
    const from = ['frnt', 'shpo'].map((value) => ({ namespaceSelector: { matchLabels: { team: value } } }));
    const { findings } = created(forbidDeadRules, ingress([{ from }], { matchLabels: { app: 'cart' } }), cluster);
    expect(findings.map((one) => one.fix)).toEqual([
      'namespaceSelector: {matchLabels: {team: front}}',
      'namespaceSelector: {matchLabels: {team: shop}}',
    ]);
  });

  it('has nothing against whole namespaces, empty ones, and workloads that rest', () => {
    const cart = { matchLabels: { app: 'cart' } };
    expect(judged(ingress([{ from: [{ namespaceSelector: named('empty') }] }], cart), cluster)).toEqual([]);
    expect(
      judged(ingress([{ from: [{ namespaceSelector: named('empty'), podSelector: web }] }], cart), cluster),
    ).toEqual([]);
    expect(judged(policy({ podSelector: {}, policyTypes: ['Ingress'] }, 'empty/deny'), cluster)).toEqual([]);
    expect(judged(policy({ podSelector: web, policyTypes: ['Ingress'] }, 'empty/web'), cluster)).toEqual([]);
    const resting = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'shop', name: 'web' },
      spec: { replicas: 0, template: { metadata: { labels: { app: 'web' } } } },
    };
    expect(judged(ingress([]), { world: [...world, resting] })).toEqual([]);
  });

  it('takes the platform as there where files do not hold it, and says what it does not know', () => {
    const cart = { matchLabels: { app: 'cart' } };
    const dns = { namespaceSelector: named('kube-system'), podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } };
    expect(judged(egress([{ to: [dns] }], cart), files)).toEqual([]);
    expect(judged(egress([{ to: [dns] }], cart), cluster)).toHaveLength(1);
    const unknown = (object: unknown, trial: Trial) =>
      created(forbidDeadRules, object, trial).notChecked.map(({ reason }) => reason);
    expect(unknown(ingress([]), { origin: 'none' })).toEqual(['no-pods']);
    expect(judged(ingress([]), { origin: 'none' })).toEqual([]);
    expect(
      unknown(ingress([{ from: [{ namespaceSelector: { matchLabels: { a: 'b' } } }] }], {}), { origin: 'none' }),
    ).toEqual(['no-namespaces']);
    expect(unknown(policy({ podSelector: {}, policyTypes: ['Ingress'] }), { origin: 'none' })).toEqual([]);
    expect(unknown(ingress([]), files)).toEqual([]);
    expect(unknown(policy({ podSelector: web, policyTypes: ['Ingress'] }, 'empty/web'), files)).toEqual(['no-pods']);
  });

  it('lowers on update what found nobody before', () => {
    const old = ingress([{ from: [labelled({ app: 'paymnet' })] }], { matchLabels: { app: 'cart' } });
    const update = (object: unknown) => told(tried(forbidDeadRules, { old, object }, cluster));
    const spelled = { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['paymnet'] }] } };
    expect(update(ingress([{}, { from: [spelled] }], { matchLabels: { app: 'cart' } }))).toEqual([
      'audit selects-nothing-today spec.ingress[1].from[0].podSelector',
    ]);
    expect(update(ingress([{ from: [labelled({ app: 'x1' })] }], { matchLabels: { app: 'cart' } }))).toEqual([
      'warn selects-nothing-today spec.ingress[0].from[0].podSelector',
    ]);
    expect(told(tried(forbidDeadRules, { old: ingress([], { matchLabels: { app: 'x1' } }) }, cluster))).toEqual([]);
  });

  it('gives up aloud where there is too much to look through', () => {
    const pods = Array.from({ length: 400 }, (_, n) => pod(`shop/p${n}`, { app: `a${n}` }));
    // No index tells who lacks a label.
    const lacking = (...keys: readonly string[]) => ({
      podSelector: { matchExpressions: keys.map((key) => ({ key, operator: 'DoesNotExist' })) },
    });
    const rules = Array.from({ length: 300 }, (_, n) => ({ from: [lacking('app', `x${n}`)] }));
    const verdict = created(forbidDeadRules, ingress(rules, { matchLabels: { app: 'a1' } }), { world: pods });
    expect(verdict.findings).toHaveLength(10);
    expect(verdict.notChecked).toEqual([{ guardrail: 'forbid-dead-rules', reason: 'work-cap' }]);
  });

  it('needs no look at the pods of all namespaces for a peer that is a network set', () => {
    const namespaces = Array.from({ length: 5_100 }, (_, n) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: `n${n}` },
    }));
    const set = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalNetworkSet',
      metadata: { name: 'feed', labels: { feed: 'bad' } },
      spec: { nets: ['192.0.2.0/24'] },
    };
    const global = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalNetworkPolicy',
      metadata: { name: 'feeds' },
      spec: {
        namespaceSelector: 'all()',
        types: ['Egress'],
        egress: [{ action: 'Deny', destination: { selector: "feed == 'bad'" } }, { action: 'Pass' }],
      },
    };
    const verdict = created(forbidDeadRules, global, { world: [...namespaces, set], origin: 'cluster' });
    expect(told(verdict)).toEqual([]);
    expect(verdict.notChecked).toEqual([]);
  });
});

describe('forbid-dead-rules', () => {
  it('reads anything without a throw', () => {
    for (const value of wrong) {
      judged(policy(value));
      judged(policy({ podSelector: value, policyTypes: value, ingress: value, egress: value }));
      judged(ingress([value, { from: value, ports: value }, { from: [value], ports: [value] }], value));
      judged(egress([{ to: [{ podSelector: value, namespaceSelector: value, ipBlock: value }] }]));
    }
  });

  it('tells of ten thousand rules in ten findings at most', () => {
    const rules = Array.from({ length: 10_000 }, (_, n) => ({
      from: [
        {
          podSelector: {
            matchExpressions: [
              { key: `k${n}`, operator: 'Exists' },
              { key: `k${n}`, operator: 'DoesNotExist' },
            ],
          },
        },
      ],
    }));
    expect(created(forbidDeadRules, ingress(rules)).findings).toHaveLength(10);
    expect(judged(policy({ podSelector: web, policyTypes: ['Egress'], ingress: rules }))).toEqual([
      'warn type-off spec.ingress',
    ]);
  });
});
