import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trafficLists } from '../../../src/engine/reach/connection.ts';
import { endpointsOf } from '../../../src/engine/reach/endpoints.ts';
import { unmatchedFilter } from '../../../src/engine/reach/filter.ts';
import { reachReport } from '../../../src/engine/reach/report.ts';
import { renderReachJson } from '../../../src/engine/render/reach-json.ts';
import {
  allTraffic,
  icmpTraffic,
  noTraffic,
  portTraffic,
  protocolTraffic,
  subtractTraffic,
  unionAllTraffic,
} from '../../../src/engine/sets/traffic.ts';
import { between, deployment, ingress, namespace, pod, policy, settingsOf, worldOf } from './cluster.ts';
import { clusters, profiles } from './random-cluster.ts';

const world4 = '0.0.0.0-255.255.255.255';
const world6 = '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

describe('the report', () => {
  test('has the promised shape', () => {
    const world = worldOf(
      pod('shop/web', { ips: ['10.1.2.3'] }),
      deployment('shop/api'),
      ingress(
        'shop/p',
        [
          {
            from: [{ podSelector: { matchLabels: { app: 'api' } } }],
            ports: [{ port: 80 }, { port: 8000, endPort: 8010 }],
          },
        ],
        {
          matchLabels: { app: 'web' },
        },
      ),
    );
    const all = { all: true, TCP: [], UDP: [], SCTP: [], other: [] };
    expect(reachReport(world, settingsOf({ enforcer: 'generic' }))).toEqual({
      apiVersion: 'sekisho.dev/v1alpha1',
      kind: 'ReachReport',
      profile: 'generic',
      endpoints: [
        {
          id: 'shop/api[Deployment]',
          kind: 'Workload',
          namespace: 'shop',
          name: 'api',
          hostNetwork: false,
          addresses: [],
          isolated: { ingress: false, egress: false },
        },
        {
          id: 'shop/web[Pod]',
          kind: 'Workload',
          namespace: 'shop',
          name: 'web',
          hostNetwork: false,
          addresses: ['10.1.2.3'],
          isolated: { ingress: true, egress: false },
        },
        { id: world4, kind: 'Addresses' },
        { id: world6, kind: 'Addresses' },
      ],
      connections: [
        { from: world4, to: 'shop/api[Deployment]', ...all },
        { from: world6, to: 'shop/api[Deployment]', ...all },
        { from: 'shop/api[Deployment]', to: world4, ...all },
        { from: 'shop/api[Deployment]', to: world6, ...all },
        {
          from: 'shop/api[Deployment]',
          to: 'shop/web[Pod]',
          all: false,
          TCP: ['80', '8000-8010'],
          UDP: [],
          SCTP: [],
          other: [],
        },
        { from: 'shop/web[Pod]', to: world4, ...all },
        { from: 'shop/web[Pod]', to: world6, ...all },
        { from: 'shop/web[Pod]', to: 'shop/api[Deployment]', ...all },
      ],
      unknown: [],
    });
  });

  test('is complete for workloads without any policy, and for nothing at all', () => {
    expect(reachReport(worldOf(pod('a/x'), pod('b/y')), settingsOf()).connections).toHaveLength(10);
    expect(reachReport(worldOf(), settingsOf()).endpoints.map((endpoint) => endpoint.id)).toEqual([world4, world6]);
  });

  test('says in a sentence and by a code why something is unknown', () => {
    const world = worldOf(
      pod('shop/web'),
      pod('shop/near', { ips: ['10.0.0.1'] }),
      ingress('shop/p', [{ from: [{ ipBlock: { cidr: '10.0.0.0/24' } }] }], { matchLabels: { app: 'web' } }),
    );
    expect(reachReport(world, settingsOf({ enforcer: 'generic' })).unknown).toEqual([
      {
        from: 'shop/near[Pod]',
        to: 'shop/web[Pod]',
        why: 'enforcers do not agree whether an ipBlock matches a pod that has an address in it',
        reasons: ['pod-in-block'],
      },
    ]);
  });

  test('has nothing unknown where the other side denies for certain', () => {
    const world = worldOf(
      pod('shop/web'),
      pod('shop/near', { ips: ['10.0.0.1'] }),
      ingress('shop/p', [{ from: [{ ipBlock: { cidr: '10.0.0.0/24' } }] }], { matchLabels: { app: 'web' } }),
      policy('shop/q', { podSelector: { matchLabels: { app: 'near' } }, policyTypes: ['Egress'] }),
    );
    expect(reachReport(world, settingsOf({ enforcer: 'generic' })).unknown).toEqual([]);
  });

  test('has unknown what only one side leaves in doubt', () => {
    const out = policy('shop/q', {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/24' } }], ports: [{ port: 80 }] }],
    });
    const world = worldOf(pod('shop/web'), pod('shop/near', { ips: ['10.0.0.1'] }), out);
    expect(between(reachReport(world, settingsOf({ enforcer: 'generic' })), 'shop/web[Pod]', 'shop/near[Pod]')).toBe(
      'none ?',
    );
  });

  test('sorts pairs by code unit and lists none twice, itself or between addresses', () => {
    fc.assert(
      fc.property(clusters, profiles, (objects, enforcer) => {
        const report = reachReport(worldOf(...objects), settingsOf({ enforcer }));
        for (const list of [report.connections, report.unknown]) {
          const pairs = list.map((one) => `${one.from}\0${one.to}`);
          expect(pairs).toEqual([...new Set(pairs)].sort());
          for (const { from, to } of list) {
            expect(from).not.toBe(to);
            expect(`${from}${to}`).toContain('/');
          }
        }
      }),
    );
  });

  test('is the same bytes for the same objects in any order', () => {
    const shuffled = clusters.chain((objects) =>
      fc.tuple(fc.constant(objects), fc.shuffledSubarray([...objects], { minLength: objects.length })),
    );
    fc.assert(
      fc.property(shuffled, ([objects, others]) => {
        const [one, two] = [objects, others].map((list) =>
          renderReachJson(reachReport(worldOf(...list), settingsOf({ enforcer: 'generic' }))),
        );
        expect(two).toBe(one);
      }),
    );
  });

  test('never allows less when an allow rule is added, nor more when one more policy isolates', () => {
    const count = (objects: readonly object[]) => reachReport(worldOf(...objects), settingsOf()).connections.length;
    fc.assert(
      fc.property(clusters, (objects) => {
        const before = count(objects);
        expect(count([...objects, policy('one/more', { policyTypes: ['Ingress', 'Egress'] })])).toBeLessThanOrEqual(
          before,
        );
        const opened = policy('one/more', { policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] });
        const closed = objects.filter((object) => !JSON.stringify(object).includes('NetworkPolicy'));
        expect(count([...objects, opened])).toBeGreaterThanOrEqual(
          count([...objects, policy('one/more', { policyTypes: ['Ingress', 'Egress'] })]),
        );
        expect(count([...closed, opened])).toBe(count(closed));
      }),
    );
  });

  test('takes the labels of namespaces into account', () => {
    const red = { namespaceSelector: { matchLabels: { team: 'red' } } };
    const objects = [pod('shop/web'), pod('a/x'), pod('b/x'), ingress('shop/p', [{ from: [red] }])];
    const report = reachReport(
      worldOf(...objects, namespace('a', { team: 'red' }), namespace('b', { team: 'blue' })),
      settingsOf(),
    );
    expect([between(report, 'a/x[Pod]', 'shop/web[Pod]'), between(report, 'b/x[Pod]', 'shop/web[Pod]')]).toEqual([
      'all',
      'none',
    ]);
  });

  test('is not misled by labels such as __proto__ and constructor', () => {
    const odd = JSON.parse('{"__proto__": "x", "constructor": "y"}');
    const world = worldOf(
      pod('shop/web', { labels: odd }),
      pod('shop/api'),
      ingress('shop/p', [], { matchExpressions: [{ key: 'constructor', operator: 'In', values: ['y'] }] }),
    );
    const report = reachReport(world, settingsOf());
    expect(between(report, 'shop/api[Pod]', 'shop/web[Pod]')).toBe('none');
    expect(between(report, 'shop/web[Pod]', 'shop/api[Pod]')).toBe('all');
  });
});

