import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/engine/json/canonical.ts';
import { sameJson } from '../../../src/engine/json/read.ts';

describe('canonicalJson', () => {
  it('does not hang on the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
    expect(canonicalJson(JSON.parse('{"__proto__":1,"a":2}'))).toBe('{"__proto__":1,"a":2}');
  });

  it('is JSON of the same value, and one text for one value', () => {
    const json = fc.jsonValue({ noUnicodeString: false });
    fc.assert(
      fc.property(json, json, (a, b) => {
        const [left, right] = [canonicalJson(a), canonicalJson(b)];
        expect(sameJson(JSON.parse(left ?? ''), JSON.parse(JSON.stringify(a)))).toBe(true);
        if (left === right) expect(JSON.parse(left ?? '')).toEqual(JSON.parse(right ?? ''));
      }),
    );
  });

  it('has none for what JSON cannot say or nobody would nest', () => {
    expect(canonicalJson(undefined)).toBeUndefined();
    expect(canonicalJson([undefined])).toBeUndefined();
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    expect(canonicalJson(deep)).toBeUndefined();
  });
});
