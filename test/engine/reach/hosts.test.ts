import { describe, expect, test } from 'vitest';
import { gather } from '../../../src/engine/model/gather.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import type { ReachSettings } from '../../../src/engine/reach/match.ts';
import { prober } from '../../../src/engine/reach/probe.ts';
import { reachReport } from '../../../src/engine/reach/report.ts';
import { renderReachDot } from '../../../src/engine/render/reach-dot.ts';
import { renderProbe } from '../../../src/engine/render/reach-probe.ts';
import { renderReachText } from '../../../src/engine/render/reach-text.ts';
import { noAddresses } from '../../../src/engine/sets/addresses.ts';

const settings: ReachSettings = {
  enforcer: 'calico',
  cluster: { podAddresses: noAddresses, nodeAddresses: noAddresses },
};
const v3 = 'projectcalico.org/v3';

const world = (...objects: readonly object[]) => gather(objects.map((object) => ({ object, ref: refOf(object) })));

const host = (name: string, spec: object, labels = { role: 'node' }) => ({
  apiVersion: v3,
  kind: 'HostEndpoint',
  metadata: { name, labels },
  spec: { node: 'node1', interfaceName: 'eth0', expectedIPs: ['192.0.2.1'], ...spec },
});
const policy = (name: string, spec: object) => ({
  apiVersion: v3,
  kind: 'GlobalNetworkPolicy',
  metadata: { name },
  spec: { selector: "role == 'node'", ...spec },
});
const felix = (spec: object) => ({ apiVersion: v3, kind: 'FelixConfiguration', metadata: { name: 'default' }, spec });
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop' },
  status: { podIP: '10.0.0.1' },
};
const open = { profiles: ['projectcalico-default-allow'] };

function probe(objects: readonly object[], from: string, to: string, port: number | undefined, protocol = 'TCP') {
  const answer = prober(world(...objects), settings)({ from, to, protocol, ...(port === undefined ? {} : { port }) });
  if (!answer.ok) throw new Error(answer.problem);
  return answer.value;
}

const into = (objects: readonly object[], port = 8080) =>
  probe(objects, '198.51.100.7', 'host:node1/eth0', port).ingress;

describe('a probe into a host', () => {
  test('passes where no host endpoint polices the interface', () => {
    expect(into([host('other', { node: 'node2' })])).toEqual({ verdict: 'allow', by: [] });
  });

  test('is dropped without policy and profile, but for the failsafe ports', () => {
    expect(into([host('h', {})])).toEqual({
      verdict: 'deny',
      by: [{ object: 'h', path: 'spec.profiles', stage: 'profile' }],
    });
    expect(into([host('h', {})], 22)).toEqual({
      verdict: 'allow',
      by: [{ object: 'h', path: 'failsafeInboundHostPorts', stage: 'failsafe' }],
    });
    expect(into([host('h', {}), felix({ failsafeInboundHostPorts: [] })], 22).verdict).toBe('deny');
  });

  test('names the stage that decides', () => {
    const rule = (action: string) => ({ ingress: [{ action, protocol: 'TCP', destination: { ports: [8080] } }] });
    const at = (flags: object, action: string) =>
      into([host('h', {}), policy('p', { ...flags, types: ['Ingress'], ...rule(action) })]).by;
    const by = (stage: string) => [{ object: 'p', path: 'spec.ingress[0]', stage }];
    expect(at({ doNotTrack: true, applyOnForward: true }, 'Allow')).toEqual(by('untracked'));
    expect(at({ preDNAT: true, applyOnForward: true }, 'Deny')).toEqual(by('pre-dnat'));
    expect(at({}, 'Allow')).toEqual(by('normal'));
  });

  test('asks the endpoint of the interface before that of all of them', () => {
    const all = host('all', { interfaceName: '*' });
    expect(into([all, host('h', open)]).verdict).toBe('allow');
    expect(probe([all, host('h', open)], '198.51.100.7', 'host:node1/eth1', 80).ingress.verdict).toBe('deny');
    // It may be the interface that has the address.
    const addressed = host('h', { interfaceName: undefined, ...open });
    expect(probe([all, addressed], '198.51.100.7', 'host:node1/eth1', 80)).toMatchObject({ verdict: 'unknown' });
    expect(probe([all, addressed], '198.51.100.7', 'host:node1/h', 80)).toMatchObject({ verdict: 'allow' });
    expect(into([host('h', open), host('i', {})]).verdict).toBe('unknown');
  });

  test('does not mind untracked policies on an endpoint of all interfaces', () => {
    const untracked = policy('p', {
      doNotTrack: true,
      applyOnForward: true,
      types: ['Ingress'],
      ingress: [{ action: 'Deny' }],
    });
    expect(into([host('h', { ...open, interfaceName: '*' }), untracked]).verdict).toBe('allow');
    expect(into([host('h', open), untracked]).verdict).toBe('deny');
  });
});

