/**
 * What a policy can know of an endpoint, as one flat space of keys, so that one label box speaks of a pod's own labels
 * and of its namespace's together:
 *
 * - a plain key is a label of the endpoint itself;
 * - `namespace:KEY` is the label KEY of its namespace;
 * - `serviceaccount:KEY` is the label KEY of its service account, and its name;
 * - `endpoint:kind` is what it is: a Pod, a HostEndpoint or a NetworkSet.
 *
 * A colon cannot stand in a label key, so these never meet.
 */
export const endpointKind = 'endpoint:kind';

export type EndpointKind = 'Pod' | 'HostEndpoint' | 'NetworkSet';

const namespacePrefix = 'namespace:';
const serviceAccountPrefix = 'serviceaccount:';

export function namespaceKey(label: string): string {
  return namespacePrefix + label;
}

/** The label key behind `namespace:KEY`, or undefined for any other key. */
export function namespaceLabelOf(key: string): string | undefined {
  return key.startsWith(namespacePrefix) ? key.slice(namespacePrefix.length) : undefined;
}

export function serviceAccountKey(label: string): string {
  return serviceAccountPrefix + label;
}

/** The label key behind `serviceaccount:KEY`, or undefined for any other key. */
export function serviceAccountLabelOf(key: string): string | undefined {
  return key.startsWith(serviceAccountPrefix) ? key.slice(serviceAccountPrefix.length) : undefined;
}

/** The name of an endpoint's service account. A pod that names none runs as `default`. */
export const serviceAccountName = serviceAccountKey('projectcalico.org/name');
export const defaultServiceAccount = 'default';

/** Every namespace carries its name here; the API server sets it and nobody can change it. */
export const nameLabel = 'kubernetes.io/metadata.name';

export const namespaceName = namespaceKey(nameLabel);

/** A lookup of labels: a Map has this shape. */
export interface Labels {
  get(key: string): string | undefined;
}

/** What an endpoint is known by. */
export interface EndpointLabels {
  readonly kind: EndpointKind;
  readonly own: Labels;
  /** Those of its namespace; undefined for what is in none. */
  readonly namespace: Labels | undefined;
  readonly serviceAccount: { readonly name: string; readonly labels: Labels } | undefined;
  /**
   * Whether Calico reads its labels: there, an endpoint's own label `pcns.KEY` or `pcsa.KEY` stands before what it would
   * inherit of its namespace or service account. Source: projectcalico/calico felix/labelindex/named_port_index.go.
   */
  readonly calico: boolean;
}

const noLabels: Labels = new Map<string, string>();

/** An endpoint as policies see it, in the joint space. */
export function attributesOf({ kind, own, namespace, serviceAccount, calico }: EndpointLabels): Labels {
  const copied = (prefix: string, label: string) => (calico ? own.get(`${prefix}.${label}`) : undefined);
  return {
    get(key) {
      if (key === endpointKind) return kind;
      const ofNamespace = namespaceLabelOf(key);
      if (ofNamespace !== undefined) {
        // By its name a policy tells its own namespace: no label of its own takes it elsewhere.
        return ofNamespace === nameLabel && namespace !== undefined
          ? namespace.get(nameLabel)
          : (copied('pcns', ofNamespace) ?? namespace?.get(ofNamespace));
      }
      const ofAccount = serviceAccountLabelOf(key);
      if (ofAccount === undefined) return own.get(key);
      if (key === serviceAccountName) return serviceAccount?.name ?? copied('pcsa', 'projectcalico.org/name');
      return copied('pcsa', ofAccount) ?? serviceAccount?.labels.get(ofAccount);
    },
  };
}

/** A pod of which nothing is known but labels, in the joint space. */
export function jointLabels(namespace: Labels, pod: Labels): Labels {
  const serviceAccount = { name: defaultServiceAccount, labels: noLabels };
  return attributesOf({ kind: 'Pod', own: pod, namespace, serviceAccount, calico: false });
}

/** The label of its namespace that an endpoint's own label of this key stands before; undefined for any other key. */
export function copiedNamespaceLabelOf(key: string): string | undefined {
  return key.startsWith('pcns.') ? key.slice('pcns.'.length) : undefined;
}

/**
 * Whether Calico gives endpoints a label of this key itself: copied from the namespace or the service account, or to say
 * which these are. Whoever writes it by hand claims to be somebody else.
 *
 * Source: projectcalico/calico libcalico-go/lib/backend/k8s/conversion/workload_endpoint_default.go.
 */
export function isCopiedLabel(key: string): boolean {
  return isInheritedLabel(key) || identityLabels.has(key);
}

/** The same of those that a pod can really be given: the others are set over whatever it carries. */
export function isInheritedLabel(key: string): boolean {
  return key.startsWith('pcns.') || key.startsWith('pcsa.');
}

const identityLabels: ReadonlySet<string> = new Set(
  ['namespace', 'orchestrator', 'serviceaccount', 'name'].map((name) => `projectcalico.org/${name}`),
);
