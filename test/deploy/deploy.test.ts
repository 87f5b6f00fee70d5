import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployFiles } from '../../scripts/generate/deploy.ts';
import { run } from '../../src/cli/run.ts';
import type { ServeFlags } from '../../src/cli/serve.ts';
import { CertificateStore } from '../../src/cluster/certificate-store.ts';
import { LiveWorld } from '../../src/cluster/live-world.ts';
import { exemptions, guardrailSets } from '../../src/config/custom-resource-names.ts';
import { loadPaths } from '../../src/config/load-paths.ts';
import { resources } from '../../src/engine/dialects/resources.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { asList, asString, dig } from '../../src/engine/json/read.ts';
import { deployedFiles, folder, type Manifest, manifests, root } from './manifests.ts';

let all: readonly Manifest[];
let temporary: string;

beforeAll(async () => {
  all = await manifests();
  temporary = await mkdtemp(join(tmpdir(), 'sekisho-deploy-'));
});
afterAll(() => rm(temporary, { recursive: true }));

/** Of the base and the registration, which the overlays only change. */
function only(kind: string): unknown {
  const found = all.filter((one) => one.kind === kind && /^deploy\/(?:base|registration)\//.test(one.file));
  expect(found.map((one) => one.name)).toHaveLength(1);
  return found[0]?.value;
}

/** Runs a command of the command line, with `serve` only writing down what it was asked for. */
async function sekisho(
  args: readonly string[],
  stdin = '',
): Promise<{ code: number; out: string; err: string; served?: ServeFlags }> {
  const result: { code: number; out: string; err: string; served?: ServeFlags } = { code: -1, out: '', err: '' };
  result.code = await run(
    args,
    {
      serve: async (flags) => {
        result.served = flags;
        return 0;
      },
    },
    {
      out: (text) => {
        result.out += text;
      },
      err: (text) => {
        result.err += text;
      },
      stdin: async () => Buffer.from(stdin),
      env: {},
      // Without a sekisho.yaml above it.
      cwd: temporary,
      outIsTerminal: false,
      now: () => Date.parse('2026-12-01T00:00:00Z'),
    },
  );
  return result;
}

const podSpec = () => dig(only('Deployment'), 'spec', 'template', 'spec');
const container = () => {
  const containers = asList(dig(podSpec(), 'containers')) ?? [];
  expect(containers).toHaveLength(1);
  return containers[0];
};
const portNumber = (name: string) =>
  dig(
    (asList(dig(container(), 'ports')) ?? []).find((port) => dig(port, 'name') === name),
    'containerPort',
  );

describe('the files', () => {
  it('are YAML, and name what they hold', async () => {
    const files = await deployedFiles();
    expect(files.length).toBeGreaterThan(8);
    expect(files.flatMap(({ file, errors }) => errors.map((error) => `${file}: ${error}`))).toEqual([]);
    for (const { file, values } of files) {
      expect(values.length, file).toBeGreaterThan(0);
      // A list of operations on an object is no object.
      for (const value of values.filter((one) => !Array.isArray(one)))
        expect([asString(dig(value, 'apiVersion')), asString(dig(value, 'kind'))], file).not.toContain(undefined);
    }
  });

  it('are all named in the kustomization of their folder, which names nothing else', () => {
    const kustomizations = all.filter((one) => ['Kustomization', 'Component'].includes(one.kind));
    const named = kustomizations.flatMap(({ file, value }) => {
      const generated = (asList(dig(value, 'configMapGenerator')) ?? []).flatMap(
        (one) => asList(dig(one, 'files')) ?? [],
      );
      const patches = (asList(dig(value, 'patches')) ?? []).flatMap((one) => dig(one, 'path') ?? []);
      const files = [...(asList(dig(value, 'resources')) ?? []), ...patches, ...generated].map(String);
      return files.filter((name) => name.endsWith('.yaml')).map((name) => join(dirname(file), name));
    });
    const there = new Set(all.map((one) => one.file).filter((file) => basename(file) !== 'kustomization.yaml'));
    expect(named.toSorted()).toEqual([...there].sort());
  });

  it('put every namespaced object into the namespace of their own', () => {
    const clusterScoped = [
      'Namespace',
      'ClusterRole',
      'ClusterRoleBinding',
      'CustomResourceDefinition',
      'ValidatingWebhookConfiguration',
      'Kustomization',
      'Component',
      'GuardrailSet',
    ];
    const namespaced = all.filter((one) => one.kind !== '' && !clusterScoped.includes(one.kind));
    expect(namespaced.length).toBeGreaterThan(4);
    expect(namespaced.map(({ value }) => dig(value, 'metadata', 'namespace'))).toEqual(
      namespaced.map(() => 'sekisho-system'),
    );
  });
});

describe('the registration', () => {
  it.each([
    ['without a configuration', []],
    ['with the configuration of the base', ['--config', join(folder, 'base/guardrails.yaml')]],
  ])('is what `sekisho manifests` prints %s', async (_name, args) => {
    const printed = await sekisho(['manifests', ...args]);
    expect(printed).toMatchObject({ code: 0, err: '' });
    expect(await readFile(join(folder, 'registration/webhook.yaml'), 'utf8')).toBe(printed.out);
  });

  it('is up to date', async () => {
    for (const [file, text] of deployFiles()) expect(await readFile(join(root, file), 'utf8'), file).toBe(text);
  });

  it('leads to the Service', () => {
    const service = only('Service');
    const webhooks = asList(dig(only('ValidatingWebhookConfiguration'), 'webhooks')) ?? [];
    expect(webhooks.length).toBeGreaterThan(0);
    for (const webhook of webhooks) {
      // It is ours to keep: a tool that applied an empty one again and again would take the webhook away each time.
      expect(dig(webhook, 'clientConfig', 'caBundle')).toBeUndefined();
      const client = dig(webhook, 'clientConfig', 'service');
      expect(client).toMatchObject({
        namespace: dig(service, 'metadata', 'namespace'),
        name: dig(service, 'metadata', 'name'),
      });
      expect((asList(dig(service, 'spec', 'ports')) ?? []).map((port) => dig(port, 'port'))).toContain(
        dig(client, 'port'),
      );
    }
  });
});

describe('the Deployment', () => {
  const served = async () => {
    const result = await sekisho((asList(dig(container(), 'args')) ?? []).map(String));
    expect(result).toMatchObject({ code: 0, err: '' });
    return result.served;
  };

  it('starts a server that watches the cluster it is in, behind the Service', async () => {
    const flags = await served();
    expect(flags).toMatchObject({ world: { kind: 'in-cluster' } });
    expect(flags?.service).toEqual({
      namespace: dig(only('Service'), 'metadata', 'namespace'),
      name: dig(only('Service'), 'metadata', 'name'),
    });
  });

  it('listens on the ports that it declares, and the Service and the probes lead there', async () => {
    const flags = await served();
    expect(flags?.listen).toBe(`:${portNumber('webhook')}`);
    expect(flags?.metricsListen).toBe(`:${portNumber('metrics')}`);
    const targets = (asList(dig(only('Service'), 'spec', 'ports')) ?? []).map((port) => [
      dig(port, 'port'),
      dig(port, 'targetPort'),
    ]);
    expect(targets).toEqual([
      [443, 'webhook'],
      [9090, 'metrics'],
    ]);
    expect(dig(container(), 'readinessProbe', 'httpGet')).toEqual({ path: '/readyz', port: 'metrics' });
    expect(dig(container(), 'livenessProbe', 'httpGet')).toEqual({ path: '/livez', port: 'metrics' });
  });

  it('mounts the folder of the configuration it reads', async () => {
    const flags = await served();
    const mounts = (asList(dig(container(), 'volumeMounts')) ?? []).map((mount) => [
      dig(mount, 'mountPath'),
      dig(mount, 'name'),
    ]);
    const volumes = asList(dig(podSpec(), 'volumes')) ?? [];
    const volumeAt = (path: string | undefined) => {
      const name = mounts.find(([at]) => at === path)?.[1];
      return volumes.find((volume) => dig(volume, 'name') === name);
    };
    expect(flags?.config).toHaveLength(1);
    const generators = all.flatMap(({ value }) => asList(dig(value, 'configMapGenerator')) ?? []);
    expect(dig(volumeAt(flags?.config[0]), 'configMap', 'name')).toBe(dig(generators[0], 'name'));
    expect(dig(generators[0], 'options', 'disableNameSuffixHash')).toBe(true);
  });

  it('runs as nobody, and may do nothing but serve', () => {
    expect(dig(podSpec(), 'securityContext')).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(dig(container(), 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) expect(dig(podSpec(), field)).toBeUndefined();
  });

  it('gives the server the time that draining takes', () => {
    expect(dig(podSpec(), 'terminationGracePeriodSeconds')).toBeGreaterThan(25);
    expect(dig(container(), 'lifecycle', 'preStop', 'sleep', 'seconds')).toBe(5);
  });

  it('is chosen by the Service, the disruption budget and the policy, and survives the loss of a pod', () => {
    const labels = dig(only('Deployment'), 'spec', 'template', 'metadata', 'labels');
    expect(dig(only('Deployment'), 'spec', 'selector', 'matchLabels')).toEqual(labels);
    expect(dig(only('Service'), 'spec', 'selector')).toEqual(labels);
    expect(dig(only('PodDisruptionBudget'), 'spec', 'selector', 'matchLabels')).toEqual(labels);
    expect(dig(only('NetworkPolicy'), 'spec', 'podSelector', 'matchLabels')).toEqual(labels);
    expect(dig(only('Deployment'), 'spec', 'replicas')).toBeGreaterThan(
      Number(dig(only('PodDisruptionBudget'), 'spec', 'maxUnavailable')),
    );
  });

  it('names the image of this version', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect(dig(container(), 'image')).toBe(`sekisho:${version}`);
  });
});

type Rule = { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] };

