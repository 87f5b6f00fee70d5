import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shapeOf } from '../../../src/engine/sets/value-shape.ts';
import {
  complementValues,
  containsValues,
  equalValues,
  everyValue,
  hasValue,
  intersectValues,
  isAlmostEveryValue,
  isEveryValue,
  isListed,
  isNoValue,
  isResolved,
  listedValues,
  noValues,
  onlyValues,
  overlapValues,
  someValue,
  subtractValues,
  unionValues,
  type ValueSet,
  valuesContaining,
  valuesEnding,
  valuesExcept,
  valuesKey,
  valuesStarting,
} from '../../../src/engine/sets/values.ts';
import { keepsTheLaws } from './laws.ts';

/** Every word of at most five letters; `o` stands in no text, so it stands for all other letters. */
const universe: readonly string[] = (() => {
  const words = [''];
  for (let i = 0; words[i]!.length < 5; i += 1) for (const letter of 'abo') words.push(words[i]! + letter);
  return words;
})();

const sure = (set: ValueSet | undefined): ValueSet => {
  if (set === undefined || !isResolved(set)) throw new Error('too much work for a test');
  return set;
};
const starting = (text: string) => sure(valuesStarting(text));
const ending = (text: string) => sure(valuesEnding(text));
const containing = (text: string) => sure(valuesContaining(text));

/** A set, and independently of it which values are in it. */
interface Told {
  readonly set: ValueSet;
  readonly has: (value: string) => boolean;
}

const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 2 });
const list = fc.array(fc.constantFrom<string[]>('', 'a', 'b', 'ab', 'o', 'aab'), { maxLength: 3 });

const atom: fc.Arbitrary<Told> = fc.oneof(
  text.map((t): Told => ({ set: starting(t), has: (value) => value.startsWith(t) })),
  text.map((t): Told => ({ set: ending(t), has: (value) => value.endsWith(t) })),
  text.map((t): Told => ({ set: containing(t), has: (value) => value.includes(t) })),
  list.map((l): Told => ({ set: onlyValues(l), has: (value) => l.includes(value) })),
  list.map((l): Told => ({ set: valuesExcept(l), has: (value) => !l.includes(value) })),
);

const told: fc.Arbitrary<Told> = fc.letrec<{ set: Told }>((tie) => ({
  set: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    tie('set').map((a): Told => ({ set: complementValues(a.set), has: (value) => !a.has(value) })),
    fc.tuple(tie('set'), tie('set')).map(
      ([a, b]): Told => ({
        set: intersectValues(a.set, b.set),
        has: (value) => a.has(value) && b.has(value),
      }),
    ),
    fc.tuple(tie('set'), tie('set')).map(
      ([a, b]): Told => ({
        set: unionValues(a.set, b.set),
        has: (value) => a.has(value) || b.has(value),
      }),
    ),
  ),
})).set;

