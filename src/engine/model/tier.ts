/** What becomes of traffic that the policies of a tier govern and none of their rules decides. */
export type TierDefault = 'deny' | 'pass';

/** A tier as the cluster defines it. Lower orders decide first, of equal ones the first by name. */
export interface TierDefinition {
  readonly name: string;
  readonly order: number;
  readonly defaultAction: TierDefault;
}

/** Where policies stand that name no tier, and those of Kubernetes. */
export const defaultTier = 'default';

/** The order of the tier `default`, and of one that gives none. */
export const defaultTierOrder = 1_000_000;

/**
 * The tiers that are there without anybody having made them; nothing that an object says of these changes them.
 * Kubernetes NetworkPolicies stand in `default`.
 *
 * Source: projectcalico/calico api/pkg/apis/projectcalico/v3/tier.go.
 */
export const builtInTiers: ReadonlyMap<string, TierDefinition> = new Map(
  (
    [
      { name: 'default', order: defaultTierOrder, defaultAction: 'deny' },
      { name: 'kube-admin', order: 1_000, defaultAction: 'pass' },
      { name: 'kube-baseline', order: 10_000_000, defaultAction: 'pass' },
    ] as const
  ).map((tier) => [tier.name, tier]),
);
