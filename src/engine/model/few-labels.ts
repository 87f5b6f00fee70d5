/**
 * The labels of one of very many, in less than half the memory of a Map: key and value by turns in one list. A look-up goes
 * through it, which for the few labels that a pod has is no slower.
 */
export class FewLabels implements ReadonlyMap<string, string> {
  readonly #texts: readonly string[];

  /** The texts are kept as they are: who gives equal ones as one saves their memory as well. */
  constructor(labels: Iterable<readonly [string, string]>) {
    this.#texts = Array.from(labels).flat();
  }

  get size(): number {
    return this.#texts.length / 2;
  }

  get(key: string): string | undefined {
    const texts = this.#texts;
    for (let at = 0; at < texts.length; at += 2) if (texts[at] === key) return texts[at + 1];
    return undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  forEach(run: (value: string, key: string, map: ReadonlyMap<string, string>) => void): void {
    for (const [key, value] of this) run(value, key, this);
  }

  *entries(): MapIterator<[string, string]> {
    const texts = this.#texts;
    for (let at = 0; at < texts.length; at += 2) yield [texts[at] ?? '', texts[at + 1] ?? ''];
  }

  *keys(): MapIterator<string> {
    for (const [key] of this) yield key;
  }

  *values(): MapIterator<string> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }
}
