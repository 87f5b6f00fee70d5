import { containsBox, type LabelBox, matchesBox, overlapBoxes } from '../sets/labels.ts';
import { isEveryPod } from './box-parts.ts';
import { type ClusterOutline, decidesIn, type Governing, type Part } from './governing.ts';
import type { Namespace } from './namespace.ts';
import { refKey } from './object.ts';
import type { Direction } from './policy.ts';
import { GoverningOnShelf, type PolicyShelf, type StoredPolicy } from './policy-shelf.ts';
import { Table } from './table.ts';

/** A cluster policy, and whom it governs. */
export interface ClusterPolicy {
  readonly stored: StoredPolicy;
  readonly outline: ClusterOutline;
}

/** The pods that cluster policies select in the same namespaces. */
interface Group {
  /** Another one than that of any other in this state, or in those that it came from. */
  readonly id: number;
  /** Their labels. */
  readonly namespaces: LabelBox;
  readonly members: ReadonlyMap<ClusterPolicy, readonly LabelBox[]>;
  /** Those of them that select every pod there. */
  readonly whole: readonly ClusterPolicy[];
}

const noMembers: Group['members'] = new Map();

/**
 * Cluster policies by the namespaces that they look at. There are thousands of them and few ways to choose namespaces,
 * so that a namespace costs as many looks as there are ways, and the policies that do govern it. Immutable.
 */
export class ClusterGoverning {
  /** By what `refKey` makes of their references. */
  readonly #policies: Table<ClusterPolicy>;
  readonly #shelf: PolicyShelf;
  /** By the labels of the namespaces. Equal boxes are mostly one object; where they are not, that only costs another look. */
  readonly #groups: Map<LabelBox, Group>;
  /** By a value of a label that they ask for, as `key=value`; those that ask for none under none. */
  readonly #asking: ReadonlyMap<string | undefined, readonly LabelBox[]>;
  /** Greater than the id of any group here. */
  readonly #nextId: number;
  /** Those that look at namespaces with these labels, as far as anybody has asked. */
  readonly #known = new WeakMap<Namespace['labels'], readonly Group[]>();
  /** The state that this one comes from, and the namespaces whose policies are others. Of that one, nothing earlier is kept. */
  #earlier: { readonly state: ClusterGoverning; readonly changed: ReadonlySet<LabelBox> } | undefined;

  private constructor(
    shelf: PolicyShelf,
    policies: Table<ClusterPolicy>,
    groups: Map<LabelBox, Group>,
    asking: ReadonlyMap<string | undefined, readonly LabelBox[]>,
    nextId: number,
  ) {
    this.#shelf = shelf;
    this.#policies = policies;
    this.#groups = groups;
    this.#asking = asking;
    this.#nextId = nextId;
  }

  static of(stored: Iterable<StoredPolicy>, shelf: PolicyShelf): ClusterGoverning {
    const policies = Array.from(stored, deciding).filter((one) => one !== undefined);
    const members = new Map<LabelBox, Map<ClusterPolicy, LabelBox[]>>();
    for (const one of policies) {
      for (const part of one.outline.parts) {
        const group = members.get(part.namespace) ?? new Map<ClusterPolicy, LabelBox[]>();
        members.set(part.namespace, group);
        const boxes = group.get(one);
        if (boxes === undefined) group.set(one, [part.pod]);
        else boxes.push(part.pod);
      }
    }
    const groups = new Map([...members].map(([box, some], id) => [box, groupOf(id, box, some)]));
    const asking = new Map<string | undefined, LabelBox[]>();
    for (const box of groups.keys()) {
      for (const entry of entriesOf(box)) {
        const known = asking.get(entry);
        if (known === undefined) asking.set(entry, [box]);
        else known.push(box);
      }
    }
    const byKey = Table.from(policies.map((one) => [refKey(one.stored.ref), one] as const));
    return new ClusterGoverning(shelf, byKey, groups, asking, groups.size);
  }

  /** All that decide about pods, in no order that matters. */
  get policies(): IterableIterator<ClusterPolicy> {
    return this.#policies.values();
  }

