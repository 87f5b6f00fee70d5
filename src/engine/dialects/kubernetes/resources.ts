import type { Resource } from '../resource.ts';
import { readNetworkPolicy } from './network-policy.ts';

export const kubernetesResources: readonly Resource[] = [
  {
    group: 'networking.k8s.io',
    version: 'v1',
    kind: 'NetworkPolicy',
    plural: 'networkpolicies',
    namespaced: true,
    read: readNetworkPolicy,
  },
];