describe('pods and hosts', () => {
  test('a pod to a host hangs on where it runs', () => {
    const to = (...more: readonly object[]) =>
      probe([pod, host('h', open), ...more], 'shop/web', 'host:node1/eth0', 80);
    expect(to().verdict).toBe('unknown');
    expect(to(felix({ defaultEndpointToHostAction: 'Accept' })).verdict).toBe('allow');
    expect(to(felix({ defaultEndpointToHostAction: 'Drop' })).verdict).toBe('unknown');
  });

  test('what hosts may drop on the way is not certain to pass', () => {
    const forward = policy('p', {
      applyOnForward: true,
      types: ['Egress'],
      egress: [{ action: 'Allow', protocol: 'UDP' }],
    });
    const out = (protocol: string) => probe([pod, host('h', open), forward], 'shop/web', '198.51.100.7', 80, protocol);
    expect(out('TCP')).toMatchObject({ verdict: 'unknown' });
    expect(out('UDP')).toMatchObject({ verdict: 'allow' });
  });
});

describe('the walk-through of host protection', () => {
  const profile = {
    apiVersion: v3,
    kind: 'Profile',
    metadata: { name: 'deny-icmp-profile' },
    spec: { egress: [{ action: 'Allow' }], ingress: [{ action: 'Deny', protocol: 'ICMP' }, { action: 'Allow' }] },
  };
  const master = host(
    'master',
    { node: 'k8s-master', interfaceName: 'enp0s3', expectedIPs: ['172.16.0.10'], profiles: ['deny-icmp-profile'] },
    { role: '' },
  );
  const ask = (objects: readonly object[], protocol: string, port?: number) =>
    probe(objects, '172.16.0.11', 'host:k8s-master/enp0s3', port, protocol).verdict;

  test('ICMP is blocked once an endpoint names the profile, and nothing else is', () => {
    expect(ask([profile], 'ICMP')).toBe('allow');
    expect(ask([profile, master], 'ICMP')).toBe('deny');
    for (const port of [22, 6443, 8080]) expect(ask([profile, master], 'TCP', port)).toBe('allow');
    expect(ask([profile, master], 'UDP', 123)).toBe('allow');
    expect(ask([profile, master], 'ICMPv6')).toBe('allow');
    expect(ask([master], 'TCP', 8080)).toBe('deny');
  });
});

describe('the report', () => {
  const report = reachReport(
    world(
      host('h', open),
      policy('p', {
        types: ['Ingress'],
        ingress: [
          { action: 'Allow', protocol: 'TCP', source: { nets: ['192.0.2.0/24'] }, destination: { ports: [10250] } },
        ],
      }),
      felix({ failsafeInboundHostPorts: [{ protocol: 'tcp', port: 22, net: '198.51.100.0/24' }] }),
    ),
    settings,
  );

  test('tells what hosts exchange with addresses, failsafe ports included', () => {
    expect(report.endpoints[0]).toEqual({
      id: 'node1/eth0[HostEndpoint]',
      kind: 'Host',
      node: 'node1',
      name: 'eth0',
      addresses: ['192.0.2.1'],
    });
    const reached = report.connections.filter(({ to }) => to === 'node1/eth0[HostEndpoint]');
    expect(reached.map(({ from, TCP }) => [from, TCP])).toEqual([
      ['192.0.2.0-192.0.2.255', ['10250']],
      ['198.51.100.0-198.51.100.255', ['22']],
    ]);
    expect(report.unknown).toEqual([]);
  });

  test('is drawn and told with its hosts', () => {
    expect(renderReachDot(report)).toContain('"node1/eth0[HostEndpoint]" [shape=box3d];');
    expect(renderReachText(report, 'en')).toContain(
      'To node1/eth0[HostEndpoint]\n  TCP 10250 from 192.0.2.0-192.0.2.255',
    );
  });

  test('a probe is told with its stage', () => {
    const answer = prober(world(host('h', {})), settings)({ from: '198.51.100.7', to: 'host:node1/eth0', port: 80 });
    expect(JSON.parse(renderProbe({}, answer))).toMatchObject({
      ingress: { verdict: 'deny', by: [{ object: 'h', path: 'spec.profiles', stage: 'profile' }] },
    });
  });
});