describe('filters', () => {
  const world = worldOf(
    pod('shop/web'),
    pod('shop/web2'),
    pod('far/x'),
    ingress('shop/p', [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }], { matchLabels: { app: 'web' } }),
  );
  const sources = (from: string) => [
    ...new Set(reachReport(world, settingsOf({ enforcer: 'cilium' }), { from }).connections.map((one) => one.from)),
  ];

  test.each([
    ['shop/web', ['shop/web[Pod]']],
    ['shop/web[Pod]', ['shop/web[Pod]']],
    ['shop/', ['shop/web2[Pod]', 'shop/web[Pod]']],
    ['10.1.2.3', ['10.0.0.0-10.255.255.255']],
    ['10.0.0.0-10.255.255.255', ['10.0.0.0-10.255.255.255']],
    ['::1', [world6]],
    ['shop/we', []],
    ['web', []],
  ])('--from %s', (filter, expected) => {
    expect(sources(filter)).toEqual(expected);
  });

  test('both ends together', () => {
    const report = reachReport(world, settingsOf({ enforcer: 'cilium' }), { from: '10.0.0.1', to: 'shop/web' });
    expect(report.connections.map((one) => [one.from, one.to])).toEqual([['10.0.0.0-10.255.255.255', 'shop/web[Pod]']]);
    expect(report.endpoints.map((endpoint) => endpoint.id)).toEqual(['shop/web[Pod]', '10.0.0.0-10.255.255.255']);
  });

  test('one that matches nothing is a sentence', () => {
    const endpoints = endpointsOf([world], 'generic');
    expect(unmatchedFilter(endpoints, { from: 'shop/web', to: '10.0.0.1' })).toBeUndefined();
    expect(unmatchedFilter(endpoints, {})).toBeUndefined();
    expect(unmatchedFilter(endpoints, { to: 'shop/nope' })).toBe(
      '--to shop/nope matches no endpoint: write namespace/name, an address, or an id that `sekisho reach` lists.',
    );
  });
});

