import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asList, dig } from '../../src/engine/json/read.ts';
import { folder } from './manifests.ts';
import { kustomized, type Objects } from './rendered.ts';

const overlays = ['development', 'production', 'high-availability'] as const;
const built = new Map<string, Objects>();
let temporary: string;

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'sekisho-overlays-'));
  for (const one of overlays) built.set(one, await kustomized(`overlays/${one}`));
}, 1_500_000);
afterAll(() => rm(temporary, { recursive: true }));

function object(overlay: (typeof overlays)[number], name: string): unknown {
  return built.get(overlay)?.get(name) ?? expect.fail(`${overlay} has no ${name}`);
}

const podOf = (overlay: (typeof overlays)[number]) =>
  dig(object(overlay, 'Deployment sekisho'), 'spec', 'template', 'spec');

/** The overlay with components, as somebody would write it who throws the switch. */
async function withComponents(overlay: string, components: readonly string[]): Promise<Objects> {
  const here = join(temporary, [overlay, ...components].join('-'));
  await mkdir(here);
  const to = (path: string) => relative(here, join(folder, path));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [to(`overlays/${overlay}`)],
    components: components.map((one) => to(`components/${one}`)),
  };
  await writeFile(join(here, 'kustomization.yaml'), JSON.stringify(kustomization));
  return kustomized(here);
}

const everywhere = [
  'ClusterRole sekisho',
  'ClusterRoleBinding sekisho',
  'ConfigMap sekisho-guardrails',
  'CustomResourceDefinition exemptions.sekisho.dev',
  'CustomResourceDefinition guardrailsets.sekisho.dev',
  'Deployment sekisho',
  'Namespace sekisho-system',
  'NetworkPolicy sekisho',
  'Role sekisho',
  'RoleBinding sekisho',
  'Service sekisho',
  'ServiceAccount sekisho',
  'ValidatingWebhookConfiguration sekisho',
];
const budget = 'PodDisruptionBudget sekisho';

describe('the overlays', () => {
  it.each([
    ['development', everywhere],
    ['production', [...everywhere, budget]],
    ['high-availability', [...everywhere, budget, 'ResourceQuota sekisho-critical-pods']],
  ] as const)('%s is whole', (overlay, names) => {
    expect([...(built.get(overlay)?.keys() ?? [])].sort()).toEqual([...names].sort());
  });

  it.each([
    ['development', 1],
    ['production', 2],
    ['high-availability', 3],
  ] as const)('%s has so many pods, and a budget that leaves one', (overlay, replicas) => {
    expect(dig(object(overlay, 'Deployment sekisho'), 'spec', 'replicas')).toBe(replicas);
    const allowed = dig(built.get(overlay)?.get(budget), 'spec', 'maxUnavailable');
    expect(allowed).toBe(replicas > 1 ? 1 : undefined);
  });

  it.each(overlays)('%s hardens its pods, and nobody has to wait for them', (overlay) => {
    expect(dig(podOf(overlay), 'securityContext')).toEqual(dig(podOf('production'), 'securityContext'));
    const [container] = asList(dig(podOf(overlay), 'containers')) ?? [];
    expect(dig(container, 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(policies(built.get(overlay))).toEqual(failurePolicies('Ignore'));
  });

  it('development says what it decides', () => {
    const [container] = asList(dig(podOf('development'), 'containers')) ?? [];
    expect(dig(container, 'env')).toEqual([{ name: 'SEKISHO_LOG_LEVEL', value: 'debug' }]);
  });

  it('production spreads over nodes where there are some, high availability over zones and nodes', () => {
    const spread = (overlay: (typeof overlays)[number]) =>
      (asList(dig(podOf(overlay), 'topologySpreadConstraints')) ?? []).map((one) => [
        dig(one, 'topologyKey'),
        dig(one, 'whenUnsatisfiable'),
        dig(one, 'labelSelector', 'matchLabels', 'app.kubernetes.io/name'),
      ]);
    expect(spread('production')).toEqual([['kubernetes.io/hostname', 'ScheduleAnyway', 'sekisho']]);
    expect(spread('high-availability')).toEqual([
      ['kubernetes.io/hostname', 'DoNotSchedule', 'sekisho'],
      ['topology.kubernetes.io/zone', 'ScheduleAnyway', 'sekisho'],
    ]);
  });

  it('only high availability evicts others, where a quota lets it', () => {
    expect(overlays.map((one) => dig(podOf(one), 'priorityClassName'))).toEqual([
      undefined,
      undefined,
      'system-cluster-critical',
    ]);
  });
});

function policies(objects: Objects | undefined): unknown[] {
  const webhooks = asList(dig(objects?.get('ValidatingWebhookConfiguration sekisho'), 'webhooks')) ?? [];
  return webhooks.map((one) => [dig(one, 'name'), dig(one, 'failurePolicy')]);
}

function failurePolicies(ofPolicies: string): unknown[] {
  return ['policies', 'cluster-policies', 'stored', 'deletes', 'namespaces'].map((name) => [
    `${name}.sekisho.dev`,
    name === 'policies' ? ofPolicies : 'Ignore',
  ]);
}

describe('the components', () => {
  it.each(overlays)('fail-closed has %s wait for policies of namespaces, and for nothing else', async (overlay) => {
    expect(policies(await withComponents(overlay, ['fail-closed']))).toEqual(failurePolicies('Fail'));
  });

  it('monitoring adds three objects, and changes none', async () => {
    const objects = await withComponents('production', ['monitoring']);
    const plain = built.get('production');
    const added = [...objects.keys()].filter((name) => plain?.has(name) !== true);
    expect(added.sort()).toEqual(['ConfigMap sekisho-dashboard', 'PrometheusRule sekisho', 'ServiceMonitor sekisho']);
    for (const [name, value] of plain ?? []) expect(objects.get(name), name).toEqual(value);
    const monitor = objects.get('ServiceMonitor sekisho');
    const service = objects.get('Service sekisho');
    expect(dig(service, 'metadata', 'labels')).toMatchObject(Object(dig(monitor, 'spec', 'selector', 'matchLabels')));
    const [endpoint] = asList(dig(monitor, 'spec', 'endpoints')) ?? [];
    expect((asList(dig(service, 'spec', 'ports')) ?? []).map((port) => dig(port, 'name'))).toContain(
      dig(endpoint, 'port'),
    );
  });
});
