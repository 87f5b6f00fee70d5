import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { officialCrds, permissiveCrds } from './calico-crds.ts';
import { type GuardedCluster, startGuardedCluster, until } from './cluster.ts';

const kubeControllers = 'system:serviceaccount:calico-system:calico-kube-controllers';
const apiServer = 'system:serviceaccount:calico-apiserver:calico-apiserver';

const config = JSON.stringify({
  apiVersion: 'sekisho.dev/v1alpha1',
  kind: 'GuardrailSet',
  metadata: { name: 'e2e' },
  spec: {
    enforcer: 'calico',
    cluster: { apiServers: [{ cidr: '192.0.2.10/32', port: 6443 }] },
    platform: { groups: ['system:masters', 'platform-team'] },
  },
});

let cluster: GuardedCluster;

beforeAll(async () => {
  cluster = await startGuardedCluster({
    config,
    service: 'sekisho-system/sekisho',
    users: [{ name: 'paul', groups: ['developers', 'platform-team'] }],
  });
}, 1_500_000);

afterAll(async () => {
  await cluster?.stop();
});

function calico(kind: string, name: string, spec: object, more: { namespace?: string; stored?: boolean } = {}): string {
  return JSON.stringify({
    apiVersion: more.stored === true ? 'crd.projectcalico.org/v1' : 'projectcalico.org/v3',
    kind,
    metadata: { name, ...(more.namespace === undefined ? {} : { namespace: more.namespace }) },
    spec,
  });
}

/** As a service account of Calico's, which the API server takes the administrator for. */
function applyAs(user: string, manifest: string) {
  return cluster.plane.kubectl(['apply', '--as', user, '--as-group', 'system:serviceaccounts', '-f', '-'], {
    stdin: manifest,
  });
}

const applyAsPaul = (manifest: string) => cluster.kubectl(['apply', '-f', '-'], { stdin: manifest, user: 'paul' });

const denied = (entry: string) => `admission webhook "${entry}.sekisho.dev" denied the request: `;

async function seen(...kinds: string[]): Promise<void> {
  await until(async () => {
    const text = await cluster.metrics();
    return kinds.every((kind) => text.includes(`sekisho_world_synced{kind="${kind}"} 1`));
  });
  await cluster.ready();
}

/** The API server takes a moment until it serves a new kind. */
async function served(...resources: string[]): Promise<void> {
  for (const resource of resources) {
    await until(async () => (await cluster.plane.kubectl(['get', resource, '-A'])).code === 0);
  }
}

const watched = [
  ...['NetworkPolicy', 'GlobalNetworkPolicy', 'StagedNetworkPolicy', 'StagedGlobalNetworkPolicy'],
  ...['StagedKubernetesNetworkPolicy', 'NetworkSet', 'GlobalNetworkSet', 'Tier', 'HostEndpoint', 'FelixConfiguration'],
  'KubeControllersConfiguration',
].map((kind) => `${kind}.projectcalico.org`);

describe('kinds that are installed while the webhook runs', () => {
  it('are picked up, all of them', async () => {
    expect(await cluster.metrics()).not.toContain('projectcalico.org');
    const installed = await cluster.plane.kubectl(['apply', '--server-side', '-f', '-'], { stdin: permissiveCrds() });
    expect(installed.stderr).toBe('');
    await served(
      'tiers.projectcalico.org',
      'networkpolicies.projectcalico.org',
      'globalnetworkpolicies.projectcalico.org',
    );
    await served('networkpolicies.crd.projectcalico.org', 'globalnetworksets.crd.projectcalico.org');
    await seen(...watched);
  });
});

