import type { User } from '../../model/change.ts';

/**
 * The service accounts that Calico's own components run as, with the namespaces that installations put them into: the
 * operator uses calico-system, the plain manifests kube-system, and the API server had a namespace of its own up to 3.30.
 *
 * Source: projectcalico/calico manifests/ and charts/, tigera/operator.
 */
const namespaces = {
  'calico-apiserver': ['calico-apiserver', 'calico-system'],
  'calico-kube-controllers': ['calico-system', 'kube-system'],
  'calico-node': ['calico-system', 'kube-system'],
  'calico-typha': ['calico-system', 'kube-system'],
  'calico-webhooks': ['calico-system', 'kube-system'],
  'tigera-operator': ['tigera-operator'],
} as const;

export type CalicoComponent = keyof typeof namespaces;

const names: readonly CalicoComponent[] = [
  'calico-apiserver',
  'calico-kube-controllers',
  'calico-node',
  'calico-typha',
  'calico-webhooks',
  'tigera-operator',
];

/** The users as which a component speaks to the API server. */
export function accountsOf(component: CalicoComponent): readonly string[] {
  return namespaces[component].map((namespace) => `system:serviceaccount:${namespace}:${component}`);
}

const components: ReadonlyMap<string, CalicoComponent> = new Map(
  names.flatMap((component) => accountsOf(component).map((user) => [user, component] as const)),
);

/** The component of Calico that a user is; undefined for everybody else. */
export function calicoComponent(user: Pick<User, 'name'>): CalicoComponent | undefined {
  return components.get(user.name);
}
