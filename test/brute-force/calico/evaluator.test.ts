import { describe, expect, test } from 'vitest';
import type { AnyManifest, CalicoPolicySpec, EntityRule, Rule } from './manifests.ts';
import {
  allow,
  ask,
  deny,
  globalPolicy,
  globalSet,
  hostEndpoint,
  log,
  namespace,
  networkSet,
  pass,
  pod,
  policy,
  serviceAccount,
  tier,
} from './sample-objects.ts';

/** The evaluator against what is known of Calico, statement by statement. */

const base: readonly AnyManifest[] = [
  namespace('red', { team: 't1' }),
  namespace('blue', { team: 't2' }),
  serviceAccount('red/robot', { role: 'job' }),
  pod('red/web', '10.0.0.1', { labels: { app: 'web' }, ports: [{ name: 'http', containerPort: 80 }] }),
  pod('red/job', '10.0.0.2', { labels: { app: 'job' }, account: 'robot' }),
  pod('blue/db', '10.0.1.1', { labels: { app: 'db' } }),
];

const ingressOf = (objects: readonly AnyManifest[], from = 'red/job', to = 'red/web', parts = {}) =>
  ask([...base, ...objects], from, to, parts).ingress;

const egressOf = (objects: readonly AnyManifest[], from = 'red/web', to = 'red/job', parts = {}) =>
  ask([...base, ...objects], from, to, parts).egress;

describe('types (§2.2.1)', () => {
  const both = (spec: CalicoPolicySpec) => {
    const objects = [policy('red/p', spec)];
    return [ingressOf(objects).verdict, egressOf(objects).verdict];
  };

  test.each<[CalicoPolicySpec, string, string]>([
    [{}, 'deny', 'allow'],
    [{ types: [] }, 'deny', 'allow'],
    [{ egress: [] }, 'deny', 'allow'],
    [{ egress: [deny] }, 'allow', 'deny'],
    [{ ingress: [], egress: [deny] }, 'allow', 'deny'],
    [{ ingress: [deny], egress: [deny] }, 'deny', 'deny'],
    [{ types: ['Ingress'], egress: [deny] }, 'deny', 'allow'],
    [{ types: ['Egress'], ingress: [allow] }, 'allow', 'deny'],
  ])('%j: ingress %s, egress %s', (spec, ingress, egress) => {
    expect(both(spec)).toEqual([ingress, egress]);
  });
});