/** As `verb plural.group/name`, sorted; without a name where the rule has none. */
function rightsOf(rules: readonly Rule[]): string[] {
  const all = rules.flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) => (resourceNames ?? ['']).map((name) => `${verb} ${resource}.${group}/${name}`)),
      ),
    ),
  );
  return all.sort();
}

const rulesOf = (kind: string) => (asList(dig(only(kind), 'rules')) ?? []) as readonly Rule[];

describe('the rights', () => {
  it('are to read the World and the configuration, to write its status, to keep the one Secret and the one caBundle, and no more', async () => {
    const world = (await collectionsAsked()).flatMap((one) =>
      ['get', 'list', 'watch'].map((verb) => `${verb} ${one}/`),
    );
    const configuration = [guardrailSets, exemptions].flatMap(({ group, plural }) => [
      ...['get', 'list', 'watch'].map((verb) => `${verb} ${plural}.${group}/`),
      `patch ${plural}/status.${group}/`,
    ]);
    const asked = await certificateRequests();
    const clusterWide = asked.filter((one) => one.includes('webhookconfigurations'));
    expect(rightsOf(rulesOf('ClusterRole'))).toEqual([...world, ...configuration, ...clusterWide].sort());
    expect(rightsOf(rulesOf('Role'))).toEqual(asked.filter((one) => !clusterWide.includes(one)).sort());
    expect(dig(only('Role'), 'metadata', 'namespace')).toBe('sekisho-system');
  });

  it('are given to the account that the pods have', () => {
    const account = dig(podSpec(), 'serviceAccountName');
    expect(dig(only('ServiceAccount'), 'metadata', 'name')).toBe(account);
    expect(dig(only('ClusterRoleBinding'), 'subjects')).toEqual([
      { kind: 'ServiceAccount', name: account, namespace: 'sekisho-system' },
    ]);
    expect(dig(only('RoleBinding'), 'subjects')).toEqual(dig(only('ClusterRoleBinding'), 'subjects'));
    for (const kind of ['Role', 'ClusterRole']) {
      const name = dig(only(kind), 'metadata', 'name');
      expect(dig(only(`${kind}Binding`), 'roleRef')).toMatchObject({ kind, name });
    }
  });
});

