import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissiveCrds } from './calico-crds.ts';
import { type GuardedCluster, policy, startGuardedCluster, until } from './cluster.ts';

/** Every road by which a namespace can lose its last default deny, taken with the real clients and controllers. */
const settings = (guardrails: object = {}) =>
  JSON.stringify({
    apiVersion: 'sekisho.dev/v1alpha1',
    kind: 'GuardrailSet',
    metadata: { name: 'e2e' },
    spec: { enforcer: 'calico', guardrails },
  });

let cluster: GuardedCluster;

beforeAll(async () => {
  cluster = await startGuardedCluster({ config: settings(), quiet: true, garbageCollector: true });
  const installed = await cluster.plane.kubectl(['apply', '--server-side', '-f', '-'], { stdin: permissiveCrds() });
  expect(installed.stderr).toBe('');
  const kinds = ['tiers', 'globalnetworkpolicies', 'stagedglobalnetworkpolicies', 'networkpolicies'];
  for (const kind of kinds)
    await until(async () => (await cluster.plane.kubectl(['get', `${kind}.projectcalico.org`, '-A'])).code === 0);
  await until(async () => {
    const text = await cluster.metrics();
    return ['Tier', 'GlobalNetworkPolicy', 'StagedGlobalNetworkPolicy', 'NetworkPolicy'].every((kind) =>
      text.includes(`sekisho_world_synced{kind="${kind}.projectcalico.org"} 1`),
    );
  });
}, 1_500_000);

afterAll(async () => {
  await cluster?.stop();
});

const calico = (kind: string, name: string, spec: object, namespace?: string) =>
  JSON.stringify({
    apiVersion: 'projectcalico.org/v3',
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec,
  });

const deletePolicy = (ns: string) => ['delete', 'networkpolicy', '-n', ns, 'default-deny'];
const patchPolicy = (ns: string, patch: object) => [
  ...['patch', 'networkpolicy', '-n', ns, 'default-deny', '--type=merge', '-p'],
  JSON.stringify(patch),
];

interface Attempt {
  readonly args: readonly string[];
  readonly stdin?: string;
}

/** A namespace with a pod in it. */
async function inhabited(ns: string, labels: Record<string, string> = {}): Promise<string> {
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns, labels } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: ns, labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'nginx' }] },
    },
  ];
  for (const object of objects) expect(await cluster.apply(JSON.stringify(object))).toMatchObject({ code: 0 });
  return ns;
}

