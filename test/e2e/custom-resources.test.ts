import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asList, dig, field } from '../../src/engine/json/read.ts';
import { policy, until } from './cluster.ts';
import { type Registered, Replica, startRegistered } from './self-managed.ts';

const root = resolve(import.meta.dirname, '../..');
const second = 1000;

let folder: string;
let auditLog: string;
let cluster: Registered;
let replicas: readonly Replica[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-crds-'));
  auditLog = join(folder, 'audit.log');
  const auditPolicy = join(folder, 'audit.yaml');
  await writeFile(auditPolicy, 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n');
  cluster = await startRegistered({
    users: [{ name: 'jane', groups: ['developers'] }],
    apiServerArgs: [`--audit-policy-file=${auditPolicy}`, `--audit-log-path=${auditLog}`],
  });
  for (const name of ['pay', 'shop']) await kubectl(['create', 'namespace', name]);
  // The roles that come with a cluster get their rules from a controller, which does not run here.
  await kubectl(['create', 'clusterrole', 'developer', '--verb=*', '--resource=networkpolicies.networking.k8s.io']);
  await kubectl(['create', 'clusterrolebinding', 'developers', '--clusterrole=developer', '--group=developers']);
  await cluster.register();
  replicas = [0, 1].map(() => new Replica(cluster.plane, 'poll=1s'));
  await Promise.all(replicas.map((one) => one.ready()));
  cluster.balancer.targets = replicas.map(({ port }) => port);
  await until(() => denied('shop'));
}, 1_500_000);

