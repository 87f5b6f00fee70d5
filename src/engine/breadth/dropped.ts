import type { Labels } from '../model/attributes.ts';
import { type Direction, type Policy, type Rule, ruleList } from '../model/policy.ts';
import { intoTiers } from '../reach/tiers.ts';
import {
  containsAddresses,
  everyAddress,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  isNoAddress,
  noAddresses,
} from '../sets/addresses.ts';
import { matchesBox } from '../sets/labels.ts';
import { intersectTraffic, isNoTraffic } from '../sets/traffic.ts';
import { caught, type FarEnd, letThrough, type Surroundings } from './far-end.ts';
import { everything, join, nothing, take, trafficOver, type Undecided } from './undecided.ts';

/**
 * The traffic of a pod, with anybody, that policies drop. Rules of which it is not certain whom they match count as ones
 * that let through and never as ones that drop, so that nothing is called dropped that is not. Undefined past the work cap.
 *
 * @param policies all that govern the pod in this direction
 */
export function dropped(
  policies: readonly Policy[],
  direction: Direction,
  pod: Labels,
  surroundings: Surroundings,
): Undecided | undefined {
  let arriving = everything;
  let byRule = nothing;
  let byDefault = nothing;
  for (const tier of intoTiers(policies, (name) => surroundings.world.tier(name))) {
    let undecided = arriving;
    let passed = nothing;
    for (const policy of tier.policies) {
      for (const rule of ruleList(policy, direction).rules) {
        for (const far of farEnds(rule, pod, surroundings)) {
          const split = take(undecided, far, rule.traffic);
          if (split === undefined) return undefined;
          undecided = split.left;
          if (rule.action === 'deny') byRule = join(byRule, split.taken);
          if (rule.action === 'pass') passed = join(passed, split.taken);
        }
      }
    }
    if (tier.defaultAction === 'deny') byDefault = join(byDefault, undecided);
    arriving = tier.defaultAction === 'deny' ? passed : join(passed, undecided);
  }
  return join(byRule, { addresses: byDefault.addresses, pods: whereAddressesAre(byDefault) });
}

/**
 * A pod has an address: what is let through for every address of a family is let through for every pod over it, though
 * no rule names it.
 */
function whereAddressesAre({ addresses, pods }: Undecided): Undecided['pods'] {
  return [everyIPv4, everyIPv6].flatMap((family) => {
    const some = trafficOver(family, addresses);
    return pods.flatMap(({ box, families, traffic }) => {
      const [over, left] = [intersectAddresses(families, family), intersectTraffic(traffic, some)];
      return isNoAddress(over) || isNoTraffic(left) ? [] : [{ box, families: over, traffic: left }];
    });
  });
}

function farEnds(rule: Rule, pod: Labels, surroundings: Surroundings): readonly FarEnd[] {
  if (rule.action === 'log') return [];
  const own = ownSide(rule, pod);
  if (own === 'no' || (own === 'maybe' && rule.action !== 'allow')) return [];
  if (rule.action === 'allow') return rule.peers.map((peer) => letThrough(peer, surroundings, () => {}));
  return caught(rule, surroundings);
}

/** Whether the rule speaks of this pod. */
function ownSide({ own }: Rule, pod: Labels): 'yes' | 'no' | 'maybe' {
  if (own === undefined) return 'yes';
  if (own.unsure === true) return 'maybe';
  if (own.endpoints !== 'any' && !own.endpoints.some((box) => matchesBox(box, pod))) return 'no';
  if (own.except?.some((box) => matchesBox(box, pod)) === true) return 'no';
  if (own.addresses === 'any' || containsAddresses(own.addresses, everyAddress)) return 'yes';
  return isNoAddress(own.addresses) ? 'no' : 'maybe';
}

/** Whether some of `after` is not in `before`; undefined past the work cap. */
export function dropsMore(before: Undecided, after: Undecided): boolean | undefined {
  let rest = after;
  for (const { set, traffic } of before.addresses) {
    const split = take(rest, { addresses: set, endpoints: [] }, traffic);
    if (split === undefined) return undefined;
    rest = split.left;
  }
  for (const { box, families, traffic } of before.pods) {
    const split = take(rest, { addresses: noAddresses, endpoints: [box], families }, traffic);
    if (split === undefined) return undefined;
    rest = split.left;
  }
  return rest.addresses.length + rest.pods.length > 0;
}
