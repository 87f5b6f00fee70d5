import { describe, expect, test } from 'vitest';
import type { AnyManifest, CalicoPolicySpec, FailsafeEntry, HostEndpointManifest, Rule } from './manifests.ts';
import {
  allow,
  ask,
  deny,
  felix,
  globalPolicy,
  hostEndpoint,
  namespace,
  node,
  pass,
  pod,
  tier,
} from './sample-objects.ts';

/** Host endpoints, their stages, their profiles, failsafe ports: facts §4.3, §5. */

const local = 'host:node1/eth0';
const hostAddress = '192.0.2.10';
const outside = '198.51.100.1';

const base: readonly AnyManifest[] = [
  node('node1', { zone: 'z1' }),
  namespace('red'),
  pod('red/web', '10.0.0.1', { labels: { app: 'web' } }),
  pod('red/far', '10.0.0.2', { node: 'node2' }),
];

const eth0 = (spec: Partial<HostEndpointManifest['spec']> = {}) =>
  hostEndpoint('h', { node: 'node1', interfaceName: 'eth0', ...spec }, { role: 'node' });
const star = (spec: Partial<HostEndpointManifest['spec']> = {}) => eth0({ interfaceName: '*', ...spec });
const open = { profiles: ['projectcalico-default-allow'] };

const onHosts = (name: string, spec: CalicoPolicySpec) => globalPolicy(name, { selector: 'role == "node"', ...spec });

const into = (objects: readonly AnyManifest[], parts = {}, settings = {}) =>
  ask([...base, ...objects], outside, local, { destination: hostAddress, destinationPort: 8080, ...parts }, settings)
    .ingress;

const outOf = (objects: readonly AnyManifest[], parts = {}, settings = {}) =>
  ask([...base, ...objects], local, outside, { source: hostAddress, destinationPort: 8080, ...parts }, settings).egress;

const throughTo = (objects: readonly AnyManifest[], parts = {}) =>
  ask([...base, ...objects], outside, 'red/web', { entersBy: { node: 'node1', name: 'eth0' }, ...parts }).ingress;

const throughFrom = (objects: readonly AnyManifest[], parts = {}) =>
  ask([...base, ...objects], 'red/web', outside, { leavesBy: { node: 'node1', name: 'eth0' }, ...parts }).egress;

describe('which host endpoint governs', () => {
  test('without one nobody polices', () => {
    const answer = { verdict: 'allow', by: { kind: 'not-policed' } };
    expect(into([])).toEqual(answer);
    expect(into([eth0({ interfaceName: 'eth1' })])).toEqual(answer);
    expect(into([star({ node: 'node2' })])).toEqual(answer);
    expect(into([eth0({ interfaceName: 'eth1' }), globalPolicy('p', {})])).toEqual(answer);
  });

  test('no policy and no profile: everything is dropped', () => {
    const answer = { verdict: 'deny', by: { kind: 'end', stage: 'normal' } };
    expect(into([eth0()])).toEqual(answer);
    expect(outOf([eth0()])).toEqual(answer);
    expect(into([star()])).toEqual(answer);
  });

  test('the exact interface before *, by name or by address', () => {
    const closed = hostEndpoint('all', { node: 'node1', interfaceName: '*' });
    expect(into([closed, eth0(open)]).verdict).toBe('allow');
    const addressed = hostEndpoint('ip', { node: 'node1', expectedIPs: [hostAddress], ...open });
    expect(into([closed, addressed]).verdict).toBe('allow');
    expect(into([closed, addressed], { destination: '192.0.2.11' }).verdict).toBe('deny');
    expect(into([eth0(), addressed]).verdict).toBe('undefined-by-facts');
  });

  test('* governs loopback too, a named one does not', () => {
    const loop = (objects: readonly AnyManifest[]) =>
      ask([...base, ...objects], 'host:node1/lo', 'host:node1/lo', { source: '127.0.0.1', destination: '127.0.0.1' });
    expect(loop([star()]).ingress.verdict).toBe('deny');
    expect(loop([star()]).egress.verdict).toBe('deny');
    expect(loop([eth0()]).ingress.verdict).toBe('allow');
  });

  test('a node reaches its own pods; other nodes are asked', () => {
    const objects = [...base, star(), globalPolicy('p', { types: ['Ingress', 'Egress'] })];
    const own = ask(objects, 'host:node1/cali1', 'red/web', { source: hostAddress });
    expect(own.egress).toEqual({ verdict: 'allow', by: { kind: 'own-node' } });
    expect(own.ingress).toEqual({ verdict: 'allow', by: { kind: 'own-node' } });
    const other = ask(objects, local, 'red/far', { source: hostAddress });
    expect([other.egress.verdict, other.ingress.verdict]).toEqual(['deny', 'deny']);
  });

  test('a pod to its own node is for defaultEndpointToHostAction', () => {
    const asked = (objects: readonly AnyManifest[], environment?: Record<string, string>) =>
      ask([...base, ...objects], 'red/web', 'host:node1/cali1', { destination: hostAddress }, { environment }).ingress
        .verdict;
    expect(asked([])).toBe('undefined-by-facts');
    expect(asked([], {})).toBe('deny');
    expect(asked([star(open)], { FELIX_DEFAULTENDPOINTTOHOSTACTION: 'ACCEPT' })).toBe('allow');
    expect(asked([felix('default', { defaultEndpointToHostAction: 'Accept' })], {})).toBe('allow');
    const both = [felix('default', { defaultEndpointToHostAction: 'Drop' })];
    expect(asked(both, { FELIX_DEFAULTENDPOINTTOHOSTACTION: 'ACCEPT' })).toBe('allow');
    expect(asked([felix('default', { defaultEndpointToHostAction: 'Return' })], {})).toBe('undefined-by-facts');
  });
});

