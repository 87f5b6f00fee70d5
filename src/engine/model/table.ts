/**
 * An immutable map from strings that is cheap to change: `with` copies one bucket of a few entries, not the whole. A
 * World of ten thousand namespaces is changed for every request that is judged, and the request before must still see
 * its own.
 */
export class Table<V> implements Iterable<[string, V]> {
  readonly size: number;
  readonly #buckets: readonly (ReadonlyMap<string, V> | undefined)[];

  private constructor(buckets: readonly (ReadonlyMap<string, V> | undefined)[], size: number) {
    this.#buckets = buckets;
    this.size = size;
  }

  static empty<V>(): Table<V> {
    return new Table<V>([undefined], 0);
  }

  static from<V>(entries: Iterable<readonly [string, V]>): Table<V> {
    const all = new Map(entries);
    return Table.#spread(all, bucketCountFor(all.size));
  }

  static #spread<V>(entries: ReadonlyMap<string, V>, bucketCount: number): Table<V> {
    const buckets: (Map<string, V> | undefined)[] = Array.from({ length: bucketCount }, () => undefined);
    for (const [key, value] of entries) {
      const at = hash(key) & (bucketCount - 1);
      const bucket = buckets[at] ?? new Map<string, V>();
      buckets[at] = bucket;
      bucket.set(key, value);
    }
    return new Table<V>(buckets, entries.size);
  }

  get(key: string): V | undefined {
    return this.#buckets[hash(key) & (this.#buckets.length - 1)]?.get(key);
  }

  has(key: string): boolean {
    return this.#buckets[hash(key) & (this.#buckets.length - 1)]?.has(key) ?? false;
  }

  with(key: string, value: V): Table<V> {
    const at = hash(key) & (this.#buckets.length - 1);
    const bucket = new Map(this.#buckets[at]);
    const grown = bucket.has(key) ? this.size : this.size + 1;
    bucket.set(key, value);
    const table = new Table<V>(this.#buckets.with(at, bucket), grown);
    const wanted = bucketCountFor(grown);
    return wanted > this.#buckets.length ? Table.#spread(new Map(table), wanted) : table;
  }

  without(key: string): Table<V> {
    if (!this.has(key)) return this;
    const at = hash(key) & (this.#buckets.length - 1);
    const bucket = new Map(this.#buckets[at]);
    bucket.delete(key);
    return new Table<V>(this.#buckets.with(at, bucket.size === 0 ? undefined : bucket), this.size - 1);
  }

  /** With `value` set, or the key removed where `value` is undefined. */
  change(key: string, value: V | undefined): Table<V> {
    return value === undefined ? this.without(key) : this.with(key, value);
  }

  /** The keys whose values are not the same ones as in `old`. Buckets that both share are passed over at once. */
  *changedSince(old: Table<V>): IterableIterator<string> {
    const sameShape = old.#buckets.length === this.#buckets.length;
    for (const [at, bucket] of this.#buckets.entries()) {
      const before = sameShape ? old.#buckets[at] : undefined;
      if (sameShape && bucket === before) continue;
      for (const [key, value] of bucket ?? []) if (old.get(key) !== value) yield key;
      if (sameShape) for (const key of before?.keys() ?? []) if (bucket?.has(key) !== true) yield key;
    }
    if (!sameShape) for (const key of old.keys()) if (!this.has(key)) yield key;
  }

  *[Symbol.iterator](): IterableIterator<[string, V]> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket;
  }

  *values(): IterableIterator<V> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket.values();
  }

  *keys(): IterableIterator<string> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket.keys();
  }
}

/** A power of two with up to 32 entries a bucket, and never more buckets than are cheap to copy. */
function bucketCountFor(size: number): number {
  let count = 1;
  while (count < 2048 && size > count * 32) count *= 8;
  return count;
}

/** FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h ^ (h >>> 15)) >>> 0;
}
