import { describe, expect, it } from 'vitest';
import { placed } from '../src/engine/check/changes.ts';
import { type EnforcerProfile, enforcerProfiles } from '../src/engine/model/cluster-facts.ts';
import { gather } from '../src/engine/model/gather.ts';
import { prober } from '../src/engine/reach/probe.ts';
import { reachReport } from '../src/engine/reach/report.ts';
import { noAddresses } from '../src/engine/sets/addresses.ts';
import { documentsOf } from './support/case-file.ts';

/**
 * What the policies of `cases/walkthrough` make of their clusters: every attempt to connect before and after, as every
 * network plugin must answer it.
 */

interface Stage {
  /** Files of `cases/walkthrough/given`. */
  readonly files: readonly string[];
  /** Where objects lie that name no namespace. */
  readonly namespace?: string;
  /** Pods besides those of the files, as `namespace/name label=value`. */
  readonly pods?: readonly string[];
  /** Only the plugins that read such policies at all; each of them where none is named. */
  readonly enforcers?: readonly EnforcerProfile[];
}

async function worldOf({ files, namespace = 'default', pods = [] }: Stage) {
  const documents = (await Promise.all(files.map((file) => documentsOf(`walkthrough/given/${file}.yaml`)))).flat();
  const objects = [...documents.map(({ value }) => value), ...pods.map(podOf)];
  return gather(objects.map((object) => placed(object, undefined, namespace)));
}

function podOf(written: string): object {
  const [id = '', ...labels] = written.split(' ');
  const [namespace, name] = id.split('/');
  const pairs = labels.map((label) => label.split('='));
  const metadata = { namespace, name, labels: Object.fromEntries(pairs) };
  // Plugins differ on pods inside an ipBlock: with an address that lies in none, they cannot.
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: {}, status: { podIP: '10.244.9.9' } };
}

function settingsOf(enforcer: EnforcerProfile) {
  return { enforcer, cluster: { podAddresses: noAddresses, nodeAddresses: noAddresses } };
}

/**
 * `from -> to:port`, TCP unless `/UDP` is written behind the port, or `:ICMP` for a port; with every plugin's answer where
 * they agree.
 */
async function attempt(stage: Stage, written: string): Promise<string> {
  const [, from, to, port, protocol = 'TCP'] = /^(\S+) -> (\S+):(\d+|ICMP)(?:\/(\w+))?$/.exec(written) ?? [];
  const world = await worldOf(stage);
  const flow = port === 'ICMP' ? { from, to, protocol: port } : { from, to, protocol, port: Number(port) };
  const answers = (stage.enforcers ?? enforcerProfiles).map((enforcer) => {
    const answer = prober(world, settingsOf(enforcer))(flow);
    return answer.ok ? answer.value.verdict : answer.problem;
  });
  const [first = 'nothing'] = answers;
  return answers.every((answer) => answer === first) ? first : answers.join(', ');
}

type Rows = readonly (readonly [attempt: string, ...verdicts: readonly string[]])[];

function walk(title: string, stages: Readonly<Record<string, Stage>>, rows: Rows): void {
  describe(title, () => {
    const named = Object.entries(stages);
    const attempts = rows.flatMap(([written, ...verdicts]) =>
      named.map(([name, stage], index) => ({ written, name, stage, verdict: verdicts[index] })),
    );
    it.each(attempts)('$written, $name: $verdict', async ({ written, stage, verdict }) => {
      expect(await attempt(stage, written)).toBe(verdict);
    });
  });
}

const client = ['default/curl run=curl'];

walk(
  'a gate by namespace label',
  {
    before: { files: ['gated-cluster'], pods: client },
    after: { files: ['gated-cluster', 'deny-all-allow-default'], pods: client },
  },
  [
    ['test/curl -> default/my-nginx-1:80', 'allow', 'deny'],
    ['default/curl -> default/my-nginx-1:80', 'allow', 'allow'],
    ['default/my-nginx-1 -> test/curl:80', 'allow', 'allow'],
  ],
);

const blog = ['wordpress', 'stranger'];

walk(
  'a blog, closed and opened step by step',
  {
    'as it is': { files: blog },
    'with a default deny': { files: [...blog, 'default-deny-all'] },
    'with open web servers': { files: [...blog, 'default-deny-all', 'allow-all-frontend'] },
    'with an open database': { files: [...blog, 'default-deny-all', 'allow-all-frontend', 'allow-ingress-mysql'] },
    'with a policy of one direction': {
      files: [...blog, 'default-deny-all', 'allow-all-frontend', 'allow-ingress-mysql-only'],
    },
  },
  [
    ['198.51.100.9 -> default/wordpress:80', 'allow', 'deny', 'allow', 'allow', 'allow'],
    ['default/wordpress -> default/wordpress-mysql:3306', 'allow', 'deny', 'deny', 'allow', 'allow'],
    ['default/wordpress -> default/wordpress-mysql:22', 'allow', 'deny', 'deny', 'deny', 'deny'],
    ['default/stranger -> default/wordpress-mysql:3306', 'allow', 'deny', 'deny', 'deny', 'deny'],
    ['default/wordpress-mysql -> 198.51.100.9:443', 'allow', 'deny', 'deny', 'deny', 'deny'],
    ['default/wordpress-mysql -> default/wordpress:80', 'allow', 'deny', 'deny', 'deny', 'deny'],
    ['default/wordpress-mysql -> kube-system/coredns:53/UDP', 'allow', 'deny', 'deny', 'deny', 'deny'],
    ['default/wordpress -> kube-system/coredns:53/UDP', 'allow', 'deny', 'allow', 'allow', 'allow'],
  ],
);

