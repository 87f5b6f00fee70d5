import fc from 'fast-check';
import { expect, it } from 'vitest';

/** A kind of set, for the laws that all of them keep. */
export interface Algebra<S> {
  readonly arbitrary: fc.Arbitrary<S>;
  readonly none: S;
  readonly union: (a: S, b: S) => S;
  readonly intersect: (a: S, b: S) => S;
  readonly subtract: (a: S, b: S) => S;
  readonly contains: (a: S, b: S) => boolean;
  readonly equal: (a: S, b: S) => boolean;
  readonly key: (set: S) => string;
  readonly runs?: number;
}

/** Defines the tests of the laws. "Same" is always by value, by key and by the set's own equality together. */
export function keepsTheLaws<S>(algebra: Algebra<S>): void {
  const { arbitrary, none, union, intersect, subtract, contains, equal, key } = algebra;
  const options = { numRuns: algebra.runs ?? 200 };

  function same(a: S, b: S): void {
    expect(a).toEqual(b);
    expect(key(a)).toBe(key(b));
    expect(equal(a, b)).toBe(true);
  }

  function law(name: string, check: (a: S, b: S, c: S) => void): void {
    it(name, () => fc.assert(fc.property(arbitrary, arbitrary, arbitrary, check), options));
  }

  law('union and intersection are commutative', (a, b) => {
    same(union(a, b), union(b, a));
    same(intersect(a, b), intersect(b, a));
  });

  law('union and intersection are associative', (a, b, c) => {
    same(union(union(a, b), c), union(a, union(b, c)));
    same(intersect(intersect(a, b), c), intersect(a, intersect(b, c)));
  });

  law('each distributes over the other', (a, b, c) => {
    same(intersect(a, union(b, c)), union(intersect(a, b), intersect(a, c)));
    same(union(a, intersect(b, c)), intersect(union(a, b), union(a, c)));
  });

  law('De Morgan holds within any set', (a, b, c) => {
    same(subtract(a, union(b, c)), intersect(subtract(a, b), subtract(a, c)));
    same(subtract(a, intersect(b, c)), union(subtract(a, b), subtract(a, c)));
  });

  law('what is taken away and what stays make up the whole, apart', (a, b) => {
    same(union(subtract(a, b), intersect(a, b)), a);
    same(intersect(subtract(a, b), b), none);
  });

  law('combined with itself or with nothing a set stays what it is', (a) => {
    same(union(a, a), a);
    same(intersect(a, a), a);
    same(subtract(a, a), none);
    same(union(a, none), a);
    same(intersect(a, none), none);
    same(subtract(a, none), a);
    same(subtract(none, a), none);
  });

  law('contains says the same as an empty difference', (a, b, c) => {
    for (const [outer, inner] of [
      [a, b],
      [union(a, b), b],
      [a, intersect(a, c)],
    ] as const) {
      expect(contains(outer, inner)).toBe(equal(subtract(inner, outer), none));
      expect(contains(outer, inner)).toBe(equal(union(outer, inner), outer));
    }
  });

  law('sets that contain each other are equal, and only those', (a, b, c) => {
    for (const other of [b, union(intersect(a, c), subtract(a, c))]) {
      const mutual = contains(a, other) && contains(other, a);
      expect(equal(a, other)).toBe(mutual);
      expect(key(a) === key(other)).toBe(mutual);
      if (mutual) expect(other).toEqual(a);
      else expect(other).not.toEqual(a);
    }
  });

  law('no operation changes what it is given', (a, b) => {
    const before = [key(a), key(b)];
    union(a, b);
    intersect(a, b);
    subtract(a, b);
    contains(a, b);
    expect([key(a), key(b)]).toEqual(before);
  });
}