afterAll(async () => {
  for (const replica of replicas) await replica.stop();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function kubectl(args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await cluster.plane.kubectl(args, stdin === undefined ? {} : { stdin });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const apply = (object: object) => cluster.plane.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(object) });
const get = async (...what: readonly string[]): Promise<unknown> =>
  JSON.parse(await kubectl(['get', ...what, '-o', 'json']));

/** What comes of a policy that opens everything; whoever asks is no member of the platform. */
function tryOpen(namespace: string, ...more: readonly string[]) {
  const stdin = policy(namespace, `open-${namespace}`, { podSelector: {}, ingress: [{}] });
  return cluster.plane.kubectl(['apply', '-f', '-', ...more], { stdin, user: 'jane' });
}

const tryDry = (namespace: string) => tryOpen(namespace, '--dry-run=server');

/** Whether both replicas answer so: the requests go to each in turn, or on a connection that was kept. */
async function everywhere(check: () => Promise<boolean>): Promise<void> {
  let inARow = 0;
  await until(async () => (inARow = (await check()) ? inARow + 1 : 0) >= 4);
}

const allowed = async (namespace: string) => (await tryDry(namespace)).code === 0;
const denied = async (namespace: string) => (await tryDry(namespace)).stderr.includes('forbid-broad-peers/everyone');

function exemption(name: string, namespace: string, spec: object = {}): object {
  return {
    apiVersion: 'sekisho.dev/v1alpha1',
    kind: 'Exemption',
    metadata: { name },
    spec: {
      guardrails: ['forbid-broad-peers'],
      objects: [{ kinds: ['NetworkPolicy'], namespaces: { names: [namespace] } }],
      owner: 'team-payments@example.com',
      reason: 'an appliance without fixed addresses',
      expires: new Date(Date.now() + 30 * 86_400 * second).toISOString().slice(0, 10),
      ...spec,
    },
  };
}

function guardrailSet(name: string, spec: object): object {
  return { apiVersion: 'sekisho.dev/v1alpha1', kind: 'GuardrailSet', metadata: { name }, spec };
}

async function condition(kind: string, name: string, type: string): Promise<unknown> {
  const conditions = asList(dig(await get(kind, name), 'status', 'conditions')) ?? [];
  return conditions.find((one) => field(one, 'type') === type);
}

const conditionIs = (kind: string, name: string, type: string, reason: string) =>
  until(async () => {
    const found = await condition(kind, name, type);
    return field(found, 'reason') === reason && found;
  });

describe('before the definitions are installed', () => {
  it('all is as it was, and the log of each replica says so once', async () => {
    for (const { text } of replicas) {
      expect(text.match(/exemptions\.sekisho\.dev is not installed/g)).toHaveLength(1);
      expect(text.match(/guardrailsets\.sekisho\.dev is not installed/g)).toHaveLength(1);
    }
    expect((await tryDry('pay')).stderr).toContain('forbid-broad-peers/everyone');
  });
});

describe('once they are', () => {
  beforeAll(async () => {
    await kubectl(['apply', '-f', join(root, 'deploy/base/crds.yaml')]);
    await kubectl([
      'wait',
      '--for=condition=Established',
      'crd/exemptions.sekisho.dev',
      'crd/guardrailsets.sekisho.dev',
    ]);
  });

  it('kubectl refuses what is misspelt, with its place', async () => {
    const misspelt = await apply(exemption('misspelt', 'pay', { ownr: 'x' }));
    expect(misspelt.stderr).toContain('unknown field "spec.ownr"');
    const unknown = await apply(exemption('unknown', 'pay', { guardrails: ['forbid-brod-peers'] }));
    expect(unknown.stderr).toContain('spec.guardrails[0]: Invalid value: "forbid-brod-peers": no guardrail');
    const backwards = await apply(exemption('backwards', 'pay', { notBefore: '2099-01-01' }));
    expect(backwards.stderr).toContain('spec.expires: Invalid value: expires must not lie before notBefore');
    const set = await apply(guardrailSet('wrong', { guardrails: { 'keep-dns': { mode: 'deny' }, 'keep-dsn': {} } }));
    expect(set.stderr).toContain('unknown field "spec.guardrails.keep-dsn"');
  });

  it('takes whatever a file may say, and the complete example of the docs', async () => {
    const example = /```yaml\n(apiVersion[\s\S]*?)```/.exec(
      await readFile(join(root, 'docs/configuration.md'), 'utf8'),
    )?.[1];
    const settings = { maxAddresses: { ipv4: 8, ipv6: '/32' } };
    const rule = (condition: object) => ({ name: 'r', message: { ja: '不可' }, path: '$.a', condition });
    const flow = { name: 'f', from: { everyone: true }, to: { cidr: '10.0.0.0/8' }, ports: [80, '8000-8010'] };
    const documents = [
      { guardrails: { 'keep-dns': { mode: false, findings: { 'dns-cut': 'audit' } } } },
      { guardrails: { 'forbid-broad-peers': { settings }, 'keep-flows': { settings: { flows: [flow] } } } },
      { custom: [rule({ cidrWithin: '10.0.0.0/8' })] },
      { custom: [rule({ not: { all: [{ equals: { a: [1] } }, { any: [{ cidrWithin: ['10.0.0.0/8'] }] }] } })] },
      { cluster: { dns: [{ namespace: 'a', podLabels: { a: 'b' } }, { cidr: 'fd00::/128' }] } },
      {},
    ].map((spec, at) => JSON.stringify(guardrailSet(`taken-${at}`, spec)));
    const stdin = [example ?? '', ...documents].join('\n---\n');
    const taken = await cluster.plane.kubectl(['create', '--dry-run=server', '-o', 'name', '-f', '-'], { stdin });
    expect([taken.stderr, taken.stdout.split('\n').length - 1]).toEqual(['', documents.length + 2]);
  });

  it('an exemption lets through what was denied; the audit log, kubectl, the log and the metrics tell of it', async () => {
    expect((await apply(exemption('appliance', 'pay'))).stderr).toBe('');
    await everywhere(() => allowed('pay'));
    expect((await tryOpen('pay')).stdout).toContain('created');
    expect(await denied('shop')).toBe(true);
    await until(async () =>
      (await readFile(auditLog, 'utf8')).includes('"policies.sekisho.dev/exemption":"appliance"'),
    );

    const used = await until(async () => dig(await get('exemption', 'appliance'), 'status', 'lastUsed'));
    expect(used).toEqual({
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/),
      user: 'jane',
      operation: 'CREATE',
      object: 'NetworkPolicy pay/open-pay',
    });
    const [header = '', line = ''] = (await kubectl(['get', 'exemptions'])).split('\n');
    expect(header.split(/ {2,}/)).toEqual(['NAME', 'STATE', 'EXPIRES', 'LAST USED', 'OWNER', 'REASON', 'AGE']);
    expect(line).toMatch(
      /^appliance +Active +\d{4}-\d{2}-\d{2} +\d+m?\d*s +team-payments@example\.com +an appliance without fixed addresses +\d+m?\d*s$/,
    );
    const uses = await Promise.all(
      replicas.map((one) => one.metric('sekisho_exemption_uses_total{exemption="appliance"}')),
    );
    expect(uses.filter((count) => count === 1)).toHaveLength(1);
    for (const one of replicas) expect(await one.metric('sekisho_exemptions{state="Active"}')).toBe(1);
    expect(replicas.some(({ text }) => text.includes('"exemptions":["appliance"]'))).toBe(true);
  });

  it('one that cannot be read has a condition that says why; what was accepted before stays in force, after a restart too', async () => {
    const tooLong = { expires: '2090-01-01' };
    expect((await apply(exemption('appliance', 'pay', tooLong))).code).toBe(0);
    expect(await conditionIs('exemption', 'appliance', 'Accepted', 'Invalid')).toMatchObject({
      status: 'False',
      message: expect.stringMatching(
        /^spec\.expires: an exemption lasts at most 180 days.*Generation 1 stays in force\.$/,
      ),
    });
    expect(await condition('exemption', 'appliance', 'Ready')).toMatchObject({
      status: 'True',
      reason: 'LastAccepted',
    });
    expect(await kubectl(['get', 'exemption', 'appliance'])).toMatch(/appliance +Invalid/);
    await everywhere(() => allowed('pay'));
    for (const one of replicas) {
      expect(await one.metric('sekisho_config_last_reload_success')).toBe(0);
      expect(await one.metric('sekisho_exemptions{state="Invalid"}')).toBe(1);
      const { ready, text } = await one.readiness();
      expect(ready).toBe(true);
      expect(text).toContain('Exemption appliance cannot be used, generation 1 stays in force: spec.expires:');
      expect(one.text).toContain('Exemption appliance cannot be used');
    }

    const later = new Replica(cluster.plane, 'poll=1s');
    replicas = [...replicas, later];
    await later.ready();
    cluster.balancer.targets = [later.port];
    await everywhere(() => allowed('pay'));
    expect(later.text).toContain('generation 1 stays in force');
    cluster.balancer.targets = replicas.map(({ port }) => port);

    expect((await apply(exemption('appliance', 'pay'))).code).toBe(0);
    await conditionIs('exemption', 'appliance', 'Accepted', 'Accepted');
    for (const one of replicas) {
      await until(async () => (await one.metric('sekisho_config_last_reload_success')) === 1);
    }
  });

  it('one that never could be read exempts nothing', async () => {
    const selector = { matchExpressions: [{ key: 'a b', operator: 'Exists' }] };
    expect((await apply(exemption('unreadable', 'shop', { objects: [{ selector }] }))).code).toBe(0);
    expect(await conditionIs('exemption', 'unreadable', 'Ready', 'Invalid')).toMatchObject({ status: 'False' });
    expect(await denied('shop')).toBe(true);
    await kubectl(['delete', 'exemption', 'unreadable']);
  });

  it('the end of its time ends it, with no event at all', async () => {
    const expires = new Date(Date.now() + 12 * second).toISOString();
    expect((await apply(exemption('short', 'shop', { expires }))).code).toBe(0);
    await until(() => allowed('shop'));
    await until(() => denied('shop'));
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expires));
    expect((await tryDry('shop')).stderr).toContain('exemption short expired on');
    expect(await conditionIs('exemption', 'short', 'Ready', 'Expired')).toMatchObject({ status: 'False' });
    expect(await kubectl(['get', 'exemption', 'short'])).toMatch(/short +Expired/);
  });

  it('a GuardrailSet changes the verdict while it is edited, and the next one waits for its turn', async () => {
    const mode = (name: string, written: string | boolean) =>
      apply(guardrailSet(name, { guardrails: { 'forbid-broad-peers': { mode: written } } }));
    expect((await mode('acme', 'warn')).stderr).toBe('');
    await everywhere(() => allowed('shop'));
    expect((await tryDry('shop')).stderr).toContain('Warning: shop/open-shop: everyone may connect');
    await conditionIs('guardrailset', 'acme', 'Ready', 'InForce');
    // Older programs write a bare `off` as false.
    expect((await mode('later', false)).stderr).toBe('');
    expect(await conditionIs('guardrailset', 'later', 'Ready', 'Superseded')).toMatchObject({
      message: expect.stringContaining('GuardrailSet acme is older'),
    });
    expect((await mode('acme', 'enforce')).code).toBe(0);
    await everywhere(() => denied('shop'));
    await kubectl(['delete', 'guardrailset', 'acme']);
    await everywhere(async () => !(await tryDry('shop')).stderr.includes('forbid-broad-peers'));
    expect(await kubectl(['get', 'guardrailsets'])).toMatch(/later +InForce +True/);
    await kubectl(['delete', 'guardrailset', 'later']);
    await everywhere(() => denied('shop'));
  });

  it('a GuardrailSet that denies all it can neither keeps itself nor the system namespaces from being changed', async () => {
    const everything = guardrailSet('wall', {
      namespaces: { exclude: { names: ['nowhere'] } },
      custom: [
        {
          name: 'nothing-goes',
          message: { en: 'no' },
          match: { operations: ['CREATE', 'UPDATE', 'DELETE'] },
          path: '$.metadata.name',
          condition: { exists: false },
        },
      ],
    });
    expect((await apply(everything)).stderr).toBe('');
    await everywhere(async () => (await tryDry('shop')).stderr.includes('custom/nothing-goes'));
    for (const namespace of ['kube-system', 'sekisho-system']) {
      const stdin = policy(namespace, 'mine', { podSelector: {} });
      const { code, stderr } = await cluster.plane.kubectl(['create', '--dry-run=server', '-f', '-'], { stdin });
      expect([code, stderr]).toEqual([0, '']);
    }
    for (const one of replicas) expect((await one.readiness()).ready).toBe(true);
    expect(await kubectl(['delete', 'guardrailset', 'wall'])).toContain('deleted');
    await everywhere(async () => !(await tryDry('shop')).stderr.includes('custom/nothing-goes'));
  });

  it('three replicas that agree leave each other alone', async () => {
    const versions = async () =>
      (asList(field(await get('exemptions'), 'items')) ?? []).map((one) => dig(one, 'metadata', 'resourceVersion'));
    // Whatever the tests before have set going is done when nothing is written for longer than two looks.
    let before: unknown[] = [];
    await until(async () => {
      const now = await versions();
      const same = JSON.stringify(now) === JSON.stringify(before);
      before = now;
      await new Promise((done) => setTimeout(done, 6 * second));
      return same;
    });
    expect(before).toHaveLength(2);
    for (const { text } of replicas) expect(text).not.toContain('could not write the status');
  });
});

it('without the right to read them, it serves on and says which rule to add', async () => {
  const role = await get('clusterrole', 'sekisho');
  const rules = (asList(field(role, 'rules')) ?? []).filter((one) => !JSON.stringify(one).includes('sekisho.dev'));
  const { code, stderr } = await apply({ ...Object(role), rules });
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  const deaf = new Replica(cluster.plane, 'poll=1s');
  replicas = [...replicas, deaf];
  await deaf.ready();
  const rule =
    'add to the ClusterRole of the account the rule {apiGroups: [sekisho.dev], resources: [exemptions], verbs: [get, list, watch]}';
  expect((await deaf.readiness()).text).toContain(rule);
  expect(deaf.text.split(rule)).toHaveLength(2);
  // Those that know them already keep to what they know.
  cluster.balancer.targets = replicas.slice(0, 2).map(({ port }) => port);
  await everywhere(() => allowed('pay'));
});
