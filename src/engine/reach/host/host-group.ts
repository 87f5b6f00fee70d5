import { type Direction, type Policy, type Rule, ruleList } from '../../model/policy.ts';
import { allTraffic, type Traffic, trafficKey } from '../../sets/traffic.ts';
import type { Match } from '../fold.ts';
import type { ReachSettings } from '../match.ts';
import type { Party } from '../party.ts';
import { bothEnds, noMatch, type RuleMatcher } from '../rule-match.ts';
import { trafficAlgebra } from './algebra.ts';
import { type FailsafeLists, failsafePart, noReplies } from './failsafe-part.ts';
import type { HostGate } from './host-gate.ts';
import { foldForwarded, foldLocal, type HostOutcome, type Part } from './stages.ts';

/** What rules and failsafe lists say of one end, and a text that is the same where they say the same. */
interface Seen {
  readonly key: string;
  readonly matches: ReadonlyMap<Rule, Match>;
  readonly failsafe: Part<Traffic>;
}

/**
 * Host endpoints that the same policies, profiles and failsafe lists govern in one direction. Rules are asked about each
 * end once, and the fold is done once for all pairs of ends of which they say the same.
 */
export class HostGroup {
  readonly gate: HostGate;
  readonly #failsafe: FailsafeLists;
  readonly #matcher: RuleMatcher;
  readonly #cluster: ReachSettings['cluster'];
  readonly #rules: readonly { readonly policy: Policy; readonly rule: Rule }[];
  readonly #far = new Map<Party, Seen>();
  readonly #near = new Map<Party, Seen>();
  readonly #numbers = new Map<Match, number>();
  readonly #folded = new Map<string, HostOutcome<Traffic>>();

  constructor(gate: HostGate, failsafe: FailsafeLists, matcher: RuleMatcher, cluster: ReachSettings['cluster']) {
    this.gate = gate;
    this.#failsafe = failsafe;
    this.#matcher = matcher;
    this.#cluster = cluster;
    this.#rules = rulesOf(gate);
  }

  /** Traffic of the host's own processes. */
  local(near: Party, far: Party): HostOutcome<Traffic> {
    return this.#fold('local', near, far);
  }

  /** Traffic of a pod that passes the host endpoint. */
  forwarded(near: Party, far: Party): HostOutcome<Traffic> {
    return this.#fold('forwarded', near, far);
  }

  #fold(what: 'local' | 'forwarded', near: Party, far: Party): HostOutcome<Traffic> {
    const atNear = this.#seen(this.#near, near, (policy, rule) =>
      this.#matcher.near(policy, rule, this.gate.direction, near),
    );
    const atFar = this.#seen(this.#far, far, (policy, rule) =>
      this.#matcher.far(policy, rule, this.gate.direction, far),
    );
    const key = `${what} ${atNear.key} / ${atFar.key}`;
    const known = this.#folded.get(key);
    if (known !== undefined) return known;
    const outcome = (what === 'local' ? foldLocal : foldForwarded)(this.gate, {
      algebra: trafficAlgebra,
      all: allTraffic,
      rule: (rule) => bothEnds(atFar.matches.get(rule) ?? noMatch, atNear.matches.get(rule) ?? noMatch),
      failsafe: atFar.failsafe,
      replies: noReplies,
    });
    this.#folded.set(key, outcome);
    return outcome;
  }

  #seen(known: Map<Party, Seen>, party: Party, ask: (policy: Policy, rule: Rule) => Match): Seen {
    const before = known.get(party);
    if (before !== undefined) return before;
    const matches = new Map(this.#rules.map(({ policy, rule }) => [rule, ask(policy, rule)]));
    const failsafe = failsafePart(this.#failsafe, party, this.#cluster);
    const part = `${trafficKey(failsafe.must)} ${trafficKey(failsafe.may)}`;
    const key = [...[...matches.values()].map((match) => this.#number(match)), part].join();
    const seen = { key, matches, failsafe };
    known.set(party, seen);
    return seen;
  }

  #number(match: Match): number {
    const known = this.#numbers.get(match) ?? this.#numbers.size;
    this.#numbers.set(match, known);
    return known;
  }
}

/** Every rule that a gate may ask, once. */
function rulesOf(gate: HostGate): readonly { readonly policy: Policy; readonly rule: Rule }[] {
  return policiesOf(gate).flatMap((policy) =>
    ruleList(policy, gate.direction).rules.flatMap((rule) => (rule.action === 'log' ? [] : [{ policy, rule }])),
  );
}

/** Every policy of a gate, and the rules of its profiles. */
export function policiesOf({ untracked, preDnat, normal, profiles }: HostGate): readonly Policy[] {
  const tiers = [...untracked, ...preDnat, ...normal];
  return [
    ...tiers.flatMap(({ policies }) => policies),
    ...profiles.flatMap(({ is }) => (is.kind === 'rules' ? [is.rules] : [])),
  ];
}

/** The side of a flow on which the failsafe list of the other direction counts. */
export function opposite(direction: Direction): Direction {
  return direction === 'ingress' ? 'egress' : 'ingress';
}
