import { describe, expect, it } from 'vitest';
import { forbidBroadPeers } from '../../../src/engine/guardrails/forbid-broad-peers.ts';
import { allow, cnp, deny, gnp, gns, hep, lets, netset, other, pass } from './calico-objects.ts';
import { created, namespace, policy, told, tried } from './trial.ts';

const someSet = gns('some', { role: 'none-of-this' }, ['192.0.2.1/32']);
const judged = (object: object, world: readonly object[] = [someSet]) =>
  told(created(forbidBroadPeers, object, { world }));
const notChecked = (object: object, world: readonly object[] = [someSet]) =>
  created(forbidBroadPeers, object, { world }).notChecked.map(({ reason }) => reason);

const tcp = (port: unknown) => ({ protocol: 'TCP', destination: { ports: [port] } });

describe('what a Calico policy opens is broad', () => {
  const broad: readonly [string, object, string][] = [
    ['an Allow alone', lets([{ action: 'Allow' }]), 'everyone spec.ingress[0]'],
    ['an Allow with an empty source', lets([allow()]), 'everyone spec.ingress[0]'],
    ['one with ports only', lets([allow({}, tcp(443))]), 'everyone spec.ingress[0]'],
    ['one for HTTP', lets([allow({}, { http: { methods: ['GET'] } })]), 'everyone spec.ingress[0]'],
    ['an IPv4 network', lets([allow({ nets: ['0.0.0.0/0'] })]), 'every-address spec.ingress[0].source.nets[0]'],
    [
      'the second of two networks',
      lets([allow({ nets: ['10.0.0.0/24', '0.0.0.0/0'] })]),
      'every-address spec.ingress[0].source.nets[1]',
    ],
    ['halves', lets([allow({ nets: ['0.0.0.0/1', '128.0.0.0/1'] })]), 'every-address spec.ingress[0].source.nets'],
    ['ipVersion', lets([allow({}, { ipVersion: 4 })]), 'every-address spec.ingress[0]'],
    ['notNets alone', lets([allow({ notNets: ['10.0.0.0/8'] })]), 'too-many-addresses spec.ingress[0].source.notNets'],
    [
      'notSelector alone',
      lets([allow({ notSelector: "bad == 'yes'" })]),
      'everyone spec.ingress[0].source.notSelector',
    ],
    ['all()', lets([allow({ selector: 'all()' })]), 'every-namespace spec.ingress[0].source.selector'],
    [
      'namespaceSelector all()',
      lets([allow({ namespaceSelector: 'all()' })]),
      'every-namespace spec.ingress[0].source.namespaceSelector',
    ],
    [
      'the default service account anywhere',
      lets([allow({ serviceAccounts: { names: ['default'] } })]),
      'every-namespace spec.ingress[0].source.serviceAccounts',
    ],
    ...[
      'has(projectcalico.org/namespace)',
      "projectcalico.org/orchestrator == 'k8s'",
      '!has(nope)',
      "projectcalico.org/namespace not in {'kube-system'}",
      "app != 'x'",
      "app == 'x' || app != 'x'",
      "pcns.projectcalico.org/name != 'kube-system'",
      'has(pcns.kubernetes.io/metadata.name)',
      "projectcalico.org/serviceaccount == 'default'",
    ].map((selector): [string, object, string] => [
      selector,
      lets([allow({ selector })]),
      'every-namespace spec.ingress[0].source.selector',
    ]),
    ...[
      "projectcalico.org/name not in {'kube-system'}",
      "projectcalico.org/name != 'x'",
      'has(projectcalico.org/name)',
      "team != 'a'",
    ].map((namespaceSelector): [string, object, string] => [
      `namespaceSelector ${namespaceSelector}`,
      cnp({ selector: "app == 'web'", ingress: [allow({ namespaceSelector })] }),
      'every-namespace spec.ingress[0].source.namespaceSelector',
    ]),
    ['a Deny for one port only', lets([deny({}, tcp(22)), allow()]), 'everyone spec.ingress[1]'],
    ['a Deny of some pods', lets([deny({ selector: "app == 'bad'" }), allow()]), 'everyone spec.ingress[1]'],
    ['a Deny that comes after', lets([allow(), deny()]), 'everyone spec.ingress[0]'],
    [
      'a Deny for pods that are not the subject',
      lets([{ action: 'Deny', destination: { selector: "role == 'x'" } }, allow()]),
      'everyone spec.ingress[1]',
    ],
    ['a Deny of ports by name', lets([deny({}, tcp('http')), allow()]), 'everyone spec.ingress[1]'],
    [
      'nobody to deny',
      lets([deny({ selector: "a == 'b'", notSelector: "a == 'b'" }), allow()]),
      'everyone spec.ingress[1]',
    ],
    [
      'a rule that narrows its own side',
      lets([{ action: 'Allow', destination: { selector: "tier == 'front'" } }]),
      'everyone spec.ingress[0]',
    ],
    ['mapped IPv6', lets([allow({ nets: ['::ffff:0:0/96'] })]), 'every-address spec.ingress[0].source.nets[0]'],
    [
      'pre-DNAT',
      gnp({ selector: 'has(host)', preDNAT: true, applyOnForward: true, types: ['Ingress'], ingress: [allow()] }),
      'everyone spec.ingress[0]',
    ],
    [
      'untracked',
      gnp({ selector: 'has(host)', doNotTrack: true, applyOnForward: true, types: ['Ingress'], ingress: [allow()] }),
      'everyone spec.ingress[0]',
    ],
    [
      'the networks of a set',
      lets([allow({ selector: "role == 'world'" })]),
      'every-address spec.ingress[0].source.selector',
    ],
    [
      'every pod with an address of IPv4',
      lets([allow({ selector: 'all()', nets: ['0.0.0.0/0'] })]),
      'every-namespace spec.ingress[0].source.nets[0]',
    ],
  ];
  const world = [someSet, gns('world', { role: 'world' }, ['0.0.0.0/1', '128.0.0.0/1'])];

  it.each(broad)('%s', (_name, object, expected) => {
    expect(
      judged(object, expected.includes('notSelector') || expected.includes('every-namespace') ? [someSet] : world),
    ).toEqual([`deny ${expected}`]);
  });

  it('beyond IPv4, where a Deny takes that away', () => {
    expect(judged(lets([deny({ nets: ['0.0.0.0/0'] }), allow()]))).toEqual(['deny every-address spec.ingress[1]']);
  });

  it('in egress, to the same measure', () => {
    const spec = {
      selector: "app == 'web'",
      types: ['Egress'],
      egress: [{ action: 'Allow', destination: { nets: ['::/0'] } }],
    };
    expect(judged(cnp(spec))).toEqual(['deny every-address spec.egress[0].destination.nets[0]']);
    const dns = { ...spec, egress: [{ action: 'Allow', protocol: 'UDP', destination: { ports: [53] } }] };
    expect(judged(cnp(dns))).toEqual(['warn dns-anywhere spec.egress[0]']);
  });

  it('warns only of what decides nothing by itself', () => {
    const staged = { apiVersion: 'projectcalico.org/v3', kind: 'StagedGlobalNetworkPolicy', metadata: { name: 's' } };
    expect(judged({ ...staged, spec: { selector: "app == 'web'", ingress: [allow()] } })).toEqual([
      'warn everyone spec.ingress[0]',
    ]);
    expect(judged(other('Profile', 'p', { ingress: [allow()] }))).toEqual(['warn everyone spec.ingress[0]']);
  });

  it('together with other policies, cluster policies too', () => {
    const half = lets([allow({ nets: ['0.0.0.0/1'] })]);
    const rest = gnp({ selector: 'has(app)', types: ['Ingress'], ingress: [allow({ nets: ['128.0.0.0/1'] })] }, 'rest');
    expect(judged(half, [someSet, rest])).toEqual(['deny every-address spec.ingress[0].source.nets[0]']);
    const inShop = cnp({ selector: 'all()', ingress: [allow({ nets: ['128.0.0.0/1'] })] });
    expect(judged(half, [someSet, inShop])).toEqual(['deny every-address spec.ingress[0].source.nets[0]']);
    expect(judged(inShop, [someSet, half])).toEqual(['deny every-address spec.ingress[0].source.nets[0]']);
    const elsewhere = gnp(
      { selector: "app == 'db'", types: ['Ingress'], ingress: [allow({ nets: ['128.0.0.0/1'] })] },
      'rest',
    );
    expect(judged(half, [someSet, elsewhere])).toEqual(['deny too-many-addresses spec.ingress[0].source.nets[0]']);
  });
});