describe('profiles of a host endpoint (§2.7, §4.1.7, §4.2)', () => {
  const profile = (name: string, ingress: readonly Rule[], labelsToApply = {}): AnyManifest => ({
    apiVersion: 'projectcalico.org/v3',
    kind: 'Profile',
    metadata: { name },
    spec: { ingress, labelsToApply },
  });
  const udp: Rule = { action: 'Allow', protocol: 'UDP' };

  test('default-allow is open until a policy selects it in that direction', () => {
    expect(into([eth0(open)]).by).toEqual({ kind: 'profile', profile: 'projectcalico-default-allow' });
    const objects = [eth0(open), onHosts('p', { types: ['Ingress'] })];
    expect(into(objects).by).toEqual({ kind: 'tier', stage: 'normal', tier: 'default' });
    expect(outOf(objects).verdict).toBe('allow');
    expect(into([eth0(open), onHosts('p', { ingress: [pass] })]).verdict).toBe('allow');
    expect(into([eth0(), onHosts('p', { ingress: [pass] })]).verdict).toBe('deny');
  });

  test('in list order; what none accepts is dropped', () => {
    const objects = [profile('a', [udp]), profile('b', [deny]), profile('c', [allow])];
    expect(into([...objects, eth0({ profiles: ['a', 'c'] })]).by).toEqual({
      kind: 'profile',
      profile: 'c',
      path: 'spec.ingress[0]',
    });
    expect(into([...objects, eth0({ profiles: ['a', 'b', 'c'] })]).verdict).toBe('deny');
    expect(into([...objects, eth0({ profiles: ['a'] })]).by).toEqual({ kind: 'end', stage: 'normal' });
    expect(into([...objects, eth0({ profiles: ['a'] })], { protocol: 'UDP' }).verdict).toBe('allow');
  });

  test('a missing one drops everything', () => {
    expect(into([eth0({ profiles: ['gone'] })]).by).toEqual({ kind: 'missing-profile', profile: 'gone' });
    expect(into([eth0({ profiles: ['gone', ...open.profiles] })]).verdict).toBe('deny');
    expect(into([eth0({ profiles: [...open.profiles, 'gone'] })]).verdict).toBe('allow');
    expect(into([eth0({ profiles: ['kns.red'] })]).verdict).toBe('allow');
    expect(into([eth0({ profiles: ['ksa.red.default'] })]).by).toEqual({ kind: 'end', stage: 'normal' });
  });

  test('labelsToApply are labels of the endpoint, below its own (§3.3)', () => {
    const labelled = [profile('a', [allow], { zone: 'dmz', role: 'other' }), eth0({ profiles: ['a'] })];
    expect(into([...labelled, globalPolicy('p', { selector: 'zone == "dmz"' })]).verdict).toBe('deny');
    expect(into([...labelled, globalPolicy('p', { selector: 'role == "other"' })]).verdict).toBe('allow');
    expect(into([...labelled, globalPolicy('p', { selector: 'role == "node"' })]).verdict).toBe('deny');
    expect(into([...labelled, globalPolicy('p', { selector: 'has(projectcalico.org/orchestrator)' })]).verdict).toBe(
      'allow',
    );
  });
});