describe('order (§4.1)', () => {
  const one = (name: string, action: Rule, spec: CalicoPolicySpec = {}) =>
    globalPolicy(name, { selector: 'app == "web"', ...spec, types: ['Ingress'], ingress: [action] });

  test('tiers by order', () => {
    const tiers = [tier('a', 20), tier('b', 10)];
    const objects = [...tiers, one('p', deny, { tier: 'a' }), one('q', allow, { tier: 'b' })];
    expect(ingressOf(objects).by).toEqual({
      kind: 'rule',
      stage: 'workload',
      tier: 'b',
      policy: 'GlobalNetworkPolicy.projectcalico.org q',
      path: 'spec.ingress[0]',
    });
  });

  test('tiers of one order by name', () => {
    const tiers = [tier('b', 10), tier('a', 10)];
    expect(ingressOf([...tiers, one('p', deny, { tier: 'b' }), one('q', allow, { tier: 'a' })]).verdict).toBe('allow');
  });

  test.each([
    ['alpha', 'deny'],
    ['zulu', 'allow'],
  ])('a tier %s without order stands beside default', (name, verdict) => {
    expect(ingressOf([tier(name), one('p', deny, { tier: name }), one('q', allow)]).verdict).toBe(verdict);
  });

  test('a tier that selects nobody in this direction is skipped with its default action', () => {
    const objects = [
      tier('a', 1),
      globalPolicy('p', { tier: 'a', selector: 'app == "web"', types: ['Egress'] }),
      globalPolicy('q', { tier: 'a', selector: 'app == "other"', types: ['Ingress'] }),
    ];
    expect(ingressOf(objects)).toEqual({ verdict: 'allow', by: { kind: 'profile', profile: 'kns.red' } });
  });

  test.each([
    [{ order: 1 }, { order: 2 }],
    [{ order: -1 }, { order: 0 }],
    [{ order: 0.4 }, { order: 0.5 }],
    [{ order: 1e9 }, {}],
  ])('policies by order: %j before %j', (first, second) => {
    expect(ingressOf([one('b', allow, first), one('a', deny, second)]).verdict).toBe('allow');
  });

  test('policies of one order by name, then namespace, then kind', () => {
    expect(ingressOf([one('b', deny), one('a', allow)]).verdict).toBe('allow');
    expect(ingressOf([one('b', deny), policy('red/a', { ingress: [allow] })]).verdict).toBe('allow');
    // The global one has no namespace, which comes first.
    expect(ingressOf([policy('red/a', { ingress: [deny] }), one('a', allow)]).verdict).toBe('allow');
  });

  test('rules in order; Log goes on; what no rule matches goes to the next policy', () => {
    const rules: readonly Rule[] = [log, { action: 'Allow', protocol: 'UDP' }, allow, deny];
    const objects = [globalPolicy('a', { order: 1, ingress: [{ action: 'Deny', protocol: 'UDP' }] })];
    const last = globalPolicy('b', { order: 2, ingress: rules });
    expect(ingressOf([...objects, last]).by).toMatchObject({ path: 'spec.ingress[2]' });
  });

  test('Pass goes to the next tier, past the rest of this one', () => {
    const objects = [tier('a', 1), one('p', pass, { tier: 'a', order: 1 }), one('q', deny, { tier: 'a', order: 2 })];
    expect(ingressOf([...objects, one('r', allow)]).verdict).toBe('allow');
    expect(ingressOf([...objects, one('r', deny)]).by).toMatchObject({ kind: 'rule', tier: 'default' });
  });

  test('the end of a tier is its default action', () => {
    const empty = globalPolicy('p', { tier: 'a', types: ['Ingress'] });
    const after = one('q', allow);
    expect(ingressOf([tier('a', 1), empty, after]).by).toEqual({ kind: 'tier', stage: 'workload', tier: 'a' });
    expect(ingressOf([tier('a', 1, 'Deny'), empty, after]).verdict).toBe('deny');
    expect(ingressOf([tier('a', 1, 'Pass'), empty, after]).verdict).toBe('allow');
    expect(ingressOf([tier('a', 1, 'Pass'), empty]).by).toEqual({ kind: 'profile', profile: 'kns.red' });
  });

  test('an empty policy blocks no later Allow of its tier', () => {
    expect(ingressOf([globalPolicy('a', { order: 1 }), one('b', allow, { order: 2 })]).verdict).toBe('allow');
  });

  test('staged policies decide nothing', () => {
    const staged = (kind: 'StagedGlobalNetworkPolicy' | 'StagedNetworkPolicy'): AnyManifest => ({
      apiVersion: 'projectcalico.org/v3',
      kind,
      metadata: { name: 's', namespace: 'red' },
      spec: { order: -1, ingress: [deny] },
    });
    const kubernetes: AnyManifest = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'StagedKubernetesNetworkPolicy',
      metadata: { name: 's', namespace: 'red' },
      spec: { podSelector: {} },
    };
    const objects = [staged('StagedGlobalNetworkPolicy'), staged('StagedNetworkPolicy'), kubernetes];
    expect(ingressOf(objects).by).toEqual({ kind: 'profile', profile: 'kns.red' });
    expect(ingressOf([...objects, one('b', allow)]).verdict).toBe('allow');
  });

  test('the tiers that are always there (§2.7)', () => {
    expect(ingressOf([one('p', allow, { tier: 'kube-admin' }), one('q', deny)]).verdict).toBe('allow');
    expect(ingressOf([globalPolicy('p', { tier: 'kube-admin' })]).verdict).toBe('allow');
    // The default tier ends in deny before kube-baseline has its turn.
    expect(ingressOf([one('p', allow, { tier: 'kube-baseline' }), globalPolicy('q', {})]).verdict).toBe('deny');
    expect(ingressOf([one('p', deny, { tier: 'kube-baseline' })]).verdict).toBe('deny');
  });

  test('a tier that is not there comes last and ends in deny (§2.8)', () => {
    expect(ingressOf([globalPolicy('p', { tier: 'lost' })]).by).toMatchObject({ kind: 'tier', tier: 'lost' });
    expect(ingressOf([one('p', deny, { tier: 'lost' }), one('q', allow)]).verdict).toBe('allow');
    const two = [one('p', deny, { tier: 'lost' }), one('q', allow, { tier: 'gone' })];
    expect(ingressOf(two).verdict).toBe('undefined-by-facts');
  });
});

