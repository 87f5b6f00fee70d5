import type { Policy } from '../model/policy.ts';
import type { TierDefault, TierDefinition } from '../model/tier.ts';

/** A tier with the policies of it that govern one endpoint in one direction, in the order in which they decide. */
export interface Tier {
  readonly name: string;
  readonly defaultAction: TierDefault;
  readonly policies: readonly Policy[];
}

/**
 * Puts governing policies into their tiers. A tier without any has no say and is left out. A policy that names a tier
 * nobody defined decides last and ends in deny, as Calico has it.
 */
export function intoTiers(
  policies: readonly Policy[],
  definitionOf: (tier: string) => TierDefinition | undefined,
): readonly Tier[] {
  const byName = Map.groupBy(policies, (policy) => policy.tier);
  return inTierOrder(byName.keys(), definitionOf).map(({ name, defaultAction }) => ({
    name,
    defaultAction,
    policies: (byName.get(name) ?? []).toSorted(byOrder),
  }));
}

/** Tiers by their names, in the order in which they decide; one that nobody defined comes last and ends in deny. */
export function inTierOrder(
  names: Iterable<string>,
  definitionOf: (tier: string) => TierDefinition | undefined,
): readonly TierDefinition[] {
  return Array.from(names, (name) => definitionOf(name) ?? undefinedTier(name)).sort(byTierOrder);
}

/** Whether the first tier decides before the other one. */
export function isEarlierTier(
  name: string,
  other: string,
  definitionOf: (tier: string) => TierDefinition | undefined,
): boolean {
  return byTierOrder(definitionOf(name) ?? undefinedTier(name), definitionOf(other) ?? undefinedTier(other)) < 0;
}

function undefinedTier(name: string): TierDefinition {
  return { name, order: Number.POSITIVE_INFINITY, defaultAction: 'deny' };
}

function byTierOrder(a: TierDefinition, b: TierDefinition): number {
  return compare(a.order, b.order) || compare(a.name, b.name);
}

/**
 * Order, then name, namespace and kind, so that policies of equal order decide the same way every time.
 *
 * Source: projectcalico/calico felix/calc/policy_sorter.go.
 */
export function byOrder(a: Policy, b: Policy): number {
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
