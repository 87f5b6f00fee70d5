import { namespaceKey } from '../model/attributes.ts';
import { withinNamespace } from '../model/governing.ts';
import type { Namespace } from '../model/namespace.ts';
import { type Direction, directions, isEveryone, type Policy, ruleList } from '../model/policy.ts';
import { boxKeys, coverage, type LabelBox } from '../sets/labels.ts';
import { isNoTraffic, trafficKey } from '../sets/traffic.ts';

/** Policies that begin, or cease, to let pods of a namespace through in one direction. */
export interface Relabelled {
  readonly direction: Direction;
  readonly gained: readonly Policy[];
  readonly lost: readonly Policy[];
}

/**
 * What policies make of another labelling of a namespace, as far as their peers look at the label `key`. Some traffic of
 * some pod that may ever be there is enough.
 */
export function relabelled(
  policies: readonly Policy[],
  key: string,
  before: Namespace,
  after: Namespace,
): readonly Relabelled[] {
  return directions.map((direction) => ({
    direction,
    gained: policies.filter((policy) => admitsMore(policy, direction, key, before, after)),
    lost: policies.filter((policy) => admitsMore(policy, direction, key, after, before)),
  }));
}

/** Whether peers that look at the label admit pods of the namespace as it is `then` that no peer admits as it is `now`. */
function admitsMore(policy: Policy, direction: Direction, key: string, now: Namespace, then: Namespace): boolean {
  if (!policy.enforced || !ruleList(policy, direction).applies) return false;
  for (const boxes of peersByTraffic(policy, direction)) {
    const reading = boxes.filter((box) => boxKeys(box).includes(namespaceKey(key)));
    if (reading.length === 0) continue;
    const admitted = boxes.flatMap((box) => withinNamespace(box, now) ?? []);
    const coming = reading.flatMap((box) => withinNamespace(box, then) ?? []);
    // What would cost too much to decide is told: better one warning too many than an opening that nobody hears of.
    if (coming.some((box) => coverage(box, admitted).answer !== 'covered')) return true;
  }
  return false;
}

/** The peers of all allow rules with the same traffic, as boxes; none where those rules are open to everyone anyway. */
function peersByTraffic(policy: Policy, direction: Direction): readonly (readonly LabelBox[])[] {
  const byTraffic = new Map<string, LabelBox[] | 'any'>();
  for (const rule of ruleList(policy, direction).rules) {
    if (rule.action !== 'allow' || isNoTraffic(rule.traffic)) continue;
    const traffic = trafficKey(rule.traffic);
    const boxes = byTraffic.get(traffic) ?? [];
    if (boxes === 'any') continue;
    if (rule.peers.some(isEveryone)) byTraffic.set(traffic, 'any');
    else {
      for (const peer of rule.peers) if (peer.endpoints !== 'any') boxes.push(...peer.endpoints);
      byTraffic.set(traffic, boxes);
    }
  }
  return [...byTraffic.values()].filter((boxes) => boxes !== 'any');
}
