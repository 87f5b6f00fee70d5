import { identityOf, policyResource, resourceOf } from '../dialects/resources.ts';
import { dig } from '../json/read.ts';
import type { AddressSet } from '../sets/addresses.ts';
import { isEveryBox, type LabelBox, labelIn, matchesBox, overlapBoxes } from '../sets/labels.ts';
import type { KnownAddresses } from './addresses-by-labels.ts';
import { attributesOf, isInheritedLabel, type Labels, nameLabel, namespaceName } from './attributes.ts';
import { type Catalogue, emptyShelves, type Shelves, shelfKey } from './catalogue.ts';
import type { ClusterGoverning } from './cluster-governing.ts';
import { makesPods, type PodClass, readPodClass, sameLabels, samePods } from './endpoint.ts';
import { type Governing, governedBy, governs, partsOfPods, readGoverning } from './governing.ts';
import type { HostEndpoint } from './host-endpoint.ts';
import { hostAttributes, labelsOfHost } from './host-index.ts';
import type { LabelIndex } from './label-index.ts';
import type { Namespace } from './namespace.ts';
import { NamespacesByBox } from './namespaces-by-box.ts';
import type { NetworkSet } from './network-set.ts';
import { groupKind, isBeingDeleted, labelsOf, type ObjectRef, refKey } from './object.ts';
import type { PodIndex } from './pod-index.ts';
import type { Direction, Policy } from './policy.ts';
import { GoverningOnShelf, readerEntry, type StoredPolicy, tierEntry } from './policy-shelf.ts';
import { RememberedByWorld } from './remembered-by-world.ts';
import { readService, type Service } from './service.ts';
import { SetIndex } from './set-index.ts';
import { Table } from './table.ts';
import { builtInTiers, defaultTier, type TierDefinition } from './tier.ts';
import type { TierIndex } from './tier-index.ts';
import type { Trusting } from './trusts.ts';
import {
  type Contents,
  decideAlikeForHosts,
  emptyParts,
  nothing,
  type Parts,
  type WorldOrigin,
} from './world-parts.ts';

/** A policy, and the host endpoints that it governs by what they are known by. */
export interface HostPolicy {
  readonly tier: string;
  readonly boxes: readonly LabelBox[];
  readonly read: () => Policy;
}

/** So many namespaces and directions of a World, some 200 bytes each. */
const governings = new RememberedByWorld<readonly Governing[]>(4096);

const namespacesByBox = new NamespacesByBox();

/** Cluster-scoped policies lie in the contents of a namespace that cannot exist. */
const clusterScope = '';
const nothingClusterWide: Contents = { ...nothing, policies: Table.empty() };

/**
 * What the cluster holds, as an immutable snapshot. A change gives a new World that shares all the rest with the old
 * one; nothing is rebuilt, so the World after a request costs some microseconds.
 */
export class World {
  readonly #parts: Parts;

  /** What is known of hosts alone; shared with the World that this one comes from where it says the same of them. */
  readonly #hosts: { world?: World };

  private constructor(parts: Parts, from?: World) {
    this.#parts = parts;
    this.#hosts = from !== undefined && decideAlikeForHosts(parts, from.#parts) ? from.#hosts : {};
  }

  static empty(origin: WorldOrigin): World {
    return new World(emptyParts(origin));
  }

  get origin(): WorldOrigin {
    return this.#parts.origin;
  }

  /** Whether the World can be asked about a kind (`NetworkPolicy.networking.k8s.io`): a watched one about all, one from files about what it holds. */
  knows(kind: string): boolean {
    const { knownKinds, unseenKinds } = this.#parts;
    return this.origin === 'cluster' ? !unseenKinds.has(kind) : knownKinds.has(kind);
  }

  /** Whether it can be asked about network sets: about those of namespaces and of the cluster, as far as it is a watched one. */
  knowsSets(): boolean {
    const known = ['NetworkSet.projectcalico.org', 'GlobalNetworkSet.projectcalico.org'].map((kind) =>
      this.knows(kind),
    );
    return this.origin === 'cluster' ? !known.includes(false) : known.includes(true);
  }