  /** The same with one policy in the place of another, or of none. */
  exchanged(old: StoredPolicy | undefined, now: StoredPolicy | undefined): ClusterGoverning {
    const left = old && this.#policies.get(refKey(old.ref));
    const come = now === undefined ? undefined : deciding(now);
    if (left === undefined && come === undefined) return this;
    const groups = new Map(this.#groups);
    let nextId = this.#nextId;
    const put = (namespace: LabelBox, members: Group['members']) => {
      if (members.size === 0) groups.delete(namespace);
      else groups.set(namespace, groupOf(nextId, namespace, members));
      nextId += 1;
    };
    for (const { namespace } of left?.outline.parts ?? []) {
      const members = new Map(groups.get(namespace)?.members);
      if (left !== undefined) members.delete(left);
      put(namespace, members);
    }
    for (const { namespace, pod } of come?.outline.parts ?? []) {
      const members = groups.get(namespace)?.members ?? noMembers;
      if (come !== undefined) put(namespace, new Map(members).set(come, [...(members.get(come) ?? []), pod]));
    }
    const asking = this.#askingAfter(groups, [left, come]);
    const others = left === undefined ? this.#policies : this.#policies.without(refKey(left.stored.ref));
    const policies = come === undefined ? others : others.with(refKey(come.stored.ref), come);
    const next = new ClusterGoverning(this.#shelf, policies, groups, asking, nextId);
    this.#earlier = undefined;
    next.#earlier = { state: this, changed: new Set(namespacesOf(left, come)) };
    return next;
  }

  /** With the ways to choose namespaces that came, and without those that nobody uses any more. */
  #askingAfter(
    groups: ReadonlyMap<LabelBox, Group>,
    policies: readonly (ClusterPolicy | undefined)[],
  ): ReadonlyMap<string | undefined, readonly LabelBox[]> {
    const others = [...new Set(namespacesOf(...policies))].filter((box) => groups.has(box) !== this.#groups.has(box));
    if (others.length === 0) return this.#asking;
    const asking = new Map(this.#asking);
    for (const box of others) {
      for (const entry of entriesOf(box)) {
        const known = asking.get(entry) ?? [];
        const left = groups.has(box) ? [...known, box] : known.filter((one) => one !== box);
        if (left.length === 0) asking.delete(entry);
        else asking.set(entry, left);
      }
    }
    return asking;
  }

  /** The cluster policies that decide about traffic of pods of a namespace in one direction. */
  governing({ labels }: Namespace, direction: Direction): readonly Governing[] {
    const found: Governing[] = [];
    const several = new Map<ClusterPolicy, LabelBox[]>();
    for (const { members } of this.#groupsOf(labels)) {
      for (const [one, boxes] of members) {
        if (!decidesIn(one.outline, direction)) continue;
        if (one.outline.parts.length === 1) found.push(this.#governing(one, direction, boxes));
        else several.set(one, [...(several.get(one) ?? []), ...boxes]);
      }
    }
    for (const [one, boxes] of several) found.push(this.#governing(one, direction, boxes));
    return found;
  }

  /** The cluster policies that decide about some pod of these parts. One may come several times. */
  *over(parts: readonly Part[]): IterableIterator<StoredPolicy> {
    for (const [namespaces, { members }] of this.#groups) {
      const near = parts.filter(({ namespace }) => overlapBoxes(namespace, namespaces));
      if (near.length === 0) continue;
      for (const [{ stored }, pods] of members)
        if (pods.some((one) => near.some(({ pod }) => overlapBoxes(pod, one)))) yield stored;
    }
  }

  /** The same for namespaces of which the same cluster policies govern the same pods. Others may have different ones all the same. */
  alikeKey({ labels }: Namespace): string {
    return this.#groupsOf(labels)
      .map(({ id }) => id)
      .join();
  }

  /** Whether some cluster policy decides about traffic of every pod of a namespace, in a tier of which `inTier` is true. */
  governsEveryPod({ labels }: Namespace, direction: Direction, inTier: (tier: string) => boolean): boolean {
    for (const { whole } of this.#groupsOf(labels)) {
      if (whole.some(({ outline }) => decidesIn(outline, direction) && inTier(outline.tier))) return true;
    }
    return false;
  }

  /** The cluster policies that decide in one direction about traffic of every pod that one of the parts admits. */
  covering(parts: readonly Part[], direction: Direction): readonly ClusterPolicy[] {
    let found: ReadonlySet<ClusterPolicy> | undefined;
    for (const part of parts) {
      const some = new Set(this.#coveringPart(part));
      found = found === undefined ? some : found.intersection(some);
      if (found.size === 0) return [];
    }
    return [...(found ?? [])].filter(({ outline }) => decidesIn(outline, direction));
  }

  *#coveringPart({ namespace, pod }: Part): IterableIterator<ClusterPolicy> {
    // A box that asks for one of some values contains only boxes that ask for one of these.
    for (const entry of new Set([undefined, ...namespace.conditions.flatMap(firstEntry)])) {
      for (const box of this.#asking.get(entry) ?? []) {
        const members = containsBox(box, namespace) ? this.#groups.get(box)?.members : undefined;
        for (const [one, boxes] of members ?? []) if (boxes.some((outer) => containsBox(outer, pod))) yield one;
      }
    }
  }

  /** The namespaces, by their labels, of which some cluster policy decides about every pod, in a tier of which `inTier` is true. */
  governedWhole(direction: Direction, inTier: (tier: string) => boolean): readonly LabelBox[] {
    const found: LabelBox[] = [];
    for (const [namespaces, { whole }] of this.#groups) {
      if (whole.some(({ outline }) => decidesIn(outline, direction) && inTier(outline.tier))) found.push(namespaces);
    }
    return found;
  }

  /** Those that look at a namespace with these labels. */
  #groupsOf(labels: Namespace['labels']): readonly Group[] {
    const known = this.#known.get(labels) ?? this.#changedGroupsOf(labels) ?? this.#findGroupsOf(labels);
    this.#known.set(labels, known);
    return known;
  }

  /** By what the earlier state says, as a request is about one of its thousands of policies. */
  #changedGroupsOf(labels: Namespace['labels']): readonly Group[] | undefined {
    if (this.#earlier === undefined) return undefined;
    const { state, changed } = this.#earlier;
    const others = state.#groupsOf(labels).filter(({ namespaces }) => !changed.has(namespaces));
    for (const box of changed) {
      const group = matchesBox(box, labels) ? this.#groups.get(box) : undefined;
      if (group !== undefined) others.push(group);
    }
    return others;
  }

  #findGroupsOf(labels: Namespace['labels']): readonly Group[] {
    const found: Group[] = [];
    if (this.#groups.size === 0) return found;
    const look = (entry: string | undefined) => {
      for (const box of this.#asking.get(entry) ?? []) {
        const group = this.#groups.get(box);
        if (group !== undefined && matchesBox(box, labels)) found.push(group);
      }
    };
    look(undefined);
    for (const [key, value] of labels) look(entryOf(key, value));
    return found;
  }

  #governing({ stored, outline }: ClusterPolicy, direction: Direction, boxes: readonly LabelBox[]): Governing {
    return new GoverningOnShelf(stored, outline, direction, boxes, this.#shelf);
  }
}

function deciding(stored: StoredPolicy): ClusterPolicy | undefined {
  const { cluster } = stored;
  return cluster?.decides === true && cluster.parts.length > 0 ? { stored, outline: cluster } : undefined;
}

function namespacesOf(...policies: readonly (ClusterPolicy | undefined)[]): readonly LabelBox[] {
  return policies.flatMap((one) => one?.outline.parts ?? []).map(({ namespace }) => namespace);
}

function groupOf(id: number, namespaces: LabelBox, members: Group['members']): Group {
  return {
    id,
    namespaces,
    members,
    whole: Array.from(members).flatMap(([one, boxes]) => (boxes.some(isEveryPod) ? [one] : [])),
  };
}

function entryOf(key: string, value: string): string {
  return `${key}=${value}`;
}

const mostValues = 20;

/** The values of one label, one of which must be there; `undefined` alone where none is asked for in so many words. */
function entriesOf({ conditions }: LabelBox): readonly (string | undefined)[] {
  for (const { key, absent, values } of conditions) {
    if (absent || values.kind !== 'only' || values.values.length > mostValues) continue;
    return values.values.map((value) => entryOf(key, value));
  }
  return [undefined];
}

function firstEntry({ key, values }: LabelBox['conditions'][number]): readonly string[] {
  return values.kind === 'only' ? values.values.slice(0, 1).map((value) => `${key}=${value}`) : [];
}

/** Compared by identity. */
interface Policies {
  values(): Iterable<StoredPolicy>;
}

/** Policies that are others but for one. */
interface Exchange {
  readonly base: Policies;
  readonly old: StoredPolicy | undefined;
  readonly now: StoredPolicy | undefined;
}

/** Remembers what was made of the policies of a World, for those that come from it and have the same ones, or all but one. */
export class ClusterGovernings {
  readonly #known = new WeakMap<Policies, ClusterGoverning>();
  readonly #waiting = new WeakMap<Policies, Exchange>();

  /** @param policies compared by identity: the same map gives the same answer */
  of(policies: Policies, shelf: PolicyShelf): ClusterGoverning {
    const known = this.#known.get(policies);
    if (known !== undefined) return known;
    const exchange = this.#waiting.get(policies);
    this.#waiting.delete(policies);
    const found =
      exchange === undefined
        ? ClusterGoverning.of(policies.values(), shelf)
        : this.of(exchange.base, shelf).exchanged(exchange.old, exchange.now);
    this.#known.set(policies, found);
    return found;
  }

  /** Says of policies by which exchange they come from others. Of these it is worked out at once where they wait themselves, so that no chain grows. */
  comesFrom(policies: Policies, exchange: Exchange, shelf: PolicyShelf): void {
    if (this.#waiting.has(exchange.base)) this.of(exchange.base, shelf);
    this.#waiting.set(policies, exchange);
  }
}