/** The collections that a live World asks an API server for, in one form of Calico after the other, as `plural.group`. */
async function collectionsAsked(): Promise<string[]> {
  const asked = new Set<string>();
  for (const served of ['projectcalico.org/v3', 'crd.projectcalico.org/v1']) {
    for (const one of await collectionsAskedWith(served)) asked.add(one);
  }
  return [...asked].sort();
}

/** Of an API server that has one form of Calico's kinds, and nothing of any kind. */
async function collectionsAskedWith(served: string): Promise<readonly string[]> {
  const paths = new Set<string>();
  const group = served.slice(0, served.indexOf('/'));
  const names = resources.filter((one) => one.group === group).map(({ plural }) => ({ name: plural }));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const isDiscovery = pathname === `/apis/${served}`;
    if (!/^\/apis\/[^/]+\/[^/]+$/.test(pathname)) paths.add(pathname);
    response.writeHead(isDiscovery ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isDiscovery ? { kind: 'APIResourceList', resources: names } : { kind: 'Status' }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const kubeconfig = join(temporary, `kubeconfig-${group}`);
  const cluster = { name: 'fake', cluster: { server: `http://127.0.0.1:${port}` } };
  const context = { name: 'fake', context: { cluster: 'fake' } };
  await writeFile(kubeconfig, JSON.stringify({ clusters: [cluster], contexts: [context], 'current-context': 'fake' }));
  const world = await LiveWorld.connect({ kubeconfig }, () => undefined);
  try {
    await expect.poll(() => world.condition(), { timeout: 30_000 }).toBe(true);
    expect(paths.size).toBe(world.metrics().length);
    expect(world.metrics().length).toBeGreaterThan(names.length + 3);
    return [...paths].map(collectionOf);
  } finally {
    await world.stop();
    server.closeAllConnections();
    server.close();
  }
}

/** What the keeping of certificates asks an API server for, in the order of verbs and objects, as rights. */
async function certificateRequests(): Promise<string[]> {
  const { selfManaged } = (await sekisho((asList(dig(container(), 'args')) ?? []).map(String))).served ?? {};
  const asked = new Set<string>();
  const heard = async (path: string, writing?: { method: string }) => {
    const [, group = '', plural = '', name = ''] =
      /^[/](?:api|apis[/]([^/]+))[/]v1[/](?:namespaces[/]sekisho-system[/])?([a-z]+)(?:[/]([^?]+))?/.exec(path) ?? [];
    asked.add(`${{ POST: 'create', PATCH: 'patch' }[writing?.method ?? ''] ?? 'get'} ${plural}.${group}/${name}`);
    return { status: 404, headers: {}, body: {} };
  };
  const secret = selfManaged?.secret ?? expect.fail('the Deployment keeps no certificates of its own');
  const store = new CertificateStore({ getJson: (path) => heard(path), write: heard }, secret, 'sekisho');
  await store.readSecret();
  await store.createSecret(new Map());
  await store.updateSecret('1', new Map());
  await store.readEntries();
  await store.updateBundles({ version: '1', value: [] }, []);
  return [...asked].sort();
}

function collectionOf(path: string): string {
  const [, group = '', plural = ''] = /^\/(?:api|apis\/([^/]+))\/v\d\/([a-z]+)$/.exec(path) ?? [];
  return `${plural}.${group}`;
}

describe('the NetworkPolicy', () => {
  it.each([
    ['lets anybody in on the port of the webhook', '192.0.2.1', 8443, 'allow'],
    ['keeps the metrics to those who scrape', '192.0.2.1', 9090, 'deny'],
  ])('%s', async (_name, from, port, verdict) => {
    const probe = JSON.stringify({ from, to: 'sekisho-system/sekisho', protocol: 'TCP', port });
    const probes = join(temporary, `${port}.jsonl`);
    await writeFile(probes, probe);
    const { code, out } = await sekisho([
      'reach',
      join(folder, 'base/network-policy.yaml'),
      join(folder, 'base/deployment.yaml'),
      '--probes',
      probes,
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ingress: { verdict } });
  });

  it.each([
    ['lets the pods reach the API server', 6443, 'allow'],
    ['lets them reach it behind its Service', 443, 'allow'],
    ['lets them out nowhere else', 5432, 'deny'],
  ])('%s', async (_name, port, verdict) => {
    const probes = join(temporary, `out-${port}.jsonl`);
    await writeFile(probes, JSON.stringify({ from: 'sekisho-system/sekisho', to: '192.0.2.1', protocol: 'TCP', port }));
    const files = ['network-policy', 'deployment'].map((name) => join(folder, `base/${name}.yaml`));
    const { code, out } = await sekisho(['reach', ...files, '--probes', probes]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ egress: { verdict } });
  });
});

describe('the configuration of the base', () => {
  it('can be loaded, and is one', async () => {
    const loaded = await loadPaths([join(folder, 'base/guardrails.yaml')], { registry, now: 0 });
    expect(loaded).toMatchObject({ ok: true, warnings: [], found: { guardrailSet: true } });
  });
});