describe('value sets by texts', () => {
  keepsTheLaws({
    arbitrary: told.map(({ set }) => set),
    none: noValues,
    union: unionValues,
    intersect: intersectValues,
    subtract: subtractValues,
    contains: containsValues,
    equal: equalValues,
    key: valuesKey,
    runs: 100,
  });

  it('hold the values that a naive reading says they hold', () => {
    fc.assert(
      fc.property(told, ({ set, has }) => {
        expect(isResolved(set)).toBe(true);
        for (const word of universe) expect(hasValue(set, word)).toBe(has(word));
      }),
    );
  });

  it('answer as trying every short word does', () => {
    fc.assert(
      fc.property(fc.tuple(atom, atom, atom, atom), list, list, ([a, b, c, d], more, less) => {
        const x = unionValues(intersectValues(a.set, complementValues(b.set)), onlyValues(more));
        const y = intersectValues(unionValues(c.set, d.set), valuesExcept(less));
        const inX = (word: string) => (a.has(word) && !b.has(word)) || more.includes(word);
        const inY = (word: string) => (c.has(word) || d.has(word)) && !less.includes(word);
        // No texts here are longer than two or three, so whatever differs at all differs in a word of five.
        expect(isNoValue(x)).toBe(!universe.some(inX));
        expect(overlapValues(x, y)).toBe(universe.some((word) => inX(word) && inY(word)));
        expect(containsValues(y, x)).toBe(universe.every((word) => !inX(word) || inY(word)));
        expect(containsValues(x, y)).toBe(universe.every((word) => !inY(word) || inX(word)));
        expect(equalValues(x, y)).toBe(universe.every((word) => inX(word) === inY(word)));
      }),
      { numRuns: 2000 },
    );
  });

  it('are lists as soon as no text decides any more', () => {
    expect(starting('')).toEqual(everyValue);
    expect(ending('')).toEqual(everyValue);
    expect(containing('')).toEqual(everyValue);
    expect(unionValues(starting('a'), complementValues(starting('a')))).toEqual(everyValue);
    expect(intersectValues(starting('a'), starting('b'))).toEqual(noValues);
    expect(intersectValues(starting('ab'), complementValues(containing('b')))).toEqual(noValues);
    expect(intersectValues(starting('ab'), onlyValues(['a', 'ab', 'b']))).toEqual(onlyValues(['ab']));
    expect(unionValues(complementValues(starting('ab')), onlyValues(['ab']))).not.toEqual(everyValue);
    const butOne = unionValues(starting('ab'), valuesExcept(['a', 'ab']));
    expect(butOne).toEqual(valuesExcept(['a']));
    fc.assert(
      fc.property(told, ({ set, has }) => {
        expect(listedValues(set) !== undefined).toBe(isListed(set));
        // Beyond the texts and the listed values, all words that begin and end alike are in or out together.
        const inside = universe.filter((word) => word.length === 5 && has(word)).length;
        const all = universe.filter((word) => word.length === 5).length;
        expect(isListed(set)).toBe(inside === 0 || inside === all);
        expect(isAlmostEveryValue(set)).toBe(inside === all);
        expect(isEveryValue(set)).toBe(universe.every(has));
        expect(isNoValue(set)).toBe(!universe.some(has));
      }),
    );
  });

  it('are the same value and key however they are written', () => {
    const abc = intersectValues(starting('abc'), containing('b'));
    expect(abc).toEqual(starting('abc'));
    expect(valuesKey(abc)).toBe(valuesKey(starting('abc')));
    expect(equalValues(containing('abc'), containing('abd'))).toBe(false);
    expect(valuesKey(containing('a'))).not.toBe(valuesKey(complementValues(containing('a'))));
    const odd = intersectValues(starting('a'), valuesExcept(['ab']));
    expect(valuesKey(odd)).not.toBe(valuesKey(starting('a')));
    expect(equalValues(odd, starting('a'))).toBe(false);
    expect(unionValues(odd, onlyValues(['ab']))).toEqual(starting('a'));
  });

  it('take texts by UTF-16 units, as JavaScript does', () => {
    for (const value of ['', '😀', '😃', 'a😀b', '\ud83d', 'é']) {
      for (const part of ['😀', 'é', '\ude00', 'b']) {
        expect(hasValue(containing(part), value)).toBe(value.includes(part));
        expect(hasValue(starting(part), value)).toBe(value.startsWith(part));
        expect(hasValue(ending(part), value)).toBe(value.endsWith(part));
      }
    }
  });

  it('find texts that overlap with themselves', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'o'), maxLength: 20 }),
        (part, value) => {
          expect(hasValue(containing(part), value)).toBe(value.includes(part));
          expect(hasValue(ending(part), value)).toBe(value.endsWith(part));
          expect(hasValue(starting(part), value)).toBe(value.startsWith(part));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('have a witness that is in them', () => {
    fc.assert(
      fc.property(told, ({ set, has }) => {
        const witness = someValue(set);
        expect(witness === undefined).toBe(isNoValue(set));
        if (witness === undefined) return;
        expect(hasValue(set, witness)).toBe(true);
        expect(has(witness)).toBe(true);
      }),
    );
    expect(someValue(ending('-x'))).toBe('v-x');
    expect(someValue(starting('web-'))).toBe('web-v');
    expect(someValue(complementValues(containing('v')))).toBe('x');
    expect(someValue(containing('😀'))).toBe('😀');
    expect(someValue(intersectValues(starting('web-'), valuesExcept(['web-v', 'web-'])))).toBe('web-vweb-');
  });
});

