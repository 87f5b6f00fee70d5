import { bucketCountFor, hash } from './buckets.ts';

/** Whether a name is to be in a set, or not. */
export type NameChange = readonly [name: string, isIn: boolean];

type Bucket = readonly string[] | undefined;

/**
 * An immutable set of names, in little more memory than a list of them takes. A change copies some short lists, however
 * many names there are.
 */
export class Names implements Iterable<string> {
  readonly size: number;
  readonly #buckets: readonly Bucket[];

  private constructor(buckets: readonly Bucket[], size: number) {
    this.#buckets = buckets;
    this.size = size;
  }

  static of(...names: readonly string[]): Names {
    return new Names([[...names]], names.length);
  }

  has(name: string): boolean {
    return this.#buckets[hash(name) & (this.#buckets.length - 1)]?.includes(name) ?? false;
  }

  changed(changes: Iterable<NameChange>): Names {
    const buckets = [...this.#buckets];
    let { size } = this;
    for (const [name, isIn] of changes) {
      const at = hash(name) & (buckets.length - 1);
      const bucket = buckets[at] ?? [];
      if (bucket.includes(name) === isIn) continue;
      buckets[at] = isIn ? [...bucket, name] : bucket.filter((other) => other !== name);
      size += isIn ? 1 : -1;
    }
    const wanted = bucketCountFor(size);
    return new Names(wanted > buckets.length ? spread(buckets, wanted) : buckets, size);
  }

  *[Symbol.iterator](): IterableIterator<string> {
    for (const bucket of this.#buckets) if (bucket !== undefined) yield* bucket;
  }
}

function spread(buckets: readonly Bucket[], count: number): readonly Bucket[] {
  const wider: (string[] | undefined)[] = Array.from({ length: count }, () => undefined);
  for (const bucket of buckets) {
    for (const name of bucket ?? []) {
      const at = hash(name) & (count - 1);
      const there = wider[at];
      if (there === undefined) wider[at] = [name];
      else there.push(name);
    }
  }
  return wider;
}
