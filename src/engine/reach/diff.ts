import type { EnforcerProfile } from '../guardrails/guardrail-set.ts';
import type { World } from '../model/world.ts';
import { isNoTraffic, noTraffic, subtractTraffic, type Traffic } from '../sets/traffic.ts';
import type { Connection } from './connection.ts';
import { type Endpoint, rangesOf, workloadsOf } from './endpoints.ts';
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
  const ranges = rangesOf([before, after]);
  const old = snapshot(before, ranges, settings);
  const now = snapshot(after, ranges, settings);
  const opened: Connection[] = [];
  const closed: Connection[] = [];
  for (const [from, to] of pairsOf([...new Map([...old.endpoints, ...now.endpoints]).values()], filters)) {
    const was = old.allowed(from.id, to.id);
    const is = now.allowed(from.id, to.id);
    const gained = subtractTraffic(is, was);
    const lost = subtractTraffic(was, is);
    if (!isNoTraffic(gained)) opened.push({ from: from.id, to: to.id, ...listed(gained) });
    if (!isNoTraffic(lost)) closed.push({ from: from.id, to: to.id, ...listed(lost) });
  }
  return { apiVersion: 'sekisho.dev/v1alpha1', kind: 'ReachDiff', profile: settings.enforcer, opened, closed };
}

interface Snapshot {
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** What is certain to get from one endpoint to the other; nothing where the World lacks either. */
  readonly allowed: (from: string, to: string) => Traffic;
}

function snapshot(world: World, ranges: readonly Endpoint[], settings: ReachSettings): Snapshot {
  const endpoints = new Map<string, Endpoint>(workloadsOf(world));
  for (const range of ranges) endpoints.set(range.id, range);
  const reach = new Reachability(world, settings);
  return {
    endpoints,
    allowed: (from, to) => {
      const sender = endpoints.get(from);
      const receiver = endpoints.get(to);
      return sender === undefined || receiver === undefined
        ? noTraffic
        : reach.betweenAll(sender.parties, receiver.parties).allowed;
    },
  };
}