describe('stages (§4.3)', () => {
  const untracked = (name: string, rules: CalicoPolicySpec) =>
    onHosts(name, { doNotTrack: true, applyOnForward: true, ...rules });
  const preDNAT = (name: string, rules: CalicoPolicySpec) =>
    onHosts(name, { preDNAT: true, applyOnForward: true, ...rules });
  const closed = onHosts('normal', { types: ['Ingress', 'Egress'] });

  test('untracked: Allow skips all, Deny drops, and its end goes on', () => {
    expect(into([eth0(), untracked('p', { ingress: [allow] }), closed]).by).toMatchObject({ stage: 'untracked' });
    expect(into([eth0(), untracked('p', { ingress: [allow] }), preDNAT('q', { ingress: [deny] })]).verdict).toBe(
      'allow',
    );
    expect(into([eth0(open), untracked('p', { ingress: [deny] })]).verdict).toBe('deny');
    expect(into([eth0(open), untracked('p', { ingress: [] })]).verdict).toBe('allow');
    expect(into([eth0(open), untracked('p', { ingress: [pass] })]).verdict).toBe('allow');
    expect(outOf([eth0(), untracked('p', { egress: [allow] }), closed]).by).toMatchObject({ stage: 'untracked' });
  });

  test('untracked: not on *', () => {
    expect(into([star(open), untracked('p', { ingress: [deny] })]).verdict).toBe('allow');
  });

  test('pre-DNAT: ingress only, Allow skips the normal policies, its end goes on', () => {
    expect(into([eth0(), preDNAT('p', { ingress: [allow] }), closed]).by).toMatchObject({ stage: 'pre-DNAT' });
    expect(into([star(open), preDNAT('p', { ingress: [deny] })]).verdict).toBe('deny');
    expect(into([eth0(open), preDNAT('p', { ingress: [] })]).verdict).toBe('allow');
    expect(outOf([eth0(open), preDNAT('p', { ingress: [deny] })]).verdict).toBe('allow');
  });

  test('before DNAT the packet still has its first destination', () => {
    const nodePort: Rule = {
      action: 'Deny',
      protocol: 'TCP',
      destination: { ports: [30_080], nets: ['192.0.2.10/32'] },
    };
    const objects = [eth0(), preDNAT('p', { ingress: [nodePort] })];
    expect(throughTo(objects).verdict).toBe('allow');
    const sent = ask([...base, ...objects], outside, 'red/web', {
      entersBy: { node: 'node1', name: 'eth0' },
      beforeDNAT: { destination: { family: 4, value: 0xc000020an }, destinationPort: 30_080 },
    });
    expect(sent.ingress.by).toMatchObject({ kind: 'rule', stage: 'pre-DNAT' });
  });

  test('forwarded: only policies with applyOnForward; without one it is allowed', () => {
    expect(throughTo([eth0(), closed])).toEqual({
      verdict: 'allow',
      by: { kind: 'profile', profile: 'kns.red' },
      way: { kind: 'not-forwarding' },
    });
    const forward = onHosts('f', { applyOnForward: true, types: ['Ingress'] });
    expect(throughTo([eth0(open), forward]).by).toEqual({ kind: 'tier', stage: 'forwarded', tier: 'default' });
    expect(throughFrom([eth0(open), forward]).verdict).toBe('allow');
    const outward = onHosts('f', { applyOnForward: true, egress: [{ action: 'Deny', protocol: 'TCP' }, allow] });
    expect(throughFrom([eth0(open), outward]).by).toMatchObject({ kind: 'rule', stage: 'forwarded' });
    expect(throughFrom([eth0(open), outward], { protocol: 'UDP' }).verdict).toBe('allow');
  });

  test('forwarded: no profile, no failsafe', () => {
    const forward = onHosts('f', { applyOnForward: true, types: ['Ingress'] });
    expect(throughTo([eth0(open), forward], { destinationPort: 22 }).verdict).toBe('deny');
    expect(into([eth0(open), forward], { destinationPort: 22 }).verdict).toBe('allow');
  });

  test('forwarded: what passes out of the last tier, and what was accepted before DNAT, is open', () => {
    const passing = onHosts('f', { applyOnForward: true, ingress: [pass] });
    expect(throughTo([eth0(open), passing]).verdict).toBe('undefined-by-facts');
    const forward = onHosts('f', { applyOnForward: true, types: ['Ingress'] });
    expect(throughTo([eth0(open), preDNAT('p', { ingress: [allow] }), forward]).verdict).toBe('undefined-by-facts');
    expect(throughTo([eth0(open), untracked('p', { ingress: [allow] }), forward]).verdict).toBe('allow');
  });

  test('a policy with applyOnForward is a normal one as well', () => {
    expect(into([eth0(), onHosts('f', { applyOnForward: true, ingress: [allow] })]).by).toMatchObject({
      stage: 'normal',
    });
  });

  test('a pod has its own policies besides', () => {
    const own = globalPolicy('pods', { namespaceSelector: 'all()', types: ['Ingress', 'Egress'] });
    const objects = [eth0(open), onHosts('f', { applyOnForward: true, ingress: [allow], egress: [allow] }), own];
    expect(throughTo(objects).by).toEqual({ kind: 'tier', stage: 'workload', tier: 'default' });
    expect(throughFrom(objects).verdict).toBe('deny');
    expect(throughTo([eth0(open), untracked('u', { ingress: [allow] }), own]).verdict).toBe('deny');
  });

  test('tiers count in every stage', () => {
    const objects = [tier('first', 1), eth0(open), onHosts('a', { tier: 'first', ingress: [pass] })];
    expect(into([...objects, onHosts('b', { ingress: [deny] })]).verdict).toBe('deny');
    const early = [tier('first', 1), untracked('a', { tier: 'first', ingress: [pass, deny] })];
    expect(into([...early, eth0(open), untracked('b', { ingress: [deny] })]).by).toMatchObject({ tier: 'default' });
  });
});

