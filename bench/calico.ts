/**
 * Judging one change against a large World with Calico in it: time a verdict for each operation, memory of the World.
 * Run by itself, so that memory is its own. `--only TEXT` measures some rows, `--by-guardrail` tells who takes the time.
 */
import { parseArgs } from 'node:util';
import { PodStore, podEntry } from '../src/cluster/pod-store.ts';
import { resolve } from '../src/config/resolve.ts';
import { answerReview } from '../src/engine/admission/answer.ts';
import type { GuardrailConfiguration, GuardrailSet } from '../src/engine/guardrails/guardrail-set.ts';
import { registry } from '../src/engine/guardrails/registry.ts';
import { World } from '../src/engine/model/world.ts';
import {
  calico,
  counts,
  defaultDeny,
  felix,
  globalPolicies,
  host,
  set as networkSet,
  node,
  ownPolicy,
  platform,
  teamPolicy,
  tiers,
  type Written,
  widePolicy,
} from './calico-cluster.ts';
import { large, namespaceObject, podObject, policyObject } from './cluster.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    'by-guardrail': { type: 'boolean', default: false },
    rounds: { type: 'string', default: '400' },
  },
});
const size = large;
const print = (what: string, value: string): void => void process.stdout.write(`${what.padEnd(44)} ${value}\n`);
const heap = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

let world = World.empty('cluster');
const put = ({ object, ref }: Written): void => void (world = world.with(JSON.parse(JSON.stringify(object)), ref));
const pods = new PodStore();
const putPod = (object: object): void => {
  const entry = podEntry(JSON.parse(JSON.stringify(object)));
  if (entry !== undefined) world = pods.upsert(entry, world);
};
const bare = heap();
const began = performance.now();
/** Puts so many objects into the World, and says what each of them costs. */
function build(what: string, count: number, one: (n: number) => void): void {
  const [was, start] = [heap(), performance.now()];
  for (let n = 0; n < count; n += 1) one(n);
  const took = (performance.now() - start) / 1000;
  print(`${what} (${count})`, `${Math.round((heap() - was) / count)} B each, built in ${took.toFixed(2)} s`);
}
const theirs = platform();
build('namespaces', size.namespaces, (n) => {
  const ref = { group: '', version: 'v1', kind: 'Namespace', namespace: undefined, name: `ns-${n}` };
  put({ object: namespaceObject(n), ref });
});
for (const one of [...theirs.namespaces, ...theirs.objects]) put(one);
const kubernetes = (n: number, p: number, name = `policy-${p}`): Written => ({
  ref: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy', namespace: `ns-${n}`, name },
  object: { ...policyObject(n, p), kind: 'NetworkPolicy', apiVersion: 'networking.k8s.io/v1' },
});
build('Kubernetes policies', size.namespaces * size.policiesEach, (n) =>
  put(kubernetes(Math.floor(n / size.policiesEach), n % size.policiesEach)),
);
build('pods', size.namespaces * size.podsEach, (n) =>
  putPod(podObject(Math.floor(n / size.podsEach), n % size.podsEach, size)),
);
for (const one of theirs.pods) putPod(one);
for (const one of tiers()) put(one);
build('network sets', counts.sets, (n) => put(networkSet(n)));
build('nodes', counts.hosts, (n) => put(node(n)));
build('host endpoints', counts.hosts, (n) => put(host(n)));
const policies = globalPolicies();
build('global policies', policies.length, (n) => policies.slice(n, n + 1).forEach(put));
build('Calico policies of a namespace', 2000, (n) => put(ownPolicy('own', n, 8080)));
print(
  'World',
  `${((heap() - bare) / 2 ** 20).toFixed(0)} MiB heap, built in ${((performance.now() - began) / 1000).toFixed(1)} s`,
);

/** Milliseconds that each guardrail took since they were last asked for. */
const spent = new Map<string, number>();
function timed(configuration: GuardrailConfiguration): GuardrailConfiguration {
  const { guardrail, check } = configuration.configured;
  const watched: typeof check = (context) => {
    const start = performance.now();
    const found = check(context);
    spent.set(guardrail.name, (spent.get(guardrail.name) ?? 0) + performance.now() - start);
    return found;
  };
  return { ...configuration, configured: { guardrail, check: watched } };
}
const resolved = resolve(
  {
    spec: {
      enforcer: 'calico',
      cluster: {
        podCIDRs: ['10.0.0.0/8'],
        serviceCIDRs: ['172.20.0.0/16'],
        nodeCIDRs: ['192.168.0.0/16'],
        apiServers: [{ cidr: '192.168.0.1/32', port: 6443 }],
      },
    },
    exemptions: [],
    source: {},
  },
  { registry, ownService: 'sekisho' },
);
const set: GuardrailSet = options['by-guardrail']
  ? { ...resolved, guardrails: resolved.guardrails.map(timed) }
  : resolved;

