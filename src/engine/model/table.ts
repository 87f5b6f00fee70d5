import { bucketCountFor, hash } from './buckets.ts';

/**
 * An immutable map from strings that is cheap to change: `with` copies one bucket of a few entries at most, not the
 * whole. A World of ten thousand namespaces is changed for every request that is judged, and the request before must still see
 * its own.
 */
export class Table<V> implements Iterable<[string, V]> {
  readonly size: number;
  #buckets: Buckets<V>;
  /** The last change, while nobody has asked for more than single entries. */
  #waiting: Entry<V> | undefined;

  private constructor(buckets: Buckets<V>, size: number, waiting?: Entry<V>) {
    this.#buckets = buckets;
    this.#waiting = waiting;
    this.size = size;
  }

  static empty<V>(): Table<V> {
    return new Table<V>([undefined], 0);
  }

  static from<V>(entries: Iterable<readonly [string, V]>): Table<V> {
    const all = new Map(entries);
    return new Table<V>(spread(all, bucketCountFor(all.size)), all.size);
  }

  get(key: string): V | undefined {
    if (this.#waiting?.key === key) return this.#waiting.value;
    return this.#buckets[hash(key) & (this.#buckets.length - 1)]?.get(key);
  }

  has(key: string): boolean {
    if (this.#waiting?.key === key) return this.#waiting.value !== undefined;
    return this.#buckets[hash(key) & (this.#buckets.length - 1)]?.has(key) ?? false;
  }

  with(key: string, value: V): Table<V> {
    return new Table<V>(this.#settled(), this.has(key) ? this.size : this.size + 1, { key, value });
  }

  without(key: string): Table<V> {
    if (!this.has(key)) return this;
    return new Table<V>(this.#settled(), this.size - 1, { key, value: undefined });
  }

  /**
   * The buckets with the last change in them. A World that is made for one request is asked for single entries only, and
   * is spared the copy.
   */
  #settled(): Buckets<V> {
    if (this.#waiting === undefined) return this.#buckets;
    const { key, value } = this.#waiting;
    const at = hash(key) & (this.#buckets.length - 1);
    const bucket = new Map(this.#buckets[at]);
    if (value === undefined) bucket.delete(key);
    else bucket.set(key, value);
    const buckets = this.#buckets.with(at, bucket.size === 0 ? undefined : bucket);
    const wanted = bucketCountFor(this.size);
    this.#buckets = wanted > buckets.length ? spread(entriesOf(buckets), wanted) : buckets;
    this.#waiting = undefined;
    return this.#buckets;
  }

  /** With `value` set, or the key removed where `value` is undefined. */
  change(key: string, value: V | undefined): Table<V> {
    return value === undefined ? this.without(key) : this.with(key, value);
  }

  /** The same for many at once, at a cost of what is touched. */
  changed(changes: Iterable<readonly [string, V | undefined]>): Table<V> {
    const buckets = [...this.#settled()];
    const own = new Map<number, Map<string, V>>();
    let { size } = this;
    for (const [key, value] of changes) {
      const at = hash(key) & (buckets.length - 1);
      const bucket = own.get(at) ?? new Map(buckets[at]);
      own.set(at, bucket);
      size -= bucket.delete(key) ? 1 : 0;
      if (value === undefined) continue;
      bucket.set(key, value);
      size += 1;
    }
    for (const [at, bucket] of own) buckets[at] = bucket.size === 0 ? undefined : bucket;
    const wanted = bucketCountFor(size);
    return new Table<V>(wanted > buckets.length ? spread(entriesOf(buckets), wanted) : buckets, size);
  }

  /** The keys whose values are not the same ones as in `old`. Buckets that both share are passed over at once. */
  *changedSince(old: Table<V>): IterableIterator<string> {
    const [buckets, others] = [this.#settled(), old.#settled()];
    const sameShape = others.length === buckets.length;
    for (const [at, bucket] of buckets.entries()) {
      const before = sameShape ? others[at] : undefined;
      if (sameShape && bucket === before) continue;
      for (const [key, value] of bucket ?? []) if (old.get(key) !== value) yield key;
      if (sameShape) for (const key of before?.keys() ?? []) if (bucket?.has(key) !== true) yield key;
    }
    if (!sameShape) for (const key of old.keys()) if (!this.has(key)) yield key;
  }

  [Symbol.iterator](): IterableIterator<[string, V]> {
    return entriesOf(this.#settled());
  }

  *values(): IterableIterator<V> {
    for (const bucket of this.#settled()) if (bucket !== undefined) yield* bucket.values();
  }

  *keys(): IterableIterator<string> {
    for (const bucket of this.#settled()) if (bucket !== undefined) yield* bucket.keys();
  }
}

type Buckets<V> = readonly (ReadonlyMap<string, V> | undefined)[];

/** `value` is undefined where the key is removed. */
interface Entry<V> {
  readonly key: string;
  readonly value: V | undefined;
}

function* entriesOf<V>(buckets: Buckets<V>): IterableIterator<[string, V]> {
  for (const bucket of buckets) if (bucket !== undefined) yield* bucket;
}

function spread<V>(entries: Iterable<readonly [string, V]>, bucketCount: number): Buckets<V> {
  const buckets: (Map<string, V> | undefined)[] = Array.from({ length: bucketCount }, () => undefined);
  for (const [key, value] of entries) {
    const at = hash(key) & (bucketCount - 1);
    const bucket = buckets[at] ?? new Map<string, V>();
    buckets[at] = bucket;
    bucket.set(key, value);
  }
  return buckets;
}
