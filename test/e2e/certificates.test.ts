import { X509Certificate } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newAuthority, readAuthorities, writeAuthorities } from '../../src/certs/authority.ts';
import { certificatesIn } from '../../src/certs/bundle.ts';
import { issueAuthority } from '../../src/certs/issue.ts';
import { usualTimes } from '../../src/certs/keeper-times.ts';
import { until } from './cluster.ts';
import { Asker, type Registered, Replica, startRegistered } from './self-managed.ts';

const day = 24 * 60 * 60 * 1000;
const usual = 'poll=1s';

let cluster: Registered;
let asker: Asker;
const replicas: Replica[] = [];

beforeAll(async () => {
  cluster = await startRegistered();
  await cluster.register();
  asker = await Asker.for(cluster.plane);
}, 1_500_000);

afterEach(async () => {
  cluster.balancer.targets = [];
  await Promise.all(replicas.splice(0).map((one) => one.stop()));
});

afterAll(async () => {
  asker?.close();
  await cluster?.stop();
});

async function start(times: string, count = 2): Promise<readonly Replica[]> {
  const started = Array.from({ length: count }, () => new Replica(cluster.plane, times));
  replicas.push(...started);
  await Promise.all(started.map((one) => one.ready()));
  cluster.balancer.targets = started.map((one) => one.port);
  return started;
}

const secret = ['secret', '-n', 'sekisho-system', 'sekisho-ca'];
const configuration = ['validatingwebhookconfiguration', 'sekisho'];

async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.plane.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** The names of the authorities in each entry of the configuration. */
async function published(): Promise<string[][]> {
  const { webhooks } = JSON.parse(await kubectl('get', ...configuration, '-o', 'json'));
  return webhooks.map((one: { clientConfig: { caBundle?: string } }) =>
    certificatesIn(Buffer.from(one.clientConfig.caBundle ?? '', 'base64').toString()).map(
      (pem) => new X509Certificate(pem).subject,
    ),
  );
}

async function stored() {
  const { data } = JSON.parse(await kubectl('get', ...secret, '-o', 'json'));
  return readAuthorities(Buffer.from(data['authorities.json'], 'base64').toString());
}

async function put(texts: Record<string, string>, type = 'Opaque'): Promise<void> {
  await kubectl('delete', ...secret, '--ignore-not-found');
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  const metadata = { namespace: 'sekisho-system', name: 'sekisho-ca' };
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, type, data });
  const { code, stderr } = await cluster.plane.kubectl(['create', '-f', '-'], { stdin });
  if (code !== 0) throw new Error(stderr);
}

