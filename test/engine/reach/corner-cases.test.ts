import { describe, expect, test } from 'vitest';
import { refOf } from '../../../src/engine/model/object.ts';
import { reachDiff } from '../../../src/engine/reach/diff.ts';
import { prober } from '../../../src/engine/reach/probe.ts';
import { reachReport } from '../../../src/engine/reach/report.ts';
import {
  between,
  deployment,
  egress,
  type Given,
  ingress,
  namespace,
  pod,
  policy,
  reach,
  settingsOf,
  worldOf,
} from './cluster.ts';

/**
 * The corner cases of NetworkPolicy that engines get wrong, one test each. The numbers are the rows of the catalogue
 * that they were collected in; those that speak of other dialects are not here.
 */

const web = pod('shop/web');
const api = pod('shop/api');
const other = pod('far/other');
const world4 = '0.0.0.0-255.255.255.255';
const world6 = '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

/** What reaches `shop/web` from `shop/api`, `far/other`, IPv4 and IPv6 addresses. */
function into(spec: object, given: Given = {}): readonly string[] {
  const report = reachReport(worldOf(web, api, other, policy('shop/p', spec)), settingsOf(given));
  return ['shop/api[Pod]', 'far/other[Pod]', world4, world6].map((from) => between(report, from, 'shop/web[Pod]'));
}

/** What `shop/web` may send to the same four. */
function outOf(spec: object, given: Given = {}): readonly string[] {
  const report = reachReport(worldOf(web, api, other, policy('shop/p', spec)), settingsOf(given));
  return ['shop/api[Pod]', 'far/other[Pod]', world4, world6].map((to) => between(report, 'shop/web[Pod]', to));
}

function probe(objects: readonly object[], question: object, given: Given = {}): string {
  const answer = prober(worldOf(...objects), settingsOf(given))(question);
  return answer.ok ? answer.value.verdict : answer.problem;
}

const subject = { matchLabels: { app: 'web' } };
const everybody = ['all', 'all', 'all', 'all'];
const nobody = ['none', 'none', 'none', 'none'];

