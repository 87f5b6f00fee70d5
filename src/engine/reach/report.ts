import type { EnforcerProfile } from '../model/cluster-facts.ts';
import type { World } from '../model/world.ts';
import { isNoTraffic, type Traffic } from '../sets/traffic.ts';
import { type Connection, type TrafficLists, trafficLists } from './connection.ts';
import { type Endpoint, endpointsOf } from './endpoints.ts';
import { matchesFilter, type ReachFilters } from './filter.ts';
import type { ReachSettings } from './match.ts';
import { Reachability } from './reachability.ts';
import { sayReasons, type UnknownReason } from './unknown-reason.ts';

/** Who can reach whom, in the promised shape. */
export interface ReachReport {
  readonly apiVersion: 'sekisho.dev/v1alpha1';
  readonly kind: 'ReachReport';
  readonly profile: EnforcerProfile;
  readonly endpoints: readonly EndpointEntry[];
  /** Every ordered pair with some traffic that is certain to be allowed; sorted by `from`, then `to`. */
  readonly connections: readonly Connection[];
  /** Every ordered pair with some traffic that may or may not be allowed; sorted likewise. */
  readonly unknown: readonly UnknownEntry[];
}

export type EndpointEntry = WorkloadEntry | HostEntry | RangeEntry;

interface WorkloadEntry {
  readonly id: string;
  readonly kind: 'Workload';
  readonly namespace: string;
  readonly name: string;
  readonly hostNetwork: boolean;
  readonly addresses: readonly string[];
  /** Where an enforced policy governs the direction, so that what no rule lists is dropped. */
  readonly isolated: { readonly ingress: boolean; readonly egress: boolean };
}

interface HostEntry {
  readonly id: string;
  readonly kind: 'Host';
  readonly node: string;
  readonly name: string;
  readonly addresses: readonly string[];
}

interface RangeEntry {
  readonly id: string;
  readonly kind: 'Addresses';
}

export interface UnknownEntry {
  readonly from: string;
  readonly to: string;
  /** In English. */
  readonly why: string;
  readonly reasons: readonly UnknownReason[];
}

/**
 * The full report. A pair of addresses is not in it, since no policy of the cluster decides about it, nor is an endpoint
 * with itself.
 *
 * What NetworkPolicy leaves open about other protocols than TCP, UDP and SCTP is not listed as unknown: it would be
 * there for every isolated endpoint. Such traffic counts as allowed only where a rule allows every protocol.
 */
export function reachReport(world: World, settings: ReachSettings, filters: ReachFilters = {}): ReachReport {
  const endpoints = endpointsOf([world], settings.enforcer);
  const reach = new Reachability(world, settings);
  const listed = listing();
  const connections: Connection[] = [];
  const unknown: UnknownEntry[] = [];
  for (const [from, to] of pairsOf(endpoints, filters)) {
    const { allowed, reasons } = reach.betweenAll(from.parties, to.parties);
    if (!isNoTraffic(allowed)) connections.push({ from: from.id, to: to.id, ...listed(allowed) });
    if (reasons.length > 0) unknown.push({ from: from.id, to: to.id, why: sayReasons(reasons, 'en'), reasons });
  }
  return {
    apiVersion: 'sekisho.dev/v1alpha1',
    kind: 'ReachReport',
    profile: settings.enforcer,
    endpoints: endpoints
      .filter((endpoint) => matchesFilter(endpoint, filters.from) || matchesFilter(endpoint, filters.to))
      .map((endpoint) => entryOf(endpoint, reach)),
    connections,
    unknown,
  };
}

function entryOf(endpoint: Endpoint, reach: Reachability): EndpointEntry {
  const { id, kind } = endpoint;
  if (kind === 'Addresses') return { id, kind };
  if (kind === 'Host') {
    const { node, name, addresses } = endpoint;
    return { id, kind, node, name, addresses };
  }
  const { namespace, name, hostNetwork, addresses } = endpoint;
  const isolated = {
    ingress: reach.isolates(endpoint.parties, 'ingress'),
    egress: reach.isolates(endpoint.parties, 'egress'),
  };
  return { id, kind, namespace, name, hostNetwork, addresses, isolated };
}

/** The pairs that a report speaks of, in its order. */
export function* pairsOf(
  endpoints: readonly Endpoint[],
  filters: ReachFilters,
): IterableIterator<readonly [Endpoint, Endpoint]> {
  const sorted = endpoints.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const sources = sorted.filter((endpoint) => matchesFilter(endpoint, filters.from));
  const destinations = sorted.filter((endpoint) => matchesFilter(endpoint, filters.to));
  const named = destinations.filter((endpoint) => endpoint.kind !== 'Addresses');
  for (const from of sources) {
    for (const to of from.kind === 'Addresses' ? named : destinations) if (from.id !== to.id) yield [from, to];
  }
}

/** Writes traffic as lists, each value once: thousands of connections share a handful of them. */
export function listing(): (traffic: Traffic) => TrafficLists {
  const known = new Map<Traffic, TrafficLists>();
  return (traffic) => {
    const lists = known.get(traffic) ?? trafficLists(traffic);
    known.set(traffic, lists);
    return lists;
  };
}