describe('past the work cap', () => {
  const long = (seed: number) =>
    Array.from({ length: 200 }, (_, n) => 'abcdefgh'.charAt((n * seed * 7 + n * n) % 8)).join('');
  const [x, y] = [containing(long(1)), containing(long(3))];
  const both = intersectValues(x, y);

  it('a text of many thousand characters gives no set', () => {
    const text = Array.from({ length: 10_000 }, (_, n) => String.fromCharCode(0x100 + (n % 500))).join('');
    expect([valuesContaining(text), valuesStarting(text), valuesEnding(text)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('sets stay unresolved, know their values, and err as each function says', () => {
    expect(isResolved(both)).toBe(false);
    expect(hasValue(both, long(1) + long(3))).toBe(true);
    expect(hasValue(both, long(1))).toBe(false);
    expect(hasValue(complementValues(both), long(1))).toBe(true);
    expect(isNoValue(both)).toBe(false);
    expect(isEveryValue(complementValues(both))).toBe(false);
    expect(overlapValues(both, x)).toBe(true);
    expect(overlapValues(both, onlyValues([long(1)]))).toBe(false);
    expect(containsValues(x, both)).toBe(false);
    expect(containsValues(everyValue, both)).toBe(true);
    expect(containsValues(both, onlyValues([long(1) + long(3)]))).toBe(true);
    expect(containsValues(both, both)).toBe(true);
    expect(equalValues(both, intersectValues(y, x))).toBe(true);
    expect(equalValues(both, x)).toBe(false);
    expect(isAlmostEveryValue(both)).toBe(false);
    expect(isAlmostEveryValue(complementValues(both))).toBe(true);
    expect(someValue(both)).toBeUndefined();
    expect(someValue(complementValues(both))).toBe('v');
    expect(intersectValues(both, onlyValues([long(1), long(1) + long(3)]))).toEqual(onlyValues([long(1) + long(3)]));
    expect(intersectValues(both, both)).toEqual(both);
    expect(complementValues(complementValues(both))).toEqual(both);
    expect(listedValues(both)).toBeUndefined();
    expect(shapeOf(both)).toBeUndefined();
  });
});

describe('shapeOf', () => {
  const not = complementValues;
  const all = (...sets: readonly ValueSet[]) => sets.reduce(intersectValues, everyValue);
  const any = (...sets: readonly ValueSet[]) => sets.reduce(unionValues, noValues);
  const say = (set: ValueSet) => {
    const shape = shapeOf(set);
    if (shape === undefined) return undefined;
    const tests = shape.tests.map((test) => `${test.negated ? '!' : ''}${test.relation} ${test.text}`);
    return [shape.join, ...tests, ...shape.also.map((one) => `+${one}`), ...shape.but.map((one) => `-${one}`)].join(
      ', ',
    );
  };

  it.each<[string | undefined, ValueSet]>([
    ['and, starts web-', starting('web-')],
    ['and, ends -web', ending('-web')],
    ['and, contains web', containing('web')],
    ['and, !starts web-', not(starting('web-'))],
    ['and, !contains web', not(containing('web'))],
    ['and, !ends aa', not(ending('aa'))],
    ['and, starts a, ends b', all(ending('b'), starting('a'))],
    ['and, starts ab, ends ab', all(ending('ab'), starting('ab'))],
    ['and, starts a, !contains b', all(not(containing('b')), starting('a'))],
    ['and, contains ab, contains cd', all(containing('cd'), containing('ab'))],
    ['and, starts ab', all(starting('ab'), containing('b'))],
    ['and, !starts b, !contains aa', all(not(starting('b')), not(containing('aa')))],
    ['or, starts a, starts b', any(starting('a'), starting('b'))],
    ['or, starts a, contains bb', any(starting('a'), containing('bb'))],
    ['and, starts a, -ab', all(starting('a'), valuesExcept(['ab', 'b']))],
    ['and, starts a, +b', any(starting('a'), onlyValues(['b', 'ab']))],
    [undefined, any(all(starting('a'), ending('b')), all(starting('c'), ending('d')))],
    [undefined, onlyValues(['a'])],
  ])('%s', (said, set) => {
    expect(say(set)).toBe(said);
  });

  it('says exactly the set', () => {
    fc.assert(
      fc.property(told, ({ set, has }) => {
        const shape = shapeOf(set);
        if (shape === undefined) return;
        const sets = shape.tests.map(({ relation, negated, text: part }) => {
          const one = { starts: starting, ends: ending, contains: containing }[relation](part);
          return negated ? not(one) : one;
        });
        const joined = shape.join === 'and' ? all(...sets) : any(...sets);
        expect(subtractValues(unionValues(joined, onlyValues(shape.also)), onlyValues(shape.but))).toEqual(set);
        for (const value of shape.also) expect(has(value)).toBe(true);
        for (const value of shape.but) expect(has(value)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
