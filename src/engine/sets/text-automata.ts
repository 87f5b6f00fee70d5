import { type Automaton, columnOf, everyWord, numbered } from './automaton.ts';

/** A table of more entries than this is too much work. */
export const mostEntries = 1 << 14;

/** The words that contain a text. Undefined where the text is too long to work with. */
export function wordsContaining(text: string): Automaton | undefined {
  const search = searchOf(text);
  return search && numbered({ ...search, next: search.next.fill(text.length, text.length * search.width) });
}

/** The words that end in a text. Undefined where the text is too long to work with. */
export function wordsEnding(text: string): Automaton | undefined {
  const search = searchOf(text);
  return search && numbered(search);
}

/** The words that start with a text. Undefined where the text is too long to work with. */
export function wordsStarting(text: string): Automaton | undefined {
  if (text === '') return everyWord;
  const letters = lettersOf(text);
  const width = letters.length + 1;
  const size = text.length + 2;
  if (size * width > mostEntries) return undefined;
  const away = text.length + 1;
  const next = new Array<number>(size * width).fill(away);
  for (let state = 0; state < text.length; state += 1) {
    next[state * width + columnOf(letters, text.charAt(state))] = state + 1;
  }
  next.fill(text.length, text.length * width, away * width);
  return numbered({ letters, next, accepting: acceptingAt(text.length, size) });
}

interface Search extends Automaton {
  readonly width: number;
  readonly next: number[];
}

/**
 * The automaton of Knuth, Morris and Pratt: its state is how much of the text the word ends in so far. It accepts what
 * ends in all of it.
 */
function searchOf(text: string): Search | undefined {
  const letters = lettersOf(text);
  const width = letters.length + 1;
  const size = text.length + 1;
  if (size * width > mostEntries) return undefined;
  const next: number[] = [];
  // The state after the word without its first code unit: what is left of the match when the next unit is a wrong one.
  let fallback = 0;
  for (let state = 0; state < size; state += 1) {
    for (let column = 0; column < width; column += 1) {
      next.push(state === 0 ? 0 : (next[fallback * width + column] ?? 0));
    }
    if (state === text.length) break;
    const column = columnOf(letters, text.charAt(state));
    if (state > 0) fallback = next[fallback * width + column] ?? 0;
    next[state * width + column] = state + 1;
  }
  return { letters, width, next, accepting: acceptingAt(text.length, size) };
}

function lettersOf(text: string): string {
  return [...new Set(text.split(''))].sort().join('');
}

function acceptingAt(state: number, size: number): readonly boolean[] {
  return Array.from({ length: size }, (_, i) => i === state);
}
