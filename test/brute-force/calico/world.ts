import { type Address, inRange, type Range } from '../addresses.ts';
import type { LabelMap } from '../labels.ts';
import { calicoPolicy } from './calico-policies.ts';
import { hostFrom, podFrom, profilesOf, setFrom } from './endpoints.ts';
import { kubernetesPolicy } from './kubernetes-policies.ts';
import type { AnyManifest, EndpointSliceManifest, FelixManifest, TierManifest } from './manifests.ts';
import type { DirectedRules, Policy } from './policy.ts';

/** A set of manifests as Calico sees it: endpoints and sets with the labels that selectors meet, policies, tiers. */

export interface NamedPort {
  readonly name: string;
  readonly protocol: number;
  readonly port: number;
}

/** What a selector may match as a peer: labels, and the addresses that they stand for. */
export interface Bearer {
  readonly id: string;
  readonly labels: LabelMap;
  readonly ranges: readonly Range[];
  readonly ports: readonly NamedPort[];
}

export interface PodEndpoint extends Bearer {
  readonly namespace: string;
  readonly node: string | undefined;
}

export interface HostEndpoint extends Bearer {
  readonly name: string;
  readonly node: string;
  /** Undefined where expectedIPs tell the interface. */
  readonly interfaceName: string | undefined;
  readonly profiles: readonly string[];
}

export interface Tier {
  readonly name: string;
  readonly order: number;
  readonly defaultAction: 'Deny' | 'Pass';
}

export interface Profile {
  readonly name: string;
  readonly labelsToApply: LabelMap;
  /** Undefined where it allows everything, both ways. */
  readonly rules: DirectedRules | undefined;
}

/** What no manifest tells. */
export interface Settings {
  /**
   * The variables of calico-node's containers. Undefined where nobody has said: failsafe lists are then judged as if none
   * was set, and pod-to-own-host traffic, for which the official manifests set one, is not judged at all (facts §4.3).
   */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

export interface World {
  readonly settings: Settings;
  /** Without those on the host network, which are no endpoints (facts §3.3). */
  readonly pods: readonly PodEndpoint[];
  readonly hosts: readonly HostEndpoint[];
  readonly sets: readonly Bearer[];
  /** Enforced ones only: staged policies never take part (facts §4.1.6). */
  readonly policies: readonly Policy[];
  readonly tiers: readonly Tier[];
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly slices: readonly EndpointSliceManifest[];
  readonly felix: readonly FelixManifest[];
  readonly nodes: ReadonlyMap<string, LabelMap>;
}

/** Facts §1.1, §2.7: there whether or not somebody has written them down, and with these values. */
const fixedTiers: readonly Tier[] = [
  { name: 'default', order: 1_000_000, defaultAction: 'Deny' },
  { name: 'kube-admin', order: 1_000, defaultAction: 'Pass' },
  { name: 'kube-baseline', order: 10_000_000, defaultAction: 'Pass' },
];

export function readWorld(manifests: readonly AnyManifest[], settings: Settings = {}): World {
  const profiles = profilesOf(manifests);
  return {
    settings,
    pods: manifests.flatMap((one) =>
      one.kind === 'Pod' && one.spec.hostNetwork !== true ? podFrom(one, profiles) : [],
    ),
    hosts: manifests.flatMap((one) => (one.kind === 'HostEndpoint' ? hostFrom(one, profiles) : [])),
    sets: manifests.flatMap((one) =>
      one.kind === 'NetworkSet' || one.kind === 'GlobalNetworkSet' ? setFrom(one, profiles) : [],
    ),
    policies: manifests.flatMap((manifest) => policyFrom(manifest) ?? []),
    tiers: tiersFrom(manifests.filter((one) => one.kind === 'Tier')),
    profiles,
    slices: manifests.filter((one) => one.kind === 'EndpointSlice'),
    felix: manifests.filter((one) => one.kind === 'FelixConfiguration'),
    nodes: new Map(
      manifests.flatMap((one) =>
        one.kind === 'Node' ? [[one.metadata.name, one.metadata.labels ?? {}] as const] : [],
      ),
    ),
  };
}

/** Undefined for what is no enforced policy: staged kinds are never enforced (facts §1.1). */
function policyFrom(manifest: AnyManifest): Policy | undefined {
  if (manifest.apiVersion === 'networking.k8s.io/v1') return kubernetesPolicy(manifest);
  if (manifest.apiVersion !== 'projectcalico.org/v3') return undefined;
  return manifest.kind === 'NetworkPolicy' || manifest.kind === 'GlobalNetworkPolicy'
    ? calicoPolicy(manifest)
    : undefined;
}

/** Facts §4.1.2: by order, then by name; no order is that of tier `default`. */
function tiersFrom(manifests: readonly TierManifest[]): readonly Tier[] {
  const written = manifests.map(
    ({ metadata, spec }): Tier => ({
      name: metadata.name,
      order: spec?.order ?? 1_000_000,
      defaultAction: spec?.defaultAction ?? 'Deny',
    }),
  );
  const fixed = new Set(fixedTiers.map(({ name }) => name));
  return [...fixedTiers, ...written.filter(({ name }) => !fixed.has(name))].sort(
    (a, b) => a.order - b.order || (a.name < b.name ? -1 : 1),
  );
}

export const bears = (bearer: Bearer, address: Address): boolean =>
  bearer.ranges.some((range) => inRange(range, address));

/** All that a selector may match as a peer (facts §3.4: a host endpoint gives its expectedIPs, a set its nets). */
export const bearersOf = (world: World): readonly Bearer[] => [...world.pods, ...world.hosts, ...world.sets];
