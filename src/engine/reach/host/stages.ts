import { type Policy, type Rule, ruleList } from '../../model/policy.ts';
import type { Tier } from '../tiers.ts';
import type { DecidingStage } from '../trace.ts';
import type { UnknownReason } from '../unknown-reason.ts';
import type { SetAlgebra } from './algebra.ts';
import type { HostGate, HostProfile } from './host-gate.ts';

/** What is certain to be matched, and what may be. `must` is within `may`. */
export interface Part<S> {
  readonly must: S;
  readonly may: S;
  readonly doubt?: UnknownReason | undefined;
}

/** What is asked about, and how rules and failsafe lists answer. */
export interface HostQuestion<S> {
  readonly algebra: SetAlgebra<S>;
  /** All that is asked about. */
  readonly all: S;
  readonly rule: (rule: Rule, policy: Policy) => Part<S>;
  /** What the failsafe list of this direction keeps open. */
  readonly failsafe: Part<S>;
  /** What are replies to what the list of the other direction keeps open. */
  readonly replies: Part<S>;
}

/** Who decides about a part, at which stage. */
export interface HostDecider<S> {
  readonly stage: DecidingStage;
  readonly verdict: 'allow' | 'deny';
  readonly by: DecidedBy;
  /** What it may decide, and what of it it is certain to. */
  readonly taken: S;
  readonly surely: S;
}

export type DecidedBy =
  | { readonly kind: 'rule'; readonly policy: Policy; readonly rule: Rule; readonly tier: string }
  /** No rule of the tier lists it. */
  | { readonly kind: 'tier-end'; readonly tier: Tier }
  | { readonly kind: 'failsafe' }
  /** No policy says anything of what is forwarded in this direction. */
  | { readonly kind: 'not-forwarding' }
  | { readonly kind: 'profile'; readonly profile: HostProfile; readonly rule: Rule | undefined }
  | { readonly kind: 'missing-profile'; readonly profile: HostProfile }
  /** It answers what passed untracked, and so belongs to no connection that is known. */
  | { readonly kind: 'no-connection' }
  /** No policy decides, and no profile allows it. */
  | { readonly kind: 'end' };

/** What may be allowed and what may be denied: where neither doubts nor a part of a flow stand between, one of them is empty. */
export interface HostOutcome<S> {
  readonly allowed: S;
  readonly denied: S;
  readonly deciders: readonly HostDecider<S>[];
  readonly doubts: readonly UnknownReason[];
}

/**
 * What becomes of traffic to or from the host's own processes: the failsafe ports and the untracked policies, the
 * failsafe ports and the policies before DNAT, the failsafe ports, the policies and the profiles.
 */
export function foldLocal<S>(gate: HostGate, question: HostQuestion<S>): HostOutcome<S> {
  const fold = new StageFold(gate, question);
  fold.untracked();
  fold.beforeDnat();
  fold.failsafe();
  fold.normal();
  fold.profiles();
  return fold.outcome();
}

/**
 * What becomes of traffic that the host passes on. The failsafe ports count for the first two stages only. Whether an
 * allow before DNAT spares the policies for forwarded traffic is left open, as is what becomes of what these pass out
 * of the last tier.
 */
export function foldForwarded<S>(gate: HostGate, question: HostQuestion<S>): HostOutcome<S> {
  const fold = new StageFold(gate, question);
  fold.untracked();
  const allowedBefore = fold.beforeDnat();
  fold.forwarded(allowedBefore);
  return fold.outcome();
}

/**
 * What becomes of packets that answer untracked ones and cannot begin a connection themselves. Where no untracked rule
 * takes them they are tracked, and as the kernel knows no connection that they belong to it holds them for invalid:
 * those are dropped before any other policy, failsafe port or profile is asked.
 *
 * Source: projectcalico/calico felix/rules/endpoints.go, appendConntrackRules.
 */