describe('certificates that nobody has to think of', () => {
  it('come of nothing: two replicas that start together agree on one authority, and kubectl is answered', async () => {
    const [one, two] = await start(usual);
    const { set, problem } = await stored();
    expect(problem).toBeUndefined();
    expect(set).toMatchObject({ next: undefined, previous: [] });
    const bundles = await published();
    expect(bundles).toHaveLength(5);
    expect(new Set(bundles.map((names) => names.join()))).toHaveLength(1);
    expect(bundles[0]).toHaveLength(1);
    const made = [one, two].map((each) => each?.text.match(/a new authority was made/g)?.length ?? 0);
    expect(made.toSorted()).toEqual([0, 1]);
    for (let at = 0; at < 10; at += 1) expect(await asker.ask()).toBe('refused');
    expect(await one?.metric('sekisho_ca_bundle_entries_missing')).toBe(0);
    expect(await one?.metric('sekisho_certificate_renewals_total{what="leaf"}')).toBe(1);
    const { webhooks, metadata } = JSON.parse(
      await kubectl('get', ...configuration, '-o', 'json', '--show-managed-fields'),
    );
    const ours = metadata.managedFields.filter((each: { manager: string }) => each.manager === 'sekisho');
    expect(ours).toHaveLength(1);
    const names = webhooks.map((each: { name: string }) => each.name);
    expect(ours[0].fieldsV1['f:webhooks']).toEqual(
      Object.fromEntries(
        names.map((name: string) => [`k:{"name":"${name}"}`, { 'f:clientConfig': { 'f:caBundle': {} } }]),
      ),
    );
  });

  it('come back when a hand takes the bundle away, renames entries or writes something else', async () => {
    await start(usual);
    const remove = '[{"op":"remove","path":"/webhooks/0/clientConfig/caBundle"}]';
    const rename =
      '[{"op":"replace","path":"/webhooks/1/name","value":"other.sekisho.dev"},{"op":"remove","path":"/webhooks/1/clientConfig/caBundle"}]';
    const rubbish = `[{"op":"replace","path":"/webhooks/2/clientConfig/caBundle","value":"${Buffer.from('rubbish').toString('base64')}"}]`;
    const whole = await published();
    for (const patch of [remove, rename, rubbish]) {
      await kubectl('patch', ...configuration, '--type=json', '-p', patch).catch((problem: unknown) => {
        // The API server itself may refuse what is no certificate.
        expect(String(problem)).toContain('caBundle');
      });
      const began = Date.now();
      await until(async () => JSON.stringify(await published()) === JSON.stringify(whole));
      expect(Date.now() - began).toBeLessThan(10_000);
    }
    expect(await asker.ask()).toBe('refused');
    await cluster.register();
  });

  it('say that the webhook is not registered, and follow when it is', async () => {
    await kubectl('delete', ...configuration);
    const replica = new Replica(cluster.plane, usual);
    replicas.push(replica);
    await replica.listening();
    await until(async () => (await replica.readiness()).text.includes('the webhook is not registered yet'));
    expect((await replica.readiness()).ready).toBe(false);
    expect((await fetch(`${replica.metrics}/livez`)).ok).toBe(true);
    expect((await cluster.plane.kubectl(['get', ...configuration])).code).toBe(1);
    await cluster.register();
    await replica.ready();
  });

  const halfWritten = async () => {
    const text = writeAuthorities({
      current: await newAuthority(Date.now(), usualTimes),
      next: undefined,
      previous: [],
    });
    return { 'authorities.json': text.slice(0, text.length / 2) };
  };
  const expired = async () => ({
    'authorities.json': writeAuthorities({
      current: await newAuthority(Date.now() - 400 * day, usualTimes),
      next: undefined,
      previous: [],
    }),
  });
  const foreign = async () => {
    const { cert, key } = await issueAuthority('Somebody Else', { from: Date.now() - day, to: Date.now() + 900 * day });
    return {
      'tls.crt': cert,
      'tls.key': key,
      'authorities.json': JSON.stringify({ version: 1, current: { cert, key } }),
    };
  };
  it.each([
    ['expired', expired],
    ['foreign', foreign],
    ['empty', async () => ({})],
    ['half-written', halfWritten],
  ])('heal a Secret that is %s within ten seconds', async (_name, texts) => {
    const given = await texts();
    await put(given);
    const replica = new Replica(cluster.plane, usual);
    replicas.push(replica);
    await replica.listening();
    const began = Date.now();
    await replica.ready();
    const took = Date.now() - began;
    cluster.balancer.targets = [replica.port];
    expect(await asker.ask()).toBe('refused');
    process.stderr.write(`healed a Secret that was ${_name} in ${took} ms\n`);
    expect(took).toBeLessThan(10_000);
    expect((await stored()).problem).toBeUndefined();
    expect(replica.text).not.toContain('PRIVATE KEY');
    if ('tls.key' in given) {
      const { data } = JSON.parse(await kubectl('get', ...secret, '-o', 'json'));
      expect(Object.keys(data).sort()).toEqual(['authorities.json', 'ca.crt', 'tls.crt', 'tls.key']);
    }
  });

  it('outlive a Secret that is spoiled under running replicas: what is served stays believed', async () => {
    await start('poll=500ms,settle=3s');
    const before = (await published())[0] ?? [];
    const data = { 'authorities.json': Buffer.from('{"version":1,"curr').toString('base64') };
    await kubectl('patch', ...secret, '--type=merge', '-p', JSON.stringify({ data }));
    await until(async () => (await stored()).problem === undefined);
    const { set } = await stored();
    expect(set.previous.map(({ authority }) => new X509Certificate(authority.cert).subject)).toEqual(
      expect.arrayContaining(before),
    );
    for (let at = 0; at < 50; at += 1) {
      expect(await asker.ask()).toBe('refused');
      await pause(100);
    }
    expect((await published())[0]).toEqual(expect.arrayContaining(before));
  });

  it.each([
    ['secrets', '{apiGroups: [""], resources: [secrets], verbs: [create]}'],
    [
      'validatingwebhookconfigurations',
      'resources: [validatingwebhookconfigurations], resourceNames: [sekisho], verbs: [patch]}',
    ],
  ])('name the rule that is missing for %s', async (resource, rule) => {
    const role = resource === 'secrets' ? ['role', '-n', 'sekisho-system', 'sekisho'] : ['clusterrole', 'sekisho'];
    const { rules } = JSON.parse(await kubectl('get', ...role, '-o', 'json'));
    const at = rules.findIndex(
      (one: { resources: string[]; verbs: string[] }) =>
        one.resources.includes(resource) && (resource !== 'secrets' || one.verbs.includes('create')),
    );
    const without =
      resource === 'secrets'
        ? { op: 'remove', path: `/rules/${at}` }
        : { op: 'replace', path: `/rules/${at}/verbs`, value: ['get'] };
    await kubectl('patch', ...role, '--type=json', '-p', JSON.stringify([without]));
    await kubectl('delete', ...secret, '--ignore-not-found');
    const replica = new Replica(cluster.plane, usual);
    replicas.push(replica);
    await replica.listening();
    try {
      await until(async () => (await replica.readiness()).text.includes(rule));
      expect((await replica.readiness()).text.split('\n').filter((line) => line.includes(rule))).toHaveLength(1);
    } finally {
      const back = [{ op: 'replace', path: '/rules', value: rules }];
      await kubectl('patch', ...role, '--type=json', '-p', JSON.stringify(back));
    }
    await replica.ready();
  });
});

