import { type Direction, type Policy, type Rule, ruleList } from '../model/policy.ts';
import {
  allTraffic,
  intersectTraffic,
  isNoTraffic,
  noTraffic,
  subtractTraffic,
  type Traffic,
  unionTraffic,
} from '../sets/traffic.ts';
import type { Tier } from './tiers.ts';
import type { UnknownReason } from './unknown-reason.ts';

/** The traffic between two given ends that a rule is certain to match, and that it may match. `must` is within `may`. */
export interface Match {
  readonly must: Traffic;
  readonly may: Traffic;
  /** Why the two differ. */
  readonly doubt?: UnknownReason | undefined;
}

/** All that decides about one endpoint's traffic with one peer, in one direction. */
export interface Decision {
  readonly direction: Direction;
  /** In the order in which they decide; only tiers with a policy that governs the endpoint. */
  readonly tiers: readonly Tier[];
  /** What becomes of traffic that no tier decides: allowed for pods, denied for host endpoints. */
  readonly profile: 'allow' | 'deny';
  /** Named ports must be resolved in it: which numbers they are depends on the destination. */
  readonly matching: (rule: Rule, policy: Policy) => Match;
}

/** Traffic that is certain to be allowed, and that may be allowed. What is in neither is certain to be denied. */
export interface Outcome {
  readonly allowed: Traffic;
  readonly possible: Traffic;
  /** Why some is only possible. */
  readonly doubts: readonly UnknownReason[];
}

/**
 * The verdict fold of every dialect. Each rule takes its share of what is still undecided: allow and deny decide, pass
 * hands on to the next tier, log changes nothing. What a tier leaves undecided gets the tier's default action, and what
 * no tier decides the profile's.
 *
 * Traffic that a rule may or may not match goes both ways from there, so that nothing is called certain that is not.
 * Doubts about several rules are taken to be independent: where they are one and the same doubt, more is called
 * possible than is.
 */
export function fold(decision: Decision): Outcome {
  let arriving: Traffic = allTraffic;
  let allowed: Traffic = noTraffic;
  let denied: Traffic = noTraffic;
  const doubts: UnknownReason[] = [];
  for (const tier of decision.tiers) {
    let undecided = arriving;
    let passed: Traffic = noTraffic;
    for (const { policy, rule } of rulesOf(tier, decision.direction)) {
      if (rule.action === 'log') continue;
      const { must, may, doubt } = decision.matching(rule, policy);
      const taken = intersectTraffic(undecided, may);
      if (isNoTraffic(taken)) continue;
      if (doubt !== undefined) doubts.push(doubt);
      if (rule.action === 'allow') allowed = unionTraffic(allowed, taken);
      else if (rule.action === 'deny') denied = unionTraffic(denied, taken);
      else passed = unionTraffic(passed, taken);
      undecided = subtractTraffic(undecided, must);
      if (isNoTraffic(undecided)) break;
    }
    if (tier.defaultAction === 'deny') denied = unionTraffic(denied, undecided);
    arriving = tier.defaultAction === 'deny' ? passed : unionTraffic(passed, undecided);
  }
  if (decision.profile === 'allow') allowed = unionTraffic(allowed, arriving);
  else denied = unionTraffic(denied, arriving);
  return { allowed: subtractTraffic(allTraffic, denied), possible: allowed, doubts };
}

export interface PolicyRule {
  readonly policy: Policy;
  readonly rule: Rule;
}

/** The rules of a tier in the order in which they decide. */
export function* rulesOf(tier: Tier, direction: Direction): IterableIterator<PolicyRule> {
  for (const policy of tier.policies) for (const rule of ruleList(policy, direction).rules) yield { policy, rule };
}