describe('profiles (§4.2)', () => {
  test('a pod that nobody selects is open both ways, to all', () => {
    expect(ask(base, '192.0.2.1', 'blue/db')).toEqual({
      egress: { verdict: 'allow', by: { kind: 'not-policed' } },
      ingress: { verdict: 'allow', by: { kind: 'profile', profile: 'kns.blue' } },
    });
    expect(egressOf([]).by).toEqual({ kind: 'profile', profile: 'kns.red' });
  });

  test('Pass out of the last tier is allow', () => {
    expect(ingressOf([policy('red/p', { ingress: [pass] })]).by).toEqual({ kind: 'profile', profile: 'kns.red' });
  });
});

describe('Kubernetes policies (§4.4)', () => {
  const kubernetes = (name: string, spec: object): AnyManifest => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'red' },
    spec: { podSelector: {}, ...spec },
  });

  test('tier default, order 1000', () => {
    const closed = kubernetes('k', {});
    expect(ingressOf([closed]).by).toEqual({ kind: 'tier', stage: 'workload', tier: 'default' });
    expect(ingressOf([closed, globalPolicy('p', { order: 2000, ingress: [allow] })]).verdict).toBe('allow');
    const open = kubernetes('k', { ingress: [{}] });
    expect(ingressOf([open, globalPolicy('p', { order: 999, ingress: [deny] })]).verdict).toBe('deny');
    expect(ingressOf([open, globalPolicy('p', { order: 1001, ingress: [deny] })]).by).toMatchObject({
      policy: 'NetworkPolicy.networking.k8s.io red/k',
      path: 'spec.ingress[0]',
    });
    expect(ingressOf([open, globalPolicy('a', { order: 1000, ingress: [deny] })]).verdict).toBe('deny');
  });

  test('one name and order with a Calico policy of the namespace is open', () => {
    const objects = [kubernetes('same', {}), policy('red/same', { order: 1000, ingress: [deny] })];
    expect(ingressOf(objects).verdict).toBe('undefined-by-facts');
  });

  test('peers are pods, never sets; an empty namespaceSelector is every namespace', () => {
    const set = networkSet('red/s', ['192.0.2.0/24'], { app: 'web' });
    const own = kubernetes('k', { ingress: [{ from: [{ podSelector: {} }] }] });
    const every = kubernetes('k', { ingress: [{ from: [{ namespaceSelector: {} }] }] });
    expect(ingressOf([set, own]).verdict).toBe('allow');
    expect(ingressOf([set, own], 'blue/db').verdict).toBe('deny');
    expect(ingressOf([set, every], 'blue/db').verdict).toBe('allow');
    expect(ingressOf([set, every], '192.0.2.1').verdict).toBe('deny');
  });

  test('a pod whose own labels start with pcns. pretends to be elsewhere (§3.3)', () => {
    const t2 = kubernetes('k', { ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 't2' } } }] }] });
    const liar = pod('red/liar', '10.0.0.9', { labels: { 'pcns.team': 't2' } });
    expect(ingressOf([t2, liar], 'red/liar').verdict).toBe('allow');
    expect(ingressOf([t2, liar]).verdict).toBe('deny');
  });

  test('blocks match pods by address; ports are the destination’s, by number and by name', () => {
    const block = kubernetes('k', {
      ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.1.0/24'] } }] }],
    });
    expect(ingressOf([block]).verdict).toBe('allow');
    expect(ingressOf([block], 'blue/db').verdict).toBe('deny');
    const ports = kubernetes('k', {
      ingress: [{ ports: [{ port: 'http' }, { protocol: 'UDP', port: 5, endPort: 7 }] }],
    });
    expect(ingressOf([ports]).verdict).toBe('allow');
    expect(ingressOf([ports], 'red/job', 'red/web', { destinationPort: 81 }).verdict).toBe('deny');
    expect(ingressOf([ports], 'red/job', 'red/web', { protocol: 'UDP', destinationPort: 7 }).verdict).toBe('allow');
    expect(ingressOf([ports], 'red/job', 'red/web', { protocol: 'UDP', destinationPort: 8 }).verdict).toBe('deny');
    expect(ingressOf([ports], 'red/job', 'red/web', { protocol: 'ICMP' }).verdict).toBe('deny');
  });
});

