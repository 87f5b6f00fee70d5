import { field, stringMap } from '../../json/read.ts';
import { keeper } from '../../model/catalogue.ts';
import type { Resource } from '../resource.ts';
import {
  felixMetadata,
  readFelixConfiguration,
  readKubeControllersConfiguration,
  structureProblems,
} from './felix-configuration.ts';
import { readHostEndpoint } from './host-endpoint.ts';
import { readNetworkSet } from './network-set.ts';
import { readCalicoPolicy } from './policy.ts';
import { readProfile, readProfileRules } from './profile.ts';
import { readStagedKubernetesPolicy } from './staged-kubernetes.ts';
import { calicoGroup, calicoIdentity, metadataOf, storageGroup } from './stored.ts';
import { readTier, tierProblems } from './tier.ts';

type Kind = Omit<Resource, 'group' | 'version' | 'judged' | 'identify'>;

const labels = (object: unknown): unknown => Object.fromEntries(stringMap(field(metadataOf(object), 'labels')));

const kinds: readonly Kind[] = [
  { kind: 'NetworkPolicy', plural: 'networkpolicies', namespaced: true, read: readCalicoPolicy },
  { kind: 'GlobalNetworkPolicy', plural: 'globalnetworkpolicies', namespaced: false, read: readCalicoPolicy },
  { kind: 'StagedNetworkPolicy', plural: 'stagednetworkpolicies', namespaced: true, read: readCalicoPolicy },
  {
    kind: 'StagedGlobalNetworkPolicy',
    plural: 'stagedglobalnetworkpolicies',
    namespaced: false,
    read: readCalicoPolicy,
  },
  {
    kind: 'StagedKubernetesNetworkPolicy',
    plural: 'stagedkubernetesnetworkpolicies',
    namespaced: true,
    read: readStagedKubernetesPolicy,
  },
  {
    kind: 'NetworkSet',
    plural: 'networksets',
    namespaced: true,
    keeper: keeper('networkSets', readNetworkSet),
    problems: (object, ref) => readNetworkSet(object, ref).problems,
    readMetadata: labels,
  },
  {
    kind: 'GlobalNetworkSet',
    plural: 'globalnetworksets',
    namespaced: false,
    keeper: keeper('networkSets', readNetworkSet),
    problems: (object, ref) => readNetworkSet(object, ref).problems,
    readMetadata: labels,
  },
  { kind: 'Tier', plural: 'tiers', namespaced: false, keeper: keeper('tiers', readTier), problems: tierProblems },
  {
    kind: 'HostEndpoint',
    plural: 'hostendpoints',
    namespaced: false,
    keeper: keeper('hostEndpoints', readHostEndpoint),
    problems: (object, ref) => readHostEndpoint(object, ref).problems,
    readMetadata: labels,
  },
  {
    kind: 'Profile',
    plural: 'profiles',
    namespaced: false,
    // No CustomResourceDefinition has it: Calico works profiles out, or keeps them in an etcd of its own.
    fromFilesOnly: true,
    read: readProfileRules,
    keeper: keeper('profiles', readProfile),
  },
  {
    kind: 'FelixConfiguration',
    plural: 'felixconfigurations',
    namespaced: false,
    keeper: keeper('felixConfigurations', readFelixConfiguration),
    problems: structureProblems,
    readMetadata: felixMetadata,
  },
  {
    kind: 'KubeControllersConfiguration',
    plural: 'kubecontrollersconfigurations',
    namespaced: false,
    keeper: keeper('kubeControllersConfigurations', readKubeControllersConfiguration),
    problems: structureProblems,
  },
];

/** Calico's kinds, as the user's API has them and as they are stored behind it. */
export const calicoResources: readonly Resource[] = kinds.flatMap((kind) => [
  { ...kind, group: calicoGroup, version: 'v3', judged: true, identify: calicoIdentity },
  { ...kind, group: storageGroup, version: 'v1', judged: true, identify: calicoIdentity },
]);
