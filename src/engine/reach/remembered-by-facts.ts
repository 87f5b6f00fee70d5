/** The World before a change, the one after it, and those with the old object in its place. */
const mostStates = 4;

interface State<T> {
  readonly facts: readonly unknown[];
  readonly value: T;
}

/** What follows from some parts of a World, for all Worlds in which they are the same ones. */
export class RememberedByFacts<T> {
  readonly #states = new WeakMap<object, readonly State<T>[]>();

  /** `facts`: what it follows from, compared by identity; it is remembered as long as anybody holds the `first`. */
  of(first: object, facts: readonly unknown[], make: () => T): T {
    const states = this.#states.get(first) ?? [];
    const known = states.find((state) => state.facts.every((fact, index) => fact === facts[index]));
    if (known !== undefined) return known.value;
    const value = make();
    this.#states.set(first, [...states, { facts, value }].slice(-mostStates));
    return value;
  }
}
