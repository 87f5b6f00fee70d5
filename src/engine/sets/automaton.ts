/**
 * A set of words, as the smallest deterministic automaton that accepts them. Words are texts of any length over all UTF-16
 * code units; those that no state tells apart share one column, the last. Canonical: states are numbered as a search
 * in breadth from the start, which is 0, meets them, so equal sets are equal values.
 */
export interface Automaton {
  /** The code units that some state tells from the others, ascending. */
  readonly letters: string;
  /** Where each state goes on, row by row: one column for each letter, then the one for all other code units. */
  readonly next: readonly number[];
  readonly accepting: readonly boolean[];
}

export const noWord: Automaton = { letters: '', next: [0], accepting: [false] };
export const everyWord: Automaton = { letters: '', next: [0], accepting: [true] };

export function isNoWord({ accepting }: Automaton): boolean {
  return accepting.length === 1 && accepting[0] === false;
}

export function isEveryWord({ accepting }: Automaton): boolean {
  return accepting.length === 1 && accepting[0] === true;
}

export function accepts({ letters, next, accepting }: Automaton, word: string): boolean {
  const width = letters.length + 1;
  let state = 0;
  for (let i = 0; i < word.length; i += 1) {
    state = next[state * width + columnOf(letters, word.charAt(i))] ?? 0;
  }
  return accepting[state] ?? false;
}

export function otherWords({ letters, next, accepting }: Automaton): Automaton {
  return { letters, next, accepting: accepting.map((one) => !one) };
}

export function equalAutomata(a: Automaton, b: Automaton): boolean {
  return (
    a === b ||
    (a.letters === b.letters &&
      a.accepting.length === b.accepting.length &&
      a.accepting.every((one, state) => one === b.accepting[state]) &&
      a.next.every((state, i) => state === b.next[i]))
  );
}

/** Equal exactly for equal automata. */
export function automatonKey({ letters, next, accepting }: Automaton): string {
  return `${JSON.stringify(letters)}${next.join()}:${accepting.map((one) => (one ? '+' : '-')).join('')}`;
}

/** One of the shortest words that are accepted, the first by column; undefined for none. `other` stands for its column. */
export function shortestWord({ letters, next, accepting }: Automaton, other: string): string | undefined {
  const width = letters.length + 1;
  const words: (string | undefined)[] = [''];
  const queue = [0];
  for (let i = 0; i < queue.length; i += 1) {
    const state = queue[i] ?? 0;
    const word = words[state] ?? '';
    if (accepting[state]) return word;
    for (let column = 0; column < width; column += 1) {
      const to = next[state * width + column] ?? 0;
      if (words[to] !== undefined) continue;
      words[to] = word + (letters[column] ?? other);
      queue.push(to);
    }
  }
  return undefined;
}

/** The column of a code unit: that of the letter, or the last. Binary search: letters ascend. */
export function columnOf(letters: string, unit: string): number {
  let low = 0;
  let high = letters.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const letter = letters.charAt(middle);
    if (letter === unit) return middle;
    if (letter < unit) low = middle + 1;
    else high = middle;
  }
  return letters.length;
}

/**
 * The canonical form of a smallest automaton: without letters that no state tells from the others, its states numbered
 * anew, those left out that nothing leads to.
 */
export function numbered({ letters, next, accepting }: Automaton): Automaton {
  const width = letters.length + 1;
  const columns = [...Array(width).keys()].filter(
    (column) =>
      column === letters.length ||
      accepting.some((_, state) => next[state * width + column] !== next[state * width + letters.length]),
  );
  const order = [0];
  const numbers: (number | undefined)[] = [0];
  const renumbered: number[] = [];
  for (let i = 0; i < order.length; i += 1) {
    for (const column of columns) {
      const to = next[(order[i] ?? 0) * width + column] ?? 0;
      let number = numbers[to];
      if (number === undefined) {
        number = order.length;
        numbers[to] = number;
        order.push(to);
      }
      renumbered.push(number);
    }
  }
  return {
    letters: columns.map((column) => letters.charAt(column)).join(''),
    next: renumbered,
    accepting: order.map((state) => accepting[state] ?? false),
  };
}
