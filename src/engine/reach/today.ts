import { admitsKind, namedNamespaces, namespacePart, podPart } from '../model/box-parts.ts';
import type { PodClass } from '../model/endpoint.ts';
import type { Namespace } from '../model/namespace.ts';
import type { World } from '../model/world.ts';
import { isNoAddress } from '../sets/addresses.ts';
import { everyLabels, isEveryBox, type LabelBox, matchesBox } from '../sets/labels.ts';

import { inAny } from './isolation.ts';

/**
 * Whether anybody of today is in a box. `namespaces` and `pods` are those that were looked at in vain, to find what may
 * have been meant.
 */
export type Today =
  | { readonly answer: 'somebody' }
  | { readonly answer: 'unknown'; readonly reason: 'no-namespaces' | 'no-pods' | 'work-cap' }
  | { readonly answer: 'no-namespace'; readonly namespaces: Iterable<Namespace> }
  | { readonly answer: 'no-pod'; readonly pods: readonly PodClass[] };

/** Looks boxes up in the closed world, and stops at a limit for all of them together. */
export class TodaySearch {
  readonly #world: World;
  readonly #own: string | undefined;
  readonly #isGuarded: (namespace: string) => boolean;
  #looks = 5_000;

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
    const asked = namespacePart(box);
    const pods = podPart(box);
    const found: Namespace[] = [];
    for (const namespace of names === undefined ? this.#namespacesIn(asked) : this.#named(names, asked)) {
      // One namespace is enough where any pod of it will do.
      if (isEveryBox(pods)) return { answer: 'somebody' };
      if (!this.#spend(1)) return { answer: 'unknown', reason: 'work-cap' };
      found.push(namespace);
    }
    if (found.length === 0) {
      if (!this.#world.knows('Namespace')) return { answer: 'unknown', reason: 'no-namespaces' };
      // Looked through once for each finding, if at all.
      const namespaces = { [Symbol.iterator]: () => this.#namespacesIn(everyLabels) };
      return { answer: 'no-namespace', namespaces };
    }
    return this.#findPod(pods, found);
  }

  /** Network sets and hosts count by the addresses that they have; what has none is nobody to a packet. */
  #findOther(box: LabelBox): Today {
    if (!this.#spend(this.#world.countOf('networkSets') >> 6)) return { answer: 'unknown', reason: 'work-cap' };
    const isFound = admitsKind(box, 'NetworkSet')
      ? this.#world.setsIn([box]).some(({ addresses }) => !isNoAddress(addresses))
      : this.#world.hostsIn([box]).some(({ expectedIPs }) => !isNoAddress(expectedIPs));
    return isFound ? { answer: 'somebody' } : { answer: 'no-pod', pods: [] };
  }

  #findPod(asked: LabelBox, namespaces: readonly Namespace[]): Today {
    const seen: PodClass[] = [];
    for (const { name } of namespaces) {
      const pods = this.#world.podsOf(name);
      if (!this.#spend(pods.length)) return { answer: 'unknown', reason: 'work-cap' };
      if (pods.some((pod) => inAny([asked], pod, this.#world))) return { answer: 'somebody' };
      seen.push(...pods);
    }
    if (!namespaces.every(({ name }) => this.#world.knowsPodsOf(name))) return { answer: 'unknown', reason: 'no-pods' };
    return seen.length === 0 ? { answer: 'somebody' } : { answer: 'no-pod', pods: seen };
  }

  /** A folder of files seldom holds what belongs to the platform. */
  #isAssumed(name: string): boolean {
    return this.#world.origin !== 'cluster' && !this.#isGuarded(name) && !this.#exists(name);
  }

  #exists(name: string): boolean {
    return name === this.#own || this.#world.namespace(name) !== undefined || this.#world.podsOf(name).length > 0;
  }

  #named(names: readonly string[], asked: LabelBox): readonly Namespace[] {
    return names
      .filter((name) => this.#exists(name))
      .map((name) => this.#world.namespaceOrBare(name))
      .filter(({ labels }) => matchesBox(asked, labels));
  }

  /** Also those that only their contents tell of. A cluster has none of these. */
  *#namespacesIn(asked: LabelBox): IterableIterator<Namespace> {
    yield* this.#world.namespacesIn(asked);
    if (this.#world.origin === 'cluster') return;
    for (const name of this.#world.populatedNamespaces()) {
      if (this.#world.namespace(name) !== undefined) continue;
      const bare = this.#world.namespaceOrBare(name);
      if (matchesBox(asked, bare.labels)) yield bare;
    }
  }

  #spend(looks: number): boolean {
    this.#looks -= looks;
    return this.#looks >= 0;
  }
}