describe('failsafe ports (§5)', () => {
  const tcp = (destinationPort: number) => ({ destinationPort });
  const udp = (destinationPort: number) => ({ protocol: 'UDP', destinationPort });
  const passes = (objects: readonly AnyManifest[], parts: object, settings = {}) =>
    into([eth0(), ...objects], parts, settings).verdict === 'allow';

  test.each([22, 179, 2379, 2380, 5473, 6443, 6666, 6667])('built in: tcp %d inbound', (port) => {
    expect(into([eth0()], tcp(port)).by).toEqual({ kind: 'failsafe', stage: 'normal' });
    expect(into([eth0()], udp(port)).verdict).toBe('deny');
  });

  test('built in: the rest', () => {
    expect(passes([], udp(68))).toBe(true);
    for (const port of [21, 23, 443, 10_250, 30_000]) expect(passes([], tcp(port))).toBe(false);
    const out = (parts: object) => outOf([eth0()], parts).verdict;
    for (const port of [179, 2379, 2380, 5473, 6443, 6666, 6667]) expect(out(tcp(port))).toBe('allow');
    for (const port of [53, 67]) expect(out(udp(port))).toBe('allow');
    for (const parts of [tcp(22), tcp(53), udp(68), udp(123)]) expect(out(parts)).toBe('deny');
  });

  test('before policies, at the untracked, pre-DNAT and normal stages', () => {
    for (const flags of [{}, { doNotTrack: true, applyOnForward: true }, { preDNAT: true, applyOnForward: true }]) {
      const closed = onHosts('p', { ...flags, ingress: [deny] });
      expect(passes([closed], tcp(22))).toBe(true);
      expect(passes([closed], tcp(23))).toBe(false);
    }
  });

  test('untracked: replies of the opposite list', () => {
    const flags = { doNotTrack: true, applyOnForward: true };
    const reply = { sourcePort: 53, destinationPort: 50_000, protocol: 'UDP' };
    const denying = onHosts('p', { ...flags, ingress: [deny], egress: [deny] });
    expect(into([eth0(open), denying], reply).verdict).toBe('allow');
    expect(into([eth0(open), denying], { ...reply, protocol: 'TCP' }).verdict).toBe('deny');
    expect(outOf([eth0(open), denying], { sourcePort: 22, destinationPort: 50_000 }).verdict).toBe('allow');
    // Only there: no connection, no reply.
    expect(into([eth0(), onHosts('p', { ingress: [deny] })], reply).verdict).toBe('deny');
  });

  const inbound = (
    name: string,
    failsafeInboundHostPorts: readonly FailsafeEntry[] | null,
    more = {},
    nodeSelector?: string,
  ) => felix(name, { failsafeInboundHostPorts, ...(nodeSelector === undefined ? {} : { nodeSelector }) }, more);
  const only = (port: number): readonly FailsafeEntry[] => [{ protocol: 'TCP', port }];

  test('absent is built in, empty is none, a list replaces all', () => {
    expect(passes([inbound('default', null)], tcp(22))).toBe(true);
    expect(passes([inbound('default', [])], tcp(22))).toBe(false);
    expect(passes([inbound('default', only(99))], tcp(22))).toBe(false);
    expect(passes([inbound('default', only(99))], tcp(99))).toBe(true);
    expect(outOf([eth0(), inbound('default', [])], tcp(6443)).verdict).toBe('allow');
  });

  test('net is the far end’s', () => {
    const near = [inbound('default', [{ protocol: 'tcp', port: 22, net: '198.51.100.0/24' }])];
    expect(passes(near, tcp(22))).toBe(true);
    expect(passes([inbound('default', [{ protocol: 'tcp', port: 22, net: '192.0.2.0/24' }])], tcp(22))).toBe(false);
    const outbound = felix('default', {
      failsafeOutboundHostPorts: [{ protocol: 'tcp', port: 22, net: '198.51.100.1' }],
    });
    expect(outOf([eth0(), outbound], tcp(22)).verdict).toBe('allow');
    const v6 = { source: 'fd00::1', destination: 'fd00::2', destinationPort: 22 };
    expect(ask([...base, eth0(), ...near], 'fd00::1', local, v6).ingress.verdict).toBe('deny');
    expect(ask([...base, eth0()], 'fd00::1', local, v6).ingress.verdict).toBe('allow');
  });

  test('node before nodeSelector before default; the oldest of two selectors; others do not count', () => {
    const objects = [
      inbound('default', only(1)),
      inbound('zone', only(2), { creationTimestamp: '2026-01-01T00:00:00Z' }, 'zone == "z1"'),
      inbound('older', only(3), { creationTimestamp: '2025-01-01T00:00:00Z' }, 'has(zone)'),
      inbound('elsewhere', only(4), { creationTimestamp: '2024-01-01T00:00:00Z' }, 'zone == "z2"'),
      inbound('plain', only(5), { creationTimestamp: '2023-01-01T00:00:00Z' }),
      inbound('node.node1', only(6)),
      inbound('node.node2', only(7)),
    ];
    const which = (list: readonly AnyManifest[]) => [1, 2, 3, 4, 5, 6, 7].filter((port) => passes(list, tcp(port)));
    const without = (...names: readonly string[]) => objects.filter(({ metadata }) => !names.includes(metadata.name));
    expect(which(objects)).toEqual([6]);
    expect(which(without('node.node1'))).toEqual([3]);
    expect(which(without('node.node1', 'older'))).toEqual([2]);
    expect(which(without('node.node1', 'older', 'zone'))).toEqual([1]);
  });

  test('whoever does not set it leaves it to the next', () => {
    const objects = [felix('node.node1', { failsafeOutboundHostPorts: [] }), inbound('default', only(9))];
    expect(passes(objects, tcp(9))).toBe(true);
    expect(outOf([eth0(), ...objects], tcp(6443)).verdict).toBe('deny');
  });

  const annotated = (text: string) => ({ annotations: { 'config.projectcalico.org/FailsafeInboundHostPorts': text } });

  test('an annotation goes before the field of its object', () => {
    expect(passes([inbound('default', only(9), annotated('none'))], tcp(9))).toBe(false);
    expect(passes([inbound('default', only(9), annotated(''))], tcp(9))).toBe(true);
    const text = 'tcp:22,udp:198.51.100.0/24:53,TCP:[fd00::/8]:23,tcp:192.0.2.0/24:24';
    const objects = [inbound('default', only(9), annotated(text))];
    expect([tcp(22), udp(53), tcp(23), tcp(24), tcp(9)].map((parts) => passes(objects, parts))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(passes([inbound('default', null, annotated('none')), inbound('node.node1', only(9))], tcp(9))).toBe(true);
  });

  test('the environment goes before everything, where it is told', () => {
    const environment = { FELIX_FAILSAFEINBOUNDHOSTPORTS: 'tcp:7' };
    const objects = [inbound('node.node1', only(9))];
    expect(passes(objects, tcp(7), { environment })).toBe(true);
    expect(passes(objects, tcp(9), { environment })).toBe(false);
    expect(passes(objects, tcp(9), { environment: { FELIX_FAILSAFEINBOUNDHOSTPORTS: '' } })).toBe(true);
  });

  test.each([
    [{ protocol: 'SCTP', port: 22 }],
    [{ port: 22 }],
    [{ protocol: 'tcp', port: 70_000 }],
    [{ protocol: 'tcp', port: 22, net: '10.0.0.0/33' }],
  ])('%j stops Felix, and nobody says what then holds (§5.2)', (entry) => {
    expect(into([eth0(), inbound('default', [entry])]).verdict).toBe('undefined-by-facts');
  });
});
