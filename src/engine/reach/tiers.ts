import type { Policy } from '../model/policy.ts';

/** A tier as the cluster defines it. Lower orders decide first. */
export interface TierDefinition {
  readonly name: string;
  readonly order: number;
  readonly defaultAction: TierDefault;
}

/** What becomes of traffic that the policies of a tier govern and none of their rules decides. */
type TierDefault = 'deny' | 'pass';

/** A tier with the policies of it that govern one endpoint in one direction, in the order in which they decide. */
export interface Tier {
  readonly name: string;
  readonly defaultAction: TierDefault;
  readonly policies: readonly Policy[];
}

/** Kubernetes NetworkPolicies stand in `default`; its order is the one that Calico gives it. */
const builtInTiers: readonly TierDefinition[] = [{ name: 'default', order: 1_000_000, defaultAction: 'deny' }];

/**
 * Puts governing policies into their tiers. A tier without any has no say and is left out. A policy that names a tier
 * nobody defined decides last and ends in deny, as Calico has it.
 */
export function intoTiers(
  policies: readonly Policy[],
  defined: readonly TierDefinition[] = builtInTiers,
): readonly Tier[] {
  const definitions = new Map(defined.map((tier) => [tier.name, tier]));
  const byName = Map.groupBy(policies, (policy) => policy.tier);
  return Array.from(byName, ([name, members]) => {
    const { order, defaultAction } = definitions.get(name) ?? {
      order: Number.POSITIVE_INFINITY,
      defaultAction: 'deny',
    };
    return { order, tier: { name, defaultAction, policies: members.toSorted(byOrder) } };
  })
    .sort((a, b) => compare(a.order, b.order) || compare(a.tier.name, b.tier.name))
    .map(({ tier }) => tier);
}

/**
 * Order, then name, namespace and kind, so that policies of equal order decide the same way every time.
 *
 * Source: projectcalico/calico felix/calc/policy_sorter.go.
 */
function byOrder(a: Policy, b: Policy): number {
  return (
    compare(a.order, b.order) ||
    compare(a.ref.name, b.ref.name) ||
    compare(a.ref.namespace ?? '', b.ref.namespace ?? '') ||
    compare(a.ref.kind, b.ref.kind) ||
    compare(a.ref.group, b.ref.group)
  );
}

function compare<T extends string | number>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
