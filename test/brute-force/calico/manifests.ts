import type { PolicySpec as KubernetesPolicySpec } from '../manifests.ts';

/** The objects that the evaluator of Calico worlds reads, as parsed YAML. What may be absent may be null. */

type Maybe<T> = T | null | undefined;

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Maybe<Readonly<Record<string, string>>>;
  readonly annotations?: Maybe<Readonly<Record<string, string>>>;
  readonly creationTimestamp?: string;
}

interface Manifest<Version extends string, Kind extends string> {
  readonly apiVersion: Version;
  readonly kind: Kind;
  readonly metadata: Metadata;
}

export type NamespaceManifest = Manifest<'v1', 'Namespace'>;
export type ServiceAccountManifest = Manifest<'v1', 'ServiceAccount'>;
export type NodeManifest = Manifest<'v1', 'Node'>;

export interface PodManifest extends Manifest<'v1', 'Pod'> {
  readonly spec: {
    readonly nodeName?: string;
    readonly hostNetwork?: boolean;
    readonly serviceAccountName?: string;
    readonly containers: readonly {
      readonly name: string;
      readonly ports?: readonly {
        readonly name?: string;
        readonly containerPort: number;
        readonly protocol?: string;
      }[];
    }[];
  };
  readonly status?: { readonly podIPs?: readonly { readonly ip: string }[] };
}

export interface ServiceManifest extends Manifest<'v1', 'Service'> {
  readonly spec?: {
    readonly ports?: readonly { readonly name?: string; readonly protocol?: string; readonly port: number }[];
  };
}

export interface EndpointSliceManifest extends Manifest<'discovery.k8s.io/v1', 'EndpointSlice'> {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly endpoints: readonly { readonly addresses: readonly string[] }[];
  readonly ports: readonly { readonly name?: string; readonly protocol?: string; readonly port: number }[];
}

export interface KubernetesPolicyManifest extends Manifest<'networking.k8s.io/v1', 'NetworkPolicy'> {
  readonly spec: KubernetesPolicySpec;
}

type V3<Kind extends string> = Manifest<'projectcalico.org/v3', Kind>;

export interface ServiceAccountMatch {
  readonly names?: Maybe<readonly string[]>;
  readonly selector?: Maybe<string>;
}

export interface EntityRule {
  readonly nets?: Maybe<readonly string[]>;
  readonly notNets?: Maybe<readonly string[]>;
  readonly selector?: Maybe<string>;
  readonly notSelector?: Maybe<string>;
  readonly namespaceSelector?: Maybe<string>;
  readonly ports?: Maybe<readonly (number | string)[]>;
  readonly notPorts?: Maybe<readonly (number | string)[]>;
  readonly serviceAccounts?: Maybe<ServiceAccountMatch>;
  readonly services?: Maybe<{ readonly name: string; readonly namespace?: string }>;
}

export interface IcmpMatch {
  readonly type?: Maybe<number>;
  readonly code?: Maybe<number>;
}

export interface Rule {
  readonly action: 'Allow' | 'Deny' | 'Log' | 'Pass';
  readonly ipVersion?: Maybe<4 | 6>;
  readonly protocol?: Maybe<string | number>;
  readonly notProtocol?: Maybe<string | number>;
  readonly icmp?: Maybe<IcmpMatch>;
  readonly notICMP?: Maybe<IcmpMatch>;
  readonly source?: Maybe<EntityRule>;
  readonly destination?: Maybe<EntityRule>;
  readonly http?: unknown;
  readonly metadata?: unknown;
}

export interface CalicoPolicySpec {
  readonly tier?: Maybe<string>;
  readonly order?: Maybe<number>;
  readonly selector?: Maybe<string>;
  readonly namespaceSelector?: Maybe<string>;
  readonly serviceAccountSelector?: Maybe<string>;
  readonly types?: Maybe<readonly ('Ingress' | 'Egress')[]>;
  readonly ingress?: Maybe<readonly Rule[]>;
  readonly egress?: Maybe<readonly Rule[]>;
  readonly doNotTrack?: boolean;
  readonly preDNAT?: boolean;
  readonly applyOnForward?: boolean;
  readonly stagedAction?: string;
}

export interface CalicoPolicyManifest extends V3<'NetworkPolicy' | 'GlobalNetworkPolicy'> {
  readonly spec: CalicoPolicySpec;
}

export interface StagedManifest extends V3<'StagedNetworkPolicy' | 'StagedGlobalNetworkPolicy'> {
  readonly spec: CalicoPolicySpec;
}

export interface StagedKubernetesManifest extends V3<'StagedKubernetesNetworkPolicy'> {
  readonly spec: KubernetesPolicySpec & { readonly stagedAction?: string };
}

export interface SetManifest extends V3<'NetworkSet' | 'GlobalNetworkSet'> {
  readonly spec: { readonly nets?: Maybe<readonly string[]> };
}

export interface TierManifest extends V3<'Tier'> {
  readonly spec?: { readonly order?: Maybe<number>; readonly defaultAction?: Maybe<'Deny' | 'Pass'> };
}

export interface HostEndpointManifest extends V3<'HostEndpoint'> {
  readonly spec: {
    readonly node: string;
    readonly interfaceName?: string;
    readonly expectedIPs?: readonly string[];
    readonly profiles?: readonly string[];
    readonly ports?: readonly { readonly name: string; readonly protocol: string | number; readonly port: number }[];
  };
}

export interface ProfileManifest extends V3<'Profile'> {
  readonly spec?: {
    readonly ingress?: Maybe<readonly Rule[]>;
    readonly egress?: Maybe<readonly Rule[]>;
    readonly labelsToApply?: Maybe<Readonly<Record<string, string>>>;
  };
}

export interface FailsafeEntry {
  readonly protocol?: string;
  readonly port: number;
  readonly net?: Maybe<string>;
}

export interface FelixSpec {
  readonly nodeSelector?: Maybe<string>;
  readonly failsafeInboundHostPorts?: Maybe<readonly FailsafeEntry[]>;
  readonly failsafeOutboundHostPorts?: Maybe<readonly FailsafeEntry[]>;
  readonly defaultEndpointToHostAction?: Maybe<string>;
}

export interface FelixManifest extends V3<'FelixConfiguration'> {
  readonly spec?: FelixSpec;
}

export type AnyManifest =
  | NamespaceManifest
  | ServiceAccountManifest
  | NodeManifest
  | PodManifest
  | ServiceManifest
  | EndpointSliceManifest
  | KubernetesPolicyManifest
  | CalicoPolicyManifest
  | StagedManifest
  | StagedKubernetesManifest
  | SetManifest
  | TierManifest
  | HostEndpointManifest
  | ProfileManifest
  | FelixManifest;
