import { type Automaton, numbered, shortestWord } from './automaton.ts';
import { complementValues, intersectValues, isAlmostEveryValue, type ValueSet } from './values.ts';

/** A namespace's name is a label of DNS (RFC 1123): so many of these, and no hyphen at either end. */
const longestName = 63;
const letters = '-0123456789abcdefghijklmnopqrstuvwxyz';

/** The states: nothing read yet, a name, what is one once more than a hyphen follows, and what none can come of. */
const [start, name, open, none] = [0, 1, 2, 3];

const names: Automaton = numbered({
  letters,
  next: [
    [none, name],
    [open, name],
    [open, name],
    [none, none],
  ].flatMap(([atHyphen = none, atOther = none]) => [
    ...letters.split('').map((letter) => (letter === '-' ? atHyphen : atOther)),
    none,
  ]),
  accepting: [start, name, open, none].map((state) => state === name),
});

/**
 * Whether all but finitely many of the names that a namespace can have are in the set, were there no limit to their length:
 * what only a longer name could meet is met by none. True also where that is not known.
 */
export function holdsAlmostEveryName(set: ValueSet): boolean {
  if (isAlmostEveryValue(set)) return true;
  const others = intersectValues(complementValues(set), { kind: 'pattern', words: names, flipped: [] });
  if (others.kind !== 'pattern') return others.kind === 'only';
  const shortest = shortestWord(others.words, '');
  return shortest === undefined || shortest.length > longestName;
}
