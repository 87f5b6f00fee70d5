import { type Address, inRange, parseAddress, parseCidr, type Range } from '../addresses.ts';
import type { LabelMap } from '../labels.ts';
import { calicoPolicy, calicoRules } from './calico-policies.ts';
import {
  namespaceLabel,
  namespacePrefix,
  orchestratorLabel,
  serviceAccountLabel,
  serviceAccountPrefix,
} from './known-labels.ts';
import { kubernetesPolicy } from './kubernetes-policies.ts';
import type {
  AnyManifest,
  EndpointSliceManifest,
  FelixManifest,
  HostEndpointManifest,
  Metadata,
  PodManifest,
  ProfileManifest,
  SetManifest,
  TierManifest,
} from './manifests.ts';
import type { DirectedRules, Policy } from './policy.ts';
import { protocolNumber } from './protocols.ts';

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

/** An object that names no namespace is in this one. */
export const defaultNamespace = 'default';

export const namespaceOf = (metadata: Metadata): string => metadata.namespace ?? defaultNamespace;

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

// Profiles, facts §3.3 and §4.2

function profilesOf(manifests: readonly AnyManifest[]): ReadonlyMap<string, Profile> {
  const all: Profile[] = [{ name: 'projectcalico-default-allow', labelsToApply: {}, rules: undefined }];
  const noRules = { ingress: [], egress: [] };
  const namespaces = new Set(['default']);
  const accounts = new Set<string>();
  for (const { kind, metadata } of manifests) {
    if (kind === 'Namespace') namespaces.add(metadata.name);
    if (kind === 'ServiceAccount') accounts.add(`${namespaceOf(metadata)}.${metadata.name}`);
    if (['Pod', 'ServiceAccount', 'NetworkPolicy', 'NetworkSet'].includes(kind)) namespaces.add(namespaceOf(metadata));
  }
  for (const one of manifests) if (one.kind === 'Pod') accounts.add(`${namespaceOf(one.metadata)}.${accountOf(one)}`);
  for (const name of namespaces) {
    const own = manifests.find((one) => one.kind === 'Namespace' && one.metadata.name === name)?.metadata.labels ?? {};
    const labels = { ...own, 'kubernetes.io/metadata.name': name };
    all.push({
      name: `kns.${name}`,
      labelsToApply: { ...prefixed(namespacePrefix, labels), 'pcns.projectcalico.org/name': name },
      rules: undefined,
    });
  }
  for (const account of accounts) {
    const [namespace = '', ...rest] = account.split('.');
    const name = rest.join('.');
    const own = manifests.find(
      ({ kind, metadata }) =>
        kind === 'ServiceAccount' && namespaceOf(metadata) === namespace && metadata.name === name,
    )?.metadata.labels;
    all.push({
      name: `ksa.${account}`,
      labelsToApply: { ...prefixed(serviceAccountPrefix, own ?? {}), 'pcsa.projectcalico.org/name': name },
      rules: noRules,
    });
  }
  for (const one of manifests) if (one.kind === 'Profile') all.push(profileFrom(one));
  return new Map(all.map((profile) => [profile.name, profile]));
}

function profileFrom({ metadata, spec }: ProfileManifest): Profile {
  return {
    name: metadata.name,
    labelsToApply: spec?.labelsToApply ?? {},
    rules: {
      ingress: calicoRules(spec?.ingress ?? [], '', 'ingress'),
      egress: calicoRules(spec?.egress ?? [], '', 'egress'),
    },
  };
}

function prefixed(prefix: string, labels: LabelMap): LabelMap {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}${key}`, value]));
}

/** The first wins, which is the endpoint's own. */
function inherited(own: LabelMap, names: readonly string[], profiles: ReadonlyMap<string, Profile>): LabelMap {
  const labels: Record<string, string> = {};
  for (const name of names.toReversed()) Object.assign(labels, profiles.get(name)?.labelsToApply);
  return Object.assign(labels, own);
}

// Endpoints and sets, facts §3.3

const accountOf = (pod: PodManifest): string => pod.spec.serviceAccountName ?? 'default';

function podFrom(manifest: PodManifest, profiles: ReadonlyMap<string, Profile>): PodEndpoint {
  const namespace = namespaceOf(manifest.metadata);
  const account = accountOf(manifest);
  const own = {
    ...manifest.metadata.labels,
    [namespaceLabel]: namespace,
    [orchestratorLabel]: 'k8s',
    ...(account.length < 63 ? { [serviceAccountLabel]: account } : {}),
  };
  return {
    id: `${namespace}/${manifest.metadata.name}`,
    namespace,
    node: manifest.spec.nodeName,
    labels: inherited(own, [`kns.${namespace}`, `ksa.${namespace}.${account}`], profiles),
    ranges: (manifest.status?.podIPs ?? []).flatMap(({ ip }) => rangeOf(ip)),
    ports: manifest.spec.containers.flatMap(({ ports = [] }) =>
      ports.flatMap(({ name, protocol = 'TCP', containerPort }) =>
        name === undefined ? [] : [{ name, protocol: protocolNumber(protocol), port: containerPort }],
      ),
    ),
  };
}

function hostFrom({ metadata, spec }: HostEndpointManifest, profiles: ReadonlyMap<string, Profile>): HostEndpoint {
  return {
    id: `HostEndpoint ${metadata.name}`,
    name: metadata.name,
    node: spec.node,
    interfaceName: spec.interfaceName,
    labels: inherited(metadata.labels ?? {}, spec.profiles ?? [], profiles),
    ranges: (spec.expectedIPs ?? []).flatMap(rangeOf),
    ports: (spec.ports ?? []).map((one) => ({ ...one, protocol: protocolNumber(one.protocol) })),
    profiles: spec.profiles ?? [],
  };
}

function setFrom({ kind, metadata, spec }: SetManifest, profiles: ReadonlyMap<string, Profile>): Bearer {
  const namespace = kind === 'NetworkSet' ? namespaceOf(metadata) : undefined;
  const own = metadata.labels ?? {};
  return {
    id: `${kind} ${namespace ?? ''}/${metadata.name}`,
    labels:
      namespace === undefined
        ? own
        : inherited({ ...own, [namespaceLabel]: namespace }, [`kns.${namespace}`], profiles),
    ranges: (spec.nets ?? []).flatMap(rangeOf),
    ports: [],
  };
}

/** An address or a CIDR, host bits forgiven. Invalid entries are skipped (facts §2.7). */
function rangeOf(text: string): readonly Range[] {
  const address = parseAddress(text);
  const range =
    address === undefined ? parseCidr(text) : { family: address.family, first: address.value, last: address.value };
  return range === undefined ? [] : [range];
}

export const bears = (bearer: Bearer, address: Address): boolean =>
  bearer.ranges.some((range) => inRange(range, address));

/** All that a selector may match as a peer (facts §3.4: a host endpoint gives its expectedIPs, a set its nets). */
export const bearersOf = (world: World): readonly Bearer[] => [...world.pods, ...world.hosts, ...world.sets];