describe('what looks broad and is not', () => {
  const narrow: readonly [string, object][] = [
    ['a Deny of everyone', lets([deny()])],
    ['a Pass of everyone', lets([pass()])],
    ['a Log', lets([{ action: 'Log' }])],
    ['an Allow after a Deny of everyone', lets([deny(), allow()])],
    ['an Allow after a Pass of everyone', lets([pass(), allow()])],
    [
      'an Allow after a Deny of both families',
      lets([deny({ nets: ['0.0.0.0/0'] }), deny({ nets: ['::/0'] }), allow()]),
    ],
    ['an Allow of IPv4 after a Deny of it', lets([deny({ nets: ['0.0.0.0/0'] }), allow({ nets: ['0.0.0.0/0'] })])],
    ['an Allow of TCP 22 after a Deny of that', lets([deny({}, tcp('22')), allow({}, tcp(22))])],
    ['an Allow of two ports after a Deny of each', lets([deny({}, tcp(1)), deny({}, tcp(2)), allow({}, tcp('1:2'))])],
    ['an Allow of pods after a Deny of them', lets([deny({ selector: 'all()' }), allow({ selector: 'all()' })])],
    ['global()', lets([allow({ namespaceSelector: 'global()' })])],
    ['a label anywhere', lets([allow({ selector: "app == 'db'" })])],
    ['a label that must be there', lets([allow({ selector: 'has(app)' })])],
    ['one namespace', lets([allow({ namespaceSelector: "projectcalico.org/name == 'a'" })])],
    ['one namespace by the label of pods', lets([allow({ selector: "projectcalico.org/namespace == 'a'" })])],
    ['namespaces of a team', lets([allow({ namespaceSelector: "team == 'a'" })])],
    ['a service account that is not the default', lets([allow({ serviceAccounts: { names: ['ci'] } })])],
    ['service accounts by a label', lets([allow({ serviceAccounts: { selector: 'has(ci)' } })])],
    ['its own namespace', cnp({ selector: "app == 'web'", ingress: [allow({ selector: 'all()' })] })],
    ['its own namespace but some', cnp({ selector: "app == 'web'", ingress: [allow({ notSelector: "app == 'x'" })] })],
    [
      'the default account of its own namespace',
      cnp({ ingress: [allow({ serviceAccounts: { names: ['default'] } })] }),
    ],
    ['private networks', lets([allow({ nets: ['10.0.0.0/16'] })])],
    [
      'a part of a private network',
      lets([
        allow({
          nets: ['10.0.0.0/8'],
          notNets: [
            '10.0.0.0/9',
            '10.128.0.0/10',
            '10.192.0.0/11',
            '10.224.0.0/12',
            '10.240.0.0/13',
            '10.248.0.0/14',
            '10.252.0.0/15',
            '10.254.0.0/16',
          ],
        }),
      ]),
    ],
    [
      'a network that is taken out again',
      lets([allow({ nets: ['0.0.0.0/0'], notNets: ['0.0.0.0/1', '128.0.0.0/1'] })]),
    ],
    [
      'everything, for pods that are not the subject',
      lets([{ action: 'Allow', destination: { selector: "app == 'db'" } }]),
    ],
    [
      'everything, for no address',
      lets([{ action: 'Allow', destination: { nets: ['10.0.0.0/8'], notNets: ['10.0.0.0/8'] } }]),
    ],
    ['rules of a direction that is off', lets([], { egress: [{ action: 'Allow' }] })],
    ['a policy that selects nobody', gnp({ selector: "a == 'b' && a != 'b'", ingress: [allow()] })],
    ['a contradiction', lets([allow({ selector: "a == 'b' && !has(a)" })])],
    ['no value', lets([allow({ selector: 'a in {}' })])],
  ];

  it.each(narrow)('%s', (_name, object) => {
    expect(judged(object)).toEqual([]);
    expect(notChecked(object)).toEqual([]);
  });
});