  /** The World that cannot be asked about these kinds, and about all others as before. */
  notSeeing(kinds: Iterable<string>): World {
    return this.#but({ unseenKinds: new Set(kinds) });
  }

  get namespaceCount(): number {
    return this.#parts.namespaces.size;
  }

  namespaces(): IterableIterator<Namespace> {
    return this.#parts.namespaces.values();
  }

  /** Whether the namespaces are those of the other World, with the same labels. */
  hasNamespacesOf(other: World): boolean {
    return this.#parts.namespaces === other.#parts.namespaces;
  }

  namespace(name: string): Namespace | undefined {
    return this.#parts.namespaces.get(name);
  }

  /** The namespaces that exist and whose labels are in the box. */
  *namespacesIn(box: LabelBox): IterableIterator<Namespace> {
    const some = this.#parts.labelled.candidates(box);
    if (some === undefined) {
      // Whoever looks through all of them mostly stops at the first.
      yield* isEveryBox(box) ? this.namespaces() : namespacesByBox.of(this.#parts.namespaces, box);
      return;
    }
    for (const name of some.names) {
      const namespace = this.namespace(name);
      if (namespace !== undefined && matchesBox(box, namespace.labels)) yield namespace;
    }
  }

  /** The namespace, or, where the World does not hold it, one that carries its name and nothing else. */
  namespaceOrBare(name: string): Namespace {
    return this.namespace(name) ?? { name, labels: new Map([[nameLabel, name]]), terminating: false };
  }

  /** Names of the namespaces that hold something, whether or not a Namespace object says that they exist. */
  *populatedNamespaces(): IterableIterator<string> {
    for (const name of this.#parts.contents.keys()) if (name !== clusterScope) yield name;
  }

  /** The namespaces that are not as they were in `old`, or hold something else. Cheap for Worlds that come from one another. */
  *namespacesChangedSince(old: World): IterableIterator<string> {
    yield* this.#parts.namespaces.changedSince(old.#parts.namespaces);
    yield* this.#parts.contents.changedSince(old.#parts.contents);
  }

  get podCount(): number {
    return this.#parts.pods;
  }

  podsOf(namespace: string): readonly PodClass[] {
    return this.#contentsOf(namespace).pods;
  }

  /** The namespaces that exist by their labels. */
  get namespaceLabels(): LabelIndex {
    return this.#parts.labelled;
  }

  /** The namespaces by what the pods in them carry, whether or not these run. */
  get podLabels(): PodIndex {
    return this.#parts.podIndex;
  }

  /** The pods that carry a label which Calico would copy from a namespace or a service account, and takes for such a copy. */
  *podsWithCopiedLabels(): IterableIterator<PodClass> {
    for (const pods of this.#parts.copying.values()) yield* pods;
  }

  /** Whether "no pod of today" can be said of the namespace at all. */
  knowsPodsOf(namespace: string): boolean {
    return this.origin === 'cluster' || this.#contentsOf(namespace).pods.length > 0;
  }

  servicesOf(namespace: string): readonly Service[] {
    return [...this.#contentsOf(namespace).services.values()];
  }

  hasService(namespace: string, name: string): boolean {
    return this.#contentsOf(namespace).services.has(name);
  }

  /** The policies that live in a namespace, in no order that matters. */
  policiesOf(namespace: string): readonly Policy[] {
    return this.#readAll(this.#contentsOf(namespace).policies.values());
  }

  /** The cluster policies by whom they govern. Worked out once while none of them changes. */
  get clusterGoverning(): ClusterGoverning {
    const { policies } = this.#contentsOf(clusterScope);
    return this.#parts.clusterGovernings.of(policies, this.#parts.shelf);
  }

  /** Whether the other World has the same policies in its tiers. */
  hasTiersOf(other: World): boolean {
    return this.#parts.readers === other.#parts.readers;
  }

  /** The policies of a tier other than `default`, wherever they live, in no order that matters. */
  *policiesInTier(tier: string): IterableIterator<StoredPolicy> {
    for (const [, stored] of this.#parts.readers.under(tierEntry(tier))) yield stored;
  }

  /** What the policies of each tier do, taken together. */
  get tiers(): TierIndex {
    return this.#parts.tiers;
  }

  /** The policies that decide about traffic of pods of a namespace in one direction. Worked out once for each World of the moment. */
  governing(namespace: string, direction: Direction): readonly Governing[] {
    return governings.of(this, `${direction} ${namespace}`, () => [
      ...this.governingOwn(namespace, direction),
      ...this.clusterGoverning.governing(this.namespaceOrBare(namespace), direction),
    ]);
  }

  /** The same, of the policies that live in the namespace themselves. */
  governingOwn(name: string, direction: Direction): readonly Governing[] {
    const { shelf } = this.#parts;
    const found: Governing[] = [];
    for (const stored of this.#contentsOf(name).policies.values()) {
      const { outline } = stored;
      if (outline === undefined) {
        const policy = shelf.policy(stored);
        const boxes = governedBy(policy, this.namespaceOrBare(name), direction);
        if (boxes.length > 0) found.push(readGoverning(policy, boxes, direction));
      } else if (governs(outline, direction)) {
        found.push(new GoverningOnShelf(stored, outline, direction, outline.boxes, shelf));
      }
    }
    return found;
  }

  clusterPolicies(): readonly Policy[] {
    return this.policiesOf(clusterScope);
  }

  /** Those of them in force that may decide about an endpoint of these boxes: about pods, or, at any stage, about hosts. */
  clusterPoliciesOver(boxes: readonly LabelBox[]): readonly Policy[] {
    const found = new Set(this.clusterGoverning.over(partsOfPods(boxes)));
    for (const stored of this.#parts.hostPolicies.values())
      if (stored.hosts.some((one) => boxes.some((box) => overlapBoxes(one, box)))) found.add(stored);
    return this.#readAll(found);
  }

  /** How many policies are of no namespace. Unlike those themselves, it costs nothing to know. */
  get clusterPolicyCount(): number {
    return this.#contentsOf(clusterScope).policies.size;
  }

  policy(given: ObjectRef): Policy | undefined {
    const ref = identityOf(given);
    const stored = this.#contentsOf(ref.namespace ?? clusterScope).policies.get(refKey(ref));
    return stored === undefined ? undefined : this.#parts.shelf.policy(stored);
  }

  /** The object of this name on one of the shelves. */
  object<K extends keyof Catalogue>(shelf: K, name: string, namespace?: string): Catalogue[K] | undefined {
    return this.#parts.shelves[shelf].get(shelfKey({ namespace, name }));
  }

  /** All objects of a shelf, in no order that matters. */
  objects<K extends keyof Catalogue>(shelf: K): IterableIterator<Catalogue[K]> {
    return this.#parts.shelves[shelf].values();
  }

  /** How many objects a shelf holds. */
  countOf(shelf: keyof Catalogue): number {
    return this.#parts.shelves[shelf].size;
  }

  /** The tier of this name; those that are built in are always there, and stay as they are. */
  tier(name: string): TierDefinition | undefined {
    return builtInTiers.get(name) ?? this.object('tiers', name);
  }

  /** Whether any object of Calico's is here, so that endpoints are known by what Calico makes of their labels. */
  get holdsCalico(): boolean {
    for (const kind of this.#parts.knownKinds) if (kind.endsWith('.projectcalico.org')) return true;
    return false;
  }

  /** The network sets that one of the boxes admits. */
  setsIn(boxes: readonly LabelBox[]): readonly NetworkSet[] {
    return [...this.eachSetIn(boxes)];
  }

  /** The same one by one, for who may stop at the first. */
  *eachSetIn(boxes: readonly LabelBox[]): IterableIterator<NetworkSet> {
    for (const key of this.#parts.setIndex.candidates(boxes) ?? this.#parts.shelves.networkSets.keys()) {
      const set = this.#parts.shelves.networkSets.get(key);
      if (set === undefined) continue;
      const attributes = this.attributesOfSet(set);
      if (boxes.some((box) => matchesBox(box, attributes))) yield set;
    }
  }

  /** The network sets with a range wider than anybody lists. Worked out once while no set changes. */
  get wideSets(): readonly NetworkSet[] {
    return this.#parts.wideSets.of(this.#parts.shelves.networkSets);
  }

  /** A network set as selectors see it. */
  attributesOfSet({ ref, labels }: NetworkSet): Labels {
    const namespace = ref.namespace === undefined ? undefined : this.namespaceOrBare(ref.namespace).labels;
    return attributesOf({ kind: 'NetworkSet', own: labels, namespace, serviceAccount: undefined, calico: true });
  }

  /** The addresses by which a selector that admits these boxes knows network sets and host endpoints. Worked out once while none of these changes. */
  addressesKnownAs(boxes: readonly LabelBox[]): AddressSet {
    return this.#parts.addresses.all(boxes, () => this.#addressesOf(boxes));
  }

  /** The same, up to as many addresses as can be put together in time; `complete` is false where there are more. */
  knownAs(boxes: readonly LabelBox[]): KnownAddresses {
    return this.#parts.addresses.known(boxes, () => this.#addressesOf(boxes));
  }

  #addressesOf(boxes: readonly LabelBox[]): readonly AddressSet[] {
    return [...this.setsIn(boxes).map((set) => set.addresses), ...this.hostsIn(boxes).map((host) => host.expectedIPs)];
  }

  /** All that tells which network sets and host endpoints a selector finds, for comparing by identity. */
  get factsOfSets(): readonly unknown[] {
    return [this.#parts.addresses, this.#parts.shelves.networkSets];
  }

  /** All that tells who the pods of a namespace are, likewise. */
  factsOfPods(namespace: string): readonly unknown[] {
    const { pods, services } = this.#contentsOf(namespace);
    return [pods, services, this.namespace(namespace), this.#parts.shelves.serviceAccounts, this.holdsCalico];
  }

  /** One object for all Worlds that come from one another, under which to remember what was worked out of them. */
  get lineage(): object {
    return this.#parts.shelf;
  }

  /** The policies whose peers may choose a network set that carries one of these labellings, as far as an index tells. */
  policiesChoosing(set: NetworkSet): readonly Policy[] {
    const found = new Map<string, StoredPolicy>();
    for (const entry of SetIndex.entriesOf(set))
      for (const [key, stored] of this.#parts.setReaders.under(entry)) found.set(key, stored);
    return this.#readAll(found.values());
  }

  /** The host endpoints that one of the boxes admits. */
  hostsIn(boxes: readonly LabelBox[]): readonly HostEndpoint[] {
    const { hostEndpoints } = this.#parts.shelves;
    const isAdmitted = (host: HostEndpoint) => {
      const attributes = this.attributesOfHost(host);
      return boxes.some((box) => matchesBox(box, attributes));
    };
    const names = this.#parts.hostIndex.candidates(boxes);
    const candidates =
      names === undefined ? hostEndpoints.values() : Array.from(names).flatMap((name) => hostEndpoints.get(name) ?? []);
    return Array.from(candidates).filter(isAdmitted);
  }

  /** Of all Nodes, and those that are expected of host endpoints. Worked out once while neither changes. */
  get nodeAddresses(): AddressSet {
    const { nodes, hostEndpoints } = this.#parts.shelves;
    return this.#parts.nodeAddresses.of(nodes, hostEndpoints);
  }

  /** A host endpoint as selectors see it: its own labels, and those that its profiles give it. */
  attributesOfHost(host: HostEndpoint): Labels {
    return hostAttributes(labelsOfHost(host, this.#parts.shelves.profiles));
  }

  /**
   * A World of nothing but what decides about the traffic of hosts, network sets aside: one and the same object as long
   * as none of that changes, so that what follows from it can be remembered.
   */
  get ofHosts(): World {
    if (this.#hosts.world !== undefined) return this.#hosts.world;
    const { origin, knownKinds, shelf, hostPolicies, hostIndex, shelves } = this.#parts;
    const { hostEndpoints, profiles, tiers, felixConfigurations, nodes } = shelves;
    const own = { ...emptyShelves, hostEndpoints, profiles, tiers, felixConfigurations, nodes };
    const world = World.empty(origin).#but({ knownKinds, shelf, hostPolicies, hostIndex, shelves: own });
    world.#hosts.world = world;
    this.#hosts.world = world;
    return world;
  }

  /** The policies that govern some host endpoint that there may be, with the boxes of these, in no order that matters. */
  *policiesOfHosts(): IterableIterator<HostPolicy> {
    const { hostPolicies, shelf } = this.#parts;
    for (const stored of hostPolicies.values()) {
      yield { tier: stored.cluster?.tier ?? defaultTier, boxes: stored.hosts, read: () => shelf.policy(stored) };
    }
  }

  /** Whether a shelf holds the very objects that it holds in another World. */
  hasSame(shelf: keyof Catalogue, other: World): boolean {
    return this.#parts.shelves[shelf] === other.#parts.shelves[shelf];
  }

  /** The policies for whose selectors it may matter which of these values a namespace label has; undefined is absent. */
  policiesReading(namespaceLabel: string, values: readonly (string | undefined)[]): readonly Policy[] {
    return this.#readAll(this.#reading(namespaceLabel, values));
  }

  /** Whom those of them let through that trust namespaces for their labels. */
  trustsReading(namespaceLabel: string, values: readonly (string | undefined)[]): readonly Trusting[] {
    return Array.from(this.#reading(namespaceLabel, values)).flatMap((stored) => {
      const trusts = this.#parts.shelf.trusts(stored);
      return trusts === undefined ? [] : [{ ref: stored.ref, trusts }];
    });
  }

  #reading(namespaceLabel: string, values: readonly (string | undefined)[]): Iterable<StoredPolicy> {
    const entries = [namespaceLabel, ...values.map((value) => readerEntry(namespaceLabel, value))];
    const found = new Map<string, StoredPolicy>();
    for (const entry of new Set(entries))
      for (const [key, stored] of this.#parts.readers.under(entry)) found.set(key, stored);
    return found.values();
  }

  /** The World in which this object is as given: created, or put in the place of the one it replaces. */
  with(object: unknown, given: ObjectRef): World {
    const ref = identityOf(given);
    const kind = groupKind(ref);
    const world = this.#knowing(kind);
    if (kind === 'Namespace') {
      const labels = new Map(labelsOf(object)).set(nameLabel, ref.name);
      const phase = dig(object, 'status', 'phase');
      return world.#withNamespace({
        name: ref.name,
        labels,
        terminating: isBeingDeleted(object) || phase === 'Terminating',
      });
    }
    const namespace = ref.namespace ?? clusterScope;
    if (kind === 'Service') return world.#withService(namespace, ref.name, readService(object, namespace, ref.name));
    if (makesPods(kind)) return world.withPods(undefined, readPodClass(object, ref, namespace));
    const resource = resourceOf(given);
    if (resource === undefined) return this;
    const kept =
      resource.keeper === undefined
        ? world
        : world.#withShelves(resource.keeper.put(world.#parts.shelves, object, ref), ref);
    if (resource.read === undefined) return kept;
    const known = this.#contentsOf(namespace).policies.get(refKey(ref));
    const stored = this.#parts.shelf.store(object, ref, resource.read, known);
    return stored === known ? kept : kept.#withPolicy(ref, stored);
  }

  /** The World without this object. Pods leave by `withPods`. */
  without(given: ObjectRef): World {
    const ref = identityOf(given);
    const kind = groupKind(ref);
    if (kind === 'Namespace') return this.#withoutNamespace(ref.name);
    if (kind === 'Service') return this.#withService(ref.namespace ?? clusterScope, ref.name, undefined);
    const keeper = resourceOf(given)?.keeper;
    const left = keeper === undefined ? this : this.#withShelves(keeper.drop(this.#parts.shelves, ref), ref);
    return policyResource(given) === undefined ? left : left.#withPolicy(ref, undefined);
  }

  /** Some pods leave, some come, or one becomes another. A class goes with the last of its pods. */
  withPods(leaving: PodClass | undefined, coming: PodClass | undefined): World {
    const left = leaving === undefined ? this : this.#countPods(leaving, -leaving.count);
    return coming === undefined ? left : left.#countPods(coming, coming.count);
  }

  #contentsOf(namespace: string): Contents {
    return this.#parts.contents.get(namespace) ?? (namespace === clusterScope ? nothingClusterWide : nothing);
  }

  #readAll(stored: Iterable<StoredPolicy>): readonly Policy[] {
    return Array.from(stored, (one) => this.#parts.shelf.policy(one));
  }

  #but(parts: Partial<Parts>): World {
    return new World({ ...this.#parts, ...parts }, this);
  }

  #withShelves(shelves: Shelves, ref: ObjectRef): World {
    if (shelves === this.#parts.shelves) return this;
    const world = this.#but({ shelves });
    const { networkSets, hostEndpoints, profiles } = this.#parts.shelves;
    if (networkSets !== shelves.networkSets) return world.#sinceSet(this, shelfKey(ref));
    if (hostEndpoints !== shelves.hostEndpoints) return world.#sinceHosts(this, [ref.name]);
    if (profiles === shelves.profiles) return world;
    const named = [...hostEndpoints.values()].filter((host) => host.profiles.includes(ref.name));
    return world.#sinceHosts(
      this,
      named.map((host) => host.ref.name),
    );
  }

  /** With everything that hangs on network sets, one of which is not as it was. */
  #sinceSet(old: World, key: string): World {
    const sets = [old, this].map((world) => world.#parts.shelves.networkSets.get(key));
    const [was, is] = sets;
    return this.#but({
      setIndex: this.#parts.setIndex.change(key, was, is),
      addresses: this.#parts.addresses.after(
        sets.flatMap((set) => (set === undefined ? [] : this.attributesOfSet(set))),
      ),
    });
  }

  /** With everything that hangs on host endpoints, some of which are not as they were. */
  #sinceHosts(old: World, names: readonly string[]): World {
    const labels = (world: World, name: string) => {
      const host = world.object('hostEndpoints', name);
      return host === undefined ? undefined : labelsOfHost(host, world.#parts.shelves.profiles);
    };
    const changes = names.map((name) => ({ name, was: labels(old, name), is: labels(this, name) }));
    return this.#but({
      hostIndex: changes.reduce((index, { name, was, is }) => index.change(name, was, is), this.#parts.hostIndex),
      addresses: this.#parts.addresses.after(
        changes.flatMap(({ was, is }) => [was, is].flatMap((one) => (one === undefined ? [] : hostAttributes(one)))),
      ),
    });
  }

  /** With everything that hangs on the labels of a namespace, which are not as they were: its network sets inherit them. */
  #sinceNamespace(old: World, name: string): World {
    const sets = this.setsIn([labelIn(namespaceName, [name])]).filter(({ ref }) => ref.namespace === name);
    if (sets.length === 0) return this;
    const touched = [old, this].flatMap((world) => sets.map((set) => world.attributesOfSet(set)));
    return this.#but({ addresses: this.#parts.addresses.after(touched) });
  }

  #knowing(kind: string): World {
    if (this.#parts.knownKinds.has(kind)) return this;
    return this.#but({ knownKinds: new Set(this.#parts.knownKinds).add(kind) });
  }

  #withNamespace(namespace: Namespace): World {
    const known = this.namespace(namespace.name);
    if (known?.terminating === namespace.terminating && sameLabels(known.labels, namespace.labels)) return this;
    const { labelled, namespaces } = this.#parts;
    const left = known === undefined ? labelled : labelled.without(known.name, known.labels);
    return this.#but({
      namespaces: namespaces.with(namespace.name, namespace),
      labelled: left.with(namespace.name, namespace.labels),
    }).#sinceNamespace(this, namespace.name);
  }

  #withoutNamespace(name: string): World {
    const known = this.namespace(name);
    if (known === undefined) return this;
    const { labelled, namespaces } = this.#parts;
    return this.#but({
      namespaces: namespaces.without(name),
      labelled: labelled.without(name, known.labels),
    }).#sinceNamespace(this, name);
  }

  #withContents(namespace: string, change: Partial<Contents>, others: Partial<Parts> = {}): World {
    const contents = { ...this.#contentsOf(namespace), ...change };
    const empty = contents.pods.length + contents.policies.size + contents.services.size === 0;
    return this.#but({ contents: this.#parts.contents.change(namespace, empty ? undefined : contents), ...others });
  }

  #withService(namespace: string, name: string, service: Service | undefined): World {
    return this.#withContents(namespace, {
      services: changed(this.#contentsOf(namespace).services, name, service),
    });
  }

  #countPods(pod: PodClass, difference: number): World {
    const { pods } = this.#contentsOf(pod.namespace);
    const at = pods.findIndex((one) => samePods(one, pod));
    const known = pods[at];
    if (known === undefined && difference < 0) return this;
    const count = (known?.count ?? 0) + difference;
    const gone = count < 0 || (count === 0 && difference < 0);
    const changed = count === pod.count ? pod : { ...pod, count };
    const left = known === undefined ? [...pods, changed] : gone ? pods.toSpliced(at, 1) : pods.with(at, changed);
    const copying = carriesCopied(pod)
      ? this.#parts.copying.with(pod.namespace, left.filter(carriesCopied))
      : this.#parts.copying;
    const { podIndex: index } = this.#parts;
    const podIndex = known === undefined ? index.with(pod) : gone ? index.without(known, left) : index;
    return this.#knowing('Pod')
      .#withContents(pod.namespace, { pods: left })
      .#but({ pods: this.#parts.pods + difference, copying, podIndex });
  }

  #withPolicy(ref: ObjectRef, stored: StoredPolicy | undefined): World {
    const namespace = ref.namespace ?? clusterScope;
    const key = refKey(ref);
    const { policies } = this.#contentsOf(namespace);
    const known = policies.get(key);
    if (known === stored) return this;
    const readers = this.#parts.readers.exchanged(key, known, stored);
    const setReaders = this.#parts.setReaders.exchanged(key, known, stored);
    const tiers = this.#parts.tiers.exchanged(key, known, stored);
    const now = policies instanceof Table ? policies.change(key, stored) : changed(policies, key, stored);
    if (namespace === clusterScope) {
      const { clusterGovernings, shelf } = this.#parts;
      clusterGovernings.comesFrom(now, { base: policies, old: known, now: stored }, shelf);
    }
    const hostPolicies =
      governsHosts(known) || governsHosts(stored)
        ? this.#parts.hostPolicies.change(key, governsHosts(stored) ? stored : undefined)
        : this.#parts.hostPolicies;
    return this.#withContents(namespace, { policies: now }, { readers, setReaders, tiers, hostPolicies });
  }
}

function governsHosts(stored: StoredPolicy | undefined): boolean {
  return stored !== undefined && stored.hosts.length > 0;
}

function carriesCopied({ labels }: PodClass): boolean {
  for (const key of labels.keys()) if (isInheritedLabel(key)) return true;
  return false;
}

function changed<V>(map: ReadonlyMap<string, V>, key: string, value: V | undefined): ReadonlyMap<string, V> {
  const copy = new Map(map);
  if (value === undefined) copy.delete(key);
  else copy.set(key, value);
  return copy;
}
