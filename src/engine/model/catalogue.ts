import type { EndpointSlice } from './endpoint-slice.ts';
import type { FelixConfiguration, KubeControllersConfiguration } from './felix-configuration.ts';
import type { HostEndpoint, Profile } from './host-endpoint.ts';
import type { NetworkSet } from './network-set.ts';
import type { Node } from './node.ts';
import type { ObjectRef } from './object.ts';
import type { ServiceAccount } from './service-account.ts';
import { Table } from './table.ts';
import type { TierDefinition } from './tier.ts';

/** What the World holds besides pods and policies, by what it is to the engine. */
export interface Catalogue {
  readonly tiers: TierDefinition;
  readonly networkSets: NetworkSet;
  readonly hostEndpoints: HostEndpoint;
  readonly profiles: Profile;
  readonly felixConfigurations: FelixConfiguration;
  readonly kubeControllersConfigurations: KubeControllersConfiguration;
  readonly nodes: Node;
  readonly serviceAccounts: ServiceAccount;
  readonly endpointSlices: EndpointSlice;
}

export type Shelves = { readonly [K in keyof Catalogue]: Table<Catalogue[K]> };

export const emptyShelves: Shelves = {
  tiers: Table.empty(),
  networkSets: Table.empty(),
  hostEndpoints: Table.empty(),
  profiles: Table.empty(),
  felixConfigurations: Table.empty(),
  kubeControllersConfigurations: Table.empty(),
  nodes: Table.empty(),
  serviceAccounts: Table.empty(),
  endpointSlices: Table.empty(),
};

/** How objects of one kind come to the shelves and leave them. */
export interface Keeper {
  put(shelves: Shelves, object: unknown, ref: ObjectRef): Shelves;
  drop(shelves: Shelves, ref: ObjectRef): Shelves;
}

/**
 * Keeps objects on one shelf, under `namespace/name`, or the name of what is in no namespace.
 *
 * @param isSame whether two say the same of all that is read; then the shelf stays the one it is
 */
export function keeper<K extends keyof Catalogue>(
  shelf: K,
  read: (object: unknown, ref: ObjectRef) => Catalogue[K],
  isSame: (a: Catalogue[K], b: Catalogue[K]) => boolean = () => false,
): Keeper {
  return {
    put: (shelves, object, ref) => {
      const [key, now] = [shelfKey(ref), read(object, ref)];
      const known = shelves[shelf].get(key);
      if (known !== undefined && isSame(known, now)) return shelves;
      return { ...shelves, [shelf]: shelves[shelf].with(key, now) };
    },
    drop: (shelves, ref) => ({ ...shelves, [shelf]: shelves[shelf].without(shelfKey(ref)) }),
  };
}

export function shelfKey({ namespace, name }: Pick<ObjectRef, 'namespace' | 'name'>): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
