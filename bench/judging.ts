/** Judging one change against a large World: time a verdict, memory of the World. Run by itself, so that memory is its own. */
import { PodStore, podEntry } from '../src/cluster/pod-store.ts';
import { builtInSet } from '../src/config/resolve.ts';
import { answerReview } from '../src/engine/admission/answer.ts';
import { registry } from '../src/engine/guardrails/registry.ts';
import { World } from '../src/engine/model/world.ts';
import { large, namespaceObject, podObject, policyObject, type Size } from './cluster.ts';

const size: Size = large;
const memory = () => {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / 2 ** 20, rss: rss / 2 ** 20 };
};
const print = (what: string, value: string): void => void process.stdout.write(`${what.padEnd(58)} ${value}\n`);

const bare = memory();
let world = World.empty('cluster');
const began = performance.now();
for (let n = 0; n < size.namespaces; n += 1) {
  world = world.with(namespaceObject(n), {
    group: '',
    version: 'v1',
    kind: 'Namespace',
    namespace: undefined,
    name: `ns-${n}`,
  });
}
const withNamespaces = memory();
for (let n = 0; n < size.namespaces; n += 1) {
  for (let p = 0; p < size.policiesEach; p += 1) {
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
const withPolicies = memory();
const pods = new PodStore();
for (let n = 0; n < size.namespaces; n += 1) {
  for (let p = 0; p < size.podsEach; p += 1) {
    const entry = podEntry(JSON.parse(JSON.stringify(podObject(n, p, size))));
    if (entry !== undefined) world = pods.upsert(entry, world);
  }
}
const full = memory();
const policies = size.namespaces * size.policiesEach;
const classes = size.namespaces * size.classesEach;
print('World', `${size.namespaces} namespaces, ${policies} policies, ${pods.size} pods in ${classes} classes`);
print('built in', `${((performance.now() - began) / 1000).toFixed(2)} s`);
print('memory a namespace', `${Math.round(((withNamespaces.heap - bare.heap) * 2 ** 20) / size.namespaces)} B`);
print('memory a stored policy', `${Math.round(((withPolicies.heap - withNamespaces.heap) * 2 ** 20) / policies)} B`);
print(
  'memory a pod class, its pods included',
  `${Math.round(((full.heap - withPolicies.heap) * 2 ** 20) / classes)} B`,
);
print(
  'memory of the World',
  `${(full.heap - bare.heap).toFixed(0)} MiB heap; the process ${full.rss.toFixed(0)} MiB resident`,
);

const set = builtInSet({ registry });
const judgement = { set, language: 'en' as const };
const times: Record<string, number[]> = {
  create: [],
  update: [],
  delete: [],
  'relabel a namespace': [],
  'create, every namespace': [],
};

const request = (n: number, operation: string, object: unknown, oldObject: unknown, kind = 'NetworkPolicy') => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'bench',
    kind:
      kind === 'Namespace' ? { group: '', version: 'v1', kind } : { group: 'networking.k8s.io', version: 'v1', kind },
    operation,
    namespace: `ns-${n}`,
    name: kind === 'Namespace' ? `ns-${n}` : undefined,
    userInfo: { username: 'jane', groups: [] },
    object,
    oldObject,
  },
});
const named = (object: object, name: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  ...object,
  metadata: { name, namespace: 'x' },
});

function judgeOnce(what: string, review: unknown): void {
  const start = performance.now();
  answerReview(review, { ...judgement, world }, 0);
  times[what]?.push(performance.now() - start);
}
const rounds = 4000;
for (let i = 0; i < rounds; i += 1) {
  const n = (i * 7919) % size.namespaces;
  judgeOnce('create', request(n, 'CREATE', named(policyObject(n, 3), 'new'), undefined));
  judgeOnce(
    'update',
    request(
      n,
      'UPDATE',
      named(
        {
          spec: {
            podSelector: { matchLabels: { app: 'app-2' } },
            ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/1' } }, { ipBlock: { cidr: '128.0.0.0/1' } }] }],
          },
        },
        'policy-2',
      ),
      named(policyObject(n, 2), 'policy-2'),
    ),
  );
  judgeOnce('delete', request(n, 'DELETE', null, named(policyObject(n, 0), 'policy-0')));
  judgeOnce(
    'create, every namespace',
    request(
      n,
      'CREATE',
      named(
        {
          spec: {
            podSelector: {},
            ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Exists' }] } }] }],
          },
        },
        'wide',
      ),
      undefined,
    ),
  );
  if (i % 4 === 0) {
    const old = namespaceObject(n);
    judgeOnce(
      'relabel a namespace',
      request(
        n,
        'UPDATE',
        { ...old, metadata: { name: `ns-${n}`, labels: { team: `team-${(n + 7) % 200}` } } },
        old,
        'Namespace',
      ),
    );
  }
}
for (const [what, all] of Object.entries(times)) {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2);
  print(`judging: ${what} (${all.length})`, `p50 ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}  p99.9 ${at(0.999)} ms`);
}
