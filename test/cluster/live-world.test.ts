import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LiveOptions, LiveWorld } from '../../src/cluster/live-world.ts';
import { builtInSet } from '../../src/config/resolve.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { judge } from '../../src/engine/judge.ts';
import { type ObjectRef, refOf } from '../../src/engine/model/object.ts';

/** An API server that serves what it is told to, and no more than one list and the events that a test sends. */
class SmallServer {
  /** `GROUP/VERSION` -> the status of its discovery, or the plurals that it serves. */
  readonly groups = new Map<string, number | readonly string[]>();
  /** Path of a collection -> its objects, or a status. */
  readonly collections = new Map<string, readonly object[] | number>();
  readonly asked: string[] = [];
  readonly #watches = new Map<string, ServerResponse>();
  readonly #server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    this.asked.push(pathname);
    const discovery = /^\/apis\/([^/]+\/[^/]+)$/.exec(pathname)?.[1];
    if (discovery !== undefined) {
      const served = this.groups.get(discovery) ?? 404;
      if (typeof served === 'number') return answer(response, served, { kind: 'Status' });
      return answer(response, 200, { kind: 'APIResourceList', resources: served.map((name) => ({ name })) });
    }
    const items = this.collections.get(pathname) ?? 404;
    if (typeof items === 'number') return answer(response, items, { kind: 'Status', message: `no ${pathname}` });
    if (searchParams.has('watch')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      this.#watches.set(pathname, response);
      return;
    }
    answer(response, 200, { kind: 'List', metadata: { resourceVersion: '1' }, items });
  });

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  async send(path: string, type: 'ADDED' | 'MODIFIED' | 'DELETED', object: { readonly metadata: object }) {
    await expect.poll(() => this.#watches.has(path)).toBe(true);
    const event = { type, object: { ...object, metadata: { ...object.metadata, resourceVersion: '2' } } };
    this.#watches.get(path)?.write(`${JSON.stringify(event)}\n`);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

const v3 = '/apis/projectcalico.org/v3';
const stored = '/apis/crd.projectcalico.org/v1';
const kubernetes = [
  ['/api/v1', ['namespaces', 'services', 'pods', 'nodes', 'serviceaccounts']],
  ['/apis/networking.k8s.io/v1', ['networkpolicies']],
] as const;

const tier = (name: string, order: number) => ({ metadata: { name, resourceVersion: '1' }, spec: { order } });
const policy = (name: string, selector = 'all()') => ({
  metadata: { name, namespace: 'shop', resourceVersion: '1' },
  spec: { selector, types: ['Ingress'] },
});
const ref = (kind: string, name: string, namespace?: string): ObjectRef => ({
  group: 'projectcalico.org',
  version: 'v3',
  kind,
  namespace,
  name,
});

let server: SmallServer;
let folder: string;
let world: LiveWorld | undefined;
let log: string[];

beforeEach(async () => {
  server = new SmallServer();
  for (const [path, plurals] of kubernetes) for (const one of plurals) server.collections.set(`${path}/${one}`, []);
  folder = await mkdtemp(join(tmpdir(), 'sekisho-live-'));
  log = [];
  world = undefined;
});

afterEach(async () => {
  await world?.stop();
  server.stop();
  await rm(folder, { recursive: true });
});

function serve(path: string, collections: Readonly<Record<string, readonly object[] | number>>): void {
  server.groups.set(path.slice('/apis/'.length), Object.keys(collections));
  for (const [plural, items] of Object.entries(collections)) server.collections.set(`${path}/${plural}`, items);
}

async function live(options: LiveOptions = {}): Promise<LiveWorld> {
  const url = await server.start();
  const kubeconfig = join(folder, 'kubeconfig');
  const clusters = [{ name: 'small', cluster: { server: url } }];
  const contexts = [{ name: 'small', context: { cluster: 'small' } }];
  await writeFile(kubeconfig, JSON.stringify({ clusters, contexts, 'current-context': 'small' }));
  world = await LiveWorld.connect({ kubeconfig }, (_event, message) => void log.push(message), {
    discoverEvery: 20,
    backoff: { first: 20, most: 50 },
    spacing: 10,
    ...options,
  });
  return world;
}

const kindsOf = (one: LiveWorld) => one.metrics().map(({ kind }) => kind);

describe('what is watched of Calico', () => {
  it('is nothing where nothing is installed, and that is no reason to wait', async () => {
    const one = await live();
    await expect.poll(() => one.condition()).toBe(true);
    expect(kindsOf(one)).toEqual(['Namespace', 'Service', 'NetworkPolicy', 'Node', 'ServiceAccount', 'Pod']);
    expect(one.current().knows('Tier.projectcalico.org')).toBe(true);
  });

  it("is the user's API where it is served, and not the stored form of the same", async () => {
    serve(v3, { tiers: [tier('security', 100)], networkpolicies: [policy('web')] });
    serve(stored, { tiers: [tier('other', 100)], networkpolicies: [policy('default.web')] });
    const one = await live();
    await expect.poll(() => one.condition()).toBe(true);
    expect(kindsOf(one)).toContain('NetworkPolicy.projectcalico.org');
    expect(one.current().tier('security')?.order).toBe(100);
    expect(one.current().tier('other')).toBeUndefined();
    expect(server.asked).not.toContain(`${stored}/tiers`);
  });

  it('is the stored form where that is all there is, under the names of the API', async () => {
    serve(stored, { networkpolicies: [policy('default.web')] });
    const one = await live();
    await expect.poll(() => one.condition()).toBe(true);
    expect(one.current().policy(ref('NetworkPolicy', 'web', 'shop'))).toBeDefined();
  });

  it('is the stored form while the server behind the API is down, and the API when it is back', async () => {
    server.groups.set('projectcalico.org/v3', 503);
    serve(stored, { tiers: [tier('security', 100)] });
    const one = await live();
    await expect.poll(() => one.condition()).toBe(true);
    expect(one.current().tier('security')?.order).toBe(100);
    serve(v3, { tiers: [tier('security', 100), tier('platform', 200)] });
    await expect.poll(() => one.current().tier('platform')?.order).toBe(200);
    expect(one.current().tier('security')?.order).toBe(100);
  });

  it('is waited for where nobody can say what there is', async () => {
    server.groups.set('projectcalico.org/v3', 503);
    const one = await live();
    await expect
      .poll(() => one.condition())
      .toBe('not seen yet: projectcalico.org (The API server answered 503 to what it serves of projectcalico.org/v3)');
    expect(log).toContain('The API server answered 503 to what it serves of projectcalico.org/v3');
  });

  it('is picked up when it is installed, and let go of when it is taken away', async () => {
    const one = await live();
    await expect.poll(() => one.condition()).toBe(true);
    serve(v3, { tiers: [tier('security', 100)] });
    await expect.poll(() => one.current().tier('security')?.order).toBe(100);
    expect(one.condition()).toBe(true);
    server.groups.delete('projectcalico.org/v3');
    server.collections.delete(`${v3}/tiers`);
    await expect.poll(() => one.current().tier('security')).toBeUndefined();
    await expect.poll(() => kindsOf(one)).not.toContain('Tier.projectcalico.org');
  });

  it('counts as unknown where it may not be read, which is said with the right that is missing', async () => {
    serve(v3, { tiers: 403, networksets: [] });
    server.collections.set('/api/v1/nodes', 403);
    const one = await live();
    await expect.poll(() => one.condition()).toBe(true);
    expect(one.current().knows('Tier.projectcalico.org')).toBe(false);
    expect(one.current().knows('Node')).toBe(false);
    expect(one.current().knows('NetworkSet.projectcalico.org')).toBe(true);
    expect(one.notes()).toContainEqual(
      expect.stringContaining(
        'Tier.projectcalico.org counts as unknown: The API server forbids to list tiers.projectcalico.org (403): grant the verb list on tiers.projectcalico.org to the user who asks',
      ),
    );
    server.collections.set(`${v3}/tiers`, [tier('security', 100)]);
    await expect.poll(() => one.current().knows('Tier.projectcalico.org')).toBe(true);
    expect(one.current().tier('security')?.order).toBe(100);
  });

  it('makes unsure what hangs on policies, until they may be read; what is not installed does not', async () => {
    const closed = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'closed', namespace: 'shop', resourceVersion: '1' },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    };
    const shop = { metadata: { name: 'shop', resourceVersion: '1' } };
    const web = { metadata: { name: 'web', namespace: 'shop', resourceVersion: '1' }, spec: {}, status: {} };
    server.collections.set('/api/v1/namespaces', [shop]);
    server.collections.set('/api/v1/pods', [web]);
    server.collections.set('/apis/networking.k8s.io/v1/networkpolicies', [closed]);
    const one = await live();
    const set = builtInSet({ registry });
    const judged = () => {
      const before = one.current();
      const after = before.without(refOf(closed));
      const user = { name: 'jane', groups: [] };
      const change = { operation: 'DELETE' as const, ref: refOf(closed), oldObject: closed, user, dryRun: false };
      const { allowed, notChecked } = judge({ change: { ...change, object: undefined }, before, after }, set, 0);
      return { allowed, unsure: notChecked.some(({ reason }) => reason === 'unread-policies') };
    };
    await expect.poll(() => one.condition()).toBe(true);
    expect(judged()).toEqual({ allowed: false, unsure: false });
    serve(v3, { globalnetworkpolicies: 403 });
    await expect.poll(judged).toEqual({ allowed: true, unsure: true });
    server.collections.set(`${v3}/globalnetworkpolicies`, []);
    await expect.poll(judged).toEqual({ allowed: false, unsure: false });
  });

  it('is never waited for in vain: what every cluster has must be readable', async () => {
    server.collections.set('/api/v1/pods', 403);
    const one = await live();
    await expect.poll(() => one.condition()).toMatch(/^not seen yet: Pod \(The API server forbids to list pods/);
  });
});

describe('how fresh it is', () => {
  const nodeRule = '{apiGroups: [""], resources: [nodes], verbs: [list, watch]}';

  it('is told of each kind, by the last sign of life of its watch', async () => {
    server.collections.set('/api/v1/nodes', 403);
    const one = await live({ staleAfter: 400 });
    await expect.poll(() => one.condition()).toBe(true);
    await expect.poll(() => one.stale().map(({ kind }) => kind)).toContain('NetworkPolicy');
    // Of what may not be read nothing was ever heard; that is told otherwise, with the rule to add.
    expect(one.stale().map(({ kind }) => kind)).not.toContain('Node');
    expect(one.notes().join()).toContain(nodeRule);
    const staleness = new Map(one.metrics().map((each) => [each.kind, each.staleness]));
    expect(staleness.get('NetworkPolicy')).toBeGreaterThan(0.4);
    expect(staleness.get('Node')).toBeUndefined();
    // Sent again each time: on a busy machine one sign of life may be old before anybody looks.
    const afterAnother = async () => {
      await server.send('/apis/networking.k8s.io/v1/networkpolicies', 'MODIFIED', policy('web'));
      return one.stale().map(({ kind }) => kind);
    };
    await expect.poll(afterAnother, { interval: 20 }).not.toContain('NetworkPolicy');
  });
});

describe('what goes into the World', () => {
  it("leaves out Calico's mirrors: with them, a default deny would outlive its deletion", async () => {
    serve(v3, {
      networkpolicies: [policy('knp.default.deny'), policy('web')],
      profiles: [{ metadata: { name: 'kns.shop' } }, { metadata: { name: 'hosts' }, spec: {} }],
    });
    const one = await live();
    await expect.poll(() => one.condition()).toBe(true);
    expect(
      one
        .current()
        .policiesOf('shop')
        .map((each) => each.ref.name),
    ).toEqual(['web']);
    expect([...one.current().objects('profiles')].map((each) => each.name)).toEqual(['hosts']);
  });

  it('keeps a policy whose stored name is migrated, whichever of the two names goes', async () => {
    serve(stored, { networkpolicies: [policy('default.web')] });
    const one = await live();
    await expect.poll(() => one.condition()).toBe(true);
    const path = `${stored}/networkpolicies`;
    const held = () => one.current().policy(ref('NetworkPolicy', 'web', 'shop')) !== undefined;
    await server.send(path, 'ADDED', policy('web'));
    await server.send(path, 'DELETED', policy('default.web'));
    await server.send(path, 'ADDED', policy('last'));
    await expect.poll(() => one.current().policy(ref('NetworkPolicy', 'last', 'shop'))).toBeDefined();
    expect(held()).toBe(true);
    await server.send(path, 'DELETED', policy('web'));
    await expect.poll(held).toBe(false);
  });

  it('is not made anew for what of a node does not matter', async () => {
    const node = (address: string, ready: string) => ({
      metadata: { name: 'node-1', resourceVersion: '1', labels: { zone: 'a' } },
      status: {
        addresses: [{ type: 'InternalIP', address }],
        conditions: [{ type: 'Ready', lastHeartbeatTime: ready }],
      },
    });
    server.collections.set('/api/v1/nodes', [node('192.0.2.1', '1')]);
    const one = await live();
    await expect.poll(() => one.condition()).toBe(true);
    const before = one.current();
    expect([...before.objects('nodes')].map(({ name }) => name)).toEqual(['node-1']);
    await server.send('/api/v1/nodes', 'MODIFIED', node('192.0.2.1', '2'));
    await server.send('/api/v1/namespaces', 'ADDED', { metadata: { name: 'later' } });
    await expect.poll(() => one.current().namespace('later')).toBeDefined();
    const [kept] = one.current().objects('nodes');
    const [known] = before.objects('nodes');
    expect(kept).toBe(known);
    await server.send('/api/v1/nodes', 'MODIFIED', node('192.0.2.9', '3'));
    await expect.poll(() => [...one.current().objects('nodes')][0]).not.toBe(known);
  });
});
