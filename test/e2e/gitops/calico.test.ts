import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { permissiveCrds } from '../calico-crds.ts';
import { type GuardedCluster, startGuardedCluster, until } from '../cluster.ts';
import { type Helm, prepareHelm } from './helm.ts';
import { pipeline, policiesOf, settings, stateOf } from './live.ts';
import { documents, namespace, pod } from './objects.ts';
import { scenario } from './scenario.ts';

let root: string;
let cluster: GuardedCluster;
let helm: Helm;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-gitops-'));
  cluster = await startGuardedCluster({ config: settings({ enforcer: 'calico' }), users: [{ name: pipeline }] });
  const installed = await cluster.plane.kubectl(['apply', '--server-side', '-f', '-'], { stdin: permissiveCrds() });
  expect(installed.code).toBe(0);
  const kinds = ['GlobalNetworkPolicy', 'NetworkPolicy', 'Tier'].map((kind) => `kind="${kind}.projectcalico.org"`);
  await until(async () => {
    const metrics = await cluster.metrics();
    return kinds.every((kind) => metrics.includes(`sekisho_world_synced{${kind}} 1`));
  });
  helm = await prepareHelm(cluster, root);
});

afterAll(async () => {
  await cluster?.stop();
  await rm(root, { recursive: true, force: true });
});

const globalPolicies = 'globalnetworkpolicies.projectcalico.org';
const success = expect.objectContaining({ code: 0 });

function calico(kind: string, name: string, spec: object): string {
  return JSON.stringify({ apiVersion: 'projectcalico.org/v3', kind, metadata: { name }, spec });
}

const tier = (ns: string): string => calico('Tier', `${ns}-tier`, { order: 500, defaultAction: 'Pass' });

/** Isolates every pod of the namespace, at the end of the default tier. */
const deny = (ns: string, name = `${ns}-deny`): string =>
  calico('GlobalNetworkPolicy', name, {
    order: 2000,
    namespaceSelector: `kubernetes.io/metadata.name == '${ns}'`,
    types: ['Ingress', 'Egress'],
  });

const allow = (ns: string, nets: readonly string[] = ['192.0.2.0/24'], name = `${ns}-allow`): string =>
  calico('GlobalNetworkPolicy', name, {
    order: 100,
    tier: `${ns}-tier`,
    selector: "app == 'web'",
    namespaceSelector: `kubernetes.io/metadata.name == '${ns}'`,
    types: ['Ingress'],
    ingress: [{ action: 'Allow', protocol: 'TCP', source: { nets }, destination: { ports: [8080] } }],
  });

const everyone = ['0.0.0.0/1', '128.0.0.0/1'];
const refusal = (ns: string): string => `denied the request: ${ns}-allow: all 4,294,967,296 IPv4 addresses may connect`;
const templates = (ns: string, allowed = allow(ns)) => ({
  'allow.json': allowed,
  'deny.json': deny(ns),
  'tier.json': tier(ns),
});

async function globalPoliciesOf(ns: string): Promise<readonly string[]> {
  return (await policiesOf(cluster, 'default', globalPolicies)).filter((name) => name.startsWith(`${ns}-`));
}

