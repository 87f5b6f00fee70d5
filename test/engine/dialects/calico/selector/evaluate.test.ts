import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Selector } from '../../../../../src/engine/dialects/calico/selector/ast.ts';
import { matchesSelector } from '../../../../../src/engine/dialects/calico/selector/evaluate.ts';
import { labelling, read, selector } from './random.ts';

const matches = (text: string, labels: Readonly<Record<string, string>>) =>
  matchesSelector(read(text), new Map(Object.entries(labels)));

describe('matchesSelector', () => {
  it.each<[string, boolean, boolean, boolean]>([
    // without the label, with it empty, and as "abc"
    ['', true, true, true],
    ['all()', true, true, true],
    ['global()', true, true, true],
    ['!all()', false, false, false],
    ['has(k)', false, true, true],
    ['!has(k)', true, false, false],
    ['k == "abc"', false, false, true],
    ['k == ""', false, true, false],
    ['k != "abc"', true, true, false],
    ['k != ""', true, false, true],
    ['!k == "abc"', true, true, false],
    ['!k != "abc"', false, false, true],
    ['k in {"abc", "x"}', false, false, true],
    ['k in {}', false, false, false],
    ['k not in {"abc", "x"}', true, true, false],
    ['k not in {}', true, true, true],
    ['k contains "b"', false, false, true],
    ['k contains ""', false, true, true],
    ['!k contains "b"', true, true, false],
    ['k starts with "ab"', false, false, true],
    ['k starts with "b"', false, false, false],
    ['k ends with "bc"', false, false, true],
    ['k ends with ""', false, true, true],
    ['k ends with "b"', false, false, false],
    ['k == "ABC"', false, false, false],
    ['k == "abc" || k == ""', false, true, true],
    ['k == "abc" && k == ""', false, false, false],
  ])('%j: absent %s, empty %s, abc %s', (text, absent, empty, abc) => {
    expect([matches(text, {}), matches(text, { k: '' }), matches(text, { k: 'abc' })]).toEqual([absent, empty, abc]);
  });

  it('lets && bind tighter than ||, and ! tighter than both', () => {
    fc.assert(
      fc.property(fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()), ([a, b, c]) => {
        const labels = { ...(a && { a: '' }), ...(b && { b: '' }), ...(c && { c: '' }) };
        expect(matches('has(a) || has(b) && has(c)', labels)).toBe(a || (b && c));
        expect(matches('has(a) && has(b) || has(c)', labels)).toBe((a && b) || c);
        expect(matches('!has(a) && has(b) || !has(c)', labels)).toBe((!a && b) || !c);
      }),
    );
  });

  it('keeps the laws of logic', () => {
    const not = (operand: Selector): Selector => ({ kind: 'not', operand });
    fc.assert(
      fc.property(selector, selector, labelling, (a, b, labels) => {
        const holds = (one: Selector) => matchesSelector(one, labels);
        expect(holds(not(a))).toBe(!holds(a));
        expect(holds(not(not(a)))).toBe(holds(a));
        expect(holds(not({ kind: 'and', operands: [a, b] }))).toBe(holds({ kind: 'or', operands: [not(a), not(b)] }));
        expect(holds(not({ kind: 'or', operands: [a, b] }))).toBe(holds({ kind: 'and', operands: [not(a), not(b)] }));
      }),
    );
  });
});
