import type { Rule } from '../model/policy.ts';
import { fold, type Match, type Outcome } from './fold.ts';
import type { Gate } from './gate.ts';
import type { Party } from './party.ts';
import { bothEnds, noMatch, type RuleMatcher } from './rule-match.ts';

/** What the rules of a gate say of one end, in their order; and a number that is the same where they say the same. */
interface Seen {
  readonly number: number;
  readonly matches: readonly Match[];
}

/**
 * What gets through one gate. The rules are asked about each end by itself, once, and the fold is done once for all pairs
 * of ends of which they say the same: for thousands of endpoints, that is a handful of times.
 */
export class Passages<T> {
  readonly #gate: Gate;
  readonly #matcher: RuleMatcher;
  readonly #places: ReadonlyMap<Rule, number>;
  readonly #far = new Map<Party, Seen>();
  readonly #near = new Map<Party | undefined, Seen>();
  readonly #seen = new Map<string, Seen>();
  readonly #numbers = new Map<Match, number>();
  readonly #known = new Map<string, T>();

  constructor(gate: Gate, matcher: RuleMatcher) {
    this.#gate = gate;
    this.#matcher = matcher;
    this.#places = new Map(gate.rules.map(({ rule }, index) => [rule, index]));
  }

  /** @param near one that the gate's policies govern @param make is not called again for what has come out before */
  between(near: Party, far: Party, make: (outcome: Outcome) => T): T {
    const atFar = this.#farEnd(far);
    const atNear = this.#nearEnd(near);
    const key = `${atNear.number} ${atFar.number}`;
    const known = this.#known.get(key) ?? make(this.#folded(atNear, atFar));
    this.#known.set(key, known);
    return known;
  }

  #folded(near: Seen, far: Seen): Outcome {
    const { direction, tiers } = this.#gate;
    const matching = (rule: Rule): Match => {
      const place = this.#places.get(rule);
      return place === undefined ? noMatch : bothEnds(far.matches[place] ?? noMatch, near.matches[place] ?? noMatch);
    };
    return fold({ direction, tiers, profile: 'allow', matching });
  }

  #farEnd(far: Party): Seen {
    const { direction, rules } = this.#gate;
    const known =
      this.#far.get(far) ??
      this.#numbered(rules.map(({ policy, rule }) => this.#matcher.far(policy, rule, direction, far)));
    this.#far.set(far, known);
    return known;
  }

  #nearEnd(near: Party): Seen {
    const { direction, rules, looksAtNear } = this.#gate;
    const end = looksAtNear ? near : undefined;
    const known =
      this.#near.get(end) ??
      this.#numbered(rules.map(({ policy, rule }) => this.#matcher.near(policy, rule, direction, near)));
    this.#near.set(end, known);
    return known;
  }

  #numbered(matches: readonly Match[]): Seen {
    const key = matches.map((match) => this.#number(match)).join();
    const known = this.#seen.get(key) ?? { number: this.#seen.size, matches };
    this.#seen.set(key, known);
    return known;
  }

  #number(match: Match): number {
    const known = this.#numbers.get(match) ?? this.#numbers.size;
    this.#numbers.set(match, known);
    return known;
  }
}
