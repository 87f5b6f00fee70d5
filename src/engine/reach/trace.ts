import { type FieldPath, formatPath } from '../json/path.ts';
import { refName } from '../model/object.ts';
import { type Policy, ruleList } from '../model/policy.ts';
import {
  intersectTraffic,
  isNoTraffic,
  noTraffic,
  subtractTraffic,
  type Traffic,
  unionTraffic,
} from '../sets/traffic.ts';
import type { Decision } from './fold.ts';
import type { Tier } from './tiers.ts';
import { joinReasons, type UnknownReason } from './unknown-reason.ts';

export type FlowVerdict = 'allow' | 'deny' | 'unknown';

/** A rule, a policy's subject or a tier that decides about a flow. Where nothing but a profile does, nobody is named. */
export interface Decider {
  /** `shop/web`, or the name alone where the policy has no namespace; a tier's name where its default action decides. */
  readonly object: string;
  /**
   * `spec.egress[0]`; `spec.podSelector` or the like where selecting the endpoint is what isolates it; and
   * `spec.defaultAction` of a tier that is not `default`, which always denies.
   */
  readonly path: string;
  /** At which stage of a host endpoint it decides; absent where a pod's policies do. */
  readonly stage?: DecidingStage | undefined;
}

/**
 * Where on the way of a packet at a host endpoint something decides: `failsafe` is a list of ports that no policy closes,
 * `forwarded` what decides about traffic that the host only passes on.
 */
export type DecidingStage = 'untracked' | 'pre-dnat' | 'failsafe' | 'forwarded' | 'normal' | 'profile';

export interface Traced {
  readonly verdict: FlowVerdict;
  readonly by: readonly Decider[];
  /** What of the flow may pass: all of it where it is allowed, nothing where it is denied. */
  readonly possible: Traffic;
  /** Why it is unknown; empty for the other verdicts, and where it is only that a part of the flow is allowed. */
  readonly reasons: readonly UnknownReason[];
}

/**
 * The fold for one flow, with what decides it:
 *
 * - allowed: every rule that allows it, not only the first; where no tier decides afterwards, the rules and tiers that
 *   pass it on to the profile, which allows;
 * - denied: the rules that deny it, and the subjects of the policies that isolate the endpoint where no rule lists it,
 *   with their tier;
 * - unknown: the rules that may decide it, or else those subjects.
 *
 * `flow` is most often a single port; of a wider one, such as all ICMP, a part may be allowed and a part denied, which
 * is unknown too.
 */
export function trace(decision: Decision, flow: Traffic): Traced {
  const allowing = new Deciders(flow);
  const denying = new Deciders(flow);
  const passing = new Deciders(flow);
  const isolating = new Deciders(flow);
  let arriving = flow;
  let allowed: Traffic = noTraffic;
  let denied: Traffic = noTraffic;
  const doubts: UnknownReason[] = [];
  for (const tier of decision.tiers) {
    let undecided = arriving;
    // What no deny or pass has surely taken: a later allow of it is still one that allows the flow.
    let open = arriving;
    let passed: Traffic = noTraffic;
    for (const policy of tier.policies) {
      for (const rule of ruleList(policy, decision.direction).rules) {
        if (rule.action === 'log') continue;
        const { must, may, doubt } = decision.matching(rule, policy);
        const taken = intersectTraffic(undecided, may);
        if (doubt !== undefined && !isNoTraffic(taken)) doubts.push(doubt);
        undecided = subtractTraffic(undecided, must);
        if (rule.action === 'allow') {
          allowing.add(policy, rule.path, intersectTraffic(open, may), must);
          allowed = unionTraffic(allowed, taken);
          continue;
        }
        open = subtractTraffic(open, must);
        if (rule.action === 'deny') {
          denying.add(policy, rule.path, taken, must);
          denied = unionTraffic(denied, taken);
        } else {
          passing.add(policy, rule.path, taken, must);
          passed = unionTraffic(passed, taken);
        }
      }
    }
    if (tier.defaultAction === 'deny') {
      for (const policy of tier.policies) isolating.add(policy, policy.subject.path, undecided, flow);
      if (tier.name !== 'default') isolating.addTier(tier, undecided, flow);
      denied = unionTraffic(denied, undecided);
    } else passing.addTier(tier, undecided, flow);
    arriving = tier.defaultAction === 'deny' ? passed : unionTraffic(passed, undecided);
  }
  if (decision.profile === 'allow') allowed = unionTraffic(allowed, arriving);
  else denied = unionTraffic(denied, arriving);
  if (isNoTraffic(denied)) return { verdict: 'allow', by: allowing.surest(passing), possible: flow, reasons: [] };
  if (isNoTraffic(allowed)) {
    return { verdict: 'deny', by: [...denying.surest(), ...isolating.surest()], possible: noTraffic, reasons: [] };
  }
  const rules = [...allowing.all(), ...denying.all()];
  const by = rules.length > 0 ? rules : isolating.all();
  return { verdict: 'unknown', by, possible: allowed, reasons: joinReasons(doubts) };
}

/** Deciders as they are met, and which of them surely match the flow. */
class Deciders {
  readonly #flow: Traffic;
  readonly #found: { readonly decider: Decider; readonly sure: boolean }[] = [];

  constructor(flow: Traffic) {
    this.#flow = flow;
  }

  /** `taken` is what the rule may decide of the flow; a rule that may decide nothing is not one that decides. */
  add(policy: Policy, path: FieldPath, taken: Traffic, must: Traffic): void {
    if (isNoTraffic(taken)) return;
    const sure = !isNoTraffic(intersectTraffic(this.#flow, must));
    this.#found.push({ decider: { object: refName(policy.ref), path: formatPath(path) }, sure });
  }

  /** What no rule of a tier decides, its default action does. */
  addTier(tier: Tier, taken: Traffic, must: Traffic): void {
    if (isNoTraffic(taken)) return;
    const sure = !isNoTraffic(intersectTraffic(this.#flow, must));
    this.#found.push({ decider: { object: tier.name, path: 'spec.defaultAction' }, sure });
  }

  all(): readonly Decider[] {
    return this.#found.map(({ decider }) => decider);
  }

  /** Those that surely match; where none does, all that may; where there are none, those of `otherwise`. */
  surest(otherwise?: Deciders): readonly Decider[] {
    const sure = this.#found.filter((one) => one.sure);
    if (sure.length > 0) return sure.map(({ decider }) => decider);
    return this.#found.length > 0 || otherwise === undefined ? this.all() : otherwise.surest();
  }
}
