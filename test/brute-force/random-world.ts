import fc from 'fast-check';
import { defaultNamespace } from './cluster.ts';
import { type Profile, profiles, type Setting } from './evaluator.ts';
import type {
  AnyObject,
  Block,
  Container,
  ContainerPort,
  Expression,
  NamespaceObject,
  PeerObject,
  PodObject,
  PolicyObject,
  PolicySpec,
  PortObject,
  RuleObject,
  Selector,
} from './manifests.ts';
import { chooser } from './runs.ts';

/**
 * Small random clusters out of a tiny universe, so that nearly everything meets everything, in every spelling that the
 * API knows: absent, null, empty, redundant, and some that it refuses.
 */

export interface RandomWorld {
  readonly objects: readonly AnyObject[];
  readonly setting: Setting;
  /** For whatever else has to be chosen while looking at it. */
  readonly seed: number;
}

const spaces = ['red', 'blue', 'green', 'default'] as const;
const space = fc.constantFrom('red', 'red', ...spaces);
const nameLabel = 'kubernetes.io/metadata.name';

const absentOr = <T>(arbitrary: fc.Arbitrary<T>, absent = 1, present = 5): fc.Arbitrary<T | null | undefined> =>
  fc.oneof(
    { weight: absent, arbitrary: fc.constantFrom(null, undefined) },
    { weight: present, arbitrary: arbitrary as fc.Arbitrary<T | null | undefined> },
  );

/** Leaves out what is undefined, as a file does. */
function written<T extends object>(object: { readonly [K in keyof T]?: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

const rarely = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>, weight = 30): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: rare });

// Labels and selectors

const podLabels = fc.oneof(
  fc.constant<Record<string, string>>({}),
  fc.record({ app: fc.constantFrom('a', 'b', ''), tier: fc.constantFrom('x', 'y') }, { requiredKeys: [] }),
  fc.record({ app: fc.constantFrom('a', 'b') }),
);

function expression(keys: readonly string[], values: readonly string[]): fc.Arbitrary<Expression> {
  const key = fc.constantFrom(...keys);
  const some = fc.subarray([...values], { minLength: 1, maxLength: 2 });
  return rarely<Expression>(
    fc.oneof(
      fc.record({ key, operator: fc.constantFrom('In', 'NotIn'), values: some }),
      fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
      fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist'), values: fc.constantFrom([], null) }),
    ),
    fc.oneof(
      fc.record({ key, operator: fc.constantFrom('In', 'NotIn'), values: fc.constantFrom([], null) }),
      fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist'), values: some }),
      fc.record({ key, operator: fc.constantFrom('in', 'Equals'), values: some }),
    ),
  );
}

function selector(keys: readonly string[], values: readonly string[]): fc.Arbitrary<Selector> {
  const matchLabels = fc.dictionary(fc.constantFrom(...keys), fc.constantFrom(...values), { maxKeys: 1 });
  const matchExpressions = fc.array(expression(keys, values), { maxLength: 2 });
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant<Selector>({}) },
    { weight: 3, arbitrary: matchLabels.map((labels) => ({ matchLabels: labels })) },
    { weight: 3, arbitrary: matchExpressions.map((expressions) => ({ matchExpressions: expressions })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(absentOr(matchLabels), absentOr(matchExpressions))
        .map(([labels, expressions]) => written<Selector>({ matchLabels: labels, matchExpressions: expressions })),
    },
  );
}

const podSelector = selector(['app', 'tier'], ['a', 'b', 'x']);
const spaceSelector = fc.oneof(
  selector(['team', nameLabel], ['t1', 't2', ...spaces]),
  space.map((name) => ({ matchLabels: { [nameLabel]: name } })),
  fc
    .subarray(['t1', 't2'], { minLength: 1 })
    .map((values) => ({ matchExpressions: [{ key: 'team', operator: 'In', values }] })),
);

// Addresses

/** On the borders of the blocks below, inside them and outside. */
const podAddresses4 = [
  '10.0.0.0',
  '10.0.0.1',
  '10.0.0.255',
  '10.0.1.0',
  '10.0.1.7',
  '10.255.255.255',
  '11.0.0.1',
  '192.0.2.4',
];
const podAddresses6 = ['fd00::1', 'fd00::ff', 'fd00:0:0:1::', '2001:db8::1'];

