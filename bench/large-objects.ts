/**
 * Judging one very large NetworkPolicy, by its shape: CPU time of one answer, the body's parsing in it, and how it grows
 * from a tenth of the size to the whole: 1.0 is in proportion, 2.0 is quadratic.
 */
import { PodStore, podEntry } from '../src/cluster/pod-store.ts';
import { builtInSet } from '../src/config/resolve.ts';
import { answerReview } from '../src/engine/admission/answer.ts';
import { registry } from '../src/engine/guardrails/registry.ts';
import { World } from '../src/engine/model/world.ts';
import { readJsonBody } from '../src/webhook/json-body.ts';
import { large, namespaceObject, podObject, policyObject } from './cluster.ts';

const namespaces = 200;
const largest = Number(process.argv[2] ?? 10_000);
const rounds = 3;

const judgement = { set: builtInSet({ registry }), language: 'en' as const };
const ref = { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy', namespace: 'ns-1', name: 'large' };
const block = (i: number) => ({ ipBlock: { cidr: `${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24` } });
const list = <T>(length: number, make: (i: number) => T): readonly T[] => Array.from({ length }, (_, i) => make(i));

/** The spec of each shape with `n` of what it has many of. */
const shapes: Readonly<Record<string, (n: number) => object>> = {
  'rules of 3 peers, a port each': (n) => ({
    podSelector: {},
    ingress: list(n, (i) => ({
      from: [
        { podSelector: { matchLabels: { app: `a-${i}` } } },
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': `ns-${i}` } },
          podSelector: { matchLabels: { app: `b-${i}` } },
        },
        block(i),
      ],
      ports: [{ port: 1 + (i % 60_000) }],
    })),
  }),
  'rules of 3 peers, one port': (n) => ({
    podSelector: { matchLabels: { app: 'app-1' } },
    ingress: list(n, (i) => ({
      from: [
        { podSelector: { matchLabels: { app: `a-${i}` } } },
        { namespaceSelector: { matchLabels: { team: `team-${i}` } } },
        block(i),
      ],
      ports: [{ port: 443 }],
    })),
  }),
  'CIDRs, both directions': (n) => ({
    podSelector: {},
    ingress: [{ from: list(n, (i) => block(2 * i)) }],
    egress: [{ to: list(n, (i) => block(2 * i)), ports: [{ port: 443 }] }],
  }),
  'excepts of one CIDR': (n) => ({
    podSelector: {},
    egress: [
      {
        to: [{ ipBlock: { cidr: '10.0.0.0/8', except: list(n, (i) => `10.${(i >> 7) & 255}.${(2 * i) & 255}.0/24`) } }],
      },
    ],
  }),
  'ports of one rule': (n) => ({
    podSelector: {},
    ingress: [{ from: [{ podSelector: {} }], ports: list(n, (i) => ({ port: 1 + 2 * i })) }],
  }),
  'selectors of one rule': (n) => ({
    podSelector: {},
    ingress: [
      {
        from: list(n, (i) => ({
          namespaceSelector: { matchLabels: { [`team-${i % 97}`]: `t-${i}` } },
          podSelector: { matchExpressions: [{ key: `k${i % 89}`, operator: 'NotIn', values: [`v${i}`] }] },
        })),
      },
    ],
  }),
  'rules of one selector, DNS': (n) => ({
    podSelector: {},
    policyTypes: ['Egress'],
    egress: list(n, (i) => ({
      to: [
        {
          namespaceSelector: { matchLabels: { team: `t-${i}` } },
          podSelector: { matchLabels: { app: `v${i}` } },
        },
      ],
      ports: [{ protocol: 'UDP', port: 53 }],
    })),
  }),
};

let world = World.empty('cluster');
const pods = new PodStore();
for (let n = 0; n < namespaces; n += 1) {
  const name = `ns-${n}`;
  world = world.with(namespaceObject(n), { group: '', version: 'v1', kind: 'Namespace', namespace: undefined, name });
  for (let p = 0; p < large.policiesEach; p += 1) {
    world = world.with(policyObject(n, p), { ...ref, namespace: name, name: `policy-${p}` });
  }
  for (let p = 0; p < large.podsEach; p += 1) {
    const entry = podEntry(JSON.parse(JSON.stringify(podObject(n, p, large))));
    if (entry !== undefined) world = pods.upsert(entry, world);
  }
}

/** Milliseconds of CPU for one answer, and what it came to. Each gets a World that has not seen the object yet. */
function once(operation: string, make: (n: number) => object, n: number): readonly [number, string, number] {
  const written = (size: number) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: ref.kind,
    metadata: { name: ref.name, namespace: ref.namespace },
    spec: make(size),
  });
  const [object, old] = [operation === 'DELETE' ? null : written(n), operation === 'CREATE' ? null : written(n - 1)];
  const { group, version, kind, namespace, name } = ref;
  const request = { uid: 'u', kind: { group, version, kind }, operation, namespace, name, object, oldObject: old };
  const text = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
  const bytes = Buffer.from(text);
  const known = old === null ? world : world.with(old, ref);
  const from = process.cpuUsage();
  const body = readJsonBody(bytes);
  const answer = body.kind === 'value' ? answerReview(body.value, { ...judgement, world: known }, 0) : undefined;
  const { user, system } = process.cpuUsage(from);
  if (answer?.kind !== 'answered') throw new Error(`${operation} was not answered`);
  const { decision, notChecked } = answer.record;
  return [(user + system) / 1000, [decision, ...notChecked].join('; '), bytes.length];
}

for (const [shape, make] of Object.entries(shapes)) {
  for (const operation of ['CREATE', 'UPDATE', 'DELETE']) {
    const median = (n: number) => {
      const all = list(rounds, () => once(operation, make, n)).toSorted((a, b) => a[0] - b[0]);
      return all[Math.floor(rounds / 2)] ?? [0, '', 0];
    };
    const [small] = median(largest / 10);
    const [cpu, outcome, bytes] = median(largest);
    process.stdout.write(
      `${`${largest} ${shape}, ${operation}`.padEnd(48)} ${(bytes / 2 ** 20).toFixed(1).padStart(4)} MiB  ${cpu.toFixed(0).padStart(6)} ms CPU, growth ${Math.log10(cpu / small).toFixed(1)}  ${outcome}\n`,
    );
  }
}
