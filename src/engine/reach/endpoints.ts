import type { EnforcerProfile } from '../model/cluster-facts.ts';
import type { PodClass } from '../model/endpoint.ts';
import type { HostEndpoint } from '../model/host-endpoint.ts';
import type { World } from '../model/world.ts';
import { type AddressSet, addressCidrs } from '../sets/addresses.ts';
import { addressRangesOf } from './address-ranges.ts';
import { type HostParty, hostParty, type Party, type PodParty, podParty } from './party.ts';

/** An end of the connections that a report lists. */
export type Endpoint = WorkloadEndpoint | InterfaceEndpoint | RangeEndpoint;

export interface WorkloadEndpoint {
  readonly kind: 'Workload';
  /** `shop/web[Deployment]`. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly hostNetwork: boolean;
  readonly addresses: readonly string[];
  /** Names of its pods, where these are known. */
  readonly members: readonly string[];
  /** How many pods go by this name, as far as is known. */
  readonly count: number;
  /** One for each class of pods under this name. Several where they differ. */
  readonly parties: readonly PodParty[];
}

export interface InterfaceEndpoint {
  readonly kind: 'Host';
  /** `node1/eth0[HostEndpoint]`. */
  readonly id: string;
  readonly node: string;
  /** Of the interface; of the object where it names none. */
  readonly name: string;
  readonly addresses: readonly string[];
  readonly parties: readonly HostParty[];
}

export interface RangeEndpoint {
  readonly kind: 'Addresses';
  /** `0.0.0.0-9.255.255.255`. */
  readonly id: string;
  readonly addresses: AddressSet;
  readonly parties: readonly Party[];
}

/** The ends there are in any of these Worlds: workloads and hosts sorted by id, then address ranges. */
export function endpointsOf(worlds: readonly World[], enforcer: EnforcerProfile): readonly Endpoint[] {
  const named = new Map(worlds.flatMap((world) => [...namedEndpointsOf(world, enforcer)]));
  return [...[...named.values()].sort(byId), ...rangesOf(worlds)];
}

/** The ends that objects of a World make, by id. */
export function namedEndpointsOf(
  world: World,
  enforcer: EnforcerProfile,
): ReadonlyMap<string, WorkloadEndpoint | InterfaceEndpoint> {
  const found = new Map<string, WorkloadEndpoint | InterfaceEndpoint>(workloadsOf(world, enforcer));
  for (const host of hostsOf(world)) found.set(host.id, host);
  return found;
}

function byId(a: Endpoint, b: Endpoint): number {
  return a.id < b.id ? -1 : 1;
}

/** The workloads of a World by id, sorted by it. */
export function workloadsOf(world: World, enforcer: EnforcerProfile): ReadonlyMap<string, WorkloadEndpoint> {
  const found: WorkloadEndpoint[] = [];
  for (const name of world.populatedNamespaces()) {
    const grouped = Map.groupBy(world.podsOf(name).filter(isEndpoint), idOf);
    for (const [id, pods] of grouped) {
      found.push({
        kind: 'Workload',
        id,
        namespace: name,
        name: pods[0]?.workload?.name ?? '',
        hostNetwork: pods.some((pod) => pod.hostNetwork),
        addresses: [...new Set(pods.flatMap((pod) => pod.addresses))].sort(),
        members: pods.flatMap((pod) => pod.members ?? []),
        count: Math.max(
          pods.reduce((sum, pod) => sum + pod.count, 0),
          pods.some(isOneForEachOfMany) ? 2 : 0,
        ),
        parties: pods.map((pod) => podParty(pod, world, enforcer)),
      });
    }
  }
  return new Map(found.sort(byId).map((endpoint) => [endpoint.id, endpoint]));
}

/** The host endpoints of a World, sorted by id. Of several for one interface, each is called by its own name. */
export function hostsOf(world: World): readonly InterfaceEndpoint[] {
  const hosts = [...world.objects('hostEndpoints')];
  const interfaceOf = ({ node, interfaceName }: HostEndpoint): string => `${node}/${interfaceName ?? ''}`;
  const shared = Map.groupBy(hosts, interfaceOf);
  return hosts
    .map((host): InterfaceEndpoint => {
      const alone = shared.get(interfaceOf(host))?.length === 1;
      const name = alone ? (host.interfaceName ?? host.ref.name) : host.ref.name;
      return {
        kind: 'Host',
        id: `${host.node}/${name}[HostEndpoint]`,
        node: host.node,
        name,
        addresses: addressTexts(host.expectedIPs),
        parties: [hostParty(host, world)],
      };
    })
    .sort(byId);
}

/** Single addresses as such, and more of them as ranges. */
function addressTexts(addresses: AddressSet): readonly string[] {
  return addressCidrs(addresses).map((cidr) => cidr.replace(/\/(32|128)$/, ''));
}

/** The address ranges that no policy of any of these Worlds tells apart, IPv4 first and in order. */
export function rangesOf(worlds: readonly World[]): readonly RangeEndpoint[] {
  return addressRangesOf(worlds).map(({ id, addresses, party }) => ({
    kind: 'Addresses',
    id,
    addresses,
    parties: [party],
  }));
}

/** Finished and terminating pods take no traffic. A workload scaled to zero stays: it is written down to be there. */
function isEndpoint(pod: PodClass): boolean {
  return pod.running || pod.count === 0;
}

/** Kinds that make a pod a node, or one after another: how many is not written down, and seldom one. */
function isOneForEachOfMany({ workload }: PodClass): boolean {
  return workload?.kind === 'DaemonSet' || workload?.kind === 'CronJob';
}

/** Pods of a watched World belong to no document; they go by their labels. */
function idOf(pod: PodClass): string {
  const { namespace, workload, labels } = pod;
  if (workload !== undefined) return `${namespace}/${workload.name}[${workload.kind}]`;
  const written = [...labels].map(([key, value]) => `${key}=${value}`).sort();
  return `${namespace}/${written.join(',')}[Pods]`;
}