describe('who is governed', () => {
  // 1
  test('a pod always reaches itself', () => {
    const closed = [web, ingress('shop/p', []), egress('shop/q', [])];
    expect(probe(closed, { from: 'shop/web', to: 'shop/web', port: 80 })).toBe('allow');
  });

  // 2
  test('among the pods of one workload a pod may be itself or another', () => {
    const closed = [deployment('shop/web', { replicas: 3 }), ingress('shop/p', [])];
    expect(probe(closed, { from: 'shop/web', to: 'shop/web', port: 80 })).toBe('unknown');
    expect(probe(closed.slice(0, 1), { from: 'shop/web', to: 'shop/web', port: 80 })).toBe('allow');
  });

  // 3
  test('a node is never said to be kept from the pods on it', () => {
    const closed = [web, ingress('shop/p', [])];
    expect(probe(closed, { from: 'host:node1/eth0', to: 'shop/web', port: 80 })).toBe('unknown');
    const given = { nodeCIDRs: ['192.0.2.0/24'] };
    expect(probe(closed, { from: '192.0.2.1', to: 'shop/web', port: 80 }, given)).toBe('unknown');
    expect(probe(closed, { from: '198.51.100.1', to: 'shop/web', port: 80 }, given)).toBe('deny');
    expect(probe([web, egress('shop/p', [])], { from: 'shop/web', to: '192.0.2.1', port: 80 }, given)).toBe('deny');
  });

  // 4
  test('a pod on the host network is not isolated, and generic does not say', () => {
    const host = pod('shop/host', { hostNetwork: true });
    const closed = worldOf(api, host, ingress('shop/p', []));
    for (const enforcer of ['calico', 'cilium', 'ovn', 'antrea'] as const) {
      expect(reach(closed, 'shop/api[Pod]', 'shop/host[Pod]', { enforcer })).toBe('all');
    }
    expect(reach(closed, 'shop/api[Pod]', 'shop/host[Pod]', { enforcer: 'generic' })).toBe('none ?');
    expect(reach(worldOf(api, host), 'shop/api[Pod]', 'shop/host[Pod]', { enforcer: 'generic' })).toBe('all');
    const question = { from: 'shop/api', to: 'shop/host', port: 80 };
    expect(probe([api, host, ingress('shop/p', [])], question, { enforcer: 'generic' })).toBe('unknown');
    expect(probe([api, host, ingress('shop/p', [{}])], question, { enforcer: 'generic' })).toBe('allow');
    expect(probe([api, host, ingress('shop/p', [])], question, { enforcer: 'calico' })).toBe('allow');
  });

  // 4
  test('a pod on the host network is matched by no selector; generic does not say, nor OVN of a podSelector', () => {
    const objects = worldOf(
      web,
      pod('shop/host', { hostNetwork: true }),
      ingress('shop/p', [{ from: [{ podSelector: {} }] }], subject),
    );
    const answers = (['calico', 'cilium', 'ovn', 'antrea', 'generic'] as const).map((enforcer) =>
      reach(objects, 'shop/host[Pod]', 'shop/web[Pod]', { enforcer }),
    );
    expect(answers).toEqual(['none', 'none', 'none ?', 'none', 'none ?']);
  });

  // 8
  test('without policyTypes ingress is governed always, egress where there is an egress rule', () => {
    expect(into({ podSelector: subject })).toEqual(nobody);
    expect(outOf({ podSelector: subject })).toEqual(everybody);
    expect(outOf({ podSelector: subject, egress: [] })).toEqual(everybody);
    expect(outOf({ podSelector: subject, egress: [{ ports: [{ port: 80 }] }] })).toEqual(everybody.map(() => 'TCP 80'));
    expect(into({ podSelector: subject, egress: [{}] })).toEqual(nobody);
  });

  // 10
  test('egress rules under policyTypes [Ingress] are dead and isolate nothing', () => {
    expect(outOf({ podSelector: subject, policyTypes: ['Ingress'], egress: [{ ports: [{ port: 80 }] }] })).toEqual(
      everybody,
    );
  });

  // 11
  test('policyTypes [Egress] without egress lets nothing out and leaves ingress open', () => {
    const spec = { podSelector: subject, policyTypes: ['Egress'] };
    expect(outOf(spec)).toEqual(nobody);
    expect(into(spec)).toEqual(everybody);
  });

  // 42
  test('finished pods are no endpoints, a workload scaled to zero is one', () => {
    const report = reachReport(
      worldOf(
        pod('shop/done', { phase: 'Succeeded' }),
        pod('shop/broken', { phase: 'Failed' }),
        deployment('shop/idle', { replicas: 0 }),
        web,
      ),
      settingsOf(),
    );
    expect(report.endpoints.map((endpoint) => endpoint.id)).toEqual([
      'shop/idle[Deployment]',
      'shop/web[Pod]',
      world4,
      world6,
    ]);
  });
});