const block: fc.Arbitrary<Block> = rarely<Block>(
  fc.oneof(
    fc.constantFrom<Block>(
      { cidr: '10.0.0.0/8' },
      { cidr: '10.0.0.0/24' },
      { cidr: '10.0.1.0/24' },
      { cidr: '10.0.0.1/32' },
      { cidr: '10.0.0.0/16', except: [] },
      { cidr: '10.0.0.0/16', except: null },
      { cidr: '0.0.0.0/0' },
      { cidr: '0.0.0.0/1' },
      { cidr: '128.0.0.0/1' },
      { cidr: '192.0.2.0/24' },
      { cidr: '255.255.255.255/32' },
      { cidr: '::/0' },
      { cidr: 'fd00::/64' },
      { cidr: 'fd00::/8' },
      { cidr: 'fd00::1/128' },
      { cidr: '2001:0DB8:0:0::/32' },
    ),
    fc
      .subarray(['10.0.0.0/24', '10.0.0.128/25', '10.0.1.0/24', '10.128.0.0/9', '10.0.0.0/9', '10.0.1.7/32'], {
        maxLength: 3,
      })
      .map((except) => ({ cidr: '10.0.0.0/8', except })),
    fc
      .subarray(['10.0.0.0/8', '192.0.2.0/24', '0.0.0.0/1', '128.0.0.0/1'], { maxLength: 4 })
      .map((except) => ({ cidr: '0.0.0.0/0', except })),
    fc
      .subarray(['fd00::/8', 'fd00::/64', '::/1', '8000::/1'], { maxLength: 4 })
      .map((except) => ({ cidr: '::/0', except })),
    fc.constantFrom<Block>(
      // Host bits, and IPv4 in IPv6 clothes.
      { cidr: '10.0.0.9/24' },
      { cidr: '::ffff:10.0.0.0/104', except: ['10.0.0.0/24'] },
      { cidr: 'fd00::7/64' },
    ),
  ),
  fc.constantFrom<Block>(
    { cidr: '10.0.0.0' },
    { cidr: '10.0.0.0/33' },
    { cidr: '010.0.0.0/8' },
    { cidr: '' },
    { cidr: 'fd00::/129' },
  ),
  40,
);

// Rules

const peer: fc.Arbitrary<PeerObject | null> = rarely<PeerObject | null>(
  fc.oneof(
    podSelector.map((pods) => ({ podSelector: pods })),
    podSelector.map((pods) => ({ podSelector: pods, namespaceSelector: null, ipBlock: null })),
    spaceSelector.map((names) => ({ namespaceSelector: names })),
    spaceSelector.map((names) => ({ namespaceSelector: names, podSelector: null })),
    fc.tuple(podSelector, spaceSelector).map(([pods, names]) => ({ podSelector: pods, namespaceSelector: names })),
    block.map((ipBlock) => ({ ipBlock })),
    block.map((ipBlock) => ({ ipBlock })),
  ),
  fc.oneof(
    fc.constantFrom(null, {}, { podSelector: null }, { ipBlock: null }),
    fc.tuple(block, podSelector).map(([ipBlock, pods]) => ({ ipBlock, podSelector: pods })),
    fc.tuple(block, spaceSelector).map(([ipBlock, names]) => ({ ipBlock, namespaceSelector: names })),
  ),
  40,
);

/** Whatever a rule may call a port and a pod may have. */
export const portNames = ['http', 'dns', 'web'] as const;

const protocol = fc.constantFrom<string | null | undefined>(undefined, undefined, null, 'TCP', 'TCP', 'UDP', 'SCTP');
const portNumber = fc.constantFrom(1, 2, 79, 80, 81, 82, 443, 65534, 65535);

const port: fc.Arbitrary<PortObject | null> = rarely<PortObject | null>(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .tuple(protocol, portNumber)
        .map(([name, one]) => written<PortObject>({ protocol: name, port: one })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(protocol, portNumber, portNumber)
        .map(([name, a, b]) => written<PortObject>({ protocol: name, port: Math.min(a, b), endPort: Math.max(a, b) })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(protocol, fc.constantFrom(...portNames))
        .map(([name, one]) => written<PortObject>({ protocol: name, port: one })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(protocol, fc.constantFrom(null, undefined))
        .map(([name, none]) => written<PortObject>({ protocol: name, port: none, endPort: none })),
    },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  fc.constantFrom<PortObject>(
    { port: 80, endPort: 79 },
    { port: 'http', endPort: 80 },
    { endPort: 80 },
    { port: 0 },
    { port: 65536 },
    { port: 1, endPort: 70000 },
    { protocol: 'tcp', port: 80 },
    { protocol: 'ICMP' },
  ),
  40,
);

const list = <T>(item: fc.Arbitrary<T>, maxLength: number) => fc.array(item, { maxLength });

function rule(far: 'from' | 'to'): fc.Arbitrary<RuleObject | null> {
  return rarely<RuleObject | null>(
    fc
      .tuple(absentOr(list(peer, 3), 1, 8), absentOr(list(port, 3), 1, 3))
      .map(([peers, ports]) => written<RuleObject>({ [far]: peers, ports })),
    fc.constantFrom<RuleObject | null>(null, {}),
    10,
  );
}

const spec: fc.Arbitrary<PolicySpec> = fc
  .record({
    podSelector: absentOr(podSelector, 1, 8),
    policyTypes: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(null, undefined, [] as const) },
      {
        weight: 3,
        arbitrary: fc.constantFrom<readonly string[]>(
          ['Ingress'],
          ['Egress'],
          ['Ingress', 'Egress'],
          ['Egress', 'Ingress', 'Egress'],
        ),
      },
    ),
    ingress: absentOr(list(rule('from'), 2), 1, 4),
    egress: absentOr(list(rule('to'), 2), 1, 4),
  })
  .map((fields) => written<PolicySpec>(fields));

