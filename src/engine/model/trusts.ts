import { boxKey, type LabelBox } from '../sets/labels.ts';
import { isNoTraffic, trafficKey } from '../sets/traffic.ts';
import { nameLabel, namespaceLabelOf } from './attributes.ts';
import type { ObjectRef } from './object.ts';
import { type Direction, isEveryone, type Policy, type Rule, ruleList } from './policy.ts';

/**
 * Whom a policy lets through for labels of their namespaces: by direction, the peers of all rules that allow the same
 * traffic, where some of these peers look at another such label than the name and nobody else may come in anyway.
 */
export type Trusts = Readonly<Record<Direction, readonly (readonly LabelBox[])[]>>;

/** A policy, and whom it trusts so. Policies that trust the same mostly have one and the same object. */
export interface Trusting {
  readonly ref: ObjectRef;
  readonly trusts: Trusts;
}

/** Of more peers than these nothing is kept at hand: few policies have as many, and those are read again. */
const mostBoxes = 32;

export function trustsOf(policy: Policy): Trusts | undefined {
  if (!policy.enforced) return undefined;
  const trusts = { ingress: trustsIn(policy, 'ingress'), egress: trustsIn(policy, 'egress') };
  return trusts.ingress.length + trusts.egress.length === 0 ? undefined : trusts;
}

function trustsIn(policy: Policy, direction: Direction): Trusts[Direction] {
  const { applies, rules } = ruleList(policy, direction);
  const allowing = applies ? rules.filter(({ action, traffic }) => action === 'allow' && !isNoTraffic(traffic)) : [];
  // Most policies look at no such label, and then it does not matter what traffic they are about.
  if (!allowing.some((rule) => boxesOf(rule).some(looksAtNamespace))) return [];
  return [...Map.groupBy(allowing, ({ traffic }) => trafficKey(traffic)).values()]
    .filter((alike) => !alike.some(({ peers }) => peers.some(isEveryone)))
    .map((alike) => alike.flatMap(boxesOf))
    .filter((boxes) => boxes.some(looksAtNamespace));
}

function boxesOf({ peers }: Rule): readonly LabelBox[] {
  return peers.flatMap(({ endpoints }) => (endpoints === 'any' ? [] : endpoints));
}

function looksAtNamespace({ conditions }: LabelBox): boolean {
  return conditions.some(({ key }) => {
    const label = namespaceLabelOf(key);
    return label !== undefined && label !== nameLabel;
  });
}

/** So many are remembered as one object for equal ones: policies of a cluster trust the same few. */
const mostKnown = 10_000;

export class TrustsPool {
  readonly #known = new Map<string, Trusts>();

  /** Undefined where there are none. */
  of(policy: Policy): Trusts | 'many' | undefined {
    let left = mostBoxes;
    for (const { rules } of [policy.ingress, policy.egress])
      for (const { peers } of rules)
        for (const { endpoints } of peers) left -= endpoints === 'any' ? 1 : endpoints.length;
    if (left < 0) return 'many';
    const trusts = trustsOf(policy);
    return trusts && this.#once(trusts);
  }

  #once(trusts: Trusts): Trusts {
    const key = [trusts.ingress, trusts.egress]
      .map((all) => all.map((some) => some.map(boxKey).join()).join(';'))
      .join('|');
    const known = this.#known.get(key);
    if (known === undefined && this.#known.size < mostKnown) this.#known.set(key, trusts);
    return known ?? trusts;
  }
}
