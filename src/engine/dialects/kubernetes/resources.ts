import { keeper } from '../../model/catalogue.ts';
import { sameNode } from '../../model/node.ts';
import type { Resource } from '../resource.ts';
import { readEndpointSlice } from './endpoint-slice.ts';
import { readNetworkPolicy } from './network-policy.ts';
import { readNode } from './node.ts';
import { readServiceAccount } from './service-account.ts';

export const kubernetesResources: readonly Resource[] = [
  {
    group: 'networking.k8s.io',
    version: 'v1',
    kind: 'NetworkPolicy',
    plural: 'networkpolicies',
    namespaced: true,
    judged: true,
    read: readNetworkPolicy,
  },
  {
    group: '',
    version: 'v1',
    kind: 'Node',
    plural: 'nodes',
    namespaced: false,
    judged: false,
    keeper: keeper('nodes', readNode, sameNode),
  },
  {
    group: '',
    version: 'v1',
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    namespaced: true,
    judged: false,
    keeper: keeper('serviceAccounts', readServiceAccount),
  },
  {
    group: 'discovery.k8s.io',
    version: 'v1',
    kind: 'EndpointSlice',
    plural: 'endpointslices',
    namespaced: true,
    judged: false,
    keeper: keeper('endpointSlices', readEndpointSlice),
  },
];