const policies = list(fc.tuple(fc.option(space, { nil: undefined, freq: 8 }), spec), 8).map((all) =>
  all.map(
    ([namespace, one], index): PolicyObject => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: written({ name: `p${index}`, namespace }),
      spec: one,
    }),
  ),
);

// What there is

const containerPort: fc.Arbitrary<ContainerPort> = fc
  .tuple(
    fc.constantFrom('http', 'http', ...portNames, undefined),
    fc.constantFrom(79, 80, 81, 443),
    fc.constantFrom('TCP', 'UDP', 'SCTP', undefined, undefined, undefined),
  )
  .map(([name, number, own]) => written<ContainerPort>({ name, containerPort: number, protocol: own }));

const containers: fc.Arbitrary<readonly Container[]> = list(list(containerPort, 3), 2).map((all) =>
  (all.length === 0 ? [[]] : all).map((ports, index) => ({ name: `c${index}`, ports })),
);

const initContainers = list(fc.tuple(list(containerPort, 1), fc.constantFrom('Always', undefined)), 1).map((all) =>
  all.map(([ports, restartPolicy]) => written<Container>({ name: 'init', ports, restartPolicy })),
);

const podSpec = fc
  .record({
    hostNetwork: fc.constantFrom(undefined, undefined, undefined, undefined, false, true),
    containers,
    initContainers: fc.option(initContainers, { nil: undefined, freq: 3 }),
  })
  .map((fields) => written<PodObject['spec']>(fields));

const phase = fc.constantFrom('Running', 'Running', 'Running', 'Running', 'Pending', 'Succeeded', 'Failed', undefined);

const status = fc
  .tuple(
    phase,
    fc.option(fc.constantFrom(...podAddresses4), { nil: undefined, freq: 2 }),
    fc.option(fc.constantFrom(...podAddresses6), { nil: undefined, freq: 3 }),
    fc.boolean(),
  )
  .map(([now, ip4, ip6, short]) => {
    const ips = [ip4, ip6].filter((ip) => ip !== undefined);
    return written<NonNullable<PodObject['status']>>({
      phase: now,
      podIP: short ? ips[0] : undefined,
      podIPs: short && ips.length < 2 ? undefined : ips.map((ip) => ({ ip })),
    });
  });

const deletion = fc.constantFrom(...Array<undefined>(15).fill(undefined), '2026-01-01T00:00:00Z');

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

function pod(
  name: string,
  namespace: string | undefined,
  owner: Owner | undefined,
  labels = podLabels,
): fc.Arbitrary<PodObject> {
  return fc.record({ labels, spec: podSpec, status, deletion }).map((parts) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: written({
      name,
      namespace,
      labels: parts.labels,
      deletionTimestamp: parts.deletion,
      ownerReferences: owner === undefined ? undefined : [{ ...owner, controller: true }],
    }),
    spec: parts.spec,
    status: parts.status,
  }));
}

const kinds = [
  ['Deployment', 'apps/v1'],
  ['StatefulSet', 'apps/v1'],
  ['DaemonSet', 'apps/v1'],
  ['ReplicaSet', 'apps/v1'],
  ['ReplicationController', 'v1'],
  ['Job', 'batch/v1'],
  ['CronJob', 'batch/v1'],
] as const;