type Operation = 'CREATE' | 'UPDATE' | 'DELETE';
type Change = readonly [operation: Operation, now: Written | undefined, old: Written | undefined];
const create = (now: Written): Change => ['CREATE', now, undefined];
const update = (old: Written, now: Written): Change => ['UPDATE', now, old];
const remove = (old: Written): Change => ['DELETE', undefined, old];
const edited = (one: Written, spec: object): Written => ({
  ...one,
  object: { ...one.object, spec: { ...('spec' in one.object ? (one.object.spec as object) : {}), ...spec } },
});

function reviewOf([operation, now, old]: Change): unknown {
  const { ref } = now ?? old ?? host(0);
  const named = (one: Written | undefined) =>
    one === undefined
      ? undefined
      : {
          ...one.object,
          metadata: {
            ...('metadata' in one.object ? (one.object.metadata as object) : {}),
            name: ref.name,
            namespace: ref.namespace,
          },
        };
  return JSON.parse(
    JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: {
        uid: 'bench',
        kind: { group: ref.group, version: ref.version, kind: ref.kind },
        operation,
        namespace: ref.namespace,
        name: ref.name,
        userInfo: { username: 'jane', groups: [] },
        object: named(now) ?? null,
        oldObject: named(old) ?? null,
      },
    }),
  );
}

const everyone = [{ action: 'Allow', protocol: 'TCP', destination: { ports: [443] } }];
const everywhere = (name: string): Written =>
  calico('GlobalNetworkPolicy', name, {
    tier: 'platform',
    order: 5,
    types: ['Ingress'],
    ingress: [
      { action: 'Allow', protocol: 'TCP', source: { selector: "app == 'prometheus'" }, destination: { ports: [9090] } },
      { action: 'Pass' },
    ],
  });
const wider = (one: Written): Written => edited(one, { nets: ['20.0.0.0/7', '22.1.2.0/24'] });
const tier = (name: string): Written => tiers().find(({ ref }) => ref.name === name) ?? defaultDeny('none');
const setOf = (from: number, n: number): Written => networkSet(((n * 5) % (counts.sets - 5)) + from);

