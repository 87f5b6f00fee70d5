import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GuardedCluster, policy, startGuardedCluster, until } from './cluster.ts';

const defaultDeny = (namespace: string, name = 'default-deny') =>
  policy(namespace, name, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
const allowWeb = (namespace: string, name = 'allow-web') =>
  policy(namespace, name, {
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'client' } } }], ports: [{ port: 8080 }] }],
  });
const openWeb = (namespace: string, name = 'open-web') =>
  policy(namespace, name, {
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/1' } }, { ipBlock: { cidr: '128.0.0.0/1' } }] }],
  });
const pod = (namespace: string, name: string, labels: Record<string, string>) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { containers: [{ name: 'main', image: 'nginx' }] },
  });

let cluster: GuardedCluster;

beforeAll(async () => {
  cluster = await startGuardedCluster();
}, 1_500_000);

afterAll(async () => {
  await cluster?.stop();
});

async function namespace(name: string): Promise<string> {
  expect((await cluster.kubectl(['create', 'namespace', name])).stderr).toBe('');
  await until(async () => (await cluster.kubectl(['get', 'namespace', name])).code === 0);
  return name;
}

/** The World has seen the object when a review of it says so: here, when a policy that needs it is judged as expected. */
async function seen(check: () => Promise<boolean>): Promise<void> {
  await until(check);
}

const refusal = 'admission webhook "policies.sekisho.dev" denied the request: ';

describe('what kubectl shows', () => {
  it('of a policy that is refused on create, with the field, the reason and a way out', async () => {
    const ns = await namespace('create');
    const { code, stderr } = await cluster.kubectl(['create', '-f', '-'], { stdin: openWeb(ns) });
    expect(code).toBe(1);
    expect(stderr).toContain(
      `Error from server (Forbidden): error when creating "STDIN": ${refusal}create/open-web: all 4,294,967,296 IPv4 addresses may connect`,
    );
    expect(stderr).toContain('[forbid-broad-peers/every-address]');
    expect(stderr).toContain('spec.ingress[0].from');
    expect(stderr).toContain('Fix: from: [{ipBlock: {cidr: 203.0.113.0/24}}]');
    expect((await cluster.kubectl(['get', 'networkpolicy', '-n', ns, 'open-web'])).code).toBe(1);
  });

  it('of a warning: one line, on a request that goes through', async () => {
    const ns = await namespace('warned');
    const { code, stderr, stdout } = await cluster.apply(allowWeb(ns));
    expect(code).toBe(0);
    expect(stdout).toContain('networkpolicy.networking.k8s.io/allow-web created');
    expect(stderr).toContain(
      'Warning: warned/allow-web: in namespace warned, pods app!=web can still have incoming traffic that no rule lists [require-default-deny/partial]',
    );
  });

  it.each([
    ['client-side apply', ['apply']],
    ['server-side apply', ['apply', '--server-side']],
    ['dry run on the server', ['apply', '--dry-run=server']],
    ['replace', ['replace']],
  ])('of %s that widens a policy which exists', async (_name, args) => {
    const ns = await namespace(`widen-${args.join('').replace(/[^a-z]/g, '')}`);
    await cluster.apply(allowWeb(ns, 'web'), ...(args.includes('--server-side') ? ['--server-side'] : []));
    const { code, stderr } = await cluster.kubectl([...args, '-f', '-'], { stdin: openWeb(ns, 'web') });
    expect(code).toBe(1);
    expect(stderr).toContain(`${refusal}${ns}/web: all 4,294,967,296 IPv4 addresses may connect`);
    const kept = await cluster.kubectl([
      'get',
      'networkpolicy',
      '-n',
      ns,
      'web',
      '-o',
      'jsonpath={.spec.ingress[0].ports[0].port}',
    ]);
    expect(kept.stdout).toBe('8080');
  });

  it('of a patch, and of an edit', async () => {
    const ns = await namespace('patched');
    await cluster.apply(allowWeb(ns));
    const patch = [
      'patch',
      'networkpolicy',
      '-n',
      ns,
      'allow-web',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/spec/ingress/0/from"}]',
    ];
    const patched = await cluster.kubectl(patch);
    expect(patched.code).toBe(1);
    expect(patched.stderr).toContain(`${refusal}patched/allow-web: everyone may connect`);
    const edited = await cluster.plane.kubectl(['edit', 'networkpolicy', '-n', ns, 'allow-web'], {
      user: 'jane',
      // Takes `from` out of the only rule.
      env: { KUBE_EDITOR: `sed -i -e '/  - from:/,/app: client/d' -e 's/^    ports:/  - ports:/'` },
    });
    expect(edited.code).toBe(1);
    expect(edited.stderr).toContain(`${refusal}patched/allow-web: everyone may connect`);
    expect(edited.stderr).toContain('You can run `kubectl replace -f ');
  });

  it('of kubectl diff, which stops at the refusal', async () => {
    const ns = await namespace('differs');
    await cluster.apply(allowWeb(ns, 'web'));
    const { code, stderr } = await cluster.kubectl(['diff', '-f', '-'], { stdin: openWeb(ns, 'web') });
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain('all 4,294,967,296 IPv4 addresses may connect');
  });

  it('of a List and of a file with several documents: each object is judged alone', async () => {
    const ns = await namespace('several');
    const list = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [JSON.parse(defaultDeny(ns)), JSON.parse(openWeb(ns)), JSON.parse(allowWeb(ns))],
    });
    const { code, stdout, stderr } = await cluster.apply(list);
    expect(code).toBe(1);
    expect(stdout).toContain('default-deny created');
    expect(stdout).toContain('allow-web created');
    expect(stderr).toContain('several/open-web: all 4,294,967,296 IPv4 addresses may connect');
    const again = await cluster.apply([defaultDeny(ns, 'second'), openWeb(ns)].join('\n---\n'));
    expect(again.stdout).toContain('second created');
    expect(again.code).toBe(1);
  });
});

