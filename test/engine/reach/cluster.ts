import type { EnforcerProfile } from '../../../src/engine/model/cluster-facts.ts';
import { gather } from '../../../src/engine/model/gather.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import type { World } from '../../../src/engine/model/world.ts';
import type { ReachSettings } from '../../../src/engine/reach/match.ts';
import { type ReachReport, reachReport } from '../../../src/engine/reach/report.ts';
import { noAddresses, unionAllAddresses } from '../../../src/engine/sets/addresses.ts';
import { readCidr } from '../../../src/engine/sets/cidr.ts';

/** Small clusters, written as the objects that one would apply. */
export function worldOf(...objects: readonly object[]): World {
  return gather(objects.map((object) => ({ object, ref: refOf(object) })));
}

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export interface PodParts {
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: readonly object[];
  readonly hostNetwork?: boolean;
  readonly ips?: readonly string[];
  readonly phase?: string;
  readonly replicas?: number;
}

/** `shop/web` with labels `app: web` unless others are given. */
export function pod(id: string, parts: PodParts = {}): object {
  const [ns = '', name = ''] = id.split('/');
  const { labels = { app: name }, ips = [], phase = 'Running' } = parts;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: ns, name, labels },
    spec: podSpec(parts),
    status: { phase, podIPs: ips.map((ip) => ({ ip })) },
  };
}

export function deployment(id: string, parts: PodParts = {}): object {
  const [ns = '', name = ''] = id.split('/');
  const { labels = { app: name }, replicas = 1 } = parts;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: ns, name },
    spec: { replicas, template: { metadata: { labels }, spec: podSpec(parts) } },
  };
}

function podSpec({ ports = [], hostNetwork = false }: PodParts): object {
  return { hostNetwork, containers: [{ name: 'main', ports }] };
}

export function policy(id: string, spec: object): object {
  const [ns = '', name = ''] = id.split('/');
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { namespace: ns, name }, spec };
}

/** Selects every pod of its namespace for ingress, with these rules. */
export function ingress(id: string, rules: readonly object[], podSelector: object = {}): object {
  return policy(id, { podSelector, policyTypes: ['Ingress'], ingress: rules });
}

export function egress(id: string, rules: readonly object[], podSelector: object = {}): object {
  return policy(id, { podSelector, policyTypes: ['Egress'], egress: rules });
}

export interface Given {
  readonly enforcer?: EnforcerProfile;
  readonly podCIDRs?: readonly string[];
  readonly nodeCIDRs?: readonly string[];
}

export function settingsOf({ enforcer = 'calico', podCIDRs = [], nodeCIDRs = [] }: Given = {}): ReachSettings {
  return { enforcer, cluster: { podAddresses: cidrs(podCIDRs), nodeAddresses: cidrs(nodeCIDRs) } };
}

function cidrs(texts: readonly string[]) {
  const sets = texts.map((text) => {
    const reading = readCidr(text);
    return reading.ok ? reading.addresses : noAddresses;
  });
  return unionAllAddresses(sets);
}

/** Everything that one endpoint may send another, as `TCP 80,443 UDP 53`, `all` or `none`, with ` ?` where some is unknown. */
export function between(report: ReachReport, from: string, to: string): string {
  const connection = report.connections.find((one) => one.from === from && one.to === to);
  const unknown = report.unknown.some((one) => one.from === from && one.to === to) ? ' ?' : '';
  if (connection === undefined) return `none${unknown}`;
  if (connection.all) return `all${unknown}`;
  const parts = (['TCP', 'UDP', 'SCTP', 'other'] as const).filter((name) => connection[name].length > 0);
  return `${parts.map((name) => `${name} ${connection[name].join()}`).join(' ')}${unknown}`;
}

export function reach(world: World, from: string, to: string, given: Given = {}): string {
  return between(reachReport(world, settingsOf(given)), from, to);
}
