import type { Packet } from './packet.ts';
import { type CompiledRule, type Direction, type Policy, policyId } from './policy.ts';
import { matchesRule } from './rules.ts';
import { UndefinedByFacts } from './undefined.ts';
import type { Tier, World } from './world.ts';

/** Tiers, policies, rules in their order (facts §4.1). */

export type Stage = 'workload' | 'untracked' | 'pre-DNAT' | 'forwarded' | 'normal';

export type Decider =
  | {
      readonly kind: 'rule';
      readonly stage: Stage;
      readonly tier: string;
      readonly policy: string;
      readonly path: string;
    }
  /** A tier's default action. */
  | { readonly kind: 'tier'; readonly stage: Stage; readonly tier: string }
  /** `path` where it is a rule of a Profile object. */
  | { readonly kind: 'profile'; readonly profile: string; readonly path?: string }
  /** A host endpoint names a profile that is not there, for which Felix puts one that drops everything. */
  | { readonly kind: 'missing-profile'; readonly profile: string }
  /** Neither a tier nor a profile accepted. */
  | { readonly kind: 'end'; readonly stage: Stage }
  | { readonly kind: 'failsafe'; readonly stage: Stage }
  /** No policy for forwarded traffic in that direction. */
  | { readonly kind: 'not-forwarding' }
  /** An outside address, or an interface without host endpoint. */
  | { readonly kind: 'not-policed' }
  /** A node to the pods on it. */
  | { readonly kind: 'own-node' }
  /** A pod to itself. */
  | { readonly kind: 'itself' }
  /** A pod to the node that it is on. */
  | { readonly kind: 'endpoint-to-host'; readonly action: string }
  | { readonly kind: 'undefined'; readonly why: string };

export interface Answer {
  readonly verdict: 'allow' | 'deny';
  readonly by: Decider;
}

/**
 * What the tiers say. Undefined where they let the packet pass on.
 *
 * @param policies those that select the endpoint in this direction and belong to the stage
 */
export function walkTiers(
  world: World,
  policies: readonly Policy[],
  direction: Direction,
  stage: Stage,
  packet: Packet,
): Answer | undefined {
  // Facts §4.3: before the normal and the forwarded stage the end of a tier never drops.
  const passesOn = stage === 'untracked' || stage === 'pre-DNAT';
  tiers: for (const tier of tiersOf(world, policies)) {
    const own = inOrder(policies.filter((policy) => policy.tier === tier.name));
    if (own.length === 0) continue;
    for (const policy of own) {
      const rule = firstFinal(world, policy.rules[direction], packet);
      if (rule === undefined) continue;
      if (rule.action === 'Pass') continue tiers;
      const by = { kind: 'rule', stage, tier: tier.name, policy: policyId(policy), path: rule.path } as const;
      return { verdict: rule.action === 'Allow' ? 'allow' : 'deny', by };
    }
    if (tier.defaultAction === 'Deny' && !passesOn) {
      return { verdict: 'deny', by: { kind: 'tier', stage, tier: tier.name } };
    }
  }
  return undefined;
}

/** The first rule for the packet that is more than a Log, which goes on (facts §4.1.5). */
export function firstFinal(world: World, rules: readonly CompiledRule[], packet: Packet): CompiledRule | undefined {
  return rules.find((rule) => rule.action !== 'Log' && matchesRule(world, rule, packet));
}

/** Facts §2.8: a tier that does not exist comes after all others and ends in deny. */
function tiersOf(world: World, policies: readonly Policy[]): readonly Tier[] {
  const known = new Set(world.tiers.map(({ name }) => name));
  const missing = [...new Set(policies.map(({ tier }) => tier).filter((name) => !known.has(name)))];
  if (missing.length > 1) throw new UndefinedByFacts('§2.8: the order of several tiers that do not exist');
  return [
    ...world.tiers,
    ...missing.map((name) => ({ name, order: Number.POSITIVE_INFINITY, defaultAction: 'Deny' as const })),
  ];
}

/** Facts §4.1.4, as of 3.32: by order, name, namespace, kind. */
function inOrder(policies: readonly Policy[]): readonly Policy[] {
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return policies.toSorted((a, b) => {
    if (a.order !== b.order) return a.order < b.order ? -1 : 1;
    const named = compare(a.name, b.name) || compare(a.namespace, b.namespace);
    if (named !== 0) return named;
    if (a.api !== b.api) throw new UndefinedByFacts('§4.1.4: what kind a Kubernetes policy has in the order of kinds');
    return compare(a.kind, b.kind);
  });
}
