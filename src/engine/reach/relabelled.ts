import { namespaceKey } from '../model/attributes.ts';
import { withinNamespace } from '../model/governing.ts';
import type { Namespace } from '../model/namespace.ts';
import type { ObjectRef } from '../model/object.ts';
import { type Direction, directions } from '../model/policy.ts';
import type { Trusting, Trusts } from '../model/trusts.ts';
import { boxKeys, coverage } from '../sets/labels.ts';

/** Policies that begin, or cease, to let pods of a namespace through in one direction. */
export interface Relabelled {
  readonly direction: Direction;
  readonly gained: readonly ObjectRef[];
  readonly lost: readonly ObjectRef[];
}

/**
 * What policies make of another labelling of a namespace, as far as their peers look at the label `key`. Some traffic of
 * some pod that may ever be there is enough.
 */
export function relabelled(
  policies: readonly Trusting[],
  key: string,
  before: Namespace,
  after: Namespace,
): readonly Relabelled[] {
  const alike = Map.groupBy(policies, ({ trusts }) => trusts);
  const changed = (direction: Direction, now: Namespace, then: Namespace) =>
    [...alike].flatMap(([trusts, some]) =>
      admitsMore(trusts[direction], key, now, then) ? some.map(({ ref }) => ref) : [],
    );
  return directions.map((direction) => ({
    direction,
    gained: changed(direction, before, after),
    lost: changed(direction, after, before),
  }));
}

/** Whether peers that look at the label admit pods of the namespace as it is `then` that no peer admits as it is `now`. */
function admitsMore(trusts: Trusts[Direction], key: string, now: Namespace, then: Namespace): boolean {
  for (const boxes of trusts) {
    const reading = boxes.filter((box) => boxKeys(box).includes(namespaceKey(key)));
    if (reading.length === 0) continue;
    const admitted = boxes.flatMap((box) => withinNamespace(box, now) ?? []);
    const coming = reading.flatMap((box) => withinNamespace(box, then) ?? []);
    // What would cost too much to decide is told: better one warning too many than an opening that nobody hears of.
    if (coming.some((box) => coverage(box, admitted).answer !== 'covered')) return true;
  }
  return false;
}
