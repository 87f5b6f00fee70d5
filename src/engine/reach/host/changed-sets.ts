import { type Labels, namespaceName } from '../../model/attributes.ts';
import { type Change, isNamespaceChange } from '../../model/change.ts';
import type { CheckContext } from '../../model/check-context.ts';
import type { HostEndpoint } from '../../model/host-endpoint.ts';
import type { NetworkSet } from '../../model/network-set.ts';
import { type Direction, directions, type Policy, ruleList } from '../../model/policy.ts';
import type { World } from '../../model/world.ts';
import { equalAddresses, isNoAddress } from '../../sets/addresses.ts';
import { type LabelBox, labelIn, matchesBox } from '../../sets/labels.ts';

type Changed = Pick<CheckContext, 'change' | 'before' | 'after'>;

/** What selectors see of the network sets that a change is of, before and after it: a namespace hands its labels on. */
export function looksOfChangedSets({ change, before, after }: Changed): readonly Labels[] {
  return [before, after].flatMap((world) => setsOf(change, world).map((set) => world.attributesOfSet(set)));
}

/**
 * The same of host endpoints that rules may know as peers: of the one that changes, or of those to which a profile hands on
 * its labels. None where they are known by the same labels and addresses as before.
 */
export function looksOfChangedHosts({ change, before, after }: Changed): readonly Labels[] {
  const { kind, name } = change.ref;
  const [old, now] = [before, after].map((world) => world.object('hostEndpoints', name));
  if (kind === 'HostEndpoint' && old !== undefined && now !== undefined && areKnownAlike(old, now)) return [];
  return [before, after].flatMap((world) =>
    hostsOf(kind, name, world)
      .filter(({ expectedIPs }) => !isNoAddress(expectedIPs))
      .map((host) => world.attributesOfHost(host)),
  );
}

function hostsOf(kind: string, name: string, world: World): readonly HostEndpoint[] {
  if (kind === 'Profile') return [...world.objects('hostEndpoints')].filter(({ profiles }) => profiles.includes(name));
  const host = world.object('hostEndpoints', name);
  return host === undefined ? [] : [host];
}

function areKnownAlike(a: HostEndpoint, b: HostEndpoint): boolean {
  const labels = ({ labels: own, profiles }: HostEndpoint) => JSON.stringify([[...own].sort(), profiles]);
  return equalAddresses(a.expectedIPs, b.expectedIPs) && labels(a) === labels(b);
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
