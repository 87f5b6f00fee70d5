/** Judged requests per second of CPU over TLS, against the same server answering a constant. Pairs of runs, so that a busy machine shows in both. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { policyObject } from './cluster.ts';

const requests = 6000;
const connections = 8;
const rounds = 5;

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

function body(i: number): string {
  const n = i % 1000;
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
      object: { ...policyObject(n + (i % 2), 3), metadata: { name: 'policy-3', namespace: `ns-${n}` } },
      oldObject: { ...policyObject(n, 2), metadata: { name: 'policy-3', namespace: `ns-${n}` } },
    },
  });
}

function post({ port, agent }: Running, text: string): Promise<void> {
  return new Promise((done, fail) => {
    const asked = request({ host: '127.0.0.1', port, path: '/validate', method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } }, (answer) => {
      answer.resume();
      answer.on('end', () => (answer.statusCode === 200 ? done() : fail(new Error(`status ${answer.statusCode}`))));
    });
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

const bodies = Array.from({ length: requests }, (_, i) => body(i));
const judging = await start('judge');
const constant = await start('constant');
await round(judging, bodies);
await round(constant, bodies);
const ratios: number[] = [];
for (let i = 0; i < rounds; i += 1) {
  const a = await round(judging, bodies);
  const b = await round(constant, bodies);
  ratios.push(a / b);
  process.stdout.write(`round ${i + 1}: judging ${Math.round(a)}, constant ${Math.round(b)} requests per CPU second: ${((a / b) * 100).toFixed(0)} %\n`);
}
ratios.sort((a, b) => a - b);
process.stdout.write(`judged requests per CPU second, against a constant answer: median ${((ratios[Math.floor(rounds / 2)] ?? 0) * 100).toFixed(0)} % (wanted: 60 %)\n`);
for (const one of [judging, constant]) {
  one.agent.destroy();
  one.child.disconnect();
}
