import { type LabelBox, matchesBox } from '../sets/labels.ts';
import { isEveryPod } from './box-parts.ts';
import { type ClusterOutline, decidesIn, type Governing } from './governing.ts';
import type { Namespace } from './namespace.ts';
import type { Direction } from './policy.ts';
import { GoverningOnShelf, type PolicyShelf, type StoredPolicy } from './policy-shelf.ts';

/** A cluster policy, and whom it governs. */
export interface ClusterPolicy {
  readonly stored: StoredPolicy;
  readonly outline: ClusterOutline;
}

/** The pods that cluster policies select in the same namespaces. */
interface Group {
  /** Over the labels of namespaces. */
  readonly namespaces: LabelBox;
  readonly members: Map<ClusterPolicy, LabelBox[]>;
  /** Those of them that select every pod there. */
  readonly whole: ClusterPolicy[];
}

/**
 * Cluster policies by the namespaces that they look at. There are thousands of them and few ways to choose namespaces,
 * so that a namespace costs as many looks as there are ways, and the policies that do govern it.
 */
export class ClusterGoverning {
  readonly policies: readonly ClusterPolicy[];
  readonly #shelf: PolicyShelf;
  readonly #groups = new Map<LabelBox, Group>();
  /** By a value of a label that they ask for, as `key=value`; those that ask for none apart. */
  readonly #asking = new Map<string, Group[]>();
  readonly #others: Group[] = [];

  constructor(policies: ReadonlyMap<string, StoredPolicy>, shelf: PolicyShelf) {
    const deciding: ClusterPolicy[] = [];
    for (const stored of policies.values()) {
      const { cluster } = stored;
      if (cluster?.decides !== true || cluster.parts.length === 0) continue;
      const one = { stored, outline: cluster };
      deciding.push(one);
      for (const part of cluster.parts) {
        // Equal boxes are mostly one object; where they are not, that only costs another look.
        const group: Group = this.#groups.get(part.namespace) ?? {
          namespaces: part.namespace,
          members: new Map(),
          whole: [],
        };
        this.#groups.set(part.namespace, group);
        const boxes = group.members.get(one);
        if (boxes === undefined) group.members.set(one, [part.pod]);
        else boxes.push(part.pod);
        if (isEveryPod(part.pod)) group.whole.push(one);
      }
    }
    this.policies = deciding;
    this.#shelf = shelf;
    for (const group of this.#groups.values()) {
      const entries = entriesOf(group.namespaces);
      if (entries === undefined) this.#others.push(group);
      for (const entry of entries ?? []) {
        const known = this.#asking.get(entry);
        if (known === undefined) this.#asking.set(entry, [group]);
        else known.push(group);
      }
    }
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

  /** Whether some cluster policy decides about traffic of every pod of a namespace, in a tier of which `inTier` is true. */
  governsEveryPod({ labels }: Namespace, direction: Direction, inTier: (tier: string) => boolean): boolean {
    for (const { whole } of this.#groupsOf(labels)) {
      if (whole.some(({ outline }) => decidesIn(outline, direction) && inTier(outline.tier))) return true;
    }
    return false;
  }

  /** The namespaces, by their labels, of which some cluster policy decides about every pod, in a tier of which `inTier` is true. */
  governedWhole(direction: Direction, inTier: (tier: string) => boolean): readonly LabelBox[] {
    const found: LabelBox[] = [];
    for (const { namespaces, whole } of this.#groups.values()) {
      if (whole.some(({ outline }) => decidesIn(outline, direction) && inTier(outline.tier))) found.push(namespaces);
    }
    return found;
  }

  /** Those that look at a namespace with these labels. */
  *#groupsOf(labels: Namespace['labels']): IterableIterator<Group> {
    for (const group of this.#others) if (matchesBox(group.namespaces, labels)) yield group;
    for (const [key, value] of labels) {
      for (const group of this.#asking.get(`${key}=${value}`) ?? []) {
        if (matchesBox(group.namespaces, labels)) yield group;
      }
    }
  }

  #governing({ stored, outline }: ClusterPolicy, direction: Direction, boxes: readonly LabelBox[]): Governing {
    return new GoverningOnShelf(stored, outline, direction, boxes, this.#shelf);
  }
}

const mostValues = 20;

/** The values of one label, one of which must be there; undefined where none is asked for in so many words. */
function entriesOf({ conditions }: LabelBox): readonly string[] | undefined {
  for (const { key, absent, values } of conditions) {
    if (absent || values.kind !== 'only' || values.values.length > mostValues) continue;
    return values.values.map((value) => `${key}=${value}`);
  }
  return undefined;
}

/** Remembers what was made of the policies of a World, for those that come from it and have the same ones. */
export class ClusterGovernings {
  readonly #known = new WeakMap<ReadonlyMap<string, StoredPolicy>, ClusterGoverning>();

  /** @param policies compared by identity: the same map gives the same answer */
  of(policies: ReadonlyMap<string, StoredPolicy>, shelf: PolicyShelf): ClusterGoverning {
    const known = this.#known.get(policies) ?? new ClusterGoverning(policies, shelf);
    this.#known.set(policies, known);
    return known;
  }
}
