/** The objects that the brute force reads, as a user may write them: whatever the API lets be absent or null may be. */

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly deletionTimestamp?: string;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly controller: boolean;
}

export interface NamespaceObject {
  readonly apiVersion: 'v1';
  readonly kind: 'Namespace';
  readonly metadata: Metadata;
}

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: string;
}

export interface Container {
  readonly name: string;
  readonly ports?: readonly ContainerPort[];
  readonly restartPolicy?: string;
}

export interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}

export interface PodTemplate {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

export interface PodObject {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: Metadata;
  readonly spec: PodSpec;
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip: string }[];
  };
}

/** Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob. */
export interface WorkloadObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly spec: {
    readonly replicas?: number;
    readonly parallelism?: number;
    readonly template?: PodTemplate;
    readonly jobTemplate?: { readonly spec: { readonly template: PodTemplate } };
  };
}

export interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | null;
}

export interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>> | null;
  readonly matchExpressions?: readonly Expression[] | null;
}

export interface Block {
  readonly cidr: string;
  readonly except?: readonly string[] | null;
}

export interface PeerObject {
  readonly podSelector?: Selector | null;
  readonly namespaceSelector?: Selector | null;
  readonly ipBlock?: Block | null;
}

export interface PortObject {
  readonly protocol?: string | null;
  readonly port?: number | string | null;
  readonly endPort?: number | null;
}

export interface RuleObject {
  readonly from?: readonly (PeerObject | null)[] | null;
  readonly to?: readonly (PeerObject | null)[] | null;
  readonly ports?: readonly (PortObject | null)[] | null;
}

export interface PolicySpec {
  readonly podSelector?: Selector | null;
  readonly policyTypes?: readonly string[] | null;
  readonly ingress?: readonly (RuleObject | null)[] | null;
  readonly egress?: readonly (RuleObject | null)[] | null;
}

export interface PolicyObject {
  readonly apiVersion: 'networking.k8s.io/v1';
  readonly kind: 'NetworkPolicy';
  readonly metadata: Metadata;
  readonly spec: PolicySpec;
}

export type AnyObject = NamespaceObject | PodObject | WorkloadObject | PolicyObject;
