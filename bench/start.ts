/** From the start of the process to its first "ready", without a cluster and with a large World from a local list server. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { large, namespaceObject, podObject, policyObject, type Size } from './cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-bench-'));
const bundle = join(import.meta.dirname, '..', 'src', 'main.ts');

async function timeToReady(args: readonly string[]): Promise<{ seconds: number; rss: number }> {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [bundle, 'serve', '--listen', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0', '--log-level', 'info', ...args],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  let metrics: string | undefined;
  for (;;) {
    metrics ??= /"metrics":"(http:[^"]+)"/.exec(text)?.[1];
    if (metrics !== undefined && (await fetch(`${metrics}/readyz`).catch(() => undefined))?.ok === true) break;
    if (child.exitCode !== null || performance.now() - began > 120_000) throw new Error(text.slice(-500));
    await pause(20);
  }
  const seconds = (performance.now() - began) / 1000;
  const rss = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  child.kill('SIGKILL');
  return { seconds, rss };
}

/** Serves lists in pages, and watches that say nothing: enough for a reflector. */
function listServer(size: Size): Promise<string> {
  const pods = size.namespaces * size.podsEach;
  const policies = size.namespaces * size.policiesEach;
  const lists: Readonly<Record<string, readonly [number, (i: number) => object]>> = {
    '/api/v1/namespaces': [size.namespaces, namespaceObject],
    '/api/v1/services': [0, () => ({})],
    '/api/v1/pods': [pods, (i) => podObject(Math.floor(i / size.podsEach), i % size.podsEach, size)],
    '/apis/networking.k8s.io/v1/networkpolicies': [
      policies,
      (i) => policyObject(Math.floor(i / size.policiesEach), i % size.policiesEach),
    ],
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [count, make] = lists[url.pathname] ?? [0, () => ({})];
    response.setHeader('content-type', 'application/json');
    if (url.searchParams.has('watch')) return void response.flushHeaders();
    const from = Number(url.searchParams.get('continue') ?? 0);
    const to = Math.min(count, from + Number(url.searchParams.get('limit') ?? count));
    const items = Array.from({ length: to - from }, (_, i) => make(from + i));
    response.end(
      JSON.stringify({
        kind: 'List',
        apiVersion: 'v1',
        metadata: { resourceVersion: '1', ...(to < count ? { continue: String(to) } : {}) },
        items,
      }),
    );
  });
  server.unref();
  return new Promise((done) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      done(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
    }),
  );
}

const alone = await timeToReady([]);
process.stdout.write(
  `without a cluster: ready after ${alone.seconds.toFixed(2)} s, ${alone.rss.toFixed(0)} MiB resident\n`,
);
const server = await listServer(large);
const kubeconfig = join(folder, 'kubeconfig');
writeFileSync(
  kubeconfig,
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    users: [{ name: 'u', user: {} }],
    'current-context': 'c',
  }),
);
const withWorld = await timeToReady(['--kubeconfig', kubeconfig]);
process.stdout.write(
  `${large.namespaces} namespaces, ${large.namespaces * large.policiesEach} policies, ${large.namespaces * large.podsEach} pods: ready after ${withWorld.seconds.toFixed(2)} s, ${withWorld.rss.toFixed(0)} MiB resident\n`,
);
process.exit(0);
