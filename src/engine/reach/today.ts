import { admitsKind, namedNamespaces, namespacePart, podPart } from '../model/box-parts.ts';
import type { Namespace } from '../model/namespace.ts';
import type { NetworkSet } from '../model/network-set.ts';
import type { World } from '../model/world.ts';
import { isNoAddress } from '../sets/addresses.ts';
import { isEveryBox, type LabelBox, matchesBox } from '../sets/labels.ts';
import { inAny } from './isolation.ts';

/** Whether anybody of today is in a box. `among` are those who were looked at in vain, to find what may have been meant. */
/** Why nobody can say; the last two are for what the World was not allowed to read. */
type TodayUnknown = 'no-namespaces' | 'no-pods' | 'work-cap' | 'no-network-sets' | 'unread-policies';

export type Today =
  | { readonly answer: 'somebody' }
  | { readonly answer: 'unknown'; readonly reason: TodayUnknown }
  | { readonly answer: 'no-namespace'; readonly among: AmongNamespaces }
  | { readonly answer: 'no-pod'; readonly among: AmongPods };

/** The namespaces that there are, to be looked at again by their labels. */
export interface AmongNamespaces {
  /** Those in a box over the labels of namespaces. */
  in(box: LabelBox): Iterable<Namespace>;
}

/** The pods of some namespaces, to be looked at again by their own labels. */
export interface AmongPods {
  namespaces(): Iterable<Namespace>;
  /** Whether a namespace is one of these. */
  includes(namespace: string): boolean;
  /** Namespaces among these in which all of their pods are that the box admits. */
  holding(pods: LabelBox): Iterable<Namespace>;
}

/** Among nobody at all. */
export const amongNobody: AmongPods = { namespaces: () => [], includes: () => false, holding: () => [] };

/** Ten milliseconds or so in all: each pod of a large cluster once. */
const mostLooks = 100_000;

/** Some namespaces by their labels, and by their names where these are asked for. */
interface Where {
  readonly names: ReadonlySet<string> | undefined;
  readonly labels: LabelBox;
}

/** Looks boxes up in the closed world, and stops at a limit for all of them together. */
export class TodaySearch {
  readonly #world: World;
  readonly #own: string | undefined;
  readonly #isGuarded: (namespace: string) => boolean;
  #looks = mostLooks;

  /** `own`: the namespace of the policy, which is there whether or not the World holds it. */
  constructor(world: World, own: string | undefined, isGuarded: (namespace: string) => boolean) {
    this.#world = world;
    this.#own = own;
    this.#isGuarded = isGuarded;
  }

