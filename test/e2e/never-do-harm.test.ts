import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { asString, dig } from '../../src/engine/json/read.ts';
import { type GuardedCluster, policy, startGuardedCluster, until } from './cluster.ts';

/** The webhook has the rights to read that `deploy/` gives it, and none to write. */
const account = 'sekisho';

const settings = (guardrails: object = {}) =>
  JSON.stringify({
    apiVersion: 'sekisho.dev/v1alpha1',
    kind: 'GuardrailSet',
    metadata: { name: 'e2e' },
    spec: { guardrails },
  });

let cluster: GuardedCluster;

beforeAll(async () => {
  const access = parseAllDocuments(await readFile('deploy/base/access.yaml', 'utf8')).map((one) => one.toJS());
  const role = access.find((one) => asString(dig(one, 'kind')) === 'ClusterRole');
  const rules = role.rules.filter(({ verbs }: { verbs: string[] }) => !verbs.includes('patch'));
  expect(rules.length).toBeGreaterThan(2);
  cluster = await startGuardedCluster({
    config: settings(),
    quiet: true,
    service: 'sekisho-system/sekisho',
    users: [{ name: account }],
    webhookUser: account,
    webhookRules: rules,
  });
}, 1_500_000);

afterAll(async () => {
  await cluster?.stop();
});

const everyone = (labels: object = { app: 'web' }) => ({
  podSelector: { matchLabels: labels },
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
});
const openWeb = (ns: string, name = 'open') => policy(ns, name, everyone());
const harmless = (ns: string, name = 'web') =>
  policy(ns, name, { ...everyone(), ingress: [{ from: [{ podSelector: { matchLabels: { app: 'client' } } }] }] });

async function namespace(name: string): Promise<string> {
  expect(await cluster.kubectl(['create', 'namespace', name])).toMatchObject({ code: 0 });
  return name;
}

const isRefused = async () =>
  (await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], { stdin: openWeb('default') })).code === 1;

describe('an object from before the guardrails', () => {
  const ns = 'old';
  const on = ['networkpolicy', '-n', ns, 'open'];
  const patch = (value: object) => ['patch', ...on, '--type=merge', '-p', JSON.stringify(value)];
  const passes = { code: 0, stderr: '' };

  beforeAll(async () => {
    await namespace(ns);
    await cluster.configure(
      settings({ 'forbid-broad-peers': { mode: 'off' }, 'require-default-deny': { mode: 'off' } }),
    );
    await until(async () => (await cluster.apply(openWeb(ns))).code === 0);
    expect(await cluster.kubectl(patch({ metadata: { finalizers: ['example.com/hold'] } }))).toMatchObject(passes);
    await cluster.configure(settings());
    await until(isRefused);
  });

  it('may get labels, annotations and owners, and is refused what is worse', async () => {
    expect(await cluster.kubectl(['label', ...on, 'team=a'])).toMatchObject(passes);
    expect(await cluster.kubectl(['annotate', ...on, 'example.com/note=b'])).toMatchObject(passes);
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'release', uid: '705ab4f5-6393-11e8-b7cc-42010a800002' };
    expect(await cluster.kubectl(patch({ metadata: { ownerReferences: [owner] } }))).toMatchObject(passes);
    const worse = await cluster.kubectl(patch({ spec: { podSelector: { matchLabels: null } } }));
    expect(worse.code).toBe(1);
    expect(worse.stderr).toContain('all 4,294,967,296 IPv4 addresses may connect');
  });

  it('goes: it is deleted, may be changed while it goes, and its finalizer is taken away', async () => {
    expect(await cluster.kubectl(['delete', ...on, '--wait=false'])).toMatchObject({ code: 0 });
    const { stdout } = await cluster.kubectl(['get', ...on, '-o', 'jsonpath={.metadata.deletionTimestamp}']);
    expect(stdout).not.toBe('');
    expect(await cluster.kubectl(patch({ spec: { podSelector: { matchLabels: null } } }))).toMatchObject(passes);
    expect(await cluster.kubectl(patch({ metadata: { finalizers: null } }))).toMatchObject(passes);
    expect((await cluster.kubectl(['get', ...on])).stderr).toContain('NotFound');
  });
});

