import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const denyAll = {
  metadata: { name: 'deny-all', namespace: 'shop', resourceVersion: '1' },
  spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
};
const lists: Readonly<Record<string, readonly object[]>> = {
  '/api/v1/namespaces': [{ metadata: { name: 'shop', resourceVersion: '1' } }],
  '/api/v1/pods': [
    {
      metadata: { name: 'web', namespace: 'shop', resourceVersion: '1' },
      spec: { containers: [] },
      status: { phase: 'Running' },
    },
  ],
  '/api/v1/services': [],
  '/api/v1/nodes': [],
  '/api/v1/serviceaccounts': [],
  '/apis/networking.k8s.io/v1/networkpolicies': [denyAll],
};
const deletion = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'u',
    operation: 'DELETE',
    kind: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
    namespace: 'shop',
    name: 'deny-all',
    userInfo: { username: 'jane' },
    oldObject: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', ...denyAll },
  },
});

let folder: string;
let child: ChildProcess;
let server: Server;
const watches = new Set<ServerResponse>();

/** An API server whose watches are taken on, and say nothing until they are told to: half-open connections look so. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-stale-'));
  server = createServer((asked, response) => {
    const { pathname, searchParams } = new URL(asked.url ?? '/', 'http://localhost');
    const items = lists[pathname];
    response.writeHead(items === undefined ? 404 : 200, { 'content-type': 'application/json' });
    if (searchParams.has('watch')) {
      response.flushHeaders();
      watches.add(response);
    } else response.end(JSON.stringify({ kind: 'List', metadata: { resourceVersion: '1' }, items }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const clusters = [{ name: 'c', cluster: { server: url } }];
  const contexts = [{ name: 'c', context: { cluster: 'c' } }];
  await writeFile(join(folder, 'kubeconfig'), JSON.stringify({ clusters, contexts, 'current-context': 'c' }));
});

afterEach(async () => {
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await ended;
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function serve(...args: string[]): Promise<{ url: string; metrics: string }> {
  const main = resolve(import.meta.dirname, '../../src/main.ts');
  const addresses = ['--listen', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0', '--kubeconfig', 'kubeconfig'];
  child = spawn(process.execPath, [main, 'serve', ...addresses, ...args], { cwd: folder });
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const found = () => /"url":"(https:[^"]+)","metrics":"(http:[^"]+)"/.exec(text);
  await expect.poll(found, { timeout: 60_000 }).not.toBeNull();
  const [, url = '', metrics = ''] = found() ?? [];
  return { url, metrics };
}

function answerOf(url: string): Promise<string> {
  const ca = readFileSync(join(folder, 'certs/dev/ca.crt'));
  const headers = { 'content-type': 'application/json' };
  return new Promise((done, fail) => {
    const asked = request(`${url}/validate`, { method: 'POST', ca, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => done(text));
    });
    asked.on('error', fail);
    asked.end(deletion);
  });
}

it('a World of which nothing is heard any more decides nothing, until something is heard', async () => {
  const { url, metrics } = await serve('--world-stale-after', '3');
  await expect.poll(() => answerOf(url), { timeout: 60_000, interval: 200 }).toContain('"allowed":true');
  expect(await answerOf(url)).toContain('require-default-deny: stale-world');
  const readiness = await fetch(`${metrics}/readyz?verbose`);
  expect(readiness.status).toBe(200);
  expect(await readiness.text()).toMatch(
    /\[\+\]world ok \(.*NetworkPolicy is stale: nothing was heard of it for \d+ s/,
  );
  const text = await (await fetch(`${metrics}/metrics`)).text();
  expect(Number(/sekisho_world_staleness_seconds\{kind="NetworkPolicy"\} (\S+)/.exec(text)?.[1])).toBeGreaterThan(3);

  const bookmark = `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '1' } } })}\n`;
  const speak = () => {
    for (const watch of watches) watch.write(bookmark);
    return answerOf(url);
  };
  await expect.poll(speak, { timeout: 60_000, interval: 200 }).toContain('"allowed":false');
}, 180_000);