describe('an ordinary user', () => {
  it("is refused a policy of Calico's that lets everyone in, as one of Kubernetes would be", async () => {
    const spec = { selector: "app == 'web'", types: ['Ingress'], ingress: [{ action: 'Allow', protocol: 'TCP' }] };
    const { code, stderr } = await cluster.apply(calico('NetworkPolicy', 'open-web', spec, { namespace: 'default' }));
    expect(code).toBe(1);
    expect(stderr).toContain(`Error from server (Forbidden): error when creating "STDIN": ${denied('policies')}`);
    expect(stderr).toContain('default/open-web: everyone may connect');
    expect(stderr).toContain('[forbid-broad-peers/everyone]');
  });

  it('is refused a mirror, and told what to edit instead', async () => {
    const spec = { selector: "projectcalico.org/orchestrator == 'k8s'", types: ['Ingress'] };
    const mirror = calico('NetworkPolicy', 'knp.default.deny-all-allow-default', spec, { namespace: 'default' });
    const { code, stderr } = await cluster.apply(mirror);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `${denied('policies')}default/knp.default.deny-all-allow-default: Calico generates this mirror: edit NetworkPolicy deny-all-allow-default in namespace default instead`,
    );
    expect(stderr).toContain('[protect-generated/mirror]');
  });

  it('is refused the stored form, on create, apply and patch, and not its removal', async () => {
    const set = calico('GlobalNetworkSet', 'partners', { nets: ['203.0.113.0/24'] }, { stored: true });
    const created = await cluster.kubectl(['create', '-f', '-'], { stdin: set });
    expect(created.code).toBe(1);
    expect(created.stderr).toContain(
      `${denied('stored')}partners: crd.projectcalico.org/v1 is the form that Calico stores: write GlobalNetworkSet partners of projectcalico.org/v3 instead`,
    );
    expect(created.stderr).toContain('Fix: apiVersion: projectcalico.org/v3');
    expect((await applyAsPaul(set)).code).toBe(0);
    const patch = ['patch', 'globalnetworksets.crd.projectcalico.org', 'partners', '--type=merge', '-p'];
    const patched = await cluster.kubectl([...patch, '{"spec":{"nets":["198.51.100.0/24"]}}']);
    expect(patched.code).toBe(1);
    expect(patched.stderr).toContain('[protect-generated/storage-form]');
    const annotated = await cluster.kubectl(['annotate', 'globalnetworksets.crd.projectcalico.org', 'partners', 'a=b']);
    expect(annotated.code).toBe(0);
    const removed = await cluster.kubectl(['delete', 'globalnetworksets.crd.projectcalico.org', 'partners']);
    expect(removed).toMatchObject({ code: 0, stderr: '' });
  });
});

describe("Calico's own accounts", () => {
  it('write their mirrors', async () => {
    const spec = { selector: "projectcalico.org/orchestrator == 'k8s'", types: ['Ingress'] };
    const mirror = calico('NetworkPolicy', 'knp.default.deny-all', spec, { namespace: 'default' });
    const { code, stderr, stdout } = await applyAs(kubeControllers, mirror);
    expect(stderr).toBe('');
    expect(stdout).toContain('networkpolicy.projectcalico.org/knp.default.deny-all created');
    expect(code).toBe(0);
  });

  it('keep a host endpoint for each node', async () => {
    const host = JSON.parse(
      calico('HostEndpoint', 'node-1-auto-hep', { node: 'node-1', interfaceName: '*', expectedIPs: ['192.0.2.1'] }),
    );
    host.metadata.labels = { 'projectcalico.org/created-by': 'calico-kube-controllers' };
    expect(await applyAs(kubeControllers, JSON.stringify(host))).toMatchObject({ code: 0, stderr: '' });
  });

  it('store what was judged before, without the webhook being asked once more', async () => {
    const spec = { selector: 'all()', types: ['Ingress'], ingress: [{ action: 'Allow' }] };
    const open = calico('NetworkPolicy', 'default.second-hop', spec, { namespace: 'default', stored: true });
    expect(await applyAs(apiServer, open)).toMatchObject({ code: 0, stderr: '' });
    expect(cluster.log()).not.toContain('second-hop');
  });

  it('are not anybody of that name elsewhere', async () => {
    const spec = { selector: "projectcalico.org/orchestrator == 'k8s'", types: ['Ingress'] };
    const mirror = calico('NetworkPolicy', 'knp.default.forged', spec, { namespace: 'default' });
    const { code, stderr } = await applyAs('system:serviceaccount:default:calico-kube-controllers', mirror);
    expect(code).toBe(1);
    expect(stderr).toContain('[protect-generated/mirror]');
  });
});

describe('the platform', () => {
  it('may write what is generated, and may not open what nobody may', async () => {
    const set = calico('GlobalNetworkSet', 'repaired', { nets: ['203.0.113.0/24'] }, { stored: true });
    expect(await applyAsPaul(set)).toMatchObject({ code: 0, stderr: '' });
    const spec = { selector: "app == 'web'", types: ['Ingress'], ingress: [{ action: 'Allow', protocol: 'TCP' }] };
    const open = await applyAsPaul(calico('NetworkPolicy', 'open-web', spec, { namespace: 'default' }));
    expect(open.stderr).toContain('[forbid-broad-peers/everyone]');
  });
});

