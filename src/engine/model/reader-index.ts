import type { StoredPolicy } from './policy-shelf.ts';
import { Table } from './table.ts';

/** One policy in the place of another, or of none. */
interface Exchange {
  readonly key: string;
  readonly old: StoredPolicy | undefined;
  readonly now: StoredPolicy | undefined;
  readonly earlier: Exchange | undefined;
  readonly count: number;
}

type Entries = Table<Table<StoredPolicy>>;

/** So many exchanges wait at most; more would hold on to policies that are long gone. */
const mostWaiting = 32;

/** Under which entries a policy is to be found. */
type EntriesOf = (stored: StoredPolicy) => readonly string[];

/**
 * A label, with or without a value -> the policies whose selectors look at it. Immutable. An exchange waits until
 * somebody asks: only a relabelled namespace or network set does, while every judged policy makes a World of its own that
 * is thrown away after the verdict.
 */
export class ReaderIndex {
  readonly #entriesOf: EntriesOf;
  #settled: Entries;
  #waiting: Exchange | undefined;

  private constructor(entriesOf: EntriesOf, settled: Entries, waiting: Exchange | undefined) {
    this.#entriesOf = entriesOf;
    this.#settled = settled;
    this.#waiting = waiting;
  }

  static empty(entriesOf: EntriesOf): ReaderIndex {
    return new ReaderIndex(entriesOf, Table.empty(), undefined);
  }

  exchanged(key: string, old: StoredPolicy | undefined, now: StoredPolicy | undefined): ReaderIndex {
    const isNowhere = (one: StoredPolicy | undefined) => one === undefined || this.#entriesOf(one).length === 0;
    if (isNowhere(old) && isNowhere(now)) return this;
    if ((this.#waiting?.count ?? 0) >= mostWaiting) this.#settle();
    const earlier = this.#waiting;
    return new ReaderIndex(this.#entriesOf, this.#settled, {
      key,
      old,
      now,
      earlier,
      count: (earlier?.count ?? 0) + 1,
    });
  }

  /** Keys of policies, and the policies, under an entry as `readerEntry` writes it. */
  under(entry: string): Iterable<readonly [string, StoredPolicy]> {
    this.#settle();
    return this.#settled.get(entry) ?? [];
  }

  #settle(): void {
    const exchanges: Exchange[] = [];
    for (let one = this.#waiting; one !== undefined; one = one.earlier) exchanges.push(one);
    for (const one of exchanges.reverse()) this.#settled = exchangedIn(this.#settled, this.#entriesOf, one);
    this.#waiting = undefined;
  }
}

function exchangedIn(entries: Entries, entriesOf: EntriesOf, { key, old, now }: Exchange): Entries {
  let changed = entries;
  const kept = new Set(now === undefined ? [] : entriesOf(now));
  for (const label of old === undefined ? [] : entriesOf(old)) {
    if (kept.has(label)) continue;
    const left = changed.get(label)?.without(key);
    changed = changed.change(label, left === undefined || left.size === 0 ? undefined : left);
  }
  if (now === undefined) return changed;
  for (const label of kept) {
    changed = changed.with(label, (changed.get(label) ?? Table.empty<StoredPolicy>()).with(key, now));
  }
  return changed;
}
