/**
 * Half an hour of ordinary days: reviews over TLS at a steady rate, of objects that are created, changed, deleted and sent
 * again as they were, while the cluster changes under them. Prints the memory of the server every half minute, and at the
 * end how fast it grew. It is the bundle that is measured (`npm run build`).
 *
 *     node bench/soak.ts [--minutes 30] [--rate 50] [--namespaces 1000]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { large, namespaceObject, podObject, policyObject } from './cluster.ts';
import { ClusterServer, kubeconfigFor } from './cluster-server.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '50' },
    namespaces: { type: 'string', default: '1000' },
  },
});
const [minutes, rate, namespaces] = [values.minutes, values.rate, values.namespaces].map(Number) as [
  number,
  number,
  number,
];
const size = { ...large, namespaces };
/** Changes of the cluster a second. */
const churn = 10;
const every = 30_000;

const folder = mkdtempSync(join(tmpdir(), 'sekisho-soak-'));
const cluster = new ClusterServer(size);
writeFileSync(join(folder, 'kubeconfig'), kubeconfigFor(await cluster.start()));

/** The server, as the image starts it; asked for its memory, it tells. */
async function start(): Promise<{ readonly child: ChildProcess; readonly url: URL; readonly agent: Agent }> {
  const tell = 'process.on("message", () => process.send(process.memoryUsage()))';
  const bundle = join(import.meta.dirname, '..', 'dist', 'sekisho.js');
  const flags = ['--listen', '127.0.0.1:0', '--metrics-listen', '127.0.0.1:0', '--kubeconfig', 'kubeconfig'];
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=4', '--import', `data:text/javascript,${tell}`, bundle, 'serve', ...flags],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  );
  let text = '';
  let urls: RegExpExecArray | null = null;
  child.stderr?.on('data', (chunk: Buffer) => {
    if (urls === null) text += chunk.toString();
  });
  for (;;) {
    urls ??= /"url":"(https:[^"]+)","metrics":"(http:[^"]+)"/.exec(text);
    if (urls !== null && (await fetch(`${urls[2]}/readyz`).catch(() => undefined))?.ok === true) break;
    if (child.exitCode !== null) throw new Error(text.slice(-500));
    await pause(50);
  }
  const ca = readFileSync(join(folder, 'certs', 'dev', 'ca.crt'));
  return { child, url: new URL('/validate', urls[1]), agent: new Agent({ keepAlive: true, maxSockets: 25, ca }) };
}

const operations = ['CREATE', 'UPDATE', 'UNCHANGED', 'DELETE'] as const;

function review(i: number): string {
  const [n, p] = [i % namespaces, (i * 7) % size.policiesEach];
  const what = operations[i % operations.length];
  const name = what === 'CREATE' ? `new-${i}` : `policy-${p}`;
  const old = { ...policyObject(n, p), metadata: { name, namespace: `ns-${n}` } };
  const now = { ...policyObject(what === 'UNCHANGED' ? n : n + 1, p), metadata: old.metadata };
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: `uid-${i}`,
      kind: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
      operation: what === 'UNCHANGED' ? 'UPDATE' : what,
      namespace: `ns-${n}`,
      name,
      userInfo: { username: 'jane', groups: ['developers'] },
      ...(what !== 'DELETE' && { object: now }),
      ...(what !== 'CREATE' && { oldObject: old }),
    },
  });
}

/** Something in the cluster becomes another thing: a policy, a pod, a label of a namespace. */
function changeCluster(i: number): void {
  const n = (i * 13) % namespaces;
  const team = { ...namespaceObject(n), metadata: { name: `ns-${n}`, labels: { team: `team-${i % 200}` } } };
  const [policy, pod] = [n * size.policiesEach + (i % size.policiesEach), n * size.podsEach + (i % size.podsEach)];
  if (i % 20 === 0) cluster.change('namespaces', n, team);
  else if (i % 3 === 0) cluster.change('networkpolicies', policy, i % 2 === 0 ? undefined : policyObject(n, i % 5));
  else cluster.change('pods', pod, i % 4 === 0 ? undefined : podObject(n, i % size.podsEach, size));
}

const { child, url, agent } = await start();
const counted = new Map<string, number>();
let times: number[] = [];

let open = 0;
/** On a machine too busy to keep the pace, more than this would only wait; they are counted as skipped. */
const mostOpen = 200;

function post(i: number): void {
  const count = (what: string) => void counted.set(what, (counted.get(what) ?? 0) + 1);
  if (open >= mostOpen) {
    count('skipped');
    return;
  }
  open += 1;
  const text = review(i);
  const began = performance.now();
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const asked = request(url, { method: 'POST', agent, headers }, (answer) => {
    answer.resume();
    answer.on('end', () => {
      count(String(answer.statusCode));
      times.push(performance.now() - began);
      open -= 1;
    });
  });
  asked.on('error', () => {
    count('no answer');
    open -= 1;
  });
  asked.end(text);
}

/** MiB an hour, by least squares. */
function slope(points: readonly (readonly [hours: number, mib: number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean((point) => point[0]), mean((point) => point[1])];
  return mean((point) => (point[0] - x) * (point[1] - y)) / mean((point) => (point[0] - x) ** 2);
}

const samples: { readonly hours: number; readonly rss: number; readonly heap: number }[] = [];
const began = performance.now();
let [sent, changes, sampled, marked] = [0, 0, 0, 0];
for (;;) {
  const elapsed = performance.now() - began;
  // By the time that has passed, so that a pause of this process is made up for.
  for (; sent < (elapsed / 1000) * rate; sent += 1) post(sent);
  for (; changes < (elapsed / 1000) * churn; changes += 1) changeCluster(changes);
  if (elapsed >= marked * 60_000) {
    cluster.bookmark();
    marked += 1;
  }
  if (elapsed >= sampled * every) {
    child.send('memory');
    const [{ rss, heapUsed }] = await once(child, 'message');
    samples.push({ hours: elapsed / 3_600_000, rss: rss / 2 ** 20, heap: heapUsed / 2 ** 20 });
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
    const answers = [...counted].map(([what, count]) => `${count} x ${what}`).join(', ');
    process.stdout.write(
      `${(elapsed / 60_000).toFixed(1)} min: ${(rss / 2 ** 20).toFixed(0)} MiB resident, ${(heapUsed / 2 ** 20).toFixed(0)} MiB heap; p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ${answers}\n`,
    );
    times = [];
    sampled += 1;
  }
  if (elapsed >= minutes * 60_000 || child.exitCode !== null) break;
  await pause(20);
}
// The first quarter fills what is remembered, and lets the compiler settle.
const settled = samples.slice(Math.floor(samples.length / 4));
process.stdout.write(
  `after the first quarter: resident ${slope(settled.map(({ hours, rss }) => [hours, rss])).toFixed(1)} MiB an hour, heap ${slope(settled.map(({ hours, heap }) => [hours, heap])).toFixed(1)} MiB an hour\n`,
);
child.kill();
process.exit(0);
