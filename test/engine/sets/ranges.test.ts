import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  containsRanges,
  intersectRanges,
  overlapRanges,
  type Ranges,
  subtractRanges,
  unionAllRanges,
  type Width,
} from '../../../src/engine/sets/ranges.ts';

/** Sets of very different sizes: a small one is held against a large one in steps that grow. */

const numbers = 4000;

/** Numbers of the universe that are in the set. */
type Members = readonly boolean[];

const members = (mostRuns: number): fc.Arbitrary<Members> =>
  fc.array(fc.tuple(fc.nat(numbers - 1), fc.integer({ min: 1, max: 6 })), { maxLength: mostRuns }).map((runs) => {
    const set = Array.from({ length: numbers }, () => false);
    for (const [first, length] of runs) set.fill(true, first, Math.min(first + length, numbers));
    return set;
  });

/** The numbers right below and right above a carry, so that all words of a wide number count. */
function wordsOf(number: number, width: Width): readonly number[] {
  return width === 1
    ? [number]
    : [0, 0, number >= 2000 ? 1 : 0, (number >= 2000 ? 0 : 0xffffffff - 1999) + (number % 2000)];
}

function rangesOf(set: Members, width: Width): Ranges {
  const each = set.flatMap((isIn, number) =>
    isIn ? [Uint32Array.of(...wordsOf(number, width), ...wordsOf(number, width))] : [],
  );
  return unionAllRanges(each, width);
}

test('agree with a look at every number', () => {
  const sizes = fc.constantFrom<readonly [number, number]>([3, 400], [400, 3], [1, 1], [300, 300], [0, 50]);
  const pairs = sizes.chain(([a, b]) => fc.tuple(members(a), members(b), fc.constantFrom<Width>(1, 4)));
  fc.assert(
    fc.property(pairs, ([a, b, width]) => {
      const [x, y] = [rangesOf(a, width), rangesOf(b, width)];
      const both = a.map((isIn, number) => isIn && b[number] === true);
      const only = a.map((isIn, number) => isIn && b[number] !== true);
      expect(Array.from(intersectRanges(x, y, width))).toEqual(Array.from(rangesOf(both, width)));
      expect(Array.from(subtractRanges(x, y, width))).toEqual(Array.from(rangesOf(only, width)));
      expect(containsRanges(x, y, width)).toBe(b.every((isIn, number) => !isIn || a[number] === true));
      expect(containsRanges(x, intersectRanges(x, y, width), width)).toBe(true);
      expect(overlapRanges(x, y, width)).toBe(both.includes(true));
    }),
    { numRuns: 300 },
  );
});
