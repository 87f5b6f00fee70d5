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

/**
 * Namespace label, with or without a value -> the policies whose selectors look at it. Immutable. An exchange waits until
 * somebody asks: only a relabelled namespace does, while every judged policy makes a World of its own that is thrown away
 * after the verdict.
 */
export class ReaderIndex {
  #settled: Entries;
  #waiting: Exchange | undefined;

  private constructor(settled: Entries, waiting: Exchange | undefined) {
    this.#settled = settled;
    this.#waiting = waiting;
  }

  static empty(): ReaderIndex {
    return new ReaderIndex(Table.empty(), undefined);
  }

  exchanged(key: string, old: StoredPolicy | undefined, now: StoredPolicy | undefined): ReaderIndex {
    // Policies that look at no namespace label are in no entry.
    if ((old?.namespaceLabels.length ?? 0) + (now?.namespaceLabels.length ?? 0) === 0) return this;
    if ((this.#waiting?.count ?? 0) >= mostWaiting) this.#settle();
    const earlier = this.#waiting;
    return new ReaderIndex(this.#settled, { key, old, now, earlier, count: (earlier?.count ?? 0) + 1 });
  }

  /** Keys of policies, and the policies, under an entry as `readerEntry` writes it. */
  under(entry: string): Iterable<readonly [string, StoredPolicy]> {
    this.#settle();
    return this.#settled.get(entry) ?? [];
  }

  #settle(): void {
    const exchanges: Exchange[] = [];
    for (let one = this.#waiting; one !== undefined; one = one.earlier) exchanges.push(one);
    for (const one of exchanges.reverse()) this.#settled = exchangedIn(this.#settled, one);
    this.#waiting = undefined;
  }
}

function exchangedIn(entries: Entries, { key, old, now }: Exchange): Entries {
  let changed = entries;
  const kept = new Set(now?.namespaceLabels);
  for (const label of old?.namespaceLabels ?? []) {
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