  /**
   * Pods count whether or not they run: a workload scaled to zero shows that its labels are meant. A whole namespace is
   * somebody, empty or not, and where there is no pod at all nothing can be said against the labels that are asked for.
   */
  find(box: LabelBox): Today {
    if (!admitsKind(box, 'Pod')) return this.#findOther(box);
    const names = namedNamespaces(box);
    if (names?.some((name) => this.#isAssumed(name))) return { answer: 'somebody' };
    const where = { names: names && new Set(names), labels: namespacePart(box) };
    if (isNone(this.#namespacesIn(where))) {
      if (!this.#world.knows('Namespace')) return { answer: 'unknown', reason: 'no-namespaces' };
      return { answer: 'no-namespace', among: { in: (labels) => this.#namespacesIn({ names: undefined, labels }) } };
    }
    const pods = podPart(box);
    // One namespace is enough where any pod of it will do.
    return isEveryBox(pods) ? { answer: 'somebody' } : this.#findPod(pods, where);
  }

  /** Network sets and hosts count by the addresses that they have; what has none is nobody to a packet. */
  #findOther(box: LabelBox): Today {
    if (!this.#spend(this.#world.countOf('networkSets') >> 3)) return { answer: 'unknown', reason: 'work-cap' };
    const isFound = admitsKind(box, 'NetworkSet')
      ? !isNone(withAddresses(this.#world.eachSetIn([box])))
      : this.#world.hostsIn([box]).some(({ expectedIPs }) => !isNoAddress(expectedIPs));
    if (isFound) return { answer: 'somebody' };
    if (this.#world.origin === 'cluster') {
      if (admitsKind(box, 'NetworkSet') && !this.#world.knowsSets())
        return { answer: 'unknown', reason: 'no-network-sets' };
      if (!this.#world.knows('HostEndpoint.projectcalico.org')) return { answer: 'unknown', reason: 'unread-policies' };
    }
    return { answer: 'no-pod', among: amongNobody };
  }

  #findPod(asked: LabelBox, where: Where): Today {
    for (const { name } of this.#holding(asked, where)) {
      const pods = this.#world.podsOf(name);
      if (!this.#spend(1 + pods.length)) return { answer: 'unknown', reason: 'work-cap' };
      if (pods.some((pod) => inAny([asked], pod, this.#world))) return { answer: 'somebody' };
    }
    const among: AmongPods = {
      namespaces: () => this.#namespacesIn(where),
      includes: (name) => this.#includes(where, name),
      holding: (pods) => this.#holding(pods, where),
    };
    // Of a cluster all pods are known. Of files only those that they hold, where they hold any.
    const isCluster = this.#world.origin === 'cluster';
    for (const { name } of this.#namespacesIn(where)) {
      if (!this.#spend(1)) return { answer: 'unknown', reason: 'work-cap' };
      const hasPods = this.#world.podsOf(name).length > 0;
      if (isCluster && hasPods) return { answer: 'no-pod', among };
      if (!isCluster && !hasPods) return { answer: 'unknown', reason: 'no-pods' };
    }
    return isCluster ? { answer: 'somebody' } : { answer: 'no-pod', among };
  }

  /** A folder of files seldom holds what belongs to the platform. */
  #isAssumed(name: string): boolean {
    return this.#world.origin !== 'cluster' && !this.#isGuarded(name) && !this.#exists(name);
  }

  #exists(name: string): boolean {
    return name === this.#own || this.#world.namespace(name) !== undefined || this.#world.podsOf(name).length > 0;
  }

  /** Namespaces that are there, among which all are that hold such pods: by who is fewer, those asked for or those with such pods. */
  *#holding(pods: LabelBox, where: Where): IterableIterator<Namespace> {
    const holding = this.#world.podLabels.candidates(pods);
    const labelled = () => this.#world.namespaceLabels.candidates(where.labels)?.count ?? Number.POSITIVE_INFINITY;
    const asked = where.names?.size ?? labelled();
    if (holding === undefined || holding.count >= asked) yield* this.#namespacesIn(where);
    else {
      for (const name of new Set(holding.names))
        if (this.#includes(where, name)) yield this.#world.namespaceOrBare(name);
    }
  }

  #namespacesIn({ names, labels }: Where): Iterable<Namespace> {
    return names === undefined ? this.#labelled(labels) : this.#named(names, labels);
  }

  #includes({ names, labels }: Where, name: string): boolean {
    if (names === undefined ? !this.#isThere(name) : !names.has(name) || !this.#exists(name)) return false;
    return matchesBox(labels, this.#world.namespaceOrBare(name).labels);
  }

  /** A cluster has no namespaces that only their contents tell of. */
  #isThere(name: string): boolean {
    return this.#world.origin !== 'cluster' || this.#world.namespace(name) !== undefined;
  }

  *#named(names: Iterable<string>, labels: LabelBox): IterableIterator<Namespace> {
    for (const name of names) {
      if (!this.#exists(name)) continue;
      const namespace = this.#world.namespaceOrBare(name);
      if (matchesBox(labels, namespace.labels)) yield namespace;
    }
  }

  *#labelled(labels: LabelBox): IterableIterator<Namespace> {
    yield* this.#world.namespacesIn(labels);
    if (this.#world.origin === 'cluster') return;
    for (const name of this.#world.populatedNamespaces())
      if (this.#world.namespace(name) === undefined && this.#includes({ names: undefined, labels }, name))
        yield this.#world.namespaceOrBare(name);
  }

  #spend(looks: number): boolean {
    this.#looks -= looks;
    return this.#looks >= 0;
  }
}

function* withAddresses(sets: Iterable<NetworkSet>): IterableIterator<NetworkSet> {
  for (const set of sets) if (!isNoAddress(set.addresses)) yield set;
}

function isNone(all: Iterable<unknown>): boolean {
  for (const _ of all) return false;
  return true;
}