describe('whom a policy selects (§3.4)', () => {
  const closes = (spec: CalicoPolicySpec, id: string) =>
    ingressOf([globalPolicy('p', spec)], '192.0.2.1', id).verdict === 'deny';

  test('a namespaced policy its namespace', () => {
    const objects = [policy('red/p', {})];
    expect(ingressOf(objects).verdict).toBe('deny');
    expect(ingressOf(objects, 'red/job', 'blue/db').verdict).toBe('allow');
    expect(ingressOf([policy('red/p', { selector: 'app == "job"' })]).verdict).toBe('allow');
    const robots = policy('red/p', { serviceAccountSelector: 'role == "job"' });
    expect(ingressOf([robots]).verdict).toBe('allow');
    expect(ingressOf([robots], 'red/web', 'red/job').verdict).toBe('deny');
  });

  test.each<[CalicoPolicySpec, boolean, boolean]>([
    [{}, true, true],
    [{ selector: 'app in {"web"}' }, true, false],
    [{ namespaceSelector: 'team == "t2"' }, false, true],
    [{ namespaceSelector: 'kubernetes.io/metadata.name == "red"' }, true, false],
    [{ namespaceSelector: 'projectcalico.org/name == "red"' }, true, false],
    [{ namespaceSelector: 'all()', selector: 'app == "db"' }, false, true],
    [{ serviceAccountSelector: 'projectcalico.org/name == "default"' }, true, true],
    [{ serviceAccountSelector: 'has(role)' }, false, false],
    [{ selector: 'projectcalico.org/serviceaccount == "default"' }, true, true],
    [{ selector: 'projectcalico.org/orchestrator == "k8s" && pcns.team == "t1"' }, true, false],
  ])('%j selects red/web: %s, blue/db: %s', (spec, web, db) => {
    expect([closes(spec, 'red/web'), closes(spec, 'blue/db')]).toEqual([web, db]);
  });

  test.each<[CalicoPolicySpec, boolean]>([
    [{}, true],
    [{ selector: 'all()' }, true],
    [{ namespaceSelector: 'all()' }, false],
    [{ namespaceSelector: 'team != "t1"' }, true],
    [{ namespaceSelector: 'team not in {"t1"}', selector: 'all()' }, false],
    [{ namespaceSelector: '!has(team)', selector: 'has(role) || all()' }, true],
    [{ namespaceSelector: 'team == "t1"' }, false],
    [{ serviceAccountSelector: '!has(role)' }, true],
    [{ serviceAccountSelector: '!has(role)', selector: 'all()' }, false],
    [{ serviceAccountSelector: 'all()' }, false],
  ])('%j reaches a host endpoint: %s', (spec, reached) => {
    const host = hostEndpoint(
      'h',
      { node: 'n', interfaceName: 'eth0', profiles: ['projectcalico-default-allow'] },
      { role: 'x' },
    );
    const answer = ask([...base, host, globalPolicy('p', spec)], '192.0.2.1', 'host:n/eth0', {
      destination: '192.0.2.2',
    });
    expect(answer.ingress.verdict).toBe(reached ? 'deny' : 'allow');
  });

  test('a service account’s name of 63 characters and more is no label (§3.3)', () => {
    const long = 'a'.repeat(63);
    const spec = { selector: `projectcalico.org/serviceaccount == "${long}"` };
    const objects = [globalPolicy('p', spec), pod('red/x', '10.0.0.7', { account: long })];
    expect(ingressOf(objects, 'red/web', 'red/x').verdict).toBe('allow');
    const short = [globalPolicy('p', { selector: 'projectcalico.org/serviceaccount == "robot"' })];
    expect(ingressOf(short, 'red/web', 'red/job').verdict).toBe('deny');
  });
});

