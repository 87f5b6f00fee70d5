import type { CheckContext } from '../../guardrails/context.ts';
import { type Labels, namespaceName } from '../../model/attributes.ts';
import { type Change, isNamespaceChange } from '../../model/change.ts';
import type { NetworkSet } from '../../model/network-set.ts';
import { type Direction, directions, type Policy, ruleList } from '../../model/policy.ts';
import type { World } from '../../model/world.ts';
import { type LabelBox, labelIn, matchesBox } from '../../sets/labels.ts';

type Changed = Pick<CheckContext, 'change' | 'before' | 'after'>;

/** What selectors see of the network sets that a change is of, before and after it: a namespace hands its labels on. */
export function looksOfChangedSets({ change, before, after }: Changed): readonly Labels[] {
  return [before, after].flatMap((world) => setsOf(change, world).map((set) => world.attributesOfSet(set)));
}

function setsOf(change: Change, world: World): readonly NetworkSet[] {
  const { name, namespace } = change.ref;
  if (isNamespaceChange(change))
    return world.setsIn([labelIn(namespaceName, [name])]).filter(({ ref }) => ref.namespace === name);
  const set = world.object('networkSets', name, namespace);
  return set === undefined ? [] : [set];
}

/** The policies of hosts that speak of something that looks so, in either direction. */
export function policiesSpeakingOf(world: World, looks: readonly Labels[]): readonly Policy[] {
  return Array.from(world.policiesOfHosts(), ({ read }) => read()).filter((policy) => isAbout(policy, looks));
}

/** The names of such profiles. */
export function profilesSpeakingOf(world: World, looks: readonly Labels[]): readonly string[] {
  return [...world.objects('profiles')].filter(({ rules }) => isAbout(rules, looks)).map(({ name }) => name);
}

function isAbout(policy: Policy, looks: readonly Labels[]): boolean {
  return directions.some((direction) => speaksOf(policy, direction, looks));
}

/** Whether a rule of the policy speaks, in a direction, of something that looks so. */
export function speaksOf(policy: Policy, direction: Direction, looks: readonly Labels[]): boolean {
  const chooses = (boxes: readonly LabelBox[] | 'any' | undefined): boolean =>
    typeof boxes === 'object' && boxes.some((box) => looks.some((look) => matchesBox(box, look)));
  return ruleList(policy, direction).rules.some((rule) =>
    [...rule.peers, ...(rule.own === undefined ? [] : [rule.own])].some(
      ({ endpoints, except }) => chooses(endpoints) || chooses(except),
    ),
  );
}
