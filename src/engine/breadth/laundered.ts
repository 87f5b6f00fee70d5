import type { FieldPath } from '../json/path.ts';
import type { CheckContext } from '../model/check-context.ts';
import { type Direction, decidesAtAll, type Policy, ruleList } from '../model/policy.ts';
import { isNoAddress, subtractAddresses } from '../sets/addresses.ts';
import type { Traffic } from '../sets/traffic.ts';
import { type Grade, graded, isNew, rank } from './grade.ts';
import { ofFamily, type Prefixes, tooManyIn } from './measure.ts';
import { type Opening, type OpenPart, openAtMost, opening } from './opening.ts';
import type { Openings } from './openings.ts';
import type { SetChange } from './set-change.ts';

/** Policies that a change of network sets makes broad, though nothing changes in them. */
export interface Laundered {
  readonly path: FieldPath;
  /** The gravest that one of them becomes. */
  readonly grade: Grade;
  readonly opening: Opening;
  /** Those that become so, the one that the opening is of first. */
  readonly policies: readonly Policy[];
  /** Whether none of them decides about anything yet. */
  readonly staged: boolean;
}

export interface LaunderedIn {
  readonly found: Laundered | undefined;
  /** False where there are too many policies to measure each. */
  readonly complete: boolean;
}

interface Measures {
  readonly maxAddresses: Prefixes;
  readonly openTraffic: Traffic;
  readonly openings: Openings;
}

/** So many policies are looked at for one change of a set, and so many of them measured: most can never be broad. */
const mostPolicies = 4_000;
const mostMeasured = 100;

/** What a set opens through the rules that choose it, and what it no longer shields through those that deny it. */
export function launderedIn(
  context: CheckContext,
  sets: SetChange,
  direction: Direction,
  measures: Measures,
): LaunderedIn {
  const policies = sets.policies.filter(
    (policy) => ruleList(policy, direction).applies && context.before.policy(policy.ref) !== undefined,
  );
  const after = { world: context.after, cluster: context.cluster };
  const possible = policies
    .slice(0, mostPolicies)
    .filter(
      (policy) => graded(openAtMost(policy, direction, measures.openTraffic, after), measures.maxAddresses).length > 0,
    );
  const wider = possible.slice(0, mostMeasured).flatMap((policy) => {
    const [was, is] = [context.before, context.after].map((world) => {
      const { parts } = measures.openings.of(policy, direction, measures.openTraffic, {
        world,
        cluster: context.cluster,
      });
      return opening(plain(parts, context));
    });
    if (was === undefined || is === undefined) return [];
    const before = graded(was, measures.maxAddresses);
    return graded(is, measures.maxAddresses)
      .filter((grade) => isNew(grade, before) || grows(grade, was, is, sets, measures.maxAddresses))
      .slice(0, 1)
      .map((grade) => ({ policy, grade, opening: is }));
  });
  const complete = policies.length <= mostPolicies && possible.length <= mostMeasured;
  const deciding = wider.filter(({ policy }) => decidesAtAll(policy));
  const told = (deciding.length > 0 ? deciding : wider).toSorted((a, b) => rank[a.grade.key] - rank[b.grade.key]);
  const [worst] = told;
  if (worst === undefined) return { found: undefined, complete };
  const found = {
    path: sets.path,
    grade: worst.grade,
    opening: worst.opening,
    policies: told.map(({ policy }) => policy),
    staged: deciding.length === 0,
  };
  return { found, complete };
}

/**
 * Whether too many addresses become still more: by too many at once, or through a set that holds too many itself. A narrow
 * set beside one that is too wide is not answerable for it.
 */
function grows(grade: Grade, was: Opening, is: Opening, { addresses }: SetChange, allowed: Prefixes): boolean {
  if (grade.key !== 'too-many-addresses') return false;
  const added = subtractAddresses(is.addresses, was.addresses);
  return grade.families.some(
    (family) =>
      !isNoAddress(ofFamily(added, family)) &&
      [added, addresses].some((set) => tooManyIn(set, allowed).includes(family)),
  );
}

/** Without what an application layer limits further. */
function plain(parts: readonly OpenPart[], { cluster }: CheckContext): readonly OpenPart[] {
  return cluster.applicationLayer ? parts.filter(({ rule }) => rule.http !== true) : parts;
}