/** A workload with the pods that it has made, some of them by way of a ReplicaSet. */
function workload(name: string, namespace: string | undefined): fc.Arbitrary<readonly AnyObject[]> {
  const head = fc.record({
    kind: fc.constantFrom(...kinds),
    labels: podLabels,
    spec: podSpec,
    replicas: fc.constantFrom(undefined, undefined, 1, 2, 3, 0),
    children: fc.nat({ max: 3 }),
    between: fc.boolean(),
  });
  return head.chain(({ kind: [kind, apiVersion], labels, spec: own, replicas, children, between }) => {
    const template = { metadata: { labels }, spec: own };
    const top: AnyObject = {
      apiVersion,
      kind,
      metadata: written({ name, namespace }),
      spec:
        kind === 'CronJob'
          ? { jobTemplate: { spec: { template } } }
          : written({
              template,
              [kind === 'Job' ? 'parallelism' : 'replicas']: kind === 'DaemonSet' ? undefined : replicas,
            }),
    };
    const owner = { apiVersion, kind, name };
    const middle: AnyObject = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: written({ name: `${name}-rs`, namespace, ownerReferences: [{ ...owner, controller: true }] }),
      spec: { replicas: 1, template },
    };
    const via = kind === 'Deployment' && between;
    const parent = via ? { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${name}-rs` } : owner;
    const pods = Array.from({ length: children }, (_, index) =>
      pod(`${name}-${index}`, namespace, parent, fc.constant(labels)),
    );
    return fc.tuple(...pods).map((made): readonly AnyObject[] => [top, ...(via ? [middle] : []), ...made]);
  });
}

const endpoints = fc
  .array(
    fc.tuple(
      fc.option(space, { nil: undefined, freq: 8 }),
      fc.constantFrom('pod', 'pod', 'pod', 'orphan', 'workload', 'workload'),
    ),
    {
      minLength: 2,
      maxLength: 7,
    },
  )
  .chain((all) =>
    fc.tuple(
      ...all.map(([namespace, made], index): fc.Arbitrary<readonly AnyObject[]> => {
        const name = `w${index}`;
        if (made === 'workload') return workload(name, namespace);
        const gone = made === 'orphan' ? { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'gone' } : undefined;
        return pod(name, namespace, gone).map((one) => [one]);
      }),
    ),
  )
  .map((lists) => lists.flat());

/** Some have no document, and one may be labelled with the name of another, which the API server puts right. */
const namespaces = fc
  .tuple(
    fc.subarray([...spaces]),
    fc.array(
      fc.oneof(
        fc.record({ team: fc.constantFrom('t1', 't2') }),
        fc.constantFrom(null, undefined, {}, { [nameLabel]: 'blue', team: 't1' }),
      ),
      { minLength: spaces.length, maxLength: spaces.length },
    ),
  )
  .map(([names, labels]) =>
    names.map(
      (name, index): NamespaceObject => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: written({ name, labels: labels[index] }),
      }),
    ),
  );

const objects = fc
  .tuple(namespaces, endpoints, policies, fc.boolean())
  .map(([names, made, rules, last]): readonly AnyObject[] =>
    last ? [...rules, ...made, ...names] : [...names, ...made, ...rules],
  );

const settingOf = (profile: Profile): fc.Arbitrary<Setting> =>
  fc.record({
    profile: fc.constant(profile),
    podCidrs: fc.constantFrom<readonly string[]>([], [], ['10.0.0.0/16'], ['10.0.0.0/24', 'fd00::/64'], ['10.0.0.0/8']),
    nodeCidrs: fc.constantFrom<readonly string[]>([], [], ['192.0.2.0/24'], ['10.0.1.0/24']),
  });

export const settings: fc.Arbitrary<Setting> = fc.constantFrom(...profiles).chain(settingOf);

const seed = fc.nat();

export const worldsOf = (profile: Profile): fc.Arbitrary<RandomWorld> =>
  fc.record({ objects, setting: settingOf(profile), seed });

export interface WorldPair extends RandomWorld {
  readonly before: readonly AnyObject[];
}

/** Most objects stay; some go, some come, some change. */
export const worldPairs: fc.Arbitrary<WorldPair> = fc
  .record({
    first: objects,
    second: objects,
    setting: settings,
    seed,
  })
  .map(({ first, second, setting, seed: chosen }) => {
    const choose = chooser(chosen);
    const key = (one: AnyObject) => `${one.kind} ${one.metadata.namespace ?? defaultNamespace} ${one.metadata.name}`;
    const kept = first.filter(() => choose(10) < 8);
    const known = new Set(kept.map(key));
    const fresh = second.filter((one) => !known.has(key(one)) && choose(10) < 3);
    return { before: first, objects: [...kept, ...fresh], setting, seed: chosen };
  });
