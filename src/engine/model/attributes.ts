/**
 * What a policy can know of an endpoint, as one flat space of keys, so that one label box speaks of a pod's own labels
 * and of its namespace's together:
 *
 * - a plain key is a label of the endpoint itself;
 * - `namespace:KEY` is the label KEY of its namespace;
 * - `endpoint:kind` is what it is: a Pod, a HostEndpoint or a NetworkSet.
 *
 * A colon cannot stand in a label key, so the three never meet.
 */
export const endpointKind = 'endpoint:kind';

const namespacePrefix = 'namespace:';

export function namespaceKey(label: string): string {
  return namespacePrefix + label;
}

/** The label key behind `namespace:KEY`, or undefined for any other key. */
export function namespaceLabelOf(key: string): string | undefined {
  return key.startsWith(namespacePrefix) ? key.slice(namespacePrefix.length) : undefined;
}

/** Every namespace carries its name here; the API server sets it and nobody can change it. */
export const nameLabel = 'kubernetes.io/metadata.name';

export const namespaceName = namespaceKey(nameLabel);

/** A lookup of labels: a Map has this shape. */
export interface Labels {
  get(key: string): string | undefined;
}

/** A pod as policies see it: its own labels and those of its namespace, in the joint space. */
export function jointLabels(namespace: Labels, pod: Labels): Labels {
  return {
    get(key) {
      if (key === endpointKind) return 'Pod';
      const label = namespaceLabelOf(key);
      return label === undefined ? pod.get(key) : namespace.get(label);
    },
  };
}