/** The same, closed by a NetworkPolicy. */
async function closed(ns: string): Promise<string> {
  await inhabited(ns);
  const deny = policy(ns, 'default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  expect(await cluster.apply(deny)).toMatchObject({ code: 0 });
  return ns;
}

/**
 * What kubectl says of a change that is refused. The watch may not have brought all that went before: until then the
 * change is only tried.
 */
async function refused({ args, stdin }: Attempt): Promise<string> {
  const options = stdin === undefined ? {} : { stdin };
  await until(async () => (await cluster.kubectl([...args, '--dry-run=server'], options)).code !== 0);
  const { code, stderr } = await cluster.kubectl(args, options);
  expect(code).toBe(1);
  expect(stderr).toContain('denied the request: ');
  return stderr.slice(stderr.indexOf('admission webhook'));
}

const denied = (entry: string) => `admission webhook "${entry}.sekisho.dev" denied the request: `;

const fixOf = (ns: string, types = 'Ingress, Egress') =>
  `  Fix: {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: default-deny, namespace: ${ns}}, spec: {podSelector: {}, policyTypes: [${types}]}}`;

const explained = 'Explain: sekisho explain require-default-deny/lost';

describe('the last default deny of a namespace is not lost', () => {
  it('by a deletion', async () => {
    const ns = await closed('deleted');
    expect(await refused({ args: deletePolicy(ns) })).toBe(
      [
        `${denied('deletes')}deleted/default-deny: this takes away the last default deny of namespace deleted for incoming and outgoing traffic [require-default-deny/lost] (spec)`,
        '  After it, every pod would have incoming and outgoing traffic that no rule lists. The only pod there today would be open. Apply a replacement first, then repeat this change.',
        fixOf(ns),
        explained,
        '',
      ].join('\n'),
    );
  });

  it('by a selector that chooses fewer pods', async () => {
    const ns = await closed('narrowed');
    const patch = { spec: { podSelector: { matchLabels: { app: 'db' } } } };
    expect(await refused({ args: patchPolicy(ns, patch) })).toBe(
      [
        `${denied('policies')}narrowed/default-deny: this takes away the last default deny of namespace narrowed for incoming and outgoing traffic [require-default-deny/lost]`,
        '  spec.podSelector = {matchLabels: {app: db}}',
        '  After it, pods app!=db would have incoming and outgoing traffic that no rule lists. The only pod there today would be open. Apply a replacement first, then repeat this change.',
        fixOf(ns),
        explained,
        '',
      ].join('\n'),
    );
  });

  it('by a direction that the policy no longer names', async () => {
    const ns = await closed('half');
    expect(await refused({ args: patchPolicy(ns, { spec: { policyTypes: ['Ingress'] } }) })).toBe(
      [
        `${denied('policies')}half/default-deny: this takes away the last default deny of namespace half for outgoing traffic [require-default-deny/lost] (spec.policyTypes = [Ingress])`,
        '  After it, every pod would have outgoing traffic that no rule lists. The only pod there today would be open. Apply a replacement first, then repeat this change.',
        fixOf(ns, 'Egress'),
        explained,
        '',
      ].join('\n'),
    );
  });

  it('with a whole collection, in one request: the others may go', async () => {
    const ns = await closed('collection');
    const allow = {
      podSelector: { matchLabels: { app: 'web' } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'client' } } }], ports: [{ port: 8080 }] }],
    };
    expect(await cluster.apply(policy(ns, 'allow-web', allow))).toMatchObject({ code: 0 });
    await refused({ args: deletePolicy(ns) });
    const path = `/apis/networking.k8s.io/v1/namespaces/${ns}/networkpolicies`;
    const { code, stderr } = await cluster.kubectl(['delete', '--raw', path]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `Error from server (Forbidden): ${denied('deletes')}collection/default-deny: this takes away the last default deny of namespace collection`,
    );
    expect((await cluster.kubectl(['get', 'networkpolicy', '-n', ns, '-o', 'name'])).stdout).toContain('default-deny');
  });

  it('by a label that the namespace no longer has', async () => {
    const ns = await inhabited('relabelled', { closed: 'yes' });
    const deny = calico('GlobalNetworkPolicy', 'closed', {
      namespaceSelector: "closed == 'yes'",
      types: ['Ingress', 'Egress'],
    });
    expect(await cluster.apply(deny)).toMatchObject({ code: 0 });
    const said = await refused({ args: ['label', 'namespace', ns, 'closed-'] });
    expect(said.split('\n').slice(0, 2)).toEqual([
      `${denied('namespaces')}relabelled: this takes away the last default deny of namespace relabelled for incoming and outgoing traffic [require-default-deny/lost]`,
      '  metadata.labels = {kubernetes.io/metadata.name: relabelled}',
    ]);
    expect(said).toContain(fixOf(ns));
  });

  it('by a tier that is moved or turned to Pass, nor by a policy of Calico that is moved or narrowed', async () => {
    await inhabited('tiered');
    // What the tier opens once it is moved has to be there first.
    await cluster.configure(settings({ 'forbid-broad-peers': { mode: 'warn' } }));
    const here = "projectcalico.org/name == 'tiered'";
    for (const one of [
      calico('Tier', 'guard', { order: 100 }),
      calico('Tier', 'apps', { order: 200 }),
      calico('GlobalNetworkPolicy', 'guard.deny', {
        tier: 'guard',
        namespaceSelector: here,
        types: ['Ingress', 'Egress'],
      }),
      calico('GlobalNetworkPolicy', 'apps.web', {
        tier: 'apps',
        namespaceSelector: here,
        types: ['Ingress'],
        ingress: [{ action: 'Allow', protocol: 'TCP', destination: { ports: [443] } }],
      }),
    ])
      await until(async () => (await cluster.apply(one)).code === 0);
    await cluster.configure(settings());
    const patch = (kind: string, name: string, spec: object) => ({
      args: ['patch', `${kind}.projectcalico.org`, name, '--type=merge', '-p', JSON.stringify({ spec })],
    });
    const first = async (kind: string, name: string, spec: object) =>
      (await refused(patch(kind, name, spec))).split('\n')[0];
    expect([
      await first('tiers', 'apps', { order: 50 }),
      await first('tiers', 'guard', { defaultAction: 'Pass' }),
      await first('globalnetworkpolicies', 'guard.deny', { tier: 'apps', order: 9000 }),
      await first('globalnetworkpolicies', 'guard.deny', { selector: "app == 'db'" }),
    ]).toEqual(
      [
        'apps: policy apps.web would let everyone reach every pod',
        'guard: policy apps.web would let everyone reach every pod',
        'guard.deny: policy apps.web would let everyone reach every pod',
        'guard.deny: policy apps.web would let everyone reach pods app!=db',
      ].map(
        (what) =>
          `${denied('cluster-policies')}${what} of namespace tiered past the deny of tier guard (TCP 443) [require-default-deny/bypassed]`,
      ),
    );
  });

  it('by a preview that takes its place', async () => {
    await inhabited('staged');
    const spec = { namespaceSelector: "projectcalico.org/name == 'staged'", types: ['Ingress', 'Egress'] };
    expect(await cluster.apply(calico('GlobalNetworkPolicy', 'staged-deny', spec))).toMatchObject({ code: 0 });
    expect(await cluster.apply(calico('StagedGlobalNetworkPolicy', 'staged-deny', spec))).toMatchObject({ code: 0 });
    expect(await refused({ args: ['delete', 'globalnetworkpolicies.projectcalico.org', 'staged-deny'] })).toContain(
      `${denied('deletes')}staged-deny: this takes away the last default deny of namespace staged for incoming and outgoing traffic [require-default-deny/lost]`,
    );
  });

  it('with its owner: the garbage collector is refused as anybody is, until no pod would be opened', async () => {
    const ns = await closed('owned');
    await refused({ args: deletePolicy(ns) });
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'release', namespace: ns } };
    expect(await cluster.apply(JSON.stringify(owner))).toMatchObject({ code: 0 });
    const uid = (await cluster.kubectl(['get', 'configmap', '-n', ns, 'release', '-o', 'jsonpath={.metadata.uid}']))
      .stdout;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'release', uid }];
    expect(await cluster.kubectl(patchPolicy(ns, { metadata: { ownerReferences } }))).toMatchObject({ code: 0 });
    expect(await cluster.kubectl(['delete', 'configmap', '-n', ns, 'release'])).toMatchObject({ code: 0 });
    const collector = 'system:serviceaccount:kube-system:generic-garbage-collector';
    const line = await until(async () =>
      cluster
        .log()
        .split('\n')
        .find((one) => one.includes(collector) && one.includes('"denied"')),
    );
    expect(JSON.parse(line)).toMatchObject({
      operation: 'DELETE',
      namespace: ns,
      name: 'default-deny',
      guardrails: ['require-default-deny/lost'],
    });
    expect((await cluster.kubectl(['get', 'networkpolicy', '-n', ns, '-o', 'name'])).stdout).toContain('default-deny');
    expect(await cluster.kubectl(['delete', 'pod', '-n', ns, 'web', '--now'])).toMatchObject({ code: 0 });
    await until(async () => (await cluster.kubectl(['get', 'networkpolicy', '-n', ns, '-o', 'name'])).stdout === '');
  });
});

describe('a default deny goes', () => {
  it('with its namespace, whose controller deletes it', async () => {
    const ns = await closed('leaving');
    await refused({ args: deletePolicy(ns) });
    expect(await cluster.kubectl(['delete', 'namespace', ns, '--timeout=60s'])).toMatchObject({ code: 0, stderr: '' });
  });
});
