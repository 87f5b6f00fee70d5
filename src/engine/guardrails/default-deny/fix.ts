import type { Direction } from '../../model/policy.ts';
import type { World } from '../../model/world.ts';

const typesOf = (directions: readonly Direction[]) =>
  directions.map((direction) => (direction === 'ingress' ? 'Ingress' : 'Egress')).join(', ');

/** The default deny of one namespace, ready to paste. */
export function defaultDeny(namespace: string, directions: readonly Direction[]): string {
  return `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: default-deny, namespace: ${namespace}}, spec: {podSelector: {}, policyTypes: [${typesOf(directions)}]}}`;
}

/** Namespaces of the platform, as they are usually called: a default deny of all of them would cut the cluster's own parts. */
const systemNamespaces: readonly string[] = [
  'calico-apiserver',
  'calico-system',
  'kube-node-lease',
  'kube-public',
  'kube-system',
  'tigera-operator',
];

/** More names than this would not be read. */
const mostNames = 5;

interface ClusterLoss {
  /** What the replacement is called. */
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly more: boolean;
  readonly directions: readonly Direction[];
}

/**
 * The default deny of many namespaces, ready to paste. `has(projectcalico.org/name)` keeps it from host endpoints, which
 * a selector that only leaves namespaces out would reach.
 */
export function clusterDefaultDeny(
  { name, namespaces, more, directions }: ClusterLoss,
  world: World,
  isGuarded: (namespace: string) => boolean,
): string {
  const listed = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
  const left = systemNamespaces.filter((name) => !isGuarded(name));
  const others = world.namespaceCount > 200 ? [] : Array.from(world.namespaces(), ({ name }) => name);
  const spared = [...new Set([...left, ...others.filter((name) => !isGuarded(name))])].sort();
  const selector =
    !more && namespaces.length > 0 && namespaces.length <= mostNames
      ? `projectcalico.org/name in {${listed(namespaces)}}`
      : spared.length === 0
        ? 'has(projectcalico.org/name)'
        : `has(projectcalico.org/name) && projectcalico.org/name not in {${listed(spared)}}`;
  return `{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: ${name}}, spec: {namespaceSelector: '${selector}', types: [${typesOf(directions)}]}}`;
}
