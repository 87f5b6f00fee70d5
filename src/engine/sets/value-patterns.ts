import {
  type Automaton,
  accepts,
  equalAutomata,
  isEveryWord,
  isNoWord,
  otherWords,
  shortestWord,
} from './automaton.ts';
import { haveWord, intersectAutomata } from './automaton-product.ts';
import { equalLists, listed, sorted } from './sorted-values.ts';

/**
 * A set of values that texts in them decide, but for finitely many. Of a value with a code unit that no text contains, the
 * same value twice with that unit between them starts with, ends with and contains the same texts. So what texts alone
 * decide is nothing or endless, and two such sets that differ do so in endlessly many values: pattern and flipped values
 * are canonical, and equal sets are equal values.
 */
export interface Pattern {
  /** Neither all words nor none: that would be a list. */
  readonly words: Automaton;
  /** Those that are in the set though the pattern does not accept them, or the other way round. Sorted, each once. */
  readonly flipped: readonly string[];
}

export function hasPatternValue({ words, flipped }: Pattern, value: string): boolean {
  return accepts(words, value) !== listed(flipped, value);
}

export function complementPattern({ words, flipped }: Pattern): Pattern {
  return { words: otherWords(words), flipped };
}

export function equalPatterns(a: Pattern, b: Pattern): boolean {
  return equalAutomata(a.words, b.words) && equalLists(a.flipped, b.flipped);
}

/** What `intersectPatterns` comes to: a list of values, or of those left out, where no text decides any more. */
export type PatternResult =
  | { readonly kind: 'only' | 'except'; readonly values: readonly string[] }
  | ({ readonly kind: 'pattern' } & Pattern);

/** Undefined where it would be too much work. `words` of either may be all words: of all values but some. */
export function intersectPatterns(a: Pattern, b: Pattern): PatternResult | undefined {
  const words = intersectAutomata(a.words, b.words);
  if (words === undefined) return undefined;
  const flipped = listedInEither(a, b).filter(
    (value) => (hasPatternValue(a, value) && hasPatternValue(b, value)) !== accepts(words, value),
  );
  return patternResult(words, flipped);
}

export function patternResult(words: Automaton, flipped: readonly string[]): PatternResult {
  if (isNoWord(words)) return { kind: 'only', values: flipped };
  if (isEveryWord(words)) return { kind: 'except', values: flipped };
  return { kind: 'pattern', words, flipped };
}

/** Undefined where it would be too much work to find out. */
export function containsPattern(outer: Pattern, inner: Pattern): boolean | undefined {
  const isListedOutside = listedInEither(outer, inner).some(
    (value) => hasPatternValue(inner, value) && !hasPatternValue(outer, value),
  );
  if (isListedOutside) return false;
  // Were a word in one pattern and not in the other, then endlessly many, and not all of them could be flipped.
  const outside = haveWord(inner.words, true, outer.words, false);
  return outside === undefined ? undefined : !outside;
}

/** Undefined where it would be too much work to find out. */
export function overlapPatterns(a: Pattern, b: Pattern): boolean | undefined {
  return (
    listedInEither(a, b).some((value) => hasPatternValue(a, value) && hasPatternValue(b, value)) ||
    haveWord(a.words, true, b.words, true)
  );
}

function listedInEither(a: Pattern, b: Pattern): readonly string[] {
  if (a.flipped.length === 0) return b.flipped;
  if (b.flipped.length === 0) return a.flipped;
  return sorted([...a.flipped, ...b.flipped]);
}

/** What may stand where no letter of a pattern does, the most natural first. */
const fillers = 'vxyzabcdefghijklmnopqrstuw0123456789VXYZABCDEFGHIJKLMNOPQRSTUW-_.';

/** A code unit that is none of the letters: of an automaton, which has fewer letters than there are units. */
export function unusedLetter(letters: string): string {
  const filler = [...fillers].find((one) => !letters.includes(one));
  if (filler !== undefined) return filler;
  let code = 0x21;
  while (letters.includes(String.fromCharCode(code))) code += 1;
  return String.fromCharCode(code);
}

const labelValue = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** A value of the set: one that could stand on an object if there is one nearby, and always the same. */
export function somePatternValue(pattern: Pattern): string {
  const filler = unusedLetter(pattern.words.letters);
  const shortest = shortestWord(pattern.words, filler) ?? '';
  const near = [shortest, filler + shortest, shortest + filler, filler + shortest + filler];
  const legal = near.find((value) => labelValue.test(value) && hasPatternValue(pattern, value));
  if (legal !== undefined) return legal;
  // Each of these is accepted, and only finitely many are flipped.
  let value = shortest === '' ? filler : shortest;
  while (!hasPatternValue(pattern, value)) value = `${value}${filler}${shortest}`;
  return value;
}
