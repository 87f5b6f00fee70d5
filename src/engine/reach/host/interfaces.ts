import type { HostEndpoint } from '../../model/host-endpoint.ts';
import type { World } from '../../model/world.ts';
import { overlapAddresses } from '../../sets/addresses.ts';

/**
 * The host endpoints that share their interface with another one, for all that can be known: of the same name, or, where
 * one is known by its addresses alone, with an address in common. Which of them counts, nobody says.
 */
export function competing(world: World): ReadonlySet<HostEndpoint> {
  const found = new Set<HostEndpoint>();
  for (const hosts of Map.groupBy(world.objects('hostEndpoints'), ({ node }) => node).values()) {
    if (hosts.length === 1) continue;
    for (const host of hosts) if (hosts.some((other) => other !== host && compete(host, other))) found.add(host);
  }
  return found;
}

function compete(a: HostEndpoint, b: HostEndpoint): boolean {
  if (a.interfaceName !== undefined && b.interfaceName !== undefined) return a.interfaceName === b.interfaceName;
  // One that stands for all interfaces gives way to any other.
  return a.interfaceName !== '*' && b.interfaceName !== '*' && overlapAddresses(a.expectedIPs, b.expectedIPs);
}

/** An interface of a node, as a host endpoint points at it. */
export type Interface = Pick<HostEndpoint, 'node' | 'interfaceName' | 'expectedIPs'>;

/** The host endpoints of a World by their nodes. */
export type HostsByNode = ReadonlyMap<string, readonly HostEndpoint[]>;

const byNode = new WeakMap<World, HostsByNode>();

/** Worked out once while nothing changes that decides about hosts. */
export function hostsByNode({ ofHosts }: World): HostsByNode {
  const known = byNode.get(ofHosts) ?? Map.groupBy(ofHosts.objects('hostEndpoints'), ({ node }) => node);
  byNode.set(ofHosts, known);
  return known;
}

/**
 * The host endpoint that governs an interface: that of its name or its addresses, else the one for all interfaces.
 * Undefined where nothing polices it.
 */
export function governing(
  hosts: HostsByNode,
  { node, interfaceName, expectedIPs }: Interface,
): HostEndpoint | undefined {
  const own = hosts.get(node) ?? [];
  return (
    own.find((host) => host.interfaceName !== undefined && host.interfaceName === interfaceName) ??
    own.find((host) => host.interfaceName === undefined && overlapAddresses(host.expectedIPs, expectedIPs)) ??
    own.find((host) => host.interfaceName === '*')
  );
}
