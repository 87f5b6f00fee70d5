import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  complementValues,
  containsValues,
  equalValues,
  everyValue,
  hasValue,
  intersectValues,
  isAlmostEveryValue,
  isEveryValue,
  isNoValue,
  listedValues,
  noValues,
  onlyValues,
  overlapValues,
  someValue,
  subtractValues,
  unionValues,
  type ValueSet,
  valuesExcept,
  valuesKey,
} from '../../../src/engine/sets/values.ts';
import { keepsTheLaws } from './laws.ts';

const words = ['', 'a', 'b', 'B', 'any', 'any-1', 'v', '__proto__', 'é'];
const list = fc.array(fc.constantFrom(...words), { maxLength: 6 });
const set: fc.Arbitrary<ValueSet> = fc.oneof(list.map(onlyValues), list.map(valuesExcept));
/** All the words, and one that no set mentions: it stands for all others. */
const universe = [...words, 'unheard-of'];

describe('value sets', () => {
  keepsTheLaws({
    arbitrary: set,
    none: noValues,
    union: unionValues,
    intersect: intersectValues,
    subtract: subtractValues,
    contains: containsValues,
    equal: equalValues,
    key: valuesKey,
  });

  it('hold the values that a naive reading says they hold', () => {
    fc.assert(
      fc.property(list, list, fc.boolean(), fc.boolean(), (a, b, exceptA, exceptB) => {
        const x = exceptA ? valuesExcept(a) : onlyValues(a);
        const y = exceptB ? valuesExcept(b) : onlyValues(b);
        let overlap = false;
        for (const word of universe) {
          const inA = a.includes(word) !== exceptA;
          const inB = b.includes(word) !== exceptB;
          expect(hasValue(x, word)).toBe(inA);
          expect(hasValue(complementValues(x), word)).toBe(!inA);
          expect(hasValue(unionValues(x, y), word)).toBe(inA || inB);
          expect(hasValue(intersectValues(x, y), word)).toBe(inA && inB);
          expect(hasValue(subtractValues(x, y), word)).toBe(inA && !inB);
          overlap ||= inA && inB;
        }
        expect(overlapValues(x, y)).toBe(overlap);
        expect(isNoValue(x)).toBe(!universe.some((word) => hasValue(x, word)));
        expect(isEveryValue(x)).toBe(universe.every((word) => hasValue(x, word)));
        expect(isAlmostEveryValue(x)).toBe(exceptA);
        expect(listedValues(x)).toEqual({ except: exceptA, values: [...new Set(a)].sort() });
      }),
    );
  });

  it('have a witness that is in them', () => {
    fc.assert(
      fc.property(set, (one) => {
        const witness = someValue(one);
        if (witness === undefined) expect(isNoValue(one)).toBe(true);
        else expect(hasValue(one, witness)).toBe(true);
      }),
    );
    expect(someValue(everyValue)).not.toBe('');
  });

  it('take ten thousand values', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => `v${(n * 7919) % 10_000}`);
    const only = onlyValues(many);
    expect(equalValues(only, onlyValues(many.toReversed()))).toBe(true);
    expect(intersectValues(only, valuesExcept(many))).toEqual(noValues);
    expect(unionValues(only, valuesExcept(many))).toEqual(everyValue);
    expect(containsValues(only, onlyValues(many.slice(5000)))).toBe(true);
    expect(someValue(valuesExcept(many))).toBeDefined();
  });
});
