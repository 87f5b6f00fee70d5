/** What Calico holds beside the cluster of cluster.ts: a platform that owns tiers, sets and hosts, and two hundred teams. */
import type { ObjectRef } from '../src/engine/model/object.ts';

export const counts = { globalPolicies: 2000, sets: 5000, netsEach: 200, hosts: 500, teams: 200 } as const;

export interface Written {
  readonly ref: ObjectRef;
  readonly object: object;
}

export function calico(kind: string, name: string, spec: object, labels: object = {}, namespace?: string): Written {
  return {
    ref: { group: 'projectcalico.org', version: 'v3', kind, namespace, name },
    object: { apiVersion: 'projectcalico.org/v3', kind, metadata: { name, namespace, labels }, spec },
  };
}

export function core(kind: string, name: string, object: object, namespace?: string): Written {
  return { ref: { group: '', version: 'v1', kind, namespace, name }, object: { ...object, kind } };
}

/** Twelve, besides `default`. What the platform does not decide goes on, and what nobody decides is refused at the end. */
const tierNames = [
  ...['security', 'platform', 'hosts', 'pci', 'edge', 'monitoring', 'storage', 'mesh', 'data', 'shared', 'teams'],
  'baseline',
];

export function tiers(): readonly Written[] {
  return tierNames.map((name, at) =>
    calico('Tier', name, {
      order: name === 'baseline' ? 2_000_000 : (at + 1) * 100,
      defaultAction: name === 'baseline' ? 'Deny' : 'Pass',
    }),
  );
}

/** Sixteen-bit networks apart, so that 200 nets of one set are never one range. */
function netsOf(n: number): readonly string[] {
  return Array.from(
    { length: counts.netsEach },
    (_, i) => `${20 + (n % 180)}.${(n * 7 + i) % 256}.${(i * 37 + Math.floor(n / 180)) % 256}.${(i % 32) * 8}/29`,
  );
}

/** The n-th set: feeds of bad addresses, partners, and what a namespace keeps for itself. */
export function set(n: number): Written {
  const spec = { nets: netsOf(n) };
  if (n % 5 === 0) return calico('NetworkSet', `own-${n}`, spec, { use: `vendor-${n % 40}` }, `ns-${n % 10_000}`);
  const labels = n % 5 === 1 ? { feed: `feed-${n % 100}`, kind: 'threat' } : { partner: `partner-${n % 1000}` };
  return calico('GlobalNetworkSet', `set-${n}`, spec, labels);
}

const role = (n: number) => (n < 5 ? 'control-plane' : n % 10 === 0 ? 'ingress' : 'worker');
const addressOf = (n: number) => `192.168.${Math.floor(n / 250)}.${(n % 250) + 1}`;

export function node(n: number): Written {
  const addresses = [{ type: 'InternalIP', address: addressOf(n) }];
  return core('Node', `node-${n}`, { metadata: { name: `node-${n}`, labels: {} }, status: { addresses } });
}

export function host(n: number): Written {
  return calico(
    'HostEndpoint',
    `node-${n}-all`,
    { node: `node-${n}`, interfaceName: '*', expectedIPs: [addressOf(n)], profiles: ['projectcalico-default-allow'] },
    { role: role(n), zone: `zone-${n % 3}`, 'kubernetes.io/hostname': `node-${n}` },
  );
}

const tcp = (...ports: readonly (number | string)[]) => ({ protocol: 'TCP', destination: { ports } });

/** A policy of a team, for pods of its namespaces: from the next team, to a partner. */
export function teamPolicy(name: string, team: number, app: number): Written {
  return calico('GlobalNetworkPolicy', name, {
    tier: 'teams',
    order: 100 + app,
    namespaceSelector: `team == 'team-${team}'`,
    selector: `app == 'app-${app % 5}'`,
    types: ['Ingress', 'Egress'],
    ingress: [
      {
        action: 'Allow',
        ...tcp(8080),
        source: { namespaceSelector: `team == 'team-${(team + 1) % counts.teams}'`, selector: "tier == 'web'" },
      },
    ],
    egress: [
      {
        action: 'Allow',
        protocol: 'TCP',
        destination: { selector: `partner == 'partner-${(team * 5 + app) % 1000}'`, ports: [443] },
      },
      { action: 'Pass' },
    ],
  });
}

/** A policy of the platform for every namespace of a team. */
export function widePolicy(name: string, n: number): Written {
  return calico('GlobalNetworkPolicy', name, {
    tier: 'security',
    order: n,
    namespaceSelector: 'has(team)',
    types: ['Egress'],
    egress: [{ action: 'Deny', destination: { selector: `feed == 'feed-${(n * 5 + 1) % 100}'` } }, { action: 'Pass' }],
  });
}

function hostPolicy(n: number): Written {
  const selects = [`role == 'worker' && zone == 'zone-${n % 3}'`, "role == 'control-plane'", "role == 'ingress'"];
  return calico('GlobalNetworkPolicy', `hosts-${n}`, {
    tier: 'hosts',
    order: n,
    selector: selects[n % 3],
    types: ['Ingress'],
    ingress: [
      { action: 'Allow', protocol: 'TCP', source: { nets: ['192.168.0.0/16'] }, destination: { ports: [9000 + n] } },
      { action: 'Deny', source: { selector: `feed == 'feed-${(n * 5 + 1) % 100}'` } },
      { action: 'Pass' },
    ],
  });
}

