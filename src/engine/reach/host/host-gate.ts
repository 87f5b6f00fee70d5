import { defaultAllowProfile, type HostEndpoint } from '../../model/host-endpoint.ts';
import { type Direction, type Policy, ruleList } from '../../model/policy.ts';
import type { World } from '../../model/world.ts';
import { intoTiers, type Tier } from '../tiers.ts';

/** All that decides about the traffic of one host endpoint in one direction, stage by stage. */
export interface HostGate {
  readonly direction: Direction;
  /** Never any for an endpoint that stands for all interfaces. */
  readonly untracked: readonly Tier[];
  /** Never any for egress. */
  readonly preDnat: readonly Tier[];
  /** For traffic that the host passes on. Where there are none, all of it passes. */
  readonly forwarded: readonly Tier[];
  /** For traffic of the host's own processes. */
  readonly normal: readonly Tier[];
  /** In the order in which they decide what no policy does. */
  readonly profiles: readonly HostProfile[];
}

/** A profile that a host endpoint names, the place of it in the list, and what it comes to. */
export interface HostProfile {
  readonly name: string;
  readonly index: number;
  readonly is: ProfileContent;
}

export type ProfileContent =
  /** `projectcalico-default-allow`. */
  | { readonly kind: 'allow' }
  | { readonly kind: 'rules'; readonly rules: Policy }
  /** Felix puts one in its place that drops everything. */
  | { readonly kind: 'missing' }
  /** Made of a namespace or a service account: it may be there or not. */
  | { readonly kind: 'unknown' };

/**
 * Both gates of a host endpoint, made of the policies that govern it. Policies of all interfaces together are not looked at untracked: Calico does not support
 * them there.
 *
 * Source: projectcalico/calico felix/rules/endpoints.go and static.go; libcalico-go updateprocessors.
 */
export function hostGates(
  host: HostEndpoint,
  world: World,
  policies: readonly Policy[],
): { readonly [D in Direction]: HostGate } {
  const profiles = host.profiles.map((name, index) => ({ name, index, is: profileOf(name, world) }));
  const gate = (direction: Direction): HostGate => {
    const own = policies.filter((policy) => ruleList(policy, direction).applies);
    const tiers = (some: (policy: Policy) => boolean) => intoTiers(own.filter(some), (name) => world.tier(name));
    return {
      direction,
      untracked: host.interfaceName === '*' ? [] : tiers(({ stage }) => stage === 'untracked'),
      preDnat: direction === 'ingress' ? tiers(({ stage }) => stage === 'pre-dnat') : [],
      forwarded: tiers(({ stage, applyOnForward }) => stage === 'normal' && applyOnForward),
      normal: tiers(({ stage }) => stage === 'normal'),
      profiles,
    };
  };
  return { ingress: gate('ingress'), egress: gate('egress') };
}

function profileOf(name: string, world: World): ProfileContent {
  if (name === defaultAllowProfile) return { kind: 'allow' };
  const profile = world.object('profiles', name);
  if (profile !== undefined) return { kind: 'rules', rules: profile.rules };
  return { kind: isOfNamespace(name) ? 'unknown' : 'missing' };
}

/** The profiles that Calico makes of namespaces and of service accounts. */
function isOfNamespace(profile: string): boolean {
  return profile.startsWith('kns.') || profile.startsWith('ksa.');
}

const inherited = /^(?:pcns\.|pcsa\.|projectcalico\.org\/(?:namespace|serviceaccount)$)/;

/**
 * Whether Calico takes the host endpoint for a member of a namespace or a service account, by its profiles or by labels
 * written by hand. Selectors are not read here as far as that, so nothing certain can be said of it.
 */
export function isInNamespace({ labels, profiles }: HostEndpoint, world: World): boolean {
  const given = profiles.flatMap((name) => [...(world.object('profiles', name)?.labelsToApply.keys() ?? [])]);
  return profiles.some(isOfNamespace) || [...labels.keys(), ...given].some((key) => inherited.test(key));
}

/** Whether a gate may keep anything from passing that the host only forwards. */
export function looksAtForwarded({ untracked, preDnat, forwarded }: HostGate): boolean {
  return untracked.length + preDnat.length + forwarded.length > 0;
}