describe('what is not known', () => {
  it('is said: the sets of a World that holds none', () => {
    expect(notChecked(lets([allow({ selector: "role == 'x'" })]), [])).toEqual(['no-network-sets']);
    expect(notChecked(lets([allow({ nets: ['10.0.0.0/24'] })]), [])).toEqual([]);
  });

  it('is said: a Service that is not there', () => {
    const to = (name: string) =>
      cnp({
        types: ['Egress'],
        egress: [{ action: 'Allow', destination: { services: { name, namespace: 'shop' } } }],
      });
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'shop' }, spec: {} };
    expect(notChecked(to('db'), [someSet, service])).toEqual([]);
    expect(notChecked(to('other'), [someSet, service])).toEqual(['no-services']);
  });

  it('is said: whether pods have their addresses in a network', () => {
    expect(notChecked(lets([allow({ selector: 'all()', nets: ['10.0.0.0/16'] })]))).toEqual(['no-cluster-facts']);
  });
});

describe('laundered-set', () => {
  const trusting = lets([allow({ selector: "role == 'partner'" })]);
  const narrow = gns('partner', { role: 'partner' }, ['192.0.2.0/24']);
  const wide = gns('partner', { role: 'partner' }, ['192.0.2.0/24', '0.0.0.0/0']);

  it('is a set that gains a network', () => {
    expect(told(tried(forbidBroadPeers, { old: narrow, object: wide }, { world: [trusting] }))).toEqual([
      'deny laundered-set spec.nets[1]',
    ]);
    expect(told(tried(forbidBroadPeers, { object: wide }, { world: [trusting] }))).toEqual([
      'deny laundered-set spec.nets',
    ]);
    expect(told(tried(forbidBroadPeers, { old: narrow, object: wide }, { world: [] }))).toEqual([]);
    expect(told(tried(forbidBroadPeers, { old: wide, object: narrow }, { world: [trusting] }))).toEqual([]);
  });

  it('is a set that gains a label', () => {
    const nets = ['0.0.0.0/0'];
    expect(
      told(
        tried(
          forbidBroadPeers,
          { old: gns('a', {}, nets), object: gns('a', { role: 'partner' }, nets) },
          { world: [trusting] },
        ),
      ),
    ).toEqual(['deny laundered-set metadata.labels']);
  });

  it('is a namespace that is relabelled', () => {
    const world = [
      lets([allow({ namespaceSelector: "team == 'a'" })]),
      netset('lab/world', {}, ['0.0.0.0/0']),
      namespace('lab'),
    ];
    const pair = { old: namespace('lab'), object: namespace('lab', { team: 'a' }) };
    expect(told(tried(forbidBroadPeers, pair, { world }))).toEqual(['deny laundered-set metadata.labels']);
    expect(told(tried(forbidBroadPeers, { ...pair, object: namespace('lab', { team: 'b' }) }, { world }))).toEqual([]);
  });

  it('is a set that no longer shields', () => {
    const shielded = lets([deny({ selector: "role == 'all'" }), allow({ nets: ['0.0.0.0/0'] })]);
    const before = gns('all', { role: 'all' }, ['0.0.0.0/1', '128.0.0.0/1']);
    const after = gns('all', { role: 'all' }, ['0.0.0.0/1']);
    expect(told(tried(forbidBroadPeers, { old: before, object: after }, { world: [shielded] }))).toEqual([
      'deny laundered-set spec.nets',
    ]);
    expect(told(tried(forbidBroadPeers, { old: before }, { world: [shielded] }))).toEqual([
      'deny laundered-set spec.nets',
    ]);
  });

  it('warns only where staged policies alone choose the set, and says nothing of Kubernetes policies', () => {
    const staged = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'StagedGlobalNetworkPolicy',
      metadata: { name: 's' },
      spec: { ingress: [allow({ selector: "role == 'partner'" })] },
    };
    expect(told(tried(forbidBroadPeers, { old: narrow, object: wide }, { world: [staged] }))).toEqual([
      'warn laundered-set spec.nets[1]',
    ]);
    const kubernetes = policy({
      podSelector: {},
      ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { role: 'partner' } } }] }],
    });
    expect(told(tried(forbidBroadPeers, { old: narrow, object: wide }, { world: [kubernetes] }))).toEqual([]);
  });

  it('counts the addresses of host endpoints that a selector knows', () => {
    const object = lets([allow({ selector: "role == 'node'" })]);
    expect(judged(object, [someSet, hep('n1', { role: 'node' }, ['192.0.2.9'])])).toEqual([]);
  });
});