export function foldUntrackedReplies<S>(gate: HostGate, question: HostQuestion<S>): HostOutcome<S> {
  const fold = new StageFold(gate, question);
  fold.untracked();
  fold.withoutConnection();
  return fold.outcome();
}

class StageFold<S> {
  readonly #gate: HostGate;
  readonly #question: HostQuestion<S>;
  readonly #sets: SetAlgebra<S>;
  readonly #deciders: HostDecider<S>[] = [];
  readonly #doubts = new Set<UnknownReason>();
  #arriving: S;

  constructor(gate: HostGate, question: HostQuestion<S>) {
    this.#gate = gate;
    this.#question = question;
    this.#sets = question.algebra;
    this.#arriving = question.all;
  }

  untracked(): void {
    if (this.#gate.untracked.length === 0) return;
    const { failsafe, replies } = this.#question;
    this.#sparing([failsafe, replies], () => this.#tiers('untracked', this.#gate.untracked, true));
  }

  /** Replies to what the failsafe list of the other direction keeps open are of connections that are tracked. */
  withoutConnection(): void {
    const { must, may, doubt } = this.#question.replies;
    const { intersect, subtract, isNone } = this.#sets;
    const spared = intersect(this.#arriving, may);
    if (!isNone(spared)) {
      if (doubt !== undefined) this.#doubts.add(doubt);
      this.#decide('untracked', 'allow', { kind: 'failsafe' }, spared, must);
    }
    const left = subtract(this.#arriving, must);
    this.#decide('untracked', 'deny', { kind: 'no-connection' }, left, subtract(left, may));
  }

  /** Gives what is allowed there. */
  beforeDnat(): S {
    const before = this.#deciders.length;
    if (this.#gate.preDnat.length > 0) {
      this.#sparing([this.#question.failsafe], () => this.#tiers('pre-dnat', this.#gate.preDnat, true));
    }
    return this.#deciders
      .slice(before)
      .filter(({ verdict }) => verdict === 'allow')
      .reduce((all, { taken }) => this.#sets.union(all, taken), this.#sets.none);
  }

  failsafe(): void {
    const { must, may, doubt } = this.#question.failsafe;
    const taken = this.#sets.intersect(this.#arriving, may);
    if (this.#sets.isNone(taken)) return;
    if (doubt !== undefined) this.#doubts.add(doubt);
    this.#decide('failsafe', 'allow', { kind: 'failsafe' }, taken, must);
    this.#arriving = this.#sets.subtract(this.#arriving, must);
  }

  normal(): void {
    this.#tiers('normal', this.#gate.normal, false);
  }

  forwarded(allowedBefore: S): void {
    const { forwarded } = this.#gate;
    if (forwarded.length === 0) {
      this.#decide('forwarded', 'allow', { kind: 'not-forwarding' }, this.#arriving, this.#arriving);
      return;
    }
    if (!this.#sets.isNone(allowedBefore)) {
      this.#arriving = this.#sets.union(this.#arriving, allowedBefore);
      this.#doubts.add('forwarded');
    }
    this.#tiers('forwarded', forwarded, false);
    if (this.#sets.isNone(this.#arriving)) return;
    this.#doubts.add('forwarded');
    for (const verdict of ['allow', 'deny'] as const) {
      this.#decide('forwarded', verdict, { kind: 'end' }, this.#arriving, this.#sets.none);
    }
  }

  profiles(): void {
    for (const profile of this.#gate.profiles) {
      if (this.#sets.isNone(this.#arriving)) return;
      const { is } = profile;
      if (is.kind === 'allow' || is.kind === 'missing') {
        const by = { kind: is.kind === 'allow' ? 'profile' : 'missing-profile', profile, rule: undefined } as const;
        const verdict = is.kind === 'allow' ? 'allow' : 'deny';
        this.#decide('profile', verdict, by, this.#arriving, this.#arriving);
        this.#arriving = this.#sets.none;
      } else if (is.kind === 'unknown') {
        this.#doubts.add('profile-unknown');
        for (const verdict of ['allow', 'deny'] as const) {
          const by = { kind: 'profile', profile, rule: undefined } as const;
          this.#decide('profile', verdict, by, this.#arriving, this.#sets.none);
        }
      } else if (is.kind === 'rules') this.#profileRules(profile, is.rules);
    }
    this.#decide('profile', 'deny', { kind: 'end' }, this.#arriving, this.#arriving);
  }

  outcome(): HostOutcome<S> {
    const all = (verdict: 'allow' | 'deny') =>
      this.#deciders
        .filter((one) => one.verdict === verdict)
        .reduce((set, { taken }) => this.#sets.union(set, taken), this.#sets.none);
    return { allowed: all('allow'), denied: all('deny'), deciders: this.#deciders, doubts: [...this.#doubts] };
  }

  /** What is certain to be spared goes around a stage, and what may be goes both ways. */
  #sparing(spared: readonly Part<S>[], stage: () => void): void {
    const { union, intersect, subtract, isNone, none } = this.#sets;
    const arriving = this.#arriving;
    for (const { may, doubt } of spared) {
      if (doubt !== undefined && !isNone(intersect(arriving, may))) this.#doubts.add(doubt);
    }
    const around = spared.reduce((set, { may }) => union(set, intersect(arriving, may)), none);
    this.#arriving = spared.reduce((set, { must }) => subtract(set, must), arriving);
    stage();
    this.#arriving = union(this.#arriving, around);
  }

  /** @param passesOn whether the end of every tier lets pass on, whatever its default action */
  #tiers(stage: DecidingStage, tiers: readonly Tier[], passesOn: boolean): void {
    const { union, isNone, none } = this.#sets;
    for (const tier of tiers) {
      if (isNone(this.#arriving)) return;
      let passed = none;
      for (const policy of tier.policies) {
        for (const rule of ruleList(policy, this.#gate.direction).rules) {
          const taken = this.#take(stage, rule, policy, { kind: 'rule', policy, rule, tier: tier.name });
          if (rule.action === 'pass') passed = union(passed, taken);
        }
      }
      if (passesOn || tier.defaultAction === 'pass') this.#arriving = union(this.#arriving, passed);
      else {
        this.#decide(stage, 'deny', { kind: 'tier-end', tier }, this.#arriving, this.#arriving);
        this.#arriving = passed;
      }
    }
  }

  /** What a Pass means in a profile, nobody says: it goes on to the next, or to the end. */
  #profileRules(profile: HostProfile, policy: Policy): void {
    for (const rule of ruleList(policy, this.#gate.direction).rules) {
      const taken = this.#take('profile', rule, policy, { kind: 'profile', profile, rule });
      if (rule.action !== 'pass' || this.#sets.isNone(taken)) continue;
      this.#doubts.add('not-read');
      for (const verdict of ['allow', 'deny'] as const) {
        this.#decide('profile', verdict, { kind: 'profile', profile, rule }, taken, this.#sets.none);
      }
    }
  }

  /** Gives what the rule may decide of what arrives. */
  #take(stage: DecidingStage, rule: Rule, policy: Policy, by: DecidedBy): S {
    const { intersect, subtract, isNone, none } = this.#sets;
    if (rule.action === 'log' || isNone(this.#arriving)) return none;
    const { must, may, doubt } = this.#question.rule(rule, policy);
    const taken = intersect(this.#arriving, may);
    if (isNone(taken)) return none;
    if (doubt !== undefined) this.#doubts.add(doubt);
    if (rule.action !== 'pass') this.#decide(stage, rule.action, by, taken, must);
    this.#arriving = subtract(this.#arriving, must);
    return taken;
  }

  #decide(stage: DecidingStage, verdict: 'allow' | 'deny', by: DecidedBy, taken: S, must: S): void {
    if (this.#sets.isNone(taken)) return;
    this.#deciders.push({ stage, verdict, by, taken, surely: this.#sets.intersect(taken, must) });
  }
}