describe('Calico kinds by kubectl 1.36.3', () => {
  for (const [order, list] of [
    ['allow, deny, tier', [allow, deny, tier]],
    ['deny, tier, allow', [deny, tier, allow]],
    ['tier, allow, deny', [tier, allow, deny]],
  ] as const) {
    scenario('comesUp', `\`apply\` of a namespace, ${order}`, 'comes up at once', async () => {
      const ns = order.replaceAll(', ', '-');
      const manifest = documents(namespace(ns), ...list.map((make) => make(ns)));
      expect(await cluster.apply(manifest)).toEqual(success);
      expect(await globalPoliciesOf(ns)).toEqual([`${ns}-allow`, `${ns}-deny`]);
    });
  }

  for (const [index, flags] of [
    ['apply'],
    ['apply', '--force'],
    ['apply', '--server-side', '--force-conflicts'],
  ].entries()) {
    const ns = `calico-refused-${index}`;
    scenario('refused', `\`${flags.join(' ')}\``, 'refused; untouched', async () => {
      const stdin = documents(namespace(ns), tier(ns), deny(ns), allow(ns));
      expect(await cluster.kubectl([...flags, '-f', '-'], { stdin })).toEqual(success);
      const before = await stateOf(cluster, 'default', `${ns}-allow`, globalPolicies);
      const { code, stderr } = await cluster.kubectl([...flags, '-f', '-'], { stdin: allow(ns, everyone) });
      expect(code).toBe(1);
      expect(stderr).toContain(refusal(ns));
      expect(await stateOf(cluster, 'default', `${ns}-allow`, globalPolicies)).toEqual(before);
    });
    scenario('mended', `\`${flags.join(' ')}\``, 'goes through; same uid', async () => {
      const { uid } = await stateOf(cluster, 'default', `${ns}-allow`, globalPolicies);
      expect(await cluster.kubectl([...flags, '-f', '-'], { stdin: allow(ns, ['198.51.100.0/24']) })).toEqual(success);
      expect((await stateOf(cluster, 'default', `${ns}-allow`, globalPolicies)).uid).toBe(uid);
    });
  }

  scenario(
    'removed',
    '`delete -f` by a declared deployer, while pods are protected',
    'all gone, with a warning',
    async () => {
      const ns = 'calico-removed';
      const stdin = documents(tier(ns), deny(ns), allow(ns));
      expect(await cluster.apply(documents(namespace(ns), stdin))).toEqual(success);
      expect(await cluster.apply(pod(ns))).toEqual(success);
      const deletion = ['delete', globalPolicies, `${ns}-deny`, '--dry-run=server'];
      await until(async () => (await cluster.kubectl(deletion)).stderr.includes('[require-default-deny/lost]'));
      const { code, stderr } = await cluster.kubectl(['delete', '-f', '-'], { stdin, user: pipeline });
      expect(stderr).toContain('this takes away the last default deny');
      expect(code).toBe(0);
      expect(await globalPoliciesOf(ns)).toEqual([]);
    },
  );
});

describe('Calico kinds by Helm 4.3.1', () => {
  scenario('comesUp', '`install` of a namespace, tier, deny and allow', 'comes up at once', async () => {
    const ns = 'helm-up';
    const chart = await helm.chart('calico', { 'namespace.json': namespace(ns), ...templates(ns) });
    expect(await helm.run(['install', ns, chart, '-n', 'default'])).toEqual(success);
    expect(await globalPoliciesOf(ns)).toEqual([`${ns}-allow`, `${ns}-deny`]);
  });

  for (const [index, flags] of [[], ['--rollback-on-failure'], ['--server-side=false', '--force-replace']].entries()) {
    const command = `\`${['upgrade', ...flags].join(' ')}\``;
    const ns = `helm-refused-${index}`;
    const upgrade = async (allowed: string) =>
      helm.run([
        'upgrade',
        '--install',
        'web',
        await helm.chart('calico', templates(ns, allowed)),
        '-n',
        ns,
        '--create-namespace',
        ...flags,
      ]);
    scenario('refused', command, 'refused; untouched', async () => {
      expect(await upgrade(allow(ns))).toEqual(success);
      const before = await stateOf(cluster, 'default', `${ns}-allow`, globalPolicies);
      const { code, stderr } = await upgrade(allow(ns, everyone));
      expect(stderr).toContain(refusal(ns));
      expect(code).toBe(1);
      expect(await stateOf(cluster, 'default', `${ns}-allow`, globalPolicies)).toEqual(before);
    });
    scenario('mended', command, 'goes through; same uid', async () => {
      const { uid } = await stateOf(cluster, 'default', `${ns}-allow`, globalPolicies);
      expect(await upgrade(allow(ns, ['198.51.100.0/24']))).toEqual(success);
      expect((await stateOf(cluster, 'default', `${ns}-allow`, globalPolicies)).uid).toBe(uid);
    });
  }

  scenario('removed', '`uninstall` by a declared deployer', 'all gone', async () => {
    const ns = 'helm-refused-0';
    expect(await cluster.apply(pod(ns))).toEqual(success);
    expect(await helm.run(['uninstall', 'web', '-n', ns], pipeline)).toEqual(success);
    expect(await globalPoliciesOf(ns)).toEqual([]);
  });
});
