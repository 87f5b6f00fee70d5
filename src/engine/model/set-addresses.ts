import { boxKey, type LabelBox } from '../sets/labels.ts';

/** The World, and the World with a change that is being judged, a few times over. */
const mostStates = 4;

/** So many selectors are remembered for one state of the World. */
const capacity = 4096;

interface State<A> {
  readonly tables: readonly object[];
  readonly known: Map<string, A>;
}

/**
 * Remembers which addresses a selector comes to, as long as the objects that it looks through stay the same ones.
 * Shared by all Worlds that come from one another.
 */
export class SetAddresses<A> {
  /** The one used last comes last. */
  #states: readonly State<A>[] = [];

  /** `tables`: what the answer depends on, compared by identity. */
  of(tables: readonly object[], boxes: readonly LabelBox[], find: () => A): A {
    const { known } = this.#stateOf(tables);
    const key = boxes.map(boxKey).sort().join(' | ');
    const found = known.get(key) ?? find();
    if (known.size >= capacity) known.clear();
    known.set(key, found);
    return found;
  }

  #stateOf(tables: readonly object[]): State<A> {
    const last = this.#states.at(-1);
    if (last !== undefined && isOf(last, tables)) return last;
    const state = this.#states.find((one) => isOf(one, tables)) ?? { tables, known: new Map<string, A>() };
    this.#states = [...this.#states.filter((one) => one !== state), state].slice(-mostStates);
    return state;
  }
}

function isOf(state: State<unknown>, tables: readonly object[]): boolean {
  return state.tables.every((table, index) => table === tables[index]);
}
