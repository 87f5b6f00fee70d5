import { parseAddress, parseCidr, type Range } from '../addresses.ts';
import type { LabelMap } from '../labels.ts';
import { calicoRules } from './calico-policies.ts';
import {
  namespaceLabel,
  namespacePrefix,
  orchestratorLabel,
  serviceAccountLabel,
  serviceAccountPrefix,
} from './known-labels.ts';
import type {
  AnyManifest,
  HostEndpointManifest,
  Metadata,
  PodManifest,
  ProfileManifest,
  SetManifest,
} from './manifests.ts';
import { protocolNumber } from './protocols.ts';
import type { Bearer, HostEndpoint, PodEndpoint, Profile } from './world.ts';

/** Endpoints, sets and profiles out of manifests, with the labels that selectors meet (facts §3.3). */

/** An object that names no namespace is in this one. */
const defaultNamespace = 'default';

const namespaceOf = (metadata: Metadata): string => metadata.namespace ?? defaultNamespace;

// Profiles, facts §3.3 and §4.2

export function profilesOf(manifests: readonly AnyManifest[]): ReadonlyMap<string, Profile> {
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

export function podFrom(manifest: PodManifest, profiles: ReadonlyMap<string, Profile>): PodEndpoint {
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

export function hostFrom(
  { metadata, spec }: HostEndpointManifest,
  profiles: ReadonlyMap<string, Profile>,
): HostEndpoint {
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

export function setFrom({ kind, metadata, spec }: SetManifest, profiles: ReadonlyMap<string, Profile>): Bearer {
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
