import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissiveCrds } from './calico-crds.ts';
import { type GuardedCluster, startGuardedCluster, until } from './cluster.ts';

const apiServer = 'system:serviceaccount:calico-apiserver:calico-apiserver';

const set = {
  apiVersion: 'sekisho.dev/v1alpha1',
  kind: 'GuardrailSet',
  metadata: { name: 'e2e' },
  spec: {
    enforcer: 'calico',
    cluster: { nodeCIDRs: ['172.16.0.0/24'], apiServers: [{ cidr: '172.16.0.10/32', port: 6443 }] },
    platform: { groups: ['system:masters', 'platform-team'] },
  },
};
const exemption = {
  apiVersion: 'sekisho.dev/v1alpha1',
  kind: 'Exemption',
  metadata: { name: 'lab-nodes' },
  spec: {
    guardrails: ['keep-failsafe-ports'],
    objects: [{ kinds: ['FelixConfiguration'], names: ['node.lab-*'] }],
    owner: 'platform@example.com',
    reason: 'the nodes of the lab have a console',
    expires: new Date(Date.now() + 30 * 86_400_000).toISOString(),
  },
};

let cluster: GuardedCluster;

beforeAll(async () => {
  cluster = await startGuardedCluster({
    config: [set, exemption].map((one) => JSON.stringify(one)).join('\n---\n'),
    users: [{ name: 'paul', groups: ['developers', 'platform-team'] }],
  });
  const installed = await cluster.plane.kubectl(['apply', '--server-side', '-f', '-'], { stdin: permissiveCrds() });
  expect(installed.stderr).toBe('');
  await until(async () => (await cluster.plane.kubectl(['get', 'felixconfigurations.projectcalico.org'])).code === 0);
  await until(
    async () => (await cluster.plane.kubectl(['get', 'networkpolicies.crd.projectcalico.org', '-A'])).code === 0,
  );
  await until(async () =>
    (await cluster.metrics()).includes('sekisho_world_synced{kind="HostEndpoint.projectcalico.org"} 1'),
  );
  await cluster.ready();
}, 1_500_000);

afterAll(async () => {
  await cluster?.stop();
});

const denied = 'admission webhook "cluster-policies.sekisho.dev" denied the request: ';
const felix = (name: string, spec: object, annotations: object = {}) =>
  JSON.stringify({
    apiVersion: 'projectcalico.org/v3',
    kind: 'FelixConfiguration',
    metadata: { name, annotations },
    spec,
  });
const calico = (kind: string, name: string, spec: object, labels: object = {}) =>
  JSON.stringify({ apiVersion: 'projectcalico.org/v3', kind, metadata: { name, labels }, spec });
const as = (user: string, manifest: string) => cluster.kubectl(['apply', '-f', '-'], { stdin: manifest, user });

const ports = (...list: [string, number][]) => list.map(([protocol, port]) => ({ protocol, port }));
const inbound = ports(
  ...([
    ['tcp', 22],
    ['udp', 68],
    ['tcp', 179],
    ['tcp', 2379],
  ] as [string, number][]),
  ...([
    ['tcp', 2380],
    ['tcp', 5473],
    ['tcp', 6443],
  ] as [string, number][]),
);
const withoutSsh = inbound.filter(({ port }) => port !== 22);
const felixName = 'felixconfigurations.projectcalico.org';

