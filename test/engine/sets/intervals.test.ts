import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  containsIntervals,
  countIntervals,
  equalIntervals,
  hasInteger,
  type Interval,
  intersectIntervals,
  interval,
  intervalsKey,
  intervalsOf,
  noIntervals,
  subtractIntervals,
  unionIntervals,
} from '../../../src/engine/sets/intervals.ts';
import { keepsTheLaws } from './laws.ts';

const pairs = fc.array(fc.tuple(fc.nat(20), fc.nat(20)) as fc.Arbitrary<Interval>, { maxLength: 6 });
const universe = Array.from({ length: 22 }, (_, n) => n);

describe('intervals', () => {
  keepsTheLaws({
    arbitrary: pairs.map(intervalsOf),
    none: noIntervals,
    union: unionIntervals,
    intersect: intersectIntervals,
    subtract: subtractIntervals,
    contains: containsIntervals,
    equal: equalIntervals,
    key: intervalsKey,
  });

  it('hold the integers that their pairs hold', () => {
    fc.assert(
      fc.property(pairs, pairs, (a, b) => {
        const inPairs = (list: readonly Interval[], n: number) => list.some(([first, last]) => first <= n && n <= last);
        const [x, y] = [intervalsOf(a), intervalsOf(b)];
        for (const n of universe) {
          expect(hasInteger(x, n)).toBe(inPairs(a, n));
          expect(hasInteger(unionIntervals(x, y), n)).toBe(inPairs(a, n) || inPairs(b, n));
          expect(hasInteger(intersectIntervals(x, y), n)).toBe(inPairs(a, n) && inPairs(b, n));
          expect(hasInteger(subtractIntervals(x, y), n)).toBe(inPairs(a, n) && !inPairs(b, n));
        }
        expect(countIntervals(x)).toBe(universe.filter((n) => inPairs(a, n)).length);
      }),
    );
  });

  it('merge what overlaps and what touches', () => {
    expect(
      intervalsOf([
        [5, 9],
        [1, 2],
        [3, 4],
        [8, 12],
        [20, 20],
      ]),
    ).toEqual([
      [1, 12],
      [20, 20],
    ]);
    expect(
      intervalsKey(
        intervalsOf([
          [80, 80],
          [8000, 8010],
        ]),
      ),
    ).toBe('80,8000-8010');
  });

  it('are none where a pair is reversed', () => {
    expect(interval(2, 1)).toEqual(noIntervals);
    expect(intervalsOf([[9, 3]])).toEqual(noIntervals);
  });

  it('take thousands of pairs', () => {
    const even = intervalsOf(Array.from({ length: 30_000 }, (_, n) => [59_998 - 2 * n, 59_998 - 2 * n] as const));
    const odd = intervalsOf(Array.from({ length: 30_000 }, (_, n) => [2 * n + 1, 2 * n + 1] as const));
    expect(even).toHaveLength(30_000);
    expect(unionIntervals(even, odd)).toEqual([[0, 59_999]]);
    expect(subtractIntervals(interval(0, 59_999), even)).toEqual(odd);
  });
});
