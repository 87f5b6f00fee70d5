import { builtInSet } from '../src/config/resolve.ts';
import { answerReview } from '../src/engine/admission/answer.ts';
import { registry } from '../src/engine/guardrails/registry.ts';
import { World } from '../src/engine/model/world.ts';
import { large, namespaceObject, policyObject } from './cluster.ts';

let world = World.empty('cluster');
for (let n = 0; n < 1000; n += 1) {
  world = world.with(namespaceObject(n), {
    group: '',
    version: 'v1',
    kind: 'Namespace',
    namespace: undefined,
    name: `ns-${n}`,
  });
  for (let p = 0; p < large.policiesEach; p += 1)
    world = world.with(policyObject(n, p), {
      group: 'networking.k8s.io',
      version: 'v1',
      kind: 'NetworkPolicy',
      namespace: `ns-${n}`,
      name: `policy-${p}`,
    });
}
const set = builtInSet({ registry });
const judgement = { world, set, language: 'en' as const };
function body(i: number) {
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
      object: { ...policyObject(n + 1 + (i % 2), 3), metadata: { name: 'policy-3', namespace: `ns-${n}` } },
      oldObject: { ...policyObject(n, 3), metadata: { name: 'policy-3', namespace: `ns-${n}` } },
    },
  });
}
const bodies = Array.from({ length: 2000 }, (_, i) => body(i));
function time(what: string, judged: typeof judgement) {
  let best = 1e9;
  for (let r = 0; r < 4; r++) {
    const c0 = process.cpuUsage();
    for (const b of bodies) answerReview(JSON.parse(b), judged, 0);
    const c = process.cpuUsage(c0);
    best = Math.min(best, (c.user + c.system) / bodies.length);
  }
  console.log(best.toFixed(0).padStart(5), what);
}
time('all', judgement);
time('all', judgement);
for (const g of set.guardrails) time(g.configured.guardrail.name, { ...judgement, set: { ...set, guardrails: [g] } });
time('none', { ...judgement, set: { ...set, guardrails: [] } });
const a = answerReview(JSON.parse(bodies[1] ?? ''), judgement, 0);
if (a.kind === 'answered') console.log(JSON.stringify(a.record));
