/** One server for the throughput measurement: judging, or answering a constant. Prints its address, then its CPU time when it is told to stop. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { developmentCertificates } from '../src/certs/development.ts';
import { builtInSet } from '../src/config/resolve.ts';
import { answerReview, type ReviewAnswer } from '../src/engine/admission/answer.ts';
import { registry } from '../src/engine/guardrails/registry.ts';
import { World } from '../src/engine/model/world.ts';
import { createMetrics } from '../src/webhook/metrics.ts';
import { startServer } from '../src/webhook/server.ts';
import { large, namespaceObject, policyObject } from './cluster.ts';

const judging = process.argv[2] === 'judge';
const certificates = await developmentCertificates(mkdtempSync(join(tmpdir(), 'sekisho-bench-')), [], new Date());
let world = World.empty('cluster');
for (let n = 0; n < 1000; n += 1) {
  world = world.with(namespaceObject(n), {
    group: '',
    version: 'v1',
    kind: 'Namespace',
    namespace: undefined,
    name: `ns-${n}`,
  });
  for (let p = 0; p < large.policiesEach; p += 1) {
    const ref = {
      group: 'networking.k8s.io',
      version: 'v1',
      kind: 'NetworkPolicy',
      namespace: `ns-${n}`,
      name: `policy-${p}`,
    };
    world = world.with(policyObject(n, p), ref);
  }
}
const judgement = { world, set: builtInSet({ registry }), language: 'en' as const };
let constant: ReviewAnswer | undefined;
const server = await startServer({
  listen: '127.0.0.1:0',
  tls: { pair: certificates },
  metrics: createMetrics({ kinds: ['NetworkPolicy'] }),
  log: pino({ level: 'info' }, pino.destination('/dev/null')),
  answer: (review, now) => {
    if (judging || constant === undefined) constant = answerReview(review, judgement, now.getTime());
    return constant;
  },
});
let from = process.cpuUsage();
process.on('message', (message) => {
  if (message === 'begin') from = process.cpuUsage();
  else {
    const { user, system } = process.cpuUsage(from);
    process.send?.({ cpu: (user + system) / 1e6 });
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port: server.address.port, ca: certificates.ca });
