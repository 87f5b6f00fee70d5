import { createHash } from 'node:crypto';
import { customGuardrail } from '../engine/guardrails/custom.ts';
import type { Guardrail } from '../engine/guardrails/define.ts';
import type {
  Exemption,
  GuardrailConfiguration,
  GuardrailSet,
  Identities,
  Modes,
} from '../engine/guardrails/guardrail-set.ts';
import { readAddresses, readSelection } from '../engine/guardrails/settings.ts';
import { canonicalJson } from '../engine/json/canonical.ts';
import type { ClusterFacts, DnsServer, EnforcerProfile } from '../engine/model/cluster-facts.ts';
import type { Mode } from '../engine/model/mode.ts';
import type { Selection } from '../engine/model/selection.ts';
import { type AddressSet, unionAllAddresses } from '../engine/sets/addresses.ts';
import { everyLabels } from '../engine/sets/labels.ts';
import { readCustomRule } from './custom-rule.ts';
import type { WrittenGuardrailSet } from './schema.ts';

type WrittenSpec = NonNullable<WrittenGuardrailSet['spec']>;
type WrittenGuardrail = NonNullable<WrittenSpec['guardrails']>[string];

/** What stands in for a part of the configuration that nobody has written. */
const usual = {
  enforcer: 'generic',
  platform: { groups: ['system:masters'], users: [] },
  deployers: { groups: ['system:serviceaccounts:flux-system', 'system:serviceaccounts:argocd'], users: [] },
  excludedNamespaces: [
    ...['kube-system', 'kube-public', 'kube-node-lease', 'calico-system', 'calico-apiserver', 'tigera-operator'],
    ...['flux-system', 'argocd', 'sekisho-system'],
  ],
  dns: [{ namespace: 'kube-system', podLabels: new Map([['k8s-app', 'kube-dns']]) }],
  ownNamespace: 'sekisho-system',
} as const;

export interface ResolveOptions {
  readonly registry: readonly Guardrail[];
  /** The namespace that Sekisho itself runs in; `sekisho-system` where nobody says. */
  readonly ownNamespace?: string | undefined;
  /** The Service there that stands in front of it. */
  readonly ownService?: string | undefined;
  /** Takes the place of the configuration's `enforcer`. */
  readonly enforcer?: EnforcerProfile | undefined;
}

/** A configuration that has the right shape, and what it was read from. */
export interface WrittenConfiguration {
  readonly spec: WrittenSpec;
  readonly exemptions: readonly Exemption[];
  /** Everything that was read, as plain JSON, for the hash. */
  readonly source: unknown;
}

/** The guardrails that are in force where nobody has configured any. */
export function builtInSet(options: ResolveOptions): GuardrailSet {
  return resolve({ spec: {}, exemptions: [], source: sourceOf({}, []) }, options);
}

/**
 * What the hash is taken over: the same for a configuration that says nothing and for none, and wherever its documents
 * come from.
 *
 * @param exemptions name and spec of each
 */
export function sourceOf(spec: unknown, exemptions: readonly (readonly [name: string, spec: unknown])[]): unknown {
  return { spec: spec ?? {}, exemptions: [...exemptions].sort(([a], [b]) => (a < b ? -1 : 1)) };
}

/** Puts the defaults in, and turns what was written into what the engine judges with. */
export function resolve({ spec, exemptions, source }: WrittenConfiguration, options: ResolveOptions): GuardrailSet {
  const enforcer = options.enforcer ?? spec.enforcer ?? usual.enforcer;
  const ownNamespace = options.ownNamespace ?? usual.ownNamespace;
  const exclude = spec.namespaces?.exclude;
  return {
    hash: hashOf({ source, enforcer, ownNamespace }),
    enforcer,
    cluster: clusterFacts(spec.cluster ?? {}),
    platform: identities(spec.platform ?? usual.platform),
    deployers: identities(spec.deployers ?? usual.deployers),
    excludedNamespaces: exclude === undefined ? named(usual.excludedNamespaces) : readSelection(exclude),
    ownNamespace,
    ownService: options.ownService,
    guardrails: [
      ...options.registry.map((guardrail) => configure(guardrail, spec.guardrails?.[guardrail.name])),
      ...(spec.custom ?? []).map((rule) => configure(customGuardrail(readCustomRule(rule)), undefined)),
    ],
    exemptions,
  };
}

function hashOf(value: unknown): string {
  const text = canonicalJson(value) ?? '';
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function clusterFacts(written: NonNullable<WrittenSpec['cluster']>): ClusterFacts {
  return {
    podAddresses: addresses(written.podCIDRs),
    serviceAddresses: addresses(written.serviceCIDRs),
    nodeAddresses: addresses(written.nodeCIDRs),
    apiServers: (written.apiServers ?? []).map(({ cidr, port }) => ({ addresses: readAddresses(cidr), port })),
    dns: written.dns?.map(dnsServer) ?? usual.dns,
    applicationLayer: written.applicationLayer ?? false,
  };
}

function addresses(cidrs: readonly string[] | undefined): AddressSet {
  return unionAllAddresses((cidrs ?? []).map(readAddresses));
}

function dnsServer({ namespace, podLabels, cidr }: WrittenDnsServer): DnsServer {
  if (namespace === undefined) return { addresses: readAddresses(cidr) };
  return { namespace, podLabels: new Map(Object.entries(podLabels ?? {})) };
}

type WrittenDnsServer = NonNullable<NonNullable<WrittenSpec['cluster']>['dns']>[number];

/** What is written takes the place of the default as a whole. */
function identities(written: {
  groups?: readonly string[] | undefined;
  users?: readonly string[] | undefined;
}): Identities {
  return { groups: written.groups ?? [], users: written.users ?? [] };
}

function named(names: readonly string[]): Selection {
  return { names, labels: everyLabels };
}

function configure(guardrail: Guardrail, written: WrittenGuardrail): GuardrailConfiguration {
  return {
    configured: guardrail.configure(written?.settings ?? {}),
    ...modes(written ?? {}),
    overrides: (written?.overrides ?? []).map((one) => ({ ...modes(one), namespaces: readSelection(one.namespaces) })),
  };
}

interface WrittenModes {
  readonly mode?: Mode | undefined;
  readonly findings?: { readonly [key: string]: Mode | undefined } | undefined;
}

function modes({ mode, findings }: WrittenModes): Modes {
  const exact = Object.entries(findings ?? {}).flatMap(([key, one]) =>
    one === undefined ? [] : [[key, one] as const],
  );
  return { mode, findings: new Map(exact) };
}