walk(
  'two selectors in one item, and in two',
  {
    'one item': { files: ['helidon', 'selector-and'] },
    'two items': { files: ['helidon', 'selector-or'] },
  },
  [
    ['helidon/helidon-frontend -> default/web:80', 'allow', 'allow'],
    ['helidon/helidon-backend -> default/web:80', 'deny', 'allow'],
    ['default/frontend -> default/web:80', 'deny', 'allow'],
    ['quarkus/quarkus-frontend -> default/web:80', 'deny', 'deny'],
  ],
);

walk(
  'an app between two namespaces',
  { after: { files: ['two-namespaces', 'app-of-namespace-a', 'monitoring-port'] } },
  [
    ['namespace-a/frontend -> namespace-a/app:80', 'allow'],
    ['namespace-a/frontend -> namespace-a/app:8080', 'deny'],
    ['172.31.2.1 -> namespace-a/app:8080', 'allow'],
    ['172.31.2.2 -> namespace-a/app:8080', 'deny'],
    ['namespace-a/app -> namespace-b/test-app:8080', 'allow'],
    ['namespace-a/app -> 10.2.3.1:8080', 'allow'],
    ['namespace-a/app -> 10.2.3.2:8080', 'deny'],
    ['namespace-a/frontend -> namespace-b/monitoring:5000', 'allow'],
    ['namespace-a/frontend -> namespace-b/monitoring:8080', 'deny'],
    ['namespace-b/test-app -> namespace-b/monitoring:5000', 'deny'],
  ],
);

walk('three tiers', { after: { files: ['three-tier-pods', 'three-tiers'] } }, [
  ['198.51.100.9 -> default/frontend:80', 'allow'],
  ['default/frontend -> default/cache:6379', 'allow'],
  ['default/frontend -> default/db:5432', 'allow'],
  ['default/cache -> default/db:5432', 'deny'],
  ['198.51.100.9 -> default/db:5432', 'deny'],
]);

walk(
  'three projects',
  {
    before: { files: ['three-projects'], namespace: 'test-c' },
    after: { files: ['three-projects', 'allow-ns-test-a'], namespace: 'test-c' },
  },
  [
    ['test-b/nginx-b -> test-c/nginx-c:80', 'allow', 'deny'],
    ['test-a/nginx-a -> test-c/nginx-c:80', 'allow', 'allow'],
  ],
);

walk(
  'a detailed policy, with the pods that it speaks of',
  {
    after: {
      files: ['three-projects', 'nginx-c-control'],
      namespace: 'test-c',
      pods: ['test-c/nginx app=nginx', 'test-c/front app=frontend-app', 'test-a/front app=frontend-app'],
    },
  },
  [
    ['10.1.2.3 -> test-c/nginx:8080', 'allow'],
    ['10.1.2.3 -> test-c/nginx:80', 'deny'],
    ['test-c/front -> test-c/nginx:8080', 'allow'],
    ['test-a/front -> test-c/nginx:8080', 'deny'],
    ['test-c/nginx -> test-b/nginx-b:80', 'deny'],
    ['10.1.2.3 -> test-c/nginx-c:80', 'allow'],
  ],
);

const calico: readonly EnforcerProfile[] = ['calico'];
const profile = ['two-nodes', 'deny-icmp-profile'];
const endpoint = 'host:k8s-master/enp0s3';
const worker = 'host:k8s-worker1/eth0';

walk(
  'a profile that drops ping, and the host endpoint that names it',
  {
    // Without a host endpoint Calico leaves the host alone; of a cluster without any Calico object nobody can say so much.
    'as it is': { files: ['two-nodes'], enforcers: calico },
    'with the profile': { files: profile, enforcers: calico },
    'with the host endpoint': { files: [...profile, 'master-hostendpoint'], enforcers: calico },
    'without failsafe ports': { files: [...profile, 'master-hostendpoint', 'failsafe-off'], enforcers: calico },
    'without the profile': { files: ['two-nodes', 'master-hostendpoint'], enforcers: calico },
  },
  [
    [`172.16.0.11 -> ${endpoint}:ICMP`, 'unknown', 'allow', 'deny', 'deny', 'deny'],
    [`${worker} -> ${endpoint}:ICMP`, 'unknown', 'allow', 'deny', 'deny', 'deny'],
    [`172.16.0.11 -> ${endpoint}:22`, 'unknown', 'allow', 'allow', 'allow', 'allow'],
    [`172.16.0.11 -> ${endpoint}:6443`, 'unknown', 'allow', 'allow', 'allow', 'allow'],
    [`172.16.0.11 -> ${endpoint}:8080`, 'unknown', 'allow', 'allow', 'allow', 'deny'],
    [`172.16.0.11 -> ${endpoint}:8472/UDP`, 'unknown', 'allow', 'allow', 'allow', 'deny'],
    [`${endpoint} -> 172.16.0.11:ICMP`, 'unknown', 'allow', 'allow', 'allow', 'deny'],
    [`${endpoint} -> 172.16.0.11:9100`, 'unknown', 'allow', 'allow', 'allow', 'deny'],
  ],
);