describe('peers (§3.4)', () => {
  const set = networkSet('red/office', ['192.0.2.0/24'], { app: 'office' });
  const world = globalSet('world', ['198.51.100.0/24', '203.0.113.7'], { app: 'world' });
  const host = hostEndpoint('h', { node: 'n', interfaceName: 'eth0', expectedIPs: ['10.9.0.1'] }, { app: 'host' });
  const sources = ['red/job', 'blue/db', '192.0.2.1', '198.51.100.1', '203.0.113.7', '10.9.0.1', '8.8.8.8'];

  const who = (kind: 'NetworkPolicy' | 'GlobalNetworkPolicy', source: EntityRule) => {
    const rules: CalicoPolicySpec = { selector: 'app == "web"', ingress: [{ action: 'Allow', source }] };
    const one = kind === 'NetworkPolicy' ? policy('red/p', rules) : globalPolicy('p', rules);
    return sources.filter((from) => ingressOf([set, world, host, one], from).verdict === 'allow');
  };

  test.each<[EntityRule, readonly string[]]>([
    [{}, sources],
    [{ selector: 'all()' }, ['red/job', '192.0.2.1']],
    [{ selector: 'app == "db"' }, []],
    [{ notSelector: 'app == "job"' }, ['192.0.2.1']],
    [{ selector: 'all()', notSelector: 'app == "job"' }, ['192.0.2.1']],
    [{ serviceAccounts: { names: ['robot', 'default'] } }, ['red/job']],
    [{ namespaceSelector: 'all()' }, ['red/job', 'blue/db', '192.0.2.1']],
    [{ namespaceSelector: 'team == "t2"' }, ['blue/db']],
    [{ namespaceSelector: 'global()' }, ['198.51.100.1', '203.0.113.7', '10.9.0.1']],
    [{ namespaceSelector: 'team != "t2"' }, ['red/job', '192.0.2.1', '198.51.100.1', '203.0.113.7', '10.9.0.1']],
    [{ namespaceSelector: 'global()', selector: 'app == "host"' }, ['10.9.0.1']],
    [{ nets: ['10.0.0.0/8'] }, ['red/job', 'blue/db', '10.9.0.1']],
    [{ nets: ['10.0.0.0/8'], notNets: ['10.0.1.0/24'] }, ['red/job', '10.9.0.1']],
    [{ notNets: ['10.0.0.0/8'] }, ['192.0.2.1', '198.51.100.1', '203.0.113.7', '8.8.8.8']],
    [{ nets: ['10.0.0.0/8'], selector: 'all()' }, ['red/job']],
  ])('of a namespaced policy: %j is %j', (source, expected) => {
    expect(who('NetworkPolicy', source)).toEqual(expected);
  });

  test.each<[EntityRule, readonly string[]]>([
    [{}, sources],
    [{ selector: 'all()' }, sources.slice(0, 6)],
    [{ notSelector: 'app == "job"' }, sources.slice(1)],
    [{ notSelector: 'app == "office"' }, sources.filter((one) => one !== '192.0.2.1')],
    [{ selector: 'has(app)', notSelector: 'app == "job"' }, sources.slice(1, 6)],
    [{ notSelector: 'all()' }, ['8.8.8.8']],
    [{ serviceAccounts: { names: ['robot'] } }, ['red/job']],
    [{ serviceAccounts: { selector: 'role == "job"' } }, ['red/job']],
    [{ serviceAccounts: { names: ['default'], selector: 'role == "job"' } }, []],
    [{ namespaceSelector: 'team == "t1"', selector: 'app == "job"' }, ['red/job']],
  ])('of a global policy: %j is %j', (source, expected) => {
    expect(who('GlobalNetworkPolicy', source)).toEqual(expected);
  });

  test('a set that holds every address makes its labels mean everyone', () => {
    const everyone = globalSet('all', ['0.0.0.0/0'], { app: 'job' });
    const one = globalPolicy('p', {
      selector: 'app == "web"',
      ingress: [{ action: 'Allow', source: { selector: 'app == "job"' } }],
    });
    expect(ingressOf([everyone, one], '8.8.8.8').verdict).toBe('allow');
    expect(ingressOf([one], '8.8.8.8').verdict).toBe('deny');
  });

  test('all() inside a larger namespaceSelector of a rule is open', () => {
    const rules = { ingress: [{ action: 'Allow', source: { namespaceSelector: 'all() || has(x)' } }] } as const;
    expect(ingressOf([globalPolicy('p', rules)]).verdict).toBe('undefined-by-facts');
  });

  test('a rule’s own side counts too (§2.3, §3.4)', () => {
    const own = (entity: EntityRule) =>
      ingressOf([globalPolicy('p', { ingress: [{ action: 'Allow', destination: entity }] })]).verdict;
    expect(own({ selector: 'app == "web"' })).toBe('allow');
    expect(own({ selector: 'app == "job"' })).toBe('deny');
    expect(own({ notSelector: 'app == "web"' })).toBe('deny');
    expect(own({ nets: ['10.0.0.1/32'] })).toBe('allow');
    expect(own({ notNets: ['10.0.0.1/32'] })).toBe('deny');
    expect(own({ namespaceSelector: 'team == "t2"' })).toBe('deny');
    const out = (entity: EntityRule) =>
      egressOf([globalPolicy('p', { egress: [{ action: 'Allow', source: entity }] })]).verdict;
    expect(out({ serviceAccounts: { names: ['default'] } })).toBe('allow');
    expect(out({ serviceAccounts: { names: ['robot'] } })).toBe('deny');
    expect(out({ ports: [40_000] })).toBe('undefined-by-facts');
  });
});

