import { type Automaton, columnOf, isEveryWord, isNoWord, noWord, numbered } from './automaton.ts';
import { mostEntries } from './text-automata.ts';

/** The words that both accept. Undefined where that is too much work. */
export function intersectAutomata(a: Automaton, b: Automaton): Automaton | undefined {
  if (a === b || isEveryWord(b) || isNoWord(a)) return a;
  if (isEveryWord(a) || isNoWord(b)) return b;
  const next: number[] = [];
  const accepting: boolean[] = [];
  const reached = walk(a, b, (to, inA, inB) => {
    for (const state of to) next.push(state);
    accepting.push(inA && inB);
    return false;
  });
  if (reached === undefined) return undefined;
  if (!accepting.includes(true)) return noWord;
  return smallest({ letters: jointLetters(a, b), next, accepting });
}

/**
 * Whether some word is accepted by `a`, or with `inA` false is not, and at the same time by `b` or not. Undefined where
 * that is too much work to find out.
 */
export function haveWord(a: Automaton, inA: boolean, b: Automaton, inB: boolean): boolean | undefined {
  return walk(a, b, (_, ofA, ofB) => ofA === inA && ofB === inB);
}

/**
 * Visits each pair of states that some word leads to, with the numbers of the pairs that it goes on to, until a visit
 * says that it is enough: whether one did. Undefined where there are too many pairs.
 */
function walk(
  a: Automaton,
  b: Automaton,
  visit: (to: readonly number[], inA: boolean, inB: boolean) => boolean,
): boolean | undefined {
  const letters = jointLetters(a, b);
  const [columnsA, columnsB] = [columnsIn(a, letters), columnsIn(b, letters)];
  const [widthA, widthB] = [a.letters.length + 1, b.letters.length + 1];
  const size = b.accepting.length;
  const numbers = new Map<number, number>([[0, 0]]);
  const pairs = [0];
  for (let i = 0; i < pairs.length; i += 1) {
    if (pairs.length * columnsA.length > mostEntries) return undefined;
    const pair = pairs[i] ?? 0;
    const [stateA, stateB] = [Math.floor(pair / size), pair % size];
    const to = columnsA.map((columnA, column) => {
      const nextA = a.next[stateA * widthA + columnA] ?? 0;
      const nextB = b.next[stateB * widthB + (columnsB[column] ?? 0)] ?? 0;
      const both = nextA * size + nextB;
      let number = numbers.get(both);
      if (number === undefined) {
        number = pairs.length;
        numbers.set(both, number);
        pairs.push(both);
      }
      return number;
    });
    if (visit(to, a.accepting[stateA] ?? false, b.accepting[stateB] ?? false)) return true;
  }
  return false;
}

function jointLetters(a: Automaton, b: Automaton): string {
  if (a.letters === b.letters) return a.letters;
  return [...new Set([...a.letters.split(''), ...b.letters.split('')])].sort().join('');
}

/** For each of the letters, and for all others, the column of an automaton that knows only some of them. */
function columnsIn(automaton: Automaton, letters: string): readonly number[] {
  return [...letters.split('').map((letter) => columnOf(automaton.letters, letter)), automaton.letters.length];
}

/** How many times all entries together may be looked at before it is too much work. */
const mostRounds = 10;

/**
 * Joins the states that no word tells apart, by parting those that some letter does until nothing changes (Moore).
 * Undefined where that takes too long.
 */
function smallest(automaton: Automaton): Automaton | undefined {
  const { letters, next, accepting } = automaton;
  const width = letters.length + 1;
  const size = accepting.length;
  let budget = mostEntries * mostRounds;
  let count = accepting.includes(false) ? 2 : 1;
  let classes: readonly number[] = accepting.map((one) => (one === accepting[0] ? 0 : 1));
  for (;;) {
    const before = count;
    for (let column = 0; column < width; column += 1) {
      budget -= size;
      if (budget < 0) return undefined;
      const numbers = new Map<number, number>();
      classes = classes.map((own, state) => {
        const both = own * size + (classes[next[state * width + column] ?? 0] ?? 0);
        const number = numbers.get(both) ?? numbers.size;
        numbers.set(both, number);
        return number;
      });
      count = numbers.size;
    }
    if (count === before) return numbered(joined(automaton, classes, count));
  }
}

function joined({ letters, next, accepting }: Automaton, classes: readonly number[], count: number): Automaton {
  const width = letters.length + 1;
  const table = new Array<number>(count * width).fill(0);
  const accepted = new Array<boolean>(count).fill(false);
  for (const [state, own] of classes.entries()) {
    accepted[own] = accepting[state] ?? false;
    for (let column = 0; column < width; column += 1) {
      table[own * width + column] = classes[next[state * width + column] ?? 0] ?? 0;
    }
  }
  return { letters, next: table, accepting: accepted };
}
