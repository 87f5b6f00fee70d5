import { AddressesByLabels } from './addresses-by-labels.ts';
import { emptyShelves, type Shelves } from './catalogue.ts';
import { ClusterGovernings } from './cluster-governing.ts';
import type { PodClass } from './endpoint.ts';
import { HostIndex } from './host-index.ts';
import { LabelIndex } from './label-index.ts';
import type { Namespace } from './namespace.ts';
import { NodeAddresses } from './node-addresses.ts';
import { PodIndex } from './pod-index.ts';
import { PolicyShelf, type StoredPolicy } from './policy-shelf.ts';
import { ReaderIndex } from './reader-index.ts';
import type { Service } from './service.ts';
import { SetIndex } from './set-index.ts';
import { Table } from './table.ts';
import { TierIndex } from './tier-index.ts';
import { WideSets } from './wide-sets.ts';

/** Where a World comes from: a watched cluster, files, or nowhere at all. */
export type WorldOrigin = 'cluster' | 'files' | 'none';

/** Few where they live in a namespace. Those of the cluster may be thousands, of which a change must not copy all. */
export type Policies = ReadonlyMap<string, StoredPolicy> | Table<StoredPolicy>;

/** What the World holds inside one namespace. Small, so that a change copies it whole. */
export interface Contents {
  readonly pods: readonly PodClass[];
  readonly policies: Policies;
  readonly services: ReadonlyMap<string, Service>;
}

export const nothing: Contents = { pods: [], policies: new Map(), services: new Map() };

/** All that a World is made of: what it holds, and the indexes of it that a change brings along. */
export interface Parts {
  readonly origin: WorldOrigin;
  readonly knownKinds: ReadonlySet<string>;
  /** Kinds of which the watched cluster lets nothing be seen. */
  readonly unseenKinds: ReadonlySet<string>;
  readonly namespaces: Table<Namespace>;
  readonly contents: Table<Contents>;
  /** The namespaces by their labels. */
  readonly labelled: LabelIndex;
  /** All pods of all namespaces. */
  readonly pods: number;
  readonly podIndex: PodIndex;
  /** By namespace, the pods that carry labels which Calico would copy there from elsewhere. */
  readonly copying: Table<readonly PodClass[]>;
  readonly readers: ReaderIndex;
  /** What a network set may carry -> the policies whose peers may choose it by that. */
  readonly setReaders: ReaderIndex;
  readonly tiers: TierIndex;
  readonly shelf: PolicyShelf;
  readonly shelves: Shelves;
  /** The policies that govern host endpoints: few of many. */
  readonly hostPolicies: Table<StoredPolicy>;
  readonly hostIndex: HostIndex;
  readonly setIndex: SetIndex;
  readonly addresses: AddressesByLabels;
  readonly nodeAddresses: NodeAddresses;
  readonly wideSets: WideSets;
  readonly clusterGovernings: ClusterGovernings;
}

export function emptyParts(origin: WorldOrigin): Parts {
  return {
    origin,
    knownKinds: new Set(),
    unseenKinds: new Set(),
    namespaces: Table.empty(),
    contents: Table.empty(),
    labelled: LabelIndex.empty(),
    pods: 0,
    podIndex: PodIndex.empty(),
    copying: Table.empty(),
    readers: ReaderIndex.empty((stored) => stored.namespaceLabels),
    setReaders: ReaderIndex.empty((stored) => stored.setLabels),
    tiers: TierIndex.empty(),
    shelf: new PolicyShelf(),
    shelves: emptyShelves,
    hostPolicies: Table.empty(),
    hostIndex: HostIndex.empty(),
    setIndex: SetIndex.empty(),
    addresses: new AddressesByLabels(),
    nodeAddresses: new NodeAddresses(),
    wideSets: new WideSets(),
    clusterGovernings: new ClusterGovernings(),
  };
}

/** Whether the same hosts, policies of hosts and settings of theirs are in both. */
export function decideAlikeForHosts(a: Parts, b: Parts): boolean {
  const shelves = ['hostEndpoints', 'profiles', 'tiers', 'felixConfigurations', 'nodes'] as const;
  return a.hostPolicies === b.hostPolicies && shelves.every((shelf) => a.shelves[shelf] === b.shelves[shelf]);
}