describe('families (§3.4)', () => {
  const two: readonly AnyManifest[] = [
    pod('red/v6', ['fd00::1'], { labels: { app: 'v6' } }),
    pod('blue/v6', ['fd00::2'], { labels: { app: 'v6' } }),
  ];
  const verdict = (rule: Partial<Rule>) =>
    ingressOf([...two, globalPolicy('p', { ingress: [{ action: 'Allow', ...rule }] })], 'blue/v6', 'red/v6').verdict;

  test.each<[Partial<Rule>, string]>([
    [{}, 'allow'],
    [{ source: { nets: ['0.0.0.0/0'] } }, 'deny'],
    [{ source: { notNets: ['10.0.0.0/8'] } }, 'deny'],
    [{ destination: { notNets: ['10.0.0.0/8'] } }, 'deny'],
    [{ source: { nets: ['::/0'] } }, 'allow'],
    [{ source: { notNets: ['fd00::3/128'] } }, 'allow'],
    [{ source: { notNets: ['fd00::2/128'] } }, 'deny'],
    [{ ipVersion: 4 }, 'deny'],
    [{ ipVersion: 6 }, 'allow'],
    [{ source: { selector: 'app == "v6"' } }, 'allow'],
  ])('%j between IPv6 pods: %s', (rule, expected) => {
    expect(verdict(rule)).toBe(expected);
  });
});