describe('a namespace, a default deny and an allow come up', () => {
  const objects = (ns: string) => ({
    namespace: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns } }),
    deny: defaultDeny(ns),
    allow: allowWeb(ns),
  });
  const orders = [
    ['namespace', 'deny', 'allow'],
    ['namespace', 'allow', 'deny'],
    ['deny', 'namespace', 'allow'],
    ['allow', 'namespace', 'deny'],
    ['deny', 'allow', 'namespace'],
    ['allow', 'deny', 'namespace'],
  ] as const;

  it.each(orders.map((order, index) => ({ order, ns: `order-${index}` })))(
    'in the order $order',
    async ({ order, ns }) => {
      const texts = objects(ns);
      // What comes before its namespace is the API server's to refuse; kubectl's users apply again.
      for (let round = 0; round < 2; round += 1) {
        for (const name of order) {
          const { stderr } = await cluster.apply(texts[name]);
          expect(stderr).not.toContain('denied the request');
        }
      }
      const { stdout } = await cluster.kubectl(['get', 'networkpolicy', '-n', ns, '-o', 'name']);
      expect(stdout.trim().split('\n')).toHaveLength(2);
    },
  );

  it('in one file', async () => {
    const texts = objects('one-file');
    const { code, stderr } = await cluster.apply(Object.values(texts).join('\n---\n'));
    expect(stderr).not.toContain('denied');
    expect(code).toBe(0);
  });
});