/** A service that pods of any namespace use by carrying a label. */
function sharedPolicy(tier: string, n: number): Written {
  return calico('GlobalNetworkPolicy', `${tier}-${n}`, {
    tier,
    order: n,
    namespaceSelector: 'has(team)',
    selector: `uses == '${tier}-${n}'`,
    types: ['Egress'],
    egress: [
      {
        action: 'Allow',
        protocol: 'TCP',
        destination: {
          namespaceSelector: `projectcalico.org/name == 'ns-${n}'`,
          selector: `app == 'app-${n % 5}'`,
          ports: [5432],
        },
      },
      { action: 'Pass' },
    ],
  });
}

function pairPolicy(tier: string, n: number): Written {
  const [a, b] = [n % counts.teams, (n * 7 + 3) % counts.teams];
  return calico('GlobalNetworkPolicy', `${tier}-pair-${n}`, {
    tier,
    order: n,
    namespaceSelector: `team in {'team-${a}', 'team-${b}'} && stage == 'prod'`,
    types: ['Ingress'],
    ingress: [
      { action: 'Deny', source: { selector: `feed == 'feed-${(n * 5 + 1) % 100}'` } },
      { action: 'Allow', ...tcp(443, 8443), source: { nets: [`10.${n % 256}.0.0/16`] } },
      { action: 'Pass' },
    ],
  });
}

export function defaultDeny(name: string, tier = 'baseline'): Written {
  return calico('GlobalNetworkPolicy', name, {
    tier,
    order: 10_000,
    namespaceSelector: 'has(team)',
    types: ['Ingress', 'Egress'],
  });
}

export function globalPolicies(): readonly Written[] {
  const all: Written[] = [
    defaultDeny('default-deny'),
    defaultDeny('default-deny-again', 'default'),
    calico('GlobalNetworkPolicy', 'dns', {
      tier: 'platform',
      order: 1,
      namespaceSelector: 'has(team)',
      types: ['Egress'],
      egress: ['UDP', 'TCP'].map((protocol) => ({
        action: 'Allow',
        protocol,
        destination: {
          namespaceSelector: "projectcalico.org/name == 'kube-system'",
          selector: "k8s-app == 'kube-dns'",
          ports: [53],
        },
      })),
    }),
  ];
  for (let team = 0; team < counts.teams; team += 1)
    for (let app = 0; app < 6; app += 1) all.push(teamPolicy(`team-${team}-${app}`, team, app));
  for (let n = 0; n < 20; n += 1) all.push(widePolicy(`feed-${n}`, n));
  for (let n = 0; n < 60; n += 1) all.push(hostPolicy(n));
  for (let n = 0; n < 100; n += 1) all.push(sharedPolicy(n % 2 === 0 ? 'shared' : 'data', n));
  const some = ['pci', 'edge', 'monitoring', 'storage', 'mesh'];
  for (let n = 0; all.length < counts.globalPolicies; n += 1) all.push(pairPolicy(some[n % some.length] ?? 'pci', n));
  return all;
}

/** Sekisho and Calico's own API server, so that whoever may cut one off from the other is found. */
export function platform(): {
  readonly namespaces: readonly Written[];
  readonly objects: readonly Written[];
  readonly pods: readonly object[];
} {
  const pod = (namespace: string, name: string, labels: object, port: number, portName: string) => ({
    metadata: { name, namespace, labels },
    spec: {
      serviceAccountName: name,
      containers: [{ name: 'main', ports: [{ name: portName, containerPort: port }] }],
    },
    status: { phase: 'Running', podIP: '10.250.0.1' },
  });
  const own = { 'app.kubernetes.io/name': 'sekisho' };
  return {
    namespaces: ['kube-system', 'sekisho-system', 'calico-apiserver'].map((name) =>
      core('Namespace', name, { metadata: { name, labels: { 'kubernetes.io/metadata.name': name } }, status: {} }),
    ),
    objects: [
      core(
        'Service',
        'sekisho',
        { metadata: { name: 'sekisho' }, spec: { selector: own, ports: [{ port: 443, targetPort: 'webhook' }] } },
        'sekisho-system',
      ),
      calico('FelixConfiguration', 'default', felix(10)),
    ],
    pods: [
      pod('sekisho-system', 'sekisho-0', own, 8443, 'webhook'),
      pod('sekisho-system', 'sekisho-1', own, 8443, 'webhook'),
      pod('calico-apiserver', 'calico-apiserver', { 'k8s-app': 'calico-apiserver' }, 5443, 'apiserver'),
      pod('kube-system', 'coredns', { 'k8s-app': 'kube-dns' }, 53, 'dns'),
    ],
  };
}

export function felix(interval: number): object {
  return { logSeverityScreen: 'Info', routeRefreshInterval: `${interval}s`, bpfEnabled: false };
}

/** A policy of a namespace, as a team writes them for Calico. */
export function ownPolicy(name: string, n: number, port: number): Written {
  return calico(
    'NetworkPolicy',
    name,
    {
      tier: n % 2 === 0 ? 'default' : 'teams',
      order: 500,
      selector: `app == 'app-${n % 5}'`,
      types: ['Ingress', 'Egress'],
      ingress: [{ action: 'Allow', ...tcp(port), source: { selector: `app == 'app-${(n + 1) % 5}'` } }],
      egress: [
        { action: 'Allow', protocol: 'TCP', destination: { selector: `use == 'vendor-${n % 40}'`, ports: [443] } },
        {
          action: 'Allow',
          protocol: 'TCP',
          destination: { nets: [`203.0.${n % 256}.0/24`], notNets: [`203.0.${n % 256}.128/25`], ports: [443] },
        },
      ],
    },
    {},
    `ns-${n}`,
  );
}