describe('protocols and ports (§2.3, §2.5)', () => {
  const verdict = (rule: Partial<Rule>, parts = {}) =>
    ingressOf(
      [globalPolicy('p', { selector: 'app == "web"', ingress: [{ action: 'Allow', ...rule }] })],
      'red/job',
      'red/web',
      parts,
    ).verdict;

  test.each<[Partial<Rule>, object, string]>([
    [{ protocol: 'TCP' }, {}, 'allow'],
    [{ protocol: 6 }, {}, 'allow'],
    [{ protocol: 'UDP' }, {}, 'deny'],
    [{ protocol: 'UDPLite' }, { protocol: 136 }, 'allow'],
    [{ notProtocol: 'TCP' }, {}, 'deny'],
    [{ notProtocol: 17 }, { protocol: 47 }, 'allow'],
    [{ protocol: 'TCP', destination: { ports: [79, 80] } }, {}, 'allow'],
    [{ protocol: 'TCP', destination: { ports: ['81'] } }, {}, 'deny'],
    [{ protocol: 'TCP', destination: { ports: ['80:90'] } }, {}, 'allow'],
    [{ protocol: 'TCP', destination: { ports: ['81:90', '1:80'] } }, {}, 'allow'],
    [{ protocol: 'TCP', destination: { notPorts: ['80:90'] } }, {}, 'deny'],
    [{ protocol: 'TCP', destination: { ports: ['1:100'], notPorts: [80] } }, {}, 'deny'],
    [{ protocol: 'TCP', source: { ports: [40_000] } }, {}, 'allow'],
    [{ protocol: 'TCP', source: { ports: ['1:39999'] } }, {}, 'deny'],
    [{ protocol: 'TCP', source: { notPorts: [40_000] } }, {}, 'deny'],
    [{ protocol: 'ICMP' }, { protocol: 'ICMP' }, 'allow'],
    [{ protocol: 'ICMP', icmp: { type: 8 } }, { protocol: 'ICMP', icmpType: 8, icmpCode: 3 }, 'allow'],
    [{ protocol: 'ICMP', icmp: { type: 8, code: 0 } }, { protocol: 'ICMP', icmpType: 8, icmpCode: 3 }, 'deny'],
    [{ protocol: 'ICMP', icmp: { type: 0 } }, { protocol: 'ICMP', icmpType: 8, icmpCode: 0 }, 'deny'],
    [{ protocol: 'ICMP', notICMP: { type: 8, code: 0 } }, { protocol: 'ICMP', icmpType: 8, icmpCode: 3 }, 'allow'],
    [{ protocol: 'ICMP', notICMP: { type: 8 } }, { protocol: 'ICMP', icmpType: 8, icmpCode: 3 }, 'deny'],
    [{ protocol: 'TCP', http: { methods: ['GET'] } }, {}, 'allow'],
    [{ icmp: { type: 8 } }, {}, 'undefined-by-facts'],
    [{ destination: { ports: [80] } }, {}, 'undefined-by-facts'],
  ])('%j, packet %j: %s', (rule, parts, expected) => {
    expect(verdict(rule, parts)).toBe(expected);
  });

  test.each<[Partial<Rule>, object, string]>([
    [{ protocol: 'TCP', destination: { ports: ['http'] } }, {}, 'allow'],
    [{ protocol: 'TCP', destination: { ports: ['http', 81] } }, { destinationPort: 81 }, 'allow'],
    [{ protocol: 'TCP', destination: { ports: ['http'] } }, { destinationPort: 81 }, 'deny'],
    [{ protocol: 'UDP', destination: { ports: ['http'] } }, { protocol: 'UDP' }, 'deny'],
    [{ destination: { ports: ['http'] } }, {}, 'allow'],
    [{ destination: { ports: ['http'] } }, { protocol: 'UDP' }, 'deny'],
    [{ protocol: 'TCP', destination: { notPorts: ['http'] } }, {}, 'deny'],
    [{ protocol: 'TCP', destination: { notPorts: ['http'] } }, { destinationPort: 81 }, 'allow'],
    [{ protocol: 'TCP', destination: { ports: ['http'], selector: 'app == "job"' } }, {}, 'deny'],
    [{ protocol: 'TCP', source: { ports: ['http'] } }, { sourcePort: 80 }, 'deny'],
  ])('named: %j, packet %j: %s', (rule, parts, expected) => {
    expect(verdict(rule, parts)).toBe(expected);
  });

  test('the source’s named ports', () => {
    const rule: Rule = { action: 'Allow', protocol: 'TCP', source: { ports: ['http'] } };
    const objects = [globalPolicy('p', { selector: 'app == "job"', ingress: [rule] })];
    expect(ingressOf(objects, 'red/web', 'red/job', { sourcePort: 80 }).verdict).toBe('allow');
    expect(ingressOf(objects, 'red/web', 'red/job', { sourcePort: 81 }).verdict).toBe('deny');
  });
});

