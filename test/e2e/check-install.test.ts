import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { type GuardedCluster, startGuardedCluster } from './cluster.ts';

let cluster: GuardedCluster;
let registered: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-install-'));
  cluster = await startGuardedCluster({ quiet: true, users: [{ name: 'nobody' }] });
  await admin(['create', 'namespace', 'sekisho-system']);
  const { webhooks, metadata, ...kind } = JSON.parse(await admin(['get', ...configuration, '-o', 'json']));
  registered = JSON.stringify({ ...kind, metadata: { name: metadata.name, labels: metadata.labels }, webhooks });
}, 1_500_000);

afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true });
});

const configuration = ['validatingwebhookconfiguration', 'sekisho'];

async function admin(args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await cluster.plane.kubectl(args, stdin === undefined ? {} : { stdin });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** The registration as it was made at first, with changes. */
async function register(change: (webhooks: Webhook[]) => unknown = () => undefined): Promise<void> {
  const whole = JSON.parse(registered);
  change(whole.webhooks);
  await admin(['delete', ...configuration, '--ignore-not-found']);
  await admin(['create', '-f', '-'], JSON.stringify(whole));
  // The API server notices in its own time.
  await new Promise((done) => setTimeout(done, 1500));
}

interface Webhook {
  name: string;
  failurePolicy: string;
  timeoutSeconds: number;
  clientConfig: { url?: string; service?: object; caBundle?: string };
  rules: { operations: string[]; resources: string[]; apiGroups: string[]; apiVersions: string[]; scope: string }[];
  objectSelector: object;
  namespaceSelector: { matchExpressions: { key: string; operator: string; values: string[] }[] };
}

function guardrailSet(spec: object): string {
  return JSON.stringify({ apiVersion: 'sekisho.dev/v1alpha1', kind: 'GuardrailSet', metadata: { name: 'test' }, spec });
}

async function sekisho(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const result = { code: -1, out: '', err: '' };
  result.code = await run(
    ['check-install', ...args],
    { serve: async () => 0 },
    {
      out: (text) => void (result.out += text),
      err: (text) => void (result.err += text),
      stdin: async () => Buffer.from(''),
      env: {},
      cwd: folder,
      outIsTerminal: false,
      now: () => Date.now(),
    },
  );
  return result;
}

interface Report {
  entries: { name: string; whenDown: string; namespaces: { asked: number; leftOut: string[] } | null }[];
  passed: { check: string; address?: string; seen?: boolean; ready?: number }[];
  findings: { key: string; severity: string; message: string; fix: string; [more: string]: unknown }[];
}

async function look(...args: string[]): Promise<{ code: number; report: Report; keys: string[] }> {
  const file = cluster.plane.adminKubeconfig;
  const given = args.includes('--kubeconfig') ? args : ['--kubeconfig', file, ...args];
  const { code, out, err } = await sekisho(...given, '--format', 'json');
  expect(err).toBe('');
  const report: Report = JSON.parse(out);
  return { code, report, keys: report.findings.map(({ key }) => key).sort() };
}

describe('a sound installation', () => {
  beforeEach(() => register());

  it('is one: the webhook is registered, believed and reached, from an address that is said', async () => {
    const { code, report } = await look();
    expect(report.findings).toEqual([]);
    expect(code).toBe(0);
    expect(report.passed).toMatchObject([
      { check: 'registration' },
      { check: 'reached', namespace: 'default', address: '127.0.0.1' },
      { check: 'ca-bundle', seen: true },
    ]);
  });

  it('says for each entry what it asks about, and what happens while nobody answers', async () => {
    const { report } = await look();
    expect(report.entries.map(({ name, whenDown }) => [name, whenDown])).toEqual([
      ['policies.sekisho.dev', 'refused'],
      ['cluster-policies.sekisho.dev', 'let-through'],
      ['stored.sekisho.dev', 'let-through'],
      ['deletes.sekisho.dev', 'let-through'],
      ['namespaces.sekisho.dev', 'let-through'],
    ]);
    const leftOut = ['kube-node-lease', 'kube-public', 'kube-system', 'sekisho-system'];
    expect(report.entries[0]?.namespaces).toEqual({ asked: 1, leftOut });
    expect(report.entries[1]?.namespaces).toBeNull();
    expect(report.entries[4]?.namespaces).toEqual({ asked: 2, leftOut: leftOut.slice(0, 3) });
  });

  it('is said in words of both languages, and nothing is left behind', async () => {
    const en = await sekisho('--kubeconfig', cluster.plane.adminKubeconfig, '--lang', 'en');
    expect(en.code).toBe(0);
    expect(en.out).toContain('policies.sekisho.dev (Fail: while nobody answers, these are refused)');
    expect(en.out).toContain('  CREATE, UPDATE networking.k8s.io/v1: networkpolicies\n');
    expect(en.out).toContain('ok: a dry run in namespace default reached the webhook, called from 127.0.0.1\n');
    const ja = await sekisho('--kubeconfig', cluster.plane.adminKubeconfig, '--lang', 'ja');
    expect(ja.out).toContain('正常: 名前空間 default でのドライランが Webhook に届きました (接続元 127.0.0.1)\n');
    expect(await admin(['get', 'networkpolicies', '-A', '-o', 'name'])).toBe('');
  });

  it('needs the configuration of the webhook where that excludes other namespaces', async () => {
    await register((webhooks) => webhooks[0]?.namespaceSelector.matchExpressions[0]?.values.push('default'));
    const { code, keys, report } = await look();
    expect(keys).toEqual(['namespaces-left-out', 'no-judged-namespace']);
    expect(report.findings[0]).toMatchObject({ namespaces: ['default'], severity: 'warn' });
    expect(code).toBe(2);
    expect((await look('--fail-on', 'warn')).code).toBe(1);
    expect((await look('--fail-on', 'never')).code).toBe(0);
    const config = join(folder, 'excluding.yaml');
    const excluded = report.entries[0]?.namespaces?.leftOut ?? [];
    const others = ['argocd', 'calico-apiserver', 'calico-system', 'flux-system', 'tigera-operator'];
    await writeFile(config, guardrailSet({ namespaces: { exclude: { names: [...excluded, ...others] } } }));
    expect((await look('--config', config)).keys).not.toContain('namespaces-left-out');
  });
});

describe('what is wrong with an installation', () => {
  it('that is not registered', async () => {
    await admin(['delete', ...configuration, '--ignore-not-found']);
    const { code, keys } = await look();
    expect(code).toBe(1);
    expect(keys).toEqual(['no-registration', 'no-service', 'way-unknown']);
  });

  it('that a hand has changed', async () => {
    await register((webhooks) => {
      const [policies, clusterWide, stored, deletes] = webhooks;
      policies!.rules = policies!.rules.filter(({ apiGroups }) => apiGroups[0] !== 'networking.k8s.io');
      policies!.rules.push({
        apiGroups: [''],
        apiVersions: ['v1'],
        operations: ['CREATE'],
        resources: ['pods'],
        scope: '*',
      });
      policies!.objectSelector = { matchLabels: { judged: 'yes' } };
      policies!.namespaceSelector.matchExpressions[0]!.values = ['kube-system'];
      clusterWide!.timeoutSeconds = 30;
      stored!.name = 'other.example.org';
      deletes!.failurePolicy = 'Fail';
    });
    const { code, report } = await look('--namespace', 'default');
    expect(code).toBe(1);
    const found = report.findings.map(({ key, entry, requests }) => [key, entry, requests].filter(Boolean).flat());
    for (const one of [
      [
        'not-asked',
        'policies.sekisho.dev',
        'CREATE networkpolicies.networking.k8s.io/v1',
        'UPDATE networkpolicies.networking.k8s.io/v1',
      ],
      ['asked-in-vain', 'policies.sekisho.dev', 'CREATE pods/v1'],
      ['object-selector', 'policies.sekisho.dev'],
      ['namespaces-asked-in-vain', 'policies.sekisho.dev'],
      ['fails-closed', 'deletes.sekisho.dev'],
      ['field-differs', 'cluster-policies.sekisho.dev'],
      ['entry-missing', 'stored.sekisho.dev'],
      ['entry-unknown', 'other.example.org'],
      ['not-reached'],
    ])
      expect(found).toContainEqual(one);
    for (const { message, fix } of report.findings) expect([message, fix]).not.toContain('');
  });

  it.each<[string, (webhooks: Webhook[]) => unknown, string, string]>([
    [
      'whose bundle is emptied',
      ([first]) => delete first!.clientConfig.caBundle,
      'certificate/empty-bundle',
      'policies.sekisho.dev: the bundle holds no certificate',
    ],
    [
      'whose rules are widened to everything',
      ([first]) =>
        (first!.rules = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'], scope: '*' }]),
      'asked-in-vain',
      'policies.sekisho.dev asks about * *.*/*, which nobody judges; while nobody answers, all of these are refused',
    ],
    [
      'that fails closed for deletions',
      (webhooks) => (webhooks[3]!.failurePolicy = 'Fail'),
      'fails-closed',
      'deletes.sekisho.dev fails closed: while nobody answers, not even a policy that cuts the webhook off could be taken away',
    ],
    [
      'of which an entry is removed',
      (webhooks) => webhooks.splice(3, 1),
      'entry-missing',
      'the registration lacks the entry deletes.sekisho.dev',
    ],
    [
      'that waits for a second only',
      ([first]) => (first!.timeoutSeconds = 1),
      'field-differs',
      'policies.sekisho.dev has timeoutSeconds 1, and this version would write 5',
    ],
    [
      'that asks about every namespace',
      ([first]) => (first!.namespaceSelector = {} as Webhook['namespaceSelector']),
      'own-namespace-waits',
      'with policies.sekisho.dev policies of sekisho-system wait for the webhook that runs there: it could not be mended while it is down',
    ],
  ])('by a hand: %s', async (_what, change, key, sentence) => {
    await register(change);
    const { report } = await look('--namespace', 'default');
    const found = report.findings.find((one) => one.key === key);
    expect(found?.message).toBe(sentence);
    expect(found?.fix).not.toBe('');
  });

  it.each(['Fail', 'Ignore'])('that nobody answers for, with failurePolicy %s', async (failurePolicy) => {
    await register((webhooks) => {
      for (const one of webhooks) one.clientConfig.url = 'https://127.0.0.1:1/validate';
      webhooks[0]!.failurePolicy = failurePolicy;
    });
    const { code, keys, report } = await look();
    expect(code).toBe(1);
    expect(keys).toEqual([failurePolicy === 'Fail' ? 'call-failed' : 'not-reached', 'not-answered'].sort());
    const reason = report.findings.find(({ key }) => key === 'call-failed')?.['reason'];
    if (failurePolicy === 'Fail') expect(reason).toContain('connection refused');
  });

  it('whose certificate the API server does not believe', async () => {
    const foreign = await readFile(cluster.plane.caFile, 'base64');
    await register((webhooks) => {
      for (const one of webhooks.slice(0, 2)) one.clientConfig.caBundle = foreign;
      delete webhooks[2]!.clientConfig.caBundle;
    });
    const { code, report } = await look();
    expect(code).toBe(1);
    const found = report.findings.map(({ key, entries }) => [key, entries].flat());
    expect(found).toContainEqual(['certificate/not-in-bundle', 'policies.sekisho.dev', 'cluster-policies.sekisho.dev']);
    expect(found).toContainEqual(['certificate/empty-bundle', 'stored.sekisho.dev']);
    expect(report.findings.find(({ key }) => key === 'call-failed')?.['reason']).toContain('certificate');
  });

  it('whose rights are not enough to say: a sentence with the rule for each', async () => {
    await register();
    const { code, report } = await look('--kubeconfig', cluster.plane.kubeconfigFor('nobody'));
    expect(code).toBe(2);
    expect(report.findings.length).toBeGreaterThan(4);
    for (const { key, severity, fix } of report.findings) {
      expect([key, severity]).toEqual(['missing-right', 'unknown']);
      expect(fix).toMatch(
        /\{apiGroups: \[\S+\], resources: \[[a-z]+\], (?:resourceNames: \[[a-z]+\], )?verbs: \[[a-z, ]+\]\}/,
      );
    }
    const rules = report.findings.map(({ rule }) => String(rule));
    for (const resource of ['validatingwebhookconfigurations', 'networkpolicies', 'namespaces', 'pods', 'services'])
      expect(rules.join()).toContain(`[${resource}]`);
  });
});

describe('a webhook behind a Service', () => {
  const labels = { 'app.kubernetes.io/name': 'sekisho' };
  const metadata = { namespace: 'sekisho-system', name: 'sekisho' };

  beforeAll(async () => {
    await register((webhooks) => {
      for (const one of webhooks) {
        delete one.clientConfig.url;
        one.clientConfig.service = { namespace: 'sekisho-system', name: 'sekisho', path: '/validate', port: 443 };
      }
      // Nothing leads to a Service here, and nobody should have to wait for it.
      webhooks[0]!.failurePolicy = 'Ignore';
    });
  });

  it('that is not there', async () => {
    expect((await look()).keys).toContain('no-service');
  });

  it('that nobody stands behind, or one, or two, one of which is not ready', async () => {
    const ports = [{ name: 'webhook', port: 443, targetPort: 'webhook' }];
    const service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports } };
    await admin(['create', '-f', '-'], JSON.stringify(service));
    expect((await look()).keys).toContain('no-endpoints');
    const slice = (...ready: boolean[]) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, name: 'by-hand', labels: { 'kubernetes.io/service-name': 'sekisho' } },
      addressType: 'IPv4',
      ports: [{ name: 'webhook', port: 8443, protocol: 'TCP' }],
      endpoints: ready.map((one, at) => ({ addresses: [`192.0.2.${at + 1}`], conditions: { ready: one } })),
    });
    await admin(['apply', '-f', '-'], JSON.stringify(slice(true, false)));
    expect((await look()).keys).toContain('one-endpoint');
    await admin(['apply', '-f', '-'], JSON.stringify(slice(true, true)));
    const { report, keys } = await look();
    expect(report.passed).toContainEqual(expect.objectContaining({ check: 'endpoints', ready: 2 }));
    expect(keys).not.toContain('one-endpoint');
  });

  it('whose pods a policy isolates', async () => {
    expect((await look()).report.findings).toContainEqual(
      expect.objectContaining({ key: 'way-unknown', because: 'no-pods' }),
    );
    const ports = [{ name: 'webhook', containerPort: 8443 }];
    const spec = { containers: [{ name: 'sekisho', image: 'sekisho', ports }] };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, labels }, spec };
    await admin(['create', '-f', '-'], JSON.stringify(pod));
    expect((await look()).report.passed).toContainEqual(expect.objectContaining({ check: 'way', policies: [] }));

    const deny = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { ...metadata, name: 'default-deny' },
      spec: { podSelector: {}, policyTypes: ['Ingress'] },
    };
    await admin(['create', '-f', '-'], JSON.stringify(deny));
    const policies = ['NetworkPolicy sekisho-system/default-deny'];
    expect((await look()).report.findings).toContainEqual(
      expect.objectContaining({ key: 'way-unknown', because: 'undecided', policies }),
    );

    const config = join(folder, 'guardrails.yaml');
    const servers = [{ cidr: '192.0.2.10/32', port: 6443 }];
    await writeFile(config, guardrailSet({ cluster: { apiServers: servers } }));
    const cut = await look('--config', config);
    expect(cut.code).toBe(1);
    const calls = ['192.0.2.10 -> sekisho-system/sekisho TCP 8443'];
    expect(cut.report.findings).toContainEqual(expect.objectContaining({ key: 'cut-off', calls, policies }));

    await admin(['apply', '-f', 'deploy/base/network-policy.yaml']);
    const { report } = await look();
    expect(report.passed.find(({ check }) => check === 'way')).toMatchObject({
      policies: [...policies, 'NetworkPolicy sekisho-system/sekisho'],
    });
  });
});

describe('what cannot be looked at', () => {
  it.each([
    [['--kubeconfig', '/nowhere/config'], 'kubeconfig'],
    [['--kubeconfig', 'a', '--in-cluster'], 'not both'],
    [['--service', 'sekisho'], 'NAMESPACE/NAME'],
  ])('%j is one sentence and exit code 2', async (args, words) => {
    const { code, out, err } = await sekisho(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(words);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});
