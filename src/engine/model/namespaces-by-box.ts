import { boxKey, type LabelBox, matchesBox } from '../sets/labels.ts';
import type { Namespace } from './namespace.ts';
import type { Table } from './table.ts';

/** Boxes that are remembered for the same namespaces. */
const mostBoxes = 16;

/**
 * Namespaces that no index finds, as the box asks for no label to be there: a look at every one. It is remembered while no
 * namespace changes, which is far more seldom than policies are judged.
 */
export class NamespacesByBox {
  readonly #ofTable = new WeakMap<Table<Namespace>, Map<string, readonly Namespace[]>>();

  /** @param namespaces compared by identity: the same table gives the same answer */
  of(namespaces: Table<Namespace>, box: LabelBox): readonly Namespace[] {
    const known = this.#ofTable.get(namespaces) ?? new Map<string, readonly Namespace[]>();
    this.#ofTable.set(namespaces, known);
    const key = boxKey(box);
    let found = known.get(key);
    if (found !== undefined) return found;
    found = [...namespaces.values()].filter(({ labels }) => matchesBox(box, labels));
    if (known.size >= mostBoxes) known.clear();
    known.set(key, found);
    return found;
  }
}