describe('traffic as lists', () => {
  test('of TCP, UDP and SCTP ports', () => {
    const traffic = unionAllTraffic([
      portTraffic(6, 80, 80),
      portTraffic(6, 443, 445),
      portTraffic(17, 53, 53),
      protocolTraffic(132),
    ]);
    expect(trafficLists(traffic)).toEqual({
      all: false,
      TCP: ['80', '443-445'],
      UDP: ['53'],
      SCTP: ['1-65535'],
      other: [],
    });
  });

  test('of everything and nothing', () => {
    expect(trafficLists(allTraffic)).toEqual({ all: true, TCP: [], UDP: [], SCTP: [], other: [] });
    expect(trafficLists(noTraffic)).toEqual({ all: false, TCP: [], UDP: [], SCTP: [], other: [] });
  });

  test.each([
    [
      'whole protocols',
      unionAllTraffic([protocolTraffic(47), protocolTraffic(50), protocolTraffic(51), protocolTraffic(1)]),
      ['ICMP', '47', '50-51'],
    ],
    ['one ICMP type', icmpTraffic(1, 8), ['ICMP 8']],
    ['one ICMPv6 code', icmpTraffic(58, 1, 4), ['ICMPv6 1/4']],
    [
      'ICMP without one code',
      subtractTraffic(protocolTraffic(1), icmpTraffic(1, 3, 4)),
      ['ICMP 0-2', 'ICMP 3/0-3', 'ICMP 3/5-255', 'ICMP 4-255'],
    ],
    ['ports of UDPLite', portTraffic(136, 7, 9), ['136 7-9']],
    ['all of UDPLite', protocolTraffic(136), ['136']],
  ])('of %s', (_, traffic, other) => {
    expect(trafficLists(traffic)).toEqual({ all: false, TCP: [], UDP: [], SCTP: [], other });
  });
});