describe('whom a rule speaks of', () => {
  // 5
  test('an ipBlock that holds the address of a pod matches it by profile', () => {
    const near = pod('shop/near', { ips: ['10.0.0.1'] });
    const objects = worldOf(web, near, ingress('shop/p', [{ from: [{ ipBlock: { cidr: '10.0.0.0/24' } }] }], subject));
    const answers = (['calico', 'ovn', 'antrea', 'cilium', 'generic'] as const).map((enforcer) =>
      reach(objects, 'shop/near[Pod]', 'shop/web[Pod]', { enforcer }),
    );
    expect(answers).toEqual(['all', 'all', 'all', 'none', 'none ?']);
  });

  // 7
  test('0.0.0.0/0 says nothing about IPv6', () => {
    expect(
      into({ podSelector: subject, ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] }, { enforcer: 'cilium' }),
    ).toEqual(['none', 'none', 'all', 'none']);
  });

  // 12
  test('an empty list of rules is nobody, a list with an empty rule everybody', () => {
    expect(into({ podSelector: subject, ingress: [] })).toEqual(nobody);
    expect(into({ podSelector: subject, ingress: [{}] })).toEqual(everybody);
  });

  // 13
  test('a missing or empty from is everybody, an empty peer nobody', () => {
    expect(into({ podSelector: subject, ingress: [{ from: [] }] })).toEqual(everybody);
    expect(into({ podSelector: subject, ingress: [{ from: null }] })).toEqual(everybody);
    expect(into({ podSelector: subject, ingress: [{ from: [{}] }] })).toEqual(nobody);
  });

  // 19
  test('an absent, null or empty podSelector beside a namespaceSelector is every pod', () => {
    for (const peer of [{}, { podSelector: null }, { podSelector: {} }]) {
      const rules = [{ from: [{ ...peer, namespaceSelector: {} }] }];
      expect(into({ podSelector: subject, ingress: rules })).toEqual(['all', 'all', 'none', 'none']);
    }
  });

  // 19
  test('on OVN a pod on the host network tells an absent podSelector from an empty one', () => {
    const host = pod('far/host', { hostNetwork: true });
    const answer = (peer: object) =>
      reach(worldOf(web, host, ingress('shop/p', [{ from: [peer] }], subject)), 'far/host[Pod]', 'shop/web[Pod]', {
        enforcer: 'ovn',
      });
    expect(answer({ namespaceSelector: {} })).toBe('none');
    expect(answer({ namespaceSelector: {}, podSelector: {} })).toBe('none ?');
  });

  // 20
  test('without a namespaceSelector a peer is in the own namespace, with an empty one in any', () => {
    const rules = (peer: object) => ({ podSelector: subject, ingress: [{ from: [peer] }] });
    expect(into(rules({ podSelector: {} }))).toEqual(['all', 'none', 'none', 'none']);
    expect(into(rules({ podSelector: {}, namespaceSelector: null }))).toEqual(['all', 'none', 'none', 'none']);
    expect(into(rules({ podSelector: {}, namespaceSelector: {} }))).toEqual(['all', 'all', 'none', 'none']);
  });

  // 21
  test('both selectors in one peer must hold, of two peers either', () => {
    const far = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'far' } } };
    const named = { podSelector: { matchLabels: { app: 'api' } } };
    expect(into({ podSelector: subject, ingress: [{ from: [{ ...far, ...named }] }] })).toEqual(nobody);
    expect(into({ podSelector: subject, ingress: [{ from: [far, named] }] })).toEqual(['all', 'all', 'none', 'none']);
  });

  // 22
  test('every namespace is every pod and no address', () => {
    expect(into({ podSelector: subject, ingress: [{ from: [{ namespaceSelector: {} }] }] })).toEqual([
      'all',
      'all',
      'none',
      'none',
    ]);
    expect(
      outOf({ podSelector: subject, policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: {} }] }] }),
    ).toEqual(['all', 'all', 'none', 'none']);
  });

  // 23
  test('NotIn and DoesNotExist match what lacks the key', () => {
    for (const expression of [
      { key: 'nope', operator: 'DoesNotExist' },
      { key: 'nope', operator: 'NotIn', values: ['x'] },
    ]) {
      const rules = [{ from: [{ podSelector: { matchExpressions: [expression] } }] }];
      expect(into({ podSelector: subject, ingress: rules })).toEqual(['all', 'none', 'none', 'none']);
    }
  });

  // 24
  test('In with one value is matchLabels', () => {
    const one = { matchExpressions: [{ key: 'app', operator: 'In', values: ['api'] }] };
    const two = { matchLabels: { app: 'api' } };
    const answers = [one, two].map((podSelector) =>
      into({ podSelector: subject, ingress: [{ from: [{ podSelector }] }] }),
    );
    expect(answers).toEqual([
      ['all', 'none', 'none', 'none'],
      ['all', 'none', 'none', 'none'],
    ]);
  });

  // 25
  test('a namespace without a document or a label has its name', () => {
    const far = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'far' } } };
    expect(into({ podSelector: subject, ingress: [{ from: [far] }] })).toEqual(['none', 'all', 'none', 'none']);
    const bare = worldOf(web, other, namespace('far'), ingress('shop/p', [{ from: [far] }]));
    expect(reach(bare, 'far/other[Pod]', 'shop/web[Pod]')).toBe('all');
  });

  // 28
  test('an except holds inside its own block only', () => {
    const carved = { ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/9'] } };
    const again = { ipBlock: { cidr: '10.0.0.0/16' } };
    const report = reachReport(worldOf(web, ingress('shop/p', [{ from: [carved] }, { from: [again] }])), settingsOf());
    expect(report.connections.filter((one) => one.to === 'shop/web[Pod]').map((one) => one.from)).toEqual([
      '10.0.0.0-10.0.255.255',
      '10.128.0.0-10.255.255.255',
    ]);
  });
});