describe('services (§2.4, §3.4)', () => {
  const slice: AnyManifest = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'db-1', namespace: 'blue', labels: { 'kubernetes.io/service-name': 'db' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.1.1'] }],
    ports: [{ port: 5432 }],
  };
  const services = { name: 'db', namespace: 'blue' };

  test('as a destination: address, protocol and port', () => {
    const objects = [slice, globalPolicy('p', { egress: [{ action: 'Allow', destination: { services } }] })];
    expect(egressOf(objects, 'red/web', 'blue/db', { destinationPort: 5432 }).verdict).toBe('allow');
    expect(egressOf(objects, 'red/web', 'blue/db', { destinationPort: 5433 }).verdict).toBe('deny');
    expect(egressOf(objects, 'red/web', 'blue/db', { destinationPort: 5432, protocol: 'UDP' }).verdict).toBe('deny');
    expect(egressOf(objects, 'red/web', 'red/job', { destinationPort: 5432 }).verdict).toBe('deny');
  });

  test('as a source: the address alone', () => {
    const objects = [slice, globalPolicy('p', { ingress: [{ action: 'Allow', source: { services } }] })];
    expect(ingressOf(objects, 'blue/db').verdict).toBe('allow');
    expect(ingressOf(objects, 'red/job').verdict).toBe('deny');
  });

  test('without a namespace nobody knows', () => {
    const objects = [
      slice,
      policy('red/p', { egress: [{ action: 'Allow', destination: { services: { name: 'db' } } }] }),
    ];
    expect(egressOf(objects, 'red/web', 'blue/db').verdict).toBe('undefined-by-facts');
  });
});

describe('flags that are for host endpoints (§4.3)', () => {
  test.each<[CalicoPolicySpec, string]>([
    [{ doNotTrack: true, applyOnForward: true, ingress: [deny] }, 'allow'],
    [{ preDNAT: true, applyOnForward: true, ingress: [deny] }, 'allow'],
    [{ applyOnForward: true, ingress: [deny] }, 'deny'],
  ])('%j to a pod: %s', (spec, verdict) => {
    expect(ingressOf([globalPolicy('p', spec)]).verdict).toBe(verdict);
  });
});

test('a pod to itself is nobody’s business (network policy §5.1)', () => {
  const closed = globalPolicy('p', { types: ['Ingress', 'Egress'] });
  expect(ask([...base, closed], 'red/web', 'red/web').ingress).toEqual({ verdict: 'allow', by: { kind: 'itself' } });
});