/** By what is done, the n-th change of the kind. */
const rows: readonly (readonly [string, (n: number) => Change])[] = [
  ['Kubernetes policy create', (n) => create(kubernetes(n, 3, 'new'))],
  ['Kubernetes policy update', (n) => update(kubernetes(n, 2), { ...kubernetes(n, 3), ref: kubernetes(n, 2).ref })],
  ['Kubernetes policy delete', (n) => remove(kubernetes(n, 0))],
  ['Calico policy create', (n) => create(ownPolicy('new', n, 8080))],
  ['Calico policy update', (n) => update(ownPolicy('own', n % 2000, 8080), ownPolicy('own', n % 2000, 9090))],
  ['Calico policy delete', (n) => remove(ownPolicy('own', n % 2000, 8080))],
  ['GlobalNetworkPolicy create, team', (n) => create(teamPolicy('new', n % 200, n % 5))],
  ['GlobalNetworkPolicy create, all teams', (n) => create(widePolicy('new', n % 20))],
  ['GlobalNetworkPolicy create, everywhere', () => create(everywhere('new'))],
  [
    'GlobalNetworkPolicy create, too broad',
    (n) => create(edited(teamPolicy('new', n % 200, 1), { ingress: everyone })),
  ],
  [
    'GlobalNetworkPolicy update, team',
    (n) => {
      const old = teamPolicy(`team-${n % 200}-1`, n % 200, 1);
      return update(old, { ...teamPolicy('x', (n + 1) % 200, 1), ref: old.ref });
    },
  ],
  [
    'GlobalNetworkPolicy update, all teams',
    (n) => update(widePolicy(`feed-${n % 20}`, n % 20), widePolicy(`feed-${n % 20}`, (n + 3) % 20)),
  ],
  ['GlobalNetworkPolicy delete, team', (n) => remove(teamPolicy(`team-${n % 200}-2`, n % 200, 2))],
  ['GlobalNetworkPolicy delete, all teams', (n) => remove(widePolicy(`feed-${n % 20}`, n % 20))],
  ['GlobalNetworkPolicy delete, spare default deny', () => remove(defaultDeny('default-deny-again', 'default'))],
  [
    'GlobalNetworkPolicy create, host',
    (n) => create(edited(everywhere('new'), { selector: "role == 'worker'", order: n })),
  ],
  ['NetworkSet update', (n) => update(setOf(0, n), edited(setOf(0, n), { nets: ['20.1.0.0/16'] }))],
  ['GlobalNetworkSet update, a feed', (n) => update(setOf(1, n), edited(setOf(1, n), { nets: ['20.1.0.0/16'] }))],
  ['GlobalNetworkSet update, a partner', (n) => update(setOf(2, n), edited(setOf(2, n), { nets: ['20.1.0.0/16'] }))],
  ['GlobalNetworkSet update, too broad', (n) => update(setOf(3, n), wider(setOf(3, n)))],
  ['Tier update, order', () => update(tier('shared'), edited(tier('shared'), { order: 250 }))],
  ['Tier update, default action', () => update(tier('teams'), edited(tier('teams'), { defaultAction: 'Deny' }))],
  ['HostEndpoint create', (n) => create({ ...host(n % 500), ref: { ...host(0).ref, name: 'new' } })],
  [
    'FelixConfiguration update',
    (n) =>
      update(
        calico('FelixConfiguration', 'default', felix(10)),
        calico('FelixConfiguration', 'default', felix(20 + n)),
      ),
  ],
  [
    'Namespace relabel',
    (n) => {
      const old: Written = {
        ref: { group: '', version: 'v1', kind: 'Namespace', namespace: undefined, name: `ns-${n}` },
        object: namespaceObject(n),
      };
      const labels = { 'kubernetes.io/metadata.name': `ns-${n}`, team: `team-${(n + 7) % 200}`, stage: 'dev' };
      return update(old, { ...old, object: { metadata: { name: `ns-${n}`, labels }, status: { phase: 'Active' } } });
    },
  ],
];

/** A row stops when it has taken this long. */
const longest = 8_000;
const at = (all: readonly number[], share: number): string =>
  (all.toSorted((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))] ?? 0).toFixed(2).padStart(7);
for (const [what, change] of rows) {
  if (!what.includes(options.only)) continue;
  const times: number[] = [];
  const ofThread: number[] = [];
  const capped = new Map<string, number>();
  let denied = 0;
  const end = performance.now() + longest;
  for (let i = 0; i < Number(options.rounds) && performance.now() < end; i += 1) {
    if (i === 10) spent.clear();
    const review = reviewOf(change((i * 7919) % size.namespaces));
    const [start, cpu] = [performance.now(), process.threadCpuUsage()];
    const answer = answerReview(review, { set, language: 'en', world }, 0);
    const used = process.threadCpuUsage(cpu);
    times.push(performance.now() - start);
    ofThread.push((used.user + used.system) / 1000);
    if (answer.kind !== 'answered') continue;
    if (answer.record.decision === 'deny') denied += 1;
    for (const one of answer.record.notChecked) {
      const by = /^(.*): work-cap$/.exec(one)?.[1];
      if (by !== undefined) capped.set(by, (capped.get(by) ?? 0) + 1);
    }
  }
  // The first one fills what is remembered, and says nothing of those that follow.
  const [first = 0, ...steady] = times;
  const [firstOfThread = 0, ...steadyOfThread] = ofThread;
  print(
    `${what} (${times.length})`,
    `p50 ${at(steady, 0.5)}  p90 ${at(steady, 0.9)}  p99 ${at(steady, 0.99)}  first ${first.toFixed(2).padStart(7)} ms; CPU p50 ${at(steadyOfThread, 0.5)}  p99 ${at(steadyOfThread, 0.99)}  first ${firstOfThread.toFixed(2).padStart(7)}; ${denied} denied`,
  );
  for (const [by, count] of capped) print(`    ${by}`, `${count} times work-cap`);
  if (!options['by-guardrail']) continue;
  for (const [name, total] of [...spent].sort((a, b) => b[1] - a[1]).slice(0, 6))
    print(`    ${name}`, `${(total / Math.max(1, times.length - 10)).toFixed(2)} ms on average`);
}