describe('the last default deny', () => {
  it('is not deleted while it protects pods, and the replacement is offered ready to paste', async () => {
    const ns = await namespace('last');
    await cluster.apply(pod(ns, 'web', { app: 'web' }));
    await cluster.apply(defaultDeny(ns));
    await seen(async () => {
      const { stderr } = await cluster.kubectl([
        'delete',
        'networkpolicy',
        '-n',
        ns,
        'default-deny',
        '--dry-run=server',
      ]);
      return stderr.includes('[require-default-deny/lost]');
    });
    const { code, stderr } = await cluster.kubectl(['delete', 'networkpolicy', '-n', ns, 'default-deny']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'admission webhook "deletes.sekisho.dev" denied the request: last/default-deny: this takes away the last default deny of namespace last for incoming and outgoing traffic',
    );
    const [, fix = ''] = /Fix: (\{.*\})/.exec(stderr) ?? [];
    expect((await cluster.apply(fix.replace('name: default-deny', 'name: replacement'))).code).toBe(0);
    await until(async () => (await cluster.kubectl(['delete', 'networkpolicy', '-n', ns, 'default-deny'])).code === 0);
  });

  it('is not deleted with all the others either: of a collection, it alone stays', async () => {
    const ns = await namespace('collection');
    await cluster.apply(pod(ns, 'web', { app: 'web' }));
    await cluster.apply(defaultDeny(ns));
    await cluster.apply(allowWeb(ns));
    await seen(
      async () =>
        (await cluster.kubectl(['delete', 'networkpolicy', '-n', ns, 'default-deny', '--dry-run=server'])).code === 1,
    );
    const { code, stderr } = await cluster.kubectl(['delete', 'networkpolicy', '-n', ns, '--all']);
    expect(code).toBe(1);
    expect(stderr).toContain('collection/default-deny: this takes away the last default deny');
    expect((await cluster.kubectl(['get', 'networkpolicy', '-n', ns, '-o', 'name'])).stdout).toContain('default-deny');
  });

  it('goes with its namespace', async () => {
    const ns = await namespace('leaving');
    await cluster.apply(pod(ns, 'web', { app: 'web' }));
    await cluster.apply(defaultDeny(ns));
    await seen(
      async () =>
        (await cluster.kubectl(['delete', 'networkpolicy', '-n', ns, 'default-deny', '--dry-run=server'])).code === 1,
    );
    const { code, stderr } = await cluster.kubectl(['delete', 'namespace', ns, '--timeout=60s']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('may be taken by a tool that applies what was reviewed elsewhere', async () => {
    const ns = await namespace('deployed');
    await cluster.apply(pod(ns, 'web', { app: 'web' }));
    await cluster.apply(defaultDeny(ns));
    await seen(
      async () =>
        (await cluster.kubectl(['delete', 'networkpolicy', '-n', ns, 'default-deny', '--dry-run=server'])).code === 1,
    );
    const { code, stderr } = await cluster.kubectl(['delete', 'networkpolicy', '-n', ns, 'default-deny'], {
      user: 'system:serviceaccount:flux-system:kustomize-controller',
    });
    expect(code).toBe(0);
    expect(stderr).toContain('Warning: deployed/default-deny: this takes away the last default deny');
  });
});

describe('the ratchet', () => {
  it('refuses only what an update adds to an object that was there before the guardrails', async () => {
    const ns = await namespace('ratchet');
    const off =
      'apiVersion: sekisho.dev/v1alpha1\nkind: GuardrailSet\nmetadata: {name: e2e}\nspec: {guardrails: {forbid-broad-peers: {mode: "off"}}}\n';
    const on = 'apiVersion: sekisho.dev/v1alpha1\nkind: GuardrailSet\nmetadata: {name: e2e}\nspec: {}\n';
    await cluster.configure(off);
    await until(async () => (await cluster.apply(openWeb(ns, 'old'))).code === 0);
    await cluster.configure(on);
    await until(
      async () =>
        (await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], { stdin: openWeb(ns, 'new') })).code === 1,
    );
    const spec = {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
    };
    expect((await cluster.apply(policy(ns, 'old', { ...spec, policyTypes: ['Ingress'] }))).code).toBe(0);
    const { code, stderr } = await cluster.apply(policy(ns, 'old', { ...spec, egress: [{}] }));
    expect(code).toBe(1);
    expect(stderr).toContain('everyone may be reached');
    expect(stderr).not.toContain('all 4,294,967,296 IPv4 addresses may connect');
  });
});

describe('the live World', () => {
  it('follows an API server that restarts', async () => {
    await cluster.plane.restartApiServer();
    const ns = 'after-restart';
    await until(async () => (await cluster.kubectl(['create', 'namespace', ns])).code === 0);
    await cluster.apply(pod(ns, 'web', { app: 'web' }));
    await cluster.apply(defaultDeny(ns));
    await seen(async () => {
      const { stderr } = await cluster.kubectl([
        'delete',
        'networkpolicy',
        '-n',
        ns,
        'default-deny',
        '--dry-run=server',
      ]);
      return stderr.includes('[require-default-deny/lost]');
    });
  });
});