describe('leaf and authority', () => {
  it('are renewed and rotated while requests go on, without one failed call', async () => {
    await kubectl('delete', ...secret, '--ignore-not-found');
    const started = await start('leaf=14s,authority=42s,settle=3s,skew=500ms,poll=300ms');
    await until(async () => (await asker.ask()) === 'refused');
    const seen = new Set<string>();
    const failed: string[] = [];
    let asked = 0;
    const waiting: Promise<void>[] = [];
    const began = Date.now();
    const end = began + 75_000;
    while (Date.now() < end) {
      asked += 1;
      waiting.push(
        asker.ask().then((said) => {
          if (said !== 'refused') failed.push(`${new Date().toISOString()} ${said}`);
        }),
      );
      if (asked % 20 === 0) for (const name of (await published()).flat()) seen.add(name);
      // Twenty a second, whatever the looking takes.
      await pause(Math.max(0, began + asked * 50 - Date.now()));
    }
    await Promise.all(waiting);
    const renewals = await Promise.all(
      started.map((one) => one.metric('sekisho_certificate_renewals_total{what="leaf"}')),
    );
    process.stderr.write(
      `${asked} calls, ${failed.length} failed, ${seen.size} authorities seen, ${renewals} leaves\n`,
    );
    expect(failed).toEqual([]);
    expect(asked).toBeGreaterThan(1000);
    const promoted = started.flatMap((one) => one.text.match(/the next authority signs from now on/g) ?? []).length;
    expect(promoted).toBeGreaterThanOrEqual(2);
    for (const one of renewals) expect(one).toBeGreaterThan(4);
    expect(Math.max(...(await published()).map((names) => names.length))).toBeLessThanOrEqual(3);
  }, 180_000);
});
