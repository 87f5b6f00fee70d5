import { calicoGroup, storageGroup } from '../engine/dialects/calico/stored.ts';
import { resources } from '../engine/dialects/resources.ts';
import { dig } from '../engine/json/read.ts';
import { groupKind } from '../engine/model/object.ts';
import type { ClusterResource } from './resource.ts';

/** A kind that the World is made of. */
export interface WatchedKind extends ClusterResource {
  readonly kind: string;
  readonly namespaced: boolean;
  /** Can be done without: where it may not be read, the World says that it does not know. */
  readonly optional?: true;
  /** What to keep of an object, where that is not nearly all of it. */
  readonly keep?: (object: unknown) => unknown;
}

const named = (object: unknown) => ({
  name: dig(object, 'metadata', 'name'),
  namespace: dig(object, 'metadata', 'namespace'),
  labels: dig(object, 'metadata', 'labels'),
});

/** A node tells of its health every few minutes, and an account of its tokens; what it is and where is all that matters. */
const nodePart = (object: unknown): unknown => ({
  metadata: named(object),
  status: { addresses: dig(object, 'status', 'addresses') },
});
const accountPart = (object: unknown): unknown => ({ metadata: named(object) });

/** Pods come last: they are many, and the rest can be judged with before they are all there. */
export const alwaysWatched: readonly WatchedKind[] = [
  { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
  { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true },
  ...resources.filter((one) => one.group === 'networking.k8s.io'),
  { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false, optional: true, keep: nodePart },
  {
    group: '',
    version: 'v1',
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    namespaced: true,
    optional: true,
    keep: accountPart,
  },
  { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true },
];

/** Kinds that the engine reads and nobody watches: of these the World says that it does not know. */
export const neverWatched: readonly string[] = resources
  .filter(({ group }) => group !== calicoGroup && group !== storageGroup)
  .map(groupKind)
  .filter((kind) => !alwaysWatched.some((watched) => groupKind(watched) === kind));

/** Calico's kinds in the two forms that an API server may have them in: the user's before the stored one. */
export const calicoForms: readonly { readonly groupVersion: string; readonly kinds: readonly WatchedKind[] }[] = [
  calicoGroup,
  storageGroup,
].map((group) => {
  const kinds = resources.filter((one) => one.group === group);
  return {
    groupVersion: `${group}/${kinds[0]?.version ?? 'v1'}`,
    kinds: kinds.map(({ version, kind, plural, namespaced }) => ({
      group,
      version,
      kind,
      plural,
      namespaced,
      optional: true as const,
    })),
  };
});
