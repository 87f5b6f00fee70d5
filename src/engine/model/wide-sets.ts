import type { NetworkSet } from './network-set.ts';
import { isWide } from './speaks-of-many.ts';
import type { Table } from './table.ts';

/** Finds the network sets with a range wider than anybody lists. There are thousands of sets, and hardly ever a wide one. */
export class WideSets {
  readonly #ofTable = new WeakMap<Table<NetworkSet>, readonly NetworkSet[]>();
  readonly #isWide = new WeakMap<NetworkSet, boolean>();

  /** @param sets compared by identity: the same table gives the same answer */
  of(sets: Table<NetworkSet>): readonly NetworkSet[] {
    const known = this.#ofTable.get(sets) ?? [...sets.values()].filter((set) => this.#look(set));
    this.#ofTable.set(sets, known);
    return known;
  }

  #look(set: NetworkSet): boolean {
    const wide = this.#isWide.get(set) ?? isWide(set.addresses);
    this.#isWide.set(set, wide);
    return wide;
  }
}
