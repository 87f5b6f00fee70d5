import type { EnforcerProfile } from '../model/cluster-facts.ts';
import type { World } from '../model/world.ts';
import { isNoTraffic, noTraffic, subtractTraffic, type Traffic } from '../sets/traffic.ts';
import type { Connection } from './connection.ts';
import { type Endpoint, endpointsOf, namedEndpointsOf } from './endpoints.ts';
import type { ReachFilters } from './filter.ts';
import type { ReachSettings } from './match.ts';
import { Reachability } from './reachability.ts';
import { listing, pairsOf } from './report.ts';

/** What a report after has and the one before has not, and the reverse, in the promised shape. */
export interface ReachDiff {
  readonly apiVersion: 'sekisho.dev/v1alpha1';
  readonly kind: 'ReachDiff';
  readonly profile: EnforcerProfile;
  readonly opened: readonly Connection[];
  readonly closed: readonly Connection[];
}

/**
 * The full report after minus the full report before, and before minus after: of traffic that is certain to be allowed,
 * pair by pair. A workload that one of the Worlds lacks sends and takes nothing there, so that one which is new opens
 * all that it can reach and that reaches it. Address ranges are cut finely enough for both Worlds.
 */
export function reachDiff(before: World, after: World, settings: ReachSettings, filters: ReachFilters = {}): ReachDiff {
  const listed = listing();
  const endpoints = endpointsOf([before, after], settings.enforcer);
  const ranges = endpoints.filter((endpoint) => endpoint.kind === 'Addresses');
  const old = snapshot(before, ranges, settings);
  const now = snapshot(after, ranges, settings);
  const opened: Connection[] = [];
  const closed: Connection[] = [];
  for (const [from, to] of pairsOf(endpoints, filters)) {
    const was = old(from, to);
    const is = now(from, to);
    const gained = subtractTraffic(is, was);
    const lost = subtractTraffic(was, is);
    if (!isNoTraffic(gained)) opened.push({ from: from.id, to: to.id, ...listed(gained) });
    if (!isNoTraffic(lost)) closed.push({ from: from.id, to: to.id, ...listed(lost) });
  }
  return { apiVersion: 'sekisho.dev/v1alpha1', kind: 'ReachDiff', profile: settings.enforcer, opened, closed };
}

/** What is certain to get from one endpoint to the other in a World; nothing where it lacks either. */
function snapshot(
  world: World,
  ranges: readonly Endpoint[],
  settings: ReachSettings,
): (from: Endpoint, to: Endpoint) => Traffic {
  const own = new Map<string, Endpoint>(namedEndpointsOf(world, settings.enforcer));
  for (const range of ranges) own.set(range.id, range);
  const reach = new Reachability(world, settings);
  return (from, to) => {
    const sender = own.get(from.id);
    const receiver = own.get(to.id);
    if (sender === undefined || receiver === undefined) return noTraffic;
    return reach.betweenAll(sender.parties, receiver.parties).allowed;
  };
}