const bank = ['bank', 'bank-customer', 'bank-summary', 'bank-database'];

walk(
  'a bank whose steps know each other by service account, on layer 4: GET and POST are one TCP connection',
  {
    before: { files: ['bank'], enforcers: calico },
    after: { files: bank, enforcers: calico },
  },
  [
    ['198.51.100.9 -> default/customer:80', 'allow', 'allow'],
    ['default/customer -> default/summary:80', 'allow', 'allow'],
    ['default/customer -> default/database:2379', 'allow', 'deny'],
    ['default/summary -> default/database:2379', 'allow', 'allow'],
    ['default/attack -> default/database:2379', 'allow', 'deny'],
    ['default/attack -> default/summary:80', 'allow', 'deny'],
    ['default/database -> 198.51.100.9:443', 'allow', 'allow'],
  ],
);

it('does not know which HTTP requests pass where an application layer reads them', async () => {
  const world = await worldOf({ files: bank });
  const cluster = { ...settingsOf('calico').cluster, applicationLayer: true };
  const probe = prober(world, { enforcer: 'calico', cluster });
  const answer = probe({ from: '198.51.100.9', to: 'default/customer', port: 80 });
  expect(answer).toMatchObject({ ok: true, value: { verdict: 'unknown', why: expect.stringContaining('HTTP') } });
});

describe('a detailed policy, with its backend', () => {
  const backend = (labels: object) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'backend', labels } });

  it.each([
    ['test-c/nginx', 'backend/app', 80, 'TCP', 'allow'],
    ['test-c/nginx', 'backend/app', 443, 'TCP', 'deny'],
    ['test-c/nginx', 'kube-system/coredns', 53, 'UDP', 'deny'],
  ])('%s -> %s:%i/%s: %s', async (from, to, port, protocol, verdict) => {
    const files = await Promise.all(
      ['three-projects', 'nginx-c-control'].map((name) => documentsOf(`walkthrough/given/${name}.yaml`)),
    );
    const objects = [
      ...files.flat().map(({ value }) => value),
      backend({ project: 'backend-app' }),
      ...['test-c/nginx app=nginx', 'backend/app app=app', 'kube-system/coredns k8s-app=kube-dns'].map(podOf),
    ];
    const world = gather(objects.map((object) => placed(object, undefined, 'test-c')));
    const answer = prober(world, settingsOf('generic'))({ from, to, protocol, port });
    expect(answer.ok ? answer.value.verdict : answer.problem).toBe(verdict);
  });
});

it('says which rules of two policies on one pod decide', async () => {
  const world = await worldOf({ files: [...blog, 'default-deny-all', 'allow-all-frontend'] });
  const answer = prober(
    world,
    settingsOf('generic'),
  )({ from: 'default/wordpress', to: 'default/wordpress-mysql', port: 3306 });
  expect(answer).toMatchObject({
    ok: true,
    value: {
      verdict: 'deny',
      egress: { verdict: 'allow', by: [{ object: 'default/allow-all-frontend', path: 'spec.egress[0]' }] },
      ingress: { verdict: 'deny', by: [{ object: 'default/default-deny-all', path: 'spec.podSelector' }] },
    },
  });
});

it('lists who reaches whom in the finished blog', async () => {
  const world = await worldOf({ files: [...blog, 'default-deny-all', 'allow-all-frontend', 'allow-ingress-mysql'] });
  const report = reachReport(world, settingsOf('calico'));
  const pods = report.connections.filter(({ from, to }) => from.startsWith('default/') && to.startsWith('default/'));
  expect(pods.map(({ from, to, all, TCP }) => `${from} -> ${to}: ${all ? 'all' : `TCP ${TCP.join()}`}`)).toEqual([
    'default/wordpress[Pod] -> default/wordpress-mysql[Pod]: TCP 3306',
  ]);
  const isolated = report.endpoints.flatMap((one) =>
    one.kind === 'Workload' && one.isolated.ingress && one.isolated.egress ? [one.id] : [],
  );
  expect(isolated).toEqual(['default/stranger[Pod]', 'default/wordpress-mysql[Pod]', 'default/wordpress[Pod]']);
  expect(report.unknown).toEqual([]);
});
