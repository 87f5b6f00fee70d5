import { type Automaton, everyWord, isNoWord, otherWords, shortestWord } from './automaton.ts';
import { haveWord, intersectAutomata } from './automaton-product.ts';
import { wordsContaining, wordsEnding, wordsStarting } from './text-automata.ts';
import { unusedLetter } from './value-patterns.ts';
import type { ValueSet } from './values.ts';

export type TextRelation = 'starts' | 'ends' | 'contains';

/** What is asked of a value: that it starts with, ends with or contains a text, or does not. */
export interface TextTest {
  readonly relation: TextRelation;
  readonly negated: boolean;
  readonly text: string;
}

/** A set of values in a way that a sentence can say. */
export interface ValueShape {
  /** Whether all tests must be met, or one of them. */
  readonly join: 'and' | 'or';
  readonly tests: readonly TextTest[];
  /** Values that are in the set whatever the tests say, and those that are not. */
  readonly also: readonly string[];
  readonly but: readonly string[];
}

const automata: { readonly [R in TextRelation]: (text: string) => Automaton | undefined } = {
  starts: wordsStarting,
  ends: wordsEnding,
  contains: wordsContaining,
};

/** More tests than this, or longer texts, and nobody would read the sentence. */
const mostTests = 6;
const longestText = 63;

/**
 * How to say a set that no list says: the same for equal sets, however they were written. Undefined where it is not all
 * of some tests or any of some, or where it would take too long to find them.
 */
export function shapeOf(set: ValueSet): ValueShape | undefined {
  if (set.kind !== 'pattern') return undefined;
  const all = testsOf(set.words);
  const tests = all ?? testsOf(otherWords(set.words))?.map((test) => ({ ...test, negated: !test.negated }));
  if (tests === undefined) return undefined;
  const also = set.flipped.filter((value) => !meets(value, tests, all === undefined ? 'or' : 'and'));
  const but = set.flipped.filter((value) => !also.includes(value));
  return { join: all === undefined ? 'or' : 'and', tests, also, but };
}

function meets(value: string, tests: readonly TextTest[], join: 'and' | 'or'): boolean {
  const isMet = ({ relation, negated, text }: TextTest) => {
    const found =
      relation === 'starts'
        ? value.startsWith(text)
        : relation === 'ends'
          ? value.endsWith(text)
          : value.includes(text);
    return found !== negated;
  };
  return join === 'and' ? tests.every(isMet) : tests.some(isMet);
}

/** The tests all of which exactly the accepted words meet. */
function testsOf(words: Automaton): readonly TextTest[] | undefined {
  const filler = unusedLetter(words.letters);
  const tests: TextTest[] = [];
  let met: Automaton | undefined = everyWord;
  const require = (test: TextTest, automaton: Automaton): void => {
    tests.push(test);
    met = met && intersectAutomata(met, test.negated ? otherWords(automaton) : automaton);
  };
  for (const [relation, text] of commonTexts(words, shortestWord(words, filler) ?? '')) {
    const automaton = automata[relation](text);
    if (automaton === undefined || met === undefined) return undefined;
    // What the start and the end say already need not be said again.
    if (haveWord(met, true, automaton, false) !== false) require({ relation, negated: false, text }, automaton);
  }
  while (met !== undefined && tests.length <= mostTests) {
    const wrong: Automaton | undefined = intersectAutomata(met, otherWords(words));
    if (wrong === undefined) return undefined;
    if (isNoWord(wrong)) return tests;
    const excluded = excludedText(words, shortestWord(wrong, unusedLetter(wrong.letters)) ?? '');
    if (excluded === undefined) return undefined;
    require({ relation: excluded.relation, negated: true, text: excluded.text }, excluded.automaton);
  }
  return undefined;
}

/** The longest texts that all accepted words start with, end with and contain; one of them is given. */
function commonTexts(words: Automaton, word: string): readonly (readonly [TextRelation, string])[] {
  if (word === '' || word.length > longestText) return [];
  const isCommon = (relation: TextRelation, text: string) => {
    const automaton = automata[relation](text);
    return automaton !== undefined && haveWord(words, true, automaton, false) === false;
  };
  const common: [TextRelation, string][] = [];
  let length = 0;
  while (length < word.length && isCommon('starts', word.slice(0, length + 1))) length += 1;
  if (length > 0) common.push(['starts', word.slice(0, length)]);
  length = 0;
  while (length < word.length && isCommon('ends', word.slice(word.length - length - 1))) length += 1;
  if (length > 0) common.push(['ends', word.slice(word.length - length)]);
  let end = 0;
  for (let start = 0; start < word.length; start += 1) {
    const before = end;
    end = Math.max(end, start);
    while (end < word.length && isCommon('contains', word.slice(start, end + 1))) end += 1;
    if (end > before && end > start) common.push(['contains', word.slice(start, end)]);
  }
  return common;
}

/** The shortest text by which all accepted words differ from a word: none of them starts with it, ends with or contains it. */
function excludedText(
  words: Automaton,
  word: string,
): { readonly relation: TextRelation; readonly text: string; readonly automaton: Automaton } | undefined {
  if (word.length > longestText) return undefined;
  for (let length = 1; length <= word.length; length += 1) {
    for (let start = 0; start + length <= word.length; start += 1) {
      const text = word.slice(start, start + length);
      const relations: readonly TextRelation[] = [
        'contains',
        ...(start === 0 ? (['starts'] as const) : []),
        ...(start + length === word.length ? (['ends'] as const) : []),
      ];
      for (const relation of relations) {
        const automaton = automata[relation](text);
        if (automaton !== undefined && haveWord(words, true, automaton, true) === false) {
          return { relation, text, automaton };
        }
      }
    }
  }
  return undefined;
}
