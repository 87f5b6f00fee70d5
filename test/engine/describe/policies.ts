import { readNetworkPolicy } from '../../../src/engine/dialects/kubernetes/network-policy.ts';
import type { ClusterFacts, DnsServer } from '../../../src/engine/model/cluster-facts.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import type { Policy } from '../../../src/engine/model/policy.ts';
import { World } from '../../../src/engine/model/world.ts';
import { noAddresses } from '../../../src/engine/sets/addresses.ts';

/** A NetworkPolicy with this spec, as an API server would hand it over. */
export function networkPolicy(spec: unknown, namespace = 'shop', name = 'p'): unknown {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec };
}

export function policyOf(spec: unknown, namespace = 'shop'): Policy {
  const object = networkPolicy(spec, namespace);
  return readNetworkPolicy(object, refOf(object));
}

export const kubeDns: DnsServer = { namespace: 'kube-system', podLabels: new Map([['k8s-app', 'kube-dns']]) };

export function clusterFacts(facts: Partial<ClusterFacts> = {}): ClusterFacts {
  return {
    podAddresses: noAddresses,
    serviceAddresses: noAddresses,
    nodeAddresses: noAddresses,
    apiServers: [],
    dns: [kubeDns],
    applicationLayer: false,
    ...facts,
  };
}

/** The World that a folder with these objects makes. */
export function worldOf(...objects: readonly unknown[]): World {
  return objects.reduce<World>((world, object) => world.with(object, refOf(object)), World.empty('files'));
}

export const named = (...names: readonly string[]) => ({
  matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: names }],
});

export const labelled = (labels: Readonly<Record<string, string>>) => ({ matchLabels: labels });