describe('which traffic a rule speaks of', () => {
  const from = (ports: unknown) => into({ podSelector: subject, ingress: [{ ports }] })[0];

  // 14
  test('missing or empty ports are every protocol', () => {
    expect(from(undefined)).toBe('all');
    expect(from([])).toBe('all');
    expect(from(null)).toBe('all');
  });

  // 15
  test('an empty port entry is every port of TCP', () => {
    expect(from([{}])).toBe('TCP 1-65535');
  });

  // 16
  test('an entry with a protocol alone is every port of it', () => {
    expect(from([{ protocol: 'UDP' }])).toBe('UDP 1-65535');
  });

  // 17
  test('a rule for SCTP closes TCP', () => {
    expect(from([{ protocol: 'SCTP', port: 80 }])).toBe('SCTP 80');
  });

  // 18
  test('ICMP beside rules for ports is unknown to a generic probe and dropped by the others', () => {
    const limited = [web, api, ingress('shop/p', [{ ports: [{ port: 80 }] }], subject)];
    const ping = { from: 'shop/api', to: 'shop/web', protocol: 'ICMP' };
    expect(probe(limited, ping, { enforcer: 'generic' })).toBe('unknown');
    expect(probe(limited, ping, { enforcer: 'calico' })).toBe('deny');
    expect(probe([web, api, ingress('shop/p', [{}])], ping, { enforcer: 'generic' })).toBe('allow');
    expect(probe([web, api], ping, { enforcer: 'generic' })).toBe('allow');
    // TCP is not in doubt.
    expect(probe(limited, { ...ping, protocol: 'TCP', port: 81 }, { enforcer: 'generic' })).toBe('deny');
    expect(reachReport(worldOf(...limited), settingsOf({ enforcer: 'generic' })).unknown).toEqual([]);
  });

  // 26
  test('a named port is what each destination calls so, by protocol', () => {
    const http = (containerPort: number, protocol = 'TCP') => ({ name: 'http', containerPort, protocol });
    const objects = worldOf(
      pod('shop/a', { ports: [http(8080)] }),
      pod('shop/b', { ports: [http(9090), http(9091)] }),
      pod('shop/c', { ports: [http(8080, 'UDP')] }),
      pod('shop/d'),
      ingress('shop/in', [{ ports: [{ port: 'http' }] }]),
    );
    const report = reachReport(objects, settingsOf());
    const names = ['shop/b[Pod]', 'shop/c[Pod]', 'shop/d[Pod]'];
    expect(names.map((to) => between(report, 'shop/a[Pod]', to))).toEqual(['TCP 9090-9091', 'none', 'none']);
    expect(between(report, world4, 'shop/a[Pod]')).toBe('TCP 8080');
  });

  // 26
  test('a named port is nothing where the destination is an address', () => {
    expect(
      outOf({ podSelector: subject, policyTypes: ['Egress'], egress: [{ ports: [{ port: 'http' }, { port: 443 }] }] }),
    ).toEqual(everybody.map(() => 'TCP 443'));
  });

  // 27
  test('endPort is inclusive, may equal port, and goes with no name', () => {
    expect(from([{ port: 80, endPort: 82 }])).toBe('TCP 80-82');
    expect(from([{ port: 80, endPort: 80 }])).toBe('TCP 80');
    expect(from([{ port: 'http', endPort: 80 }])).toBe('none');
  });

  // 29
  test('ports are those of the pod, whatever a Service calls them', () => {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'shop', name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    };
    const objects = worldOf(web, api, service, ingress('shop/p', [{ ports: [{ port: 80 }] }]));
    expect(reach(objects, 'shop/api[Pod]', 'shop/web[Pod]')).toBe('TCP 80');
  });
});