describe('a refusal', () => {
  it('does not repeat the word at which clients delete, whoever brings it', async () => {
    const ns = await namespace('words');
    const stdin = policy(ns, 'is-immutable', everyone({ immutable: 'Immutable' }));
    const { code, stderr } = await cluster.kubectl(['apply', '--force', '-f', '-'], { stdin });
    expect(code).toBe(1);
    expect(stderr).toContain('Error from server (Forbidden): ');
    expect(stderr).toContain('denied the request: words/is-[...]: all 4,294,967,296 IPv4 addresses may connect');
    const said = stderr.slice(stderr.indexOf('denied the request'));
    expect(said).not.toMatch(/immutable/i);
  });

  it('is of one code and reason for everything that reads it by a program', async () => {
    const ns = await namespace('coded');
    const path = `/apis/networking.k8s.io/v1/namespaces/${ns}/networkpolicies`;
    const { stderr } = await cluster.kubectl(['create', '--raw', path, '-f', '-', '-v=8'], { stdin: openWeb(ns) });
    expect(stderr).toContain('"reason":"Forbidden"');
    expect(stderr).toContain('"code":403');
  });
});

describe('what must work without a verdict', () => {
  it('is not asked about: system namespaces, and our own', async () => {
    await cluster.kubectl(['create', 'namespace', 'sekisho-system']);
    for (const ns of ['kube-system', 'sekisho-system']) {
      expect(await cluster.apply(openWeb(ns))).toMatchObject({ code: 0, stderr: '' });
      expect(await cluster.kubectl(['delete', 'networkpolicy', '-n', ns, 'open'])).toMatchObject({
        code: 0,
        stderr: '',
      });
    }
  });

  it('was never a right to write: all of this was judged by a webhook that has none', async () => {
    const as = ['--as', account];
    for (const right of [
      'create events',
      'patch networkpolicies',
      'update validatingwebhookconfigurations',
      'get secrets',
    ])
      expect((await cluster.plane.kubectl(['auth', 'can-i', ...right.split(' '), '-A', ...as])).stdout).toBe('no\n');
    expect((await cluster.plane.kubectl(['auth', 'can-i', 'list', 'networkpolicies', '-A', ...as])).stdout).toBe(
      'yes\n',
    );
    expect(await isRefused()).toBe(true);
  });
});

describe('while nobody answers', () => {
  const ns = 'unanswered';
  let uid = '';
  const uidOf = async () =>
    (await cluster.kubectl(['get', 'networkpolicy', '-n', ns, 'web', '-o', 'jsonpath={.metadata.uid}'])).stdout;

  beforeAll(async () => {
    await namespace(ns);
    for (const name of ['web', 'second']) expect(await cluster.apply(harmless(ns, name))).toMatchObject({ code: 0 });
    uid = await uidOf();
    const { stdout } = await cluster.plane.kubectl(['get', 'validatingwebhookconfiguration', 'sekisho', '-o', 'json']);
    const all = JSON.parse(stdout);
    for (const one of all.webhooks) one.clientConfig.url = 'https://127.0.0.1:1/validate';
    await cluster.plane.kubectl(['replace', '-f', '-'], { stdin: JSON.stringify(all) });
    await until(async () => (await cluster.apply(harmless(ns, 'new'), '--dry-run=server')).code !== 0);
  });

  it('a change of a policy waits, as the operator chose: an error, and no client deletes for it', async () => {
    const changed = policy(ns, 'web', { ...everyone(), ingress: [] });
    const { code, stderr } = await cluster.apply(changed, '--force');
    expect(code).toBe(1);
    expect(stderr).toContain('Error from server (InternalError)');
    expect(stderr).toContain('failed calling webhook "policies.sekisho.dev"');
    expect(uid).not.toBe('');
    expect(await uidOf()).toBe(uid);
  });

  it('deletions, namespaces, system namespaces and our own go on', async () => {
    expect(await cluster.kubectl(['delete', 'networkpolicy', '-n', ns, 'second'])).toMatchObject({ code: 0 });
    expect(await cluster.kubectl(['label', 'namespace', ns, 'team=b'])).toMatchObject({ code: 0 });
    for (const own of ['kube-system', 'sekisho-system'])
      expect(await cluster.apply(harmless(own))).toMatchObject({ code: 0 });
    expect(await cluster.kubectl(['create', 'namespace', 'later'])).toMatchObject({ code: 0 });
    expect(
      await cluster.apply(
        JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: ns } }),
      ),
    ).toMatchObject({ code: 0 });
  });

  it('the registration can be taken away, and then everything goes on', async () => {
    const gone = await cluster.plane.kubectl(['delete', 'validatingwebhookconfiguration', 'sekisho']);
    expect(gone).toMatchObject({ code: 0 });
    await until(async () => (await cluster.apply(harmless(ns, 'new'))).code === 0);
  });
});
