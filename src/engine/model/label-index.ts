import type { KeyCondition, LabelBox } from '../sets/labels.ts';
import { hasValue, isEveryValue, type ValueSet } from '../sets/values.ts';
import { type NameChange, Names } from './names.ts';
import { Table } from './table.ts';

/** Who carries a label with one of its values: most values there are have one bearer only. */
type Bearers = string | Names;

/** That somebody is to carry a label, or no longer. */
export interface LabelChange {
  readonly name: string;
  readonly key: string;
  readonly value: string;
  readonly carries: boolean;
}

export interface Candidates {
  /** At least as many as there are different names. */
  readonly count: number;
  /** A name that carries several values of a label may come as often. */
  readonly names: Iterable<string>;
}

const nobody: Candidates = { count: 0, names: [] };

/** More values than these are not looked through for those that a pattern matches. */
const mostValues = 2000;

/**
 * Who carries which label: key -> value -> the names of those who do. Immutable; a change costs some microseconds a
 * label. It answers "who could be meant" without a look at everybody.
 */
export class LabelIndex {
  readonly #byKey: Table<Table<Bearers>>;

  private constructor(byKey: Table<Table<Bearers>>) {
    this.#byKey = byKey;
  }

  static empty(): LabelIndex {
    return new LabelIndex(Table.empty());
  }

  with(name: string, labels: ReadonlyMap<string, string>): LabelIndex {
    return this.changed(Array.from(labels, ([key, value]) => ({ name, key, value, carries: true })));
  }

  without(name: string, labels: ReadonlyMap<string, string>): LabelIndex {
    return this.changed(Array.from(labels, ([key, value]) => ({ name, key, value, carries: false })));
  }

  /** After all of these, of which a later one stands against an earlier. */
  changed(changes: Iterable<LabelChange>): LabelIndex {
    const byKey = new Map<string, Map<string, NameChange[]>>();
    for (const { name, key, value, carries } of changes) {
      const byValue = within(byKey, key, () => new Map<string, NameChange[]>());
      within(byValue, value, (): NameChange[] => []).push([name, carries]);
    }
    return new LabelIndex(
      this.#byKey.changed(
        Array.from(byKey, ([key, byValue]) => {
          const known = this.#byKey.get(key) ?? Table.empty<Bearers>();
          const values = known.changed(
            Array.from(byValue, ([value, names]) => [value, bearersAfter(known.get(value), names)] as const),
          );
          return [key, values.size === 0 ? undefined : values] as const;
        }),
      ),
    );
  }

  keys(): IterableIterator<string> {
    return this.#byKey.keys();
  }

  /** How many values a label has. */
  valueCount(key: string): number {
    return this.#byKey.get(key)?.size ?? 0;
  }

  valuesOf(key: string): Iterable<string> {
    return this.#byKey.get(key)?.keys() ?? [];
  }

  /** Who carries a label with this value. */
  bearers(key: string, value: string): Iterable<string> {
    const found = this.#byKey.get(key)?.get(value);
    return found === undefined ? [] : typeof found === 'string' ? [found] : found;
  }

  /**
   * Names among which all are that the box admits, by the one of its conditions that leaves the fewest; undefined where
   * no condition asks for a label to be there, so that it may be anyone.
   */
  candidates(box: LabelBox): Candidates | undefined {
    let fewest: Candidates | undefined;
    const asked = box.conditions.filter(({ absent }) => !absent);
    // Those first that cost least to look up: each value has a bearer, so that a label of many values leaves many.
    for (const { key, values } of asked.sort((a, b) => Number(isListed(b)) - Number(isListed(a)))) {
      const carried = this.#byKey.get(key);
      if (carried === undefined) return nobody;
      if (fewest !== undefined && values.kind !== 'only' && carried.size > mostValues && carried.size >= fewest.count)
        continue;
      const bearers = bearersOf(carried, values);
      const count = bearers.reduce((sum, some) => sum + (typeof some === 'string' ? 1 : some.size), 0);
      if (count === 0) return nobody;
      if (fewest === undefined || count < fewest.count)
        fewest = { count, names: { [Symbol.iterator]: () => namesIn(bearers) } };
    }
    return fewest;
  }
}

function isListed({ values }: KeyCondition): boolean {
  return values.kind === 'only';
}

function bearersOf(carried: Table<Bearers>, values: ValueSet): readonly Bearers[] {
  if (values.kind === 'only') return values.values.flatMap((value) => carried.get(value) ?? []);
  if (isEveryValue(values) || carried.size > mostValues) return [...carried.values()];
  return Array.from(carried).flatMap(([value, bearers]) => (hasValue(values, value) ? [bearers] : []));
}

function bearersAfter(known: Bearers | undefined, changes: readonly NameChange[]): Bearers | undefined {
  const [only] = changes;
  if (known === undefined && changes.length === 1 && only?.[1] === true) return only[0];
  const names = known === undefined ? Names.of() : typeof known === 'string' ? Names.of(known) : known;
  const left = names.changed(changes);
  if (left.size > 1) return left;
  const [one] = left;
  return one;
}

/** One by one: whoever looks for somebody stops at the first. */
function* namesIn(bearers: readonly Bearers[]): IterableIterator<string> {
  for (const some of bearers) {
    if (typeof some === 'string') yield some;
    else yield* some;
  }
}

function within<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