describe('how policies add up', () => {
  // 30
  test('both sides must agree', () => {
    const out = egress('shop/out', [{ ports: [{ port: 80 }, { port: 443 }] }], { matchLabels: { app: 'api' } });
    const inwards = ingress('shop/in', [{ ports: [{ port: 443 }, { port: 8443 }] }], subject);
    expect(reach(worldOf(web, api, out, inwards), 'shop/api[Pod]', 'shop/web[Pod]')).toBe('TCP 443');
    expect(reach(worldOf(web, api, out), 'shop/api[Pod]', 'shop/web[Pod]')).toBe('TCP 80,443');
  });

  // 31
  test('an address has no policy on its own side, and pairs of addresses are not listed', () => {
    const report = reachReport(
      worldOf(web, ingress('shop/p', [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }])),
      settingsOf(),
    );
    expect(between(report, world4, 'shop/web[Pod]')).toBe('all');
    expect(report.connections.some((one) => one.from.startsWith('0.') && one.to.startsWith(':'))).toBe(false);
  });

  // 32
  test('policies add up in whatever order they come', () => {
    const one = ingress('shop/one', [{ ports: [{ port: 80 }] }]);
    const two = ingress('shop/two', [{ ports: [{ port: 443 }] }]);
    for (const objects of [
      [web, api, one, two],
      [two, one, api, web],
    ]) {
      expect(reach(worldOf(...objects), 'shop/api[Pod]', 'shop/web[Pod]')).toBe('TCP 80,443');
    }
  });

  // 35
  test('a policy isolates in its own direction only', () => {
    const report = reachReport(worldOf(web, ingress('shop/p', [])), settingsOf());
    expect(report.endpoints[0]).toMatchObject({ id: 'shop/web[Pod]', isolated: { ingress: true, egress: false } });
    expect(between(report, 'shop/web[Pod]', world4)).toBe('all');
  });

  // 43
  test('a pod that is relabelled opens and closes what its new labels do', () => {
    const objects = [api, ingress('shop/p', [], subject)];
    const before = worldOf(web, ...objects);
    const after = worldOf(pod('shop/web', { labels: { app: 'free' } }), ...objects);
    const { opened, closed } = reachDiff(before, after, settingsOf());
    expect(opened.map((one) => `${one.from} -> ${one.to}`)).toEqual([
      `${world4} -> shop/web[Pod]`,
      `${world6} -> shop/web[Pod]`,
      'shop/api[Pod] -> shop/web[Pod]',
    ]);
    expect(closed).toEqual([]);
  });

  // 44
  test('pods of one workload that differ are not certain to pass as one', () => {
    const first = worldOf(
      deployment('shop/web'),
      api,
      ingress('shop/p', [{ ports: [{ port: 80 }] }], { matchLabels: { version: 'new' } }),
    );
    const second = deployment('shop/web', { labels: { app: 'web', version: 'new' } });
    const both = first.with(second, refOf(second));
    expect(reach(first, 'shop/api[Pod]', 'shop/web[Deployment]')).toBe('all');
    expect(reach(both, 'shop/api[Pod]', 'shop/web[Deployment]')).toBe('TCP 80 ?');
    const [unknown] = reachReport(both, settingsOf(), { from: 'shop/api', to: 'shop/web' }).unknown;
    expect(unknown?.reasons).toEqual(['pods-differ']);
  });
});