describe('the failsafe ports', () => {
  it('may be written out in full, and everything else of Felix may be changed', async () => {
    expect((await cluster.apply(felix('default', { failsafeInboundHostPorts: inbound }))).code).toBe(0);
    const patch = ['patch', felixName, 'default', '--type=merge', '-p', '{"spec":{"reportingInterval":"60s"}}'];
    expect((await cluster.kubectl(patch)).code).toBe(0);
    expect((await cluster.kubectl(['annotate', felixName, 'default', 'team=network'])).code).toBe(0);
  });

  it('are kept by kubectl apply', async () => {
    const { code, stderr } = await cluster.apply(felix('default', { failsafeInboundHostPorts: [] }));
    expect(code).toBe(1);
    expect(stderr).toContain(`${denied}default: `);
    expect(stderr).toContain('[keep-failsafe-ports/emptied]');
    expect(stderr).toContain('spec.failsafeInboundHostPorts');
  });

  it('are kept by kubectl patch, which names the port that would go', async () => {
    const change = JSON.stringify({ spec: { failsafeInboundHostPorts: withoutSsh } });
    const { code, stderr } = await cluster.kubectl(['patch', felixName, 'default', '--type=merge', '-p', change]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${denied}default: `);
    expect(stderr).toContain('[keep-failsafe-ports/removed]');
    expect(stderr).toContain('22');
  });

  it('are kept by kubectl annotate', async () => {
    const hidden = 'config.projectcalico.org/FailsafeInboundHostPorts=none';
    const { code, stderr } = await cluster.kubectl(['annotate', felixName, 'default', hidden]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${denied}default: `);
    expect(stderr).toContain('[keep-failsafe-ports/emptied]');
  });

  it('are kept on a single node, from an entry that stops Felix, and for everybody', async () => {
    const node = felix('node.node-1', { failsafeInboundHostPorts: withoutSsh });
    for (const user of ['jane', 'paul']) {
      const { code, stderr } = await as(user, node);
      expect(code).toBe(1);
      expect(stderr).toContain(`${denied}node.node-1: `);
      expect(stderr).toContain('[keep-failsafe-ports/removed]');
    }
    const crash = felix('node.node-1', { failsafeInboundHostPorts: [...inbound, { protocol: 'SCTP', port: 22 }] });
    expect((await cluster.apply(crash)).stderr).toContain('[keep-failsafe-ports/crashes]');
  });

  it('may be given up where an exemption says so', async () => {
    const lab = felix('node.lab-1', { failsafeInboundHostPorts: withoutSsh });
    const { code, stderr } = await as('paul', lab);
    expect(stderr).not.toContain('denied');
    expect(code).toBe(0);
  });

  it('fall back to the built-in ones when kubectl deletes what held them', async () => {
    expect((await cluster.kubectl(['delete', felixName, 'default'])).code).toBe(0);
  });
});

describe('Host Protection', () => {
  const host = (profile: string, labels = {}) =>
    calico(
      'HostEndpoint',
      'master-hostendpoint',
      { interfaceName: 'enp0s3', node: 'k8s-master', expectedIPs: ['172.16.0.10'], profiles: [profile] },
      labels,
    );

  it('refuses a host endpoint whose profile does not exist, as everything would be dropped there', async () => {
    const { code, stderr } = await cluster.apply(host('deny-icmp-profile'));
    expect(code).toBe(1);
    expect(stderr).toContain(`${denied}master-hostendpoint: `);
    expect(stderr).toContain('[keep-hosts-reachable/missing-profile]');
    expect(stderr).toContain('deny-icmp-profile');
  });

  it('warns an ordinary user of a host endpoint that stays reachable, and not the platform', async () => {
    const { code, stderr } = await cluster.apply(host('projectcalico-default-allow', { role: 'node' }));
    expect(code).toBe(0);
    expect(stderr).toMatch(/Warning: master-hostendpoint: .*\[reserve-hosts\/host-endpoint\]/);
    const again = await as('paul', host('projectcalico-default-allow', { role: 'node', zone: 'a' }));
    expect(again.code).toBe(0);
    expect(again.stderr).not.toContain('[reserve-hosts/');
  });

  it('refuses a policy that locks the kubelet out, with the rule and the stage', async () => {
    await until(async () =>
      (await cluster.apply(lockout(), '--dry-run=server')).stderr.includes('[keep-hosts-reachable/cut-off]'),
    );
    const { code, stderr } = await cluster.apply(lockout());
    expect(code).toBe(1);
    expect(stderr).toContain(`${denied}lock-out: `);
    expect(stderr).toContain('master-hostendpoint');
    expect(stderr).toContain('10250');
    expect(stderr).toContain('spec.ingress[0]');
  });

  const lockout = () =>
    calico('GlobalNetworkPolicy', 'lock-out', {
      order: 10,
      selector: "role == 'node'",
      types: ['Ingress'],
      ingress: [{ action: 'Deny' }],
    });
});

describe("a deletion that arrives only from Calico's API server", () => {
  it('warns of the last default deny, since nobody can tell who asked', async () => {
    expect((await cluster.kubectl(['create', 'namespace', 'shop'])).stderr).toBe('');
    const deny = JSON.stringify({
      apiVersion: 'crd.projectcalico.org/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'default.default-deny', namespace: 'shop' },
      spec: { selector: 'all()', types: ['Ingress', 'Egress'] },
    });
    const behind = ['--as', apiServer, '--as-group', 'system:serviceaccounts'];
    const stored = await cluster.plane.kubectl(['apply', ...behind, '-f', '-'], { stdin: deny });
    expect(stored).toMatchObject({ code: 0, stderr: '' });
    const { code, stderr } = await cluster.plane.kubectl([
      ...['delete', 'networkpolicies.crd.projectcalico.org', '-n', 'shop', 'default.default-deny'],
      ...behind,
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^Warning: shop\/default\.default-deny: .*\[require-default-deny\/lost-unknown-requester\]/m,
    );
  });
});