describe('the webhook itself', () => {
  const pod = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'sekisho-1', namespace: 'sekisho-system', labels: { 'app.kubernetes.io/name': 'sekisho' } },
    spec: { containers: [{ name: 'sekisho', image: 'sekisho', ports: [{ name: 'webhook', containerPort: 8443 }] }] },
  });
  const service = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'sekisho', namespace: 'sekisho-system' },
    spec: {
      selector: { 'app.kubernetes.io/name': 'sekisho' },
      ports: [{ name: 'webhook', port: 443, targetPort: 'webhook' }],
    },
  });
  const cuts = (namespaceSelector: string) =>
    calico('GlobalNetworkPolicy', 'deny-untrusted', {
      order: 10,
      namespaceSelector,
      types: ['Ingress'],
      ingress: [{ action: 'Deny', protocol: 'TCP', source: { nets: ['192.0.2.0/24'] } }],
    });

  it('is not to be cut off from the API server by a policy, a tier or a label', async () => {
    expect((await cluster.plane.kubectl(['create', 'namespace', 'sekisho-system'])).stderr).toBe('');
    const team = ['label', 'namespace', 'sekisho-system', 'team=platform'];
    expect((await cluster.plane.kubectl(team)).stderr).toBe('');
    expect((await cluster.plane.kubectl(['apply', '-f', '-'], { stdin: `${pod}\n---\n${service}` })).stderr).toBe('');
    const wide = () => cluster.apply(cuts("team == 'platform'"), '--dry-run=server');
    await until(async () => (await wide()).stderr.includes('[protect-webhook/cut-off]'));
    const { code, stderr } = await cluster.apply(cuts("team == 'platform'"));
    expect(code).toBe(1);
    expect(stderr).toContain(denied('cluster-policies'));
    expect(stderr).toContain(
      'deny-untrusted: the API server (192.0.2.10) could no longer reach Sekisho itself (sekisho-system/sekisho) on TCP 8443',
    );
    expect(stderr).toContain(
      "Fix: namespaceSelector: \"(team == 'platform') && projectcalico.org/name != 'sekisho-system'\"",
    );

    expect((await cluster.apply(cuts("quarantine == 'true'"))).code).toBe(0);
    const label = ['label', 'namespace', 'sekisho-system', 'quarantine=true'];
    await until(async () => (await cluster.kubectl([...label, '--dry-run=server'])).code !== 0);
    const labelled = await cluster.kubectl(label);
    expect(labelled.stderr).toContain(`${denied('namespaces')}sekisho-system: the API server (192.0.2.10)`);
    expect((await cluster.kubectl(['delete', 'globalnetworkpolicies.projectcalico.org', 'deny-untrusted'])).code).toBe(
      0,
    );
  });
});

describe("Calico's own definitions", () => {
  it('serve as well as ours do, and refuse nothing that we would have to explain', async () => {
    const releases = [
      await officialCrds('v3.32.1', 'projectcalico.org'),
      await officialCrds('v3.32.1', 'crd.projectcalico.org'),
      await officialCrds('release-v3.33', 'projectcalico.org'),
    ];
    if (releases.some((text) => text === undefined)) {
      process.stderr.write(
        "Calico's own definitions are not here: ../shared/crds/calico is missing, and nothing was tried with them.\n",
      );
      return;
    }
    for (const text of releases) {
      const applied = await cluster.plane.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
        stdin: text ?? '',
      });
      expect(applied.stderr).toBe('');
      await served('tiers.projectcalico.org', 'networkpolicies.projectcalico.org');
      const spec = { selector: "app == 'web'", types: ['Ingress'], ingress: [{ action: 'Allow', protocol: 'TCP' }] };
      const open = calico('NetworkPolicy', 'open-web', { tier: 'default', ...spec }, { namespace: 'default' });
      await until(async () => (await cluster.apply(open)).stderr.includes('[forbid-broad-peers/everyone]'));
      const closed = {
        tier: 'default',
        ...spec,
        ingress: [
          { action: 'Allow', protocol: 'TCP', source: { selector: "app == 'client'" }, destination: { ports: [8080] } },
        ],
      };
      const applies = await cluster.apply(calico('NetworkPolicy', 'web', closed, { namespace: 'default' }));
      expect(applies.code, applies.stderr).toBe(0);
      expect(
        (await cluster.kubectl(['delete', 'networkpolicies.projectcalico.org', '-n', 'default', 'web'])).code,
      ).toBe(0);
      await seen(...watched);
    }
  });
});
