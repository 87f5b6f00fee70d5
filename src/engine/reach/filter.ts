import { containsAddresses } from '../sets/addresses.ts';
import { readAddress } from '../sets/cidr.ts';
import type { Endpoint, WorkloadEndpoint } from './endpoints.ts';

/** Which connections a report lists; undefined is every one. */
export interface ReachFilters {
  /** An endpoint's id, `namespace/name`, `namespace/` for all of a namespace, or an address. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export function matchesFilter(endpoint: Endpoint, filter: string | undefined): boolean {
  if (endpoint.kind === 'Workload') return matchesWorkload(endpoint, filter);
  if (filter === undefined || endpoint.id === filter) return true;
  if (endpoint.kind === 'Host')
    return filter === `${endpoint.node}/${endpoint.name}` || filter === `host:${endpoint.node}/${endpoint.name}`;
  const address = readAddress(filter);
  return address.ok && containsAddresses(endpoint.addresses, address.addresses);
}

/** What a workload is called by, in a World and in a report alike. */
export type WorkloadName = Pick<WorkloadEndpoint, 'id' | 'namespace' | 'name'> & {
  readonly members?: readonly string[];
};

export function matchesWorkload(workload: WorkloadName, filter: string | undefined): boolean {
  return filter === undefined || goesBy(workload, filter) || filter === `${workload.namespace}/`;
}

/** Whether a workload is called by its id or by `namespace/name`, its own name or that of one of its pods. */
export function goesBy(workload: WorkloadName, text: string): boolean {
  const { id, namespace, name, members = [] } = workload;
  return text === id || text === `${namespace}/${name}` || members.some((member) => text === `${namespace}/${member}`);
}

/** A sentence for a filter that no endpoint (of `endpointsOf`) matches; undefined where each matches one. */
export function unmatchedFilter(endpoints: readonly Endpoint[], filters: ReachFilters): string | undefined {
  for (const [flag, filter] of [
    ['--from', filters.from],
    ['--to', filters.to],
  ]) {
    if (filter === undefined || endpoints.some((endpoint) => matchesFilter(endpoint, filter))) continue;
    return `${flag} ${filter} matches no endpoint: write namespace/name, an address, or an id that \`sekisho reach\` lists.`;
  }
  return undefined;
}
