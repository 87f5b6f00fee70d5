/** Judged requests per second of CPU over TLS, against the same server answering a constant. Pairs of runs, so that a busy machine shows in both. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { policyObject } from './cluster.ts';

const requests = 6000;
const connections = 8;
const rounds = 5;
/**
 * Rounds that are not counted, of both servers alike: the compiler of a process that runs for weeks has long settled, and
 * it takes some 20,000 judged requests to. The constant answer is soon done with that, so without these rounds the first
 * kind of request would pay for the compiler, and for nothing else that differs.
 */
const warmUp = 4;

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  readonly agent: Agent;
}

async function start(mode: 'judge' | 'constant'): Promise<Running> {
  const child = fork(join(import.meta.dirname, 'server.ts'), [mode]);
  const [{ port, ca }] = await once(child, 'message');
  return { child, port, agent: new Agent({ keepAlive: true, maxSockets: connections, ca }) };
}

/** What is sent: objects as they are, as GitOps tools do all day, or changed ones. `share` of them are changed. */
function body(i: number, share: number): string {
  const n = i % 1000;
  const shift = (i % 100) / 100 < share ? 1 + (i % 2) : 0;
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: `uid-${i}`,
      kind: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
      operation: 'UPDATE',
      namespace: `ns-${n}`,
      name: 'policy-3',
      userInfo: { username: 'jane', groups: ['developers'] },
      object: { ...policyObject(n + shift, 3), metadata: { name: 'policy-3', namespace: `ns-${n}` } },
      oldObject: { ...policyObject(n, 3), metadata: { name: 'policy-3', namespace: `ns-${n}` } },
    },
  });
}

function post({ port, agent }: Running, text: string): Promise<void> {
  return new Promise((done, fail) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        path: '/validate',
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => (answer.statusCode === 200 ? done() : fail(new Error(`status ${answer.statusCode}`))));
      },
    );
    asked.on('error', fail);
    asked.end(text);
  });
}

/** Requests per second of the server's CPU. */
async function round(running: Running, bodies: readonly string[]): Promise<number> {
  running.child.send('begin');
  let next = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < bodies.length) {
        const text = bodies[next] ?? '';
        next += 1;
        await post(running, text);
      }
    }),
  );
  running.child.send('end');
  const [{ cpu }] = await once(running.child, 'message');
  return bodies.length / cpu;
}

const judging = await start('judge');
const constant = await start('constant');
for (const [what, share] of [
  ['all changed', 1],
  ['one in ten changed, as where GitOps tools apply all day', 0.1],
  ['none changed', 0],
] as const) {
  const bodies = Array.from({ length: requests }, (_, i) => body(i, share));
  for (let i = 0; i < warmUp; i += 1) {
    await round(judging, bodies);
    await round(constant, bodies);
  }
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const rate = await round(judging, bodies);
    ratios.push(rate / (await round(constant, bodies)));
    rates.push(rate);
  }
  const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
  process.stdout.write(
    `${what}: ${Math.round(median(rates))} judged requests per CPU second, ${(median(ratios) * 100).toFixed(0)} % of a constant answer (median of ${rounds})\n`,
  );
}
for (const one of [judging, constant]) {
  one.agent.destroy();
  one.child.disconnect();
}
