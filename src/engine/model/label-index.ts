import type { LabelBox } from '../sets/labels.ts';
import { Table } from './table.ts';

/**
 * Who carries which label: key -> value -> the names of those who do. Immutable; a change costs some microseconds a
 * label. It answers "who could be meant" without a look at everybody.
 */
export class LabelIndex {
  readonly #byKey: Table<Table<Table<true>>>;

  private constructor(byKey: Table<Table<Table<true>>>) {
    this.#byKey = byKey;
  }

  static empty(): LabelIndex {
    return new LabelIndex(Table.empty());
  }

  with(name: string, labels: ReadonlyMap<string, string>): LabelIndex {
    let byKey = this.#byKey;
    for (const [key, value] of labels) {
      const values = byKey.get(key) ?? Table.empty<Table<true>>();
      const names = values.get(value) ?? Table.empty<true>();
      byKey = byKey.with(key, values.with(value, names.with(name, true)));
    }
    return new LabelIndex(byKey);
  }

  without(name: string, labels: ReadonlyMap<string, string>): LabelIndex {
    let byKey = this.#byKey;
    for (const [key, value] of labels) {
      const values = byKey.get(key);
      const names = values?.get(value)?.without(name);
      if (values === undefined || names === undefined) continue;
      const left = values.change(value, names.size === 0 ? undefined : names);
      byKey = byKey.change(key, left.size === 0 ? undefined : left);
    }
    return new LabelIndex(byKey);
  }

  /**
   * Names among which all are that the box admits, by the one of its conditions that leaves the fewest; undefined where
   * no condition asks for a label to be there, so that it may be anyone.
   */
  candidates(box: LabelBox): Iterable<string> | undefined {
    let fewest: readonly Table<true>[] | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const { key, absent, values } of box.conditions) {
      if (absent) continue;
      const carried = this.#byKey.get(key);
      if (carried === undefined) return [];
      const tables =
        values.kind === 'only' ? values.values.flatMap((value) => carried.get(value) ?? []) : [...carried.values()];
      const size = tables.reduce((sum, table) => sum + table.size, 0);
      if (size >= least) continue;
      fewest = tables;
      least = size;
    }
    return fewest === undefined ? undefined : namesIn(fewest);
  }
}

/** One by one: whoever looks for somebody stops at the first. */
function* namesIn(tables: readonly Table<true>[]): IterableIterator<string> {
  for (const table of tables) yield* table.keys();
}
