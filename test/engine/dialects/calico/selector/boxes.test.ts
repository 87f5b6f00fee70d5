import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Selector } from '../../../../../src/engine/dialects/calico/selector/ast.ts';
import { type SelectorBoxesOptions, selectorBoxes } from '../../../../../src/engine/dialects/calico/selector/boxes.ts';
import { matchesSelector } from '../../../../../src/engine/dialects/calico/selector/evaluate.ts';
import { parseSelector } from '../../../../../src/engine/dialects/calico/selector/parse.ts';
import {
  containsBox,
  coverage,
  everyLabels,
  formatBox,
  isEmptyBox,
  isResolvedBox,
  type LabelBox,
  matchesBox,
  someLabels,
} from '../../../../../src/engine/sets/labels.ts';
import { labelling, read, selector } from './random.ts';

function boxesOf(tree: Selector, options?: SelectorBoxesOptions): readonly LabelBox[] {
  const result = selectorBoxes(tree, options);
  if (!result.ok) throw new Error(result.reason);
  return result.boxes;
}

const texts = (text: string, options?: SelectorBoxesOptions) => boxesOf(read(text), options).map(formatBox).sort();
const isEverything = (boxes: readonly LabelBox[]) => coverage(everyLabels, boxes).answer === 'covered';
const not = (operand: Selector): Selector => ({ kind: 'not', operand });

describe('selectorBoxes', () => {
  it.each<[string, readonly string[]]>([
    ['', ['']],
    ['all()', ['']],
    ['global()', ['']],
    ['!all()', []],
    ['has(a)', ['a']],
    ['!has(a)', ['!a']],
    ['a == "1"', ['a=1']],
    ['a != "1"', ['a notin (1)']],
    ['!a != "1"', ['a=1']],
    ['a == ""', ['a=']],
    ['a in {"1", "2"}', ['a in (1,2)']],
    ['a not in {"1", "2"}', ['a notin (1,2)']],
    ['!a in {"1", "2"}', ['a notin (1,2)']],
    ['a in {}', []],
    ['a not in {}', ['']],
    ['a contains "x"', ['a contains "x"']],
    ['a starts with "x"', ['a starts with "x"']],
    ['a ends with "x"', ['a ends with "x"']],
    ['a contains ""', ['a']],
    ['!a contains "x"', ['(!a or a not contains "x")']],
    ['a starts with "x" && a ends with "y"', ['a (starts with "x" and ends with "y")']],
    ['a starts with "x" || a ends with "y"', ['a (starts with "x" or ends with "y")']],
    ['a starts with "x" && a in {"xa", "b"}', ['a=xa']],
    ['a starts with "x" && a != "xa"', ['a starts with "x", a notin (xa)']],
    ['a starts with "x" || a == "b"', ['(a starts with "x" or a=b)']],
    ['a == "1" || a == "2"', ['a in (1,2)']],
    ['a == "1" || a == "2" && a != "3"', ['a in (1,2)']],
    ['a == "1" && b == "2"', ['a=1, b=2']],
    ['a == "1" || b == "2"', ['a=1', 'b=2']],
    ['a == "1" && b == "2" || a == "3" && b == "2"', ['a in (1,3), b=2']],
    ['a == "1" || a == "1" && b == "2"', ['a=1']],
    ['a == "1" && b == "2" || a == "1"', ['a=1']],
    ['(a == "1" || b == "2") && (a == "3" || b == "2")', ['b=2']],
    ['a == "1" && a == "2"', []],
    ['a == "1" && !has(a)', []],
    ['a == "1" && a != "1"', []],
    ['a starts with "x" && a starts with "y"', []],
    ['a starts with "xy" && !a contains "y"', []],
    ['has(a) || !has(a)', ['']],
    ['a == "1" || a != "1"', ['']],
    ['a starts with "x" || !(a starts with "x")', ['']],
    ['!(a == "1" && b == "2")', ['a notin (1)', 'b notin (2)']],
    ['!(a == "1" || b == "2")', ['a notin (1), b notin (2)']],
    ['has(a) && a != "1"', ['a, a notin (1)']],
    ['!has(a) || a == "1"', ['(!a or a=1)']],
  ])('%j', (text, boxes) => {
    expect(texts(text)).toEqual(boxes);
  });

  it('asks where a key is found in the space of the boxes', () => {
    const mapKey = (key: string) => (key.startsWith('pcns.') ? `namespace:${key.slice(5)}` : key);
    expect(texts('pcns.team == "a" && app == "b"', { mapKey })).toEqual(['app=b, namespace:team=a']);
    expect(texts('has(a) && b == "1"', { mapKey: () => 'one' })).toEqual(['one=1']);
  });

  it('admits exactly what the selector matches', () => {
    fc.assert(
      fc.property(selector, fc.array(labelling, { minLength: 5, maxLength: 20 }), (tree, labellings) => {
        const boxes = boxesOf(tree, { cap: 1000 });
        for (const labels of labellings) {
          expect(boxes.some((box) => matchesBox(box, labels))).toBe(matchesSelector(tree, labels));
        }
        for (const box of boxes) {
          expect(isEmptyBox(box)).toBe(false);
          expect(isResolvedBox(box)).toBe(true);
          expect(boxes.filter((other) => containsBox(other, box))).toEqual([box]);
          const witness = someLabels(box);
          expect(witness !== undefined && matchesSelector(tree, witness)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the laws of logic', () => {
    const same = (a: readonly LabelBox[], b: readonly LabelBox[]) => {
      for (const [one, others] of [...a.map((box) => [box, b] as const), ...b.map((box) => [box, a] as const)]) {
        expect(coverage(one, others).answer).toBe('covered');
      }
    };
    const boxes = (tree: Selector) => boxesOf(tree, { cap: 1000 });
    fc.assert(
      fc.property(selector, selector, (a, b) => {
        same(boxes(not(not(a))), boxes(a));
        same(boxes(not({ kind: 'and', operands: [a, b] })), boxes({ kind: 'or', operands: [not(a), not(b)] }));
        same(boxes(not({ kind: 'or', operands: [a, b] })), boxes({ kind: 'and', operands: [not(a), not(b)] }));
        expect(isEverything(boxes({ kind: 'or', operands: [a, not(a)] }))).toBe(true);
        expect(boxes({ kind: 'and', operands: [a, not(a)] })).toEqual([]);
        expect(isEverything(boxes(a))).toBe(boxes(not(a)).length === 0);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same boxes for operands the other way round', () => {
    expect(boxesOf(read('a == "1" || b == "2" || c == "3"'))).toEqual(
      boxesOf(read('c == "3" || b == "2" || a == "1"')),
    );
    expect(boxesOf(read('(has(a) || has(b)) && has(c)'))).toEqual(boxesOf(read('has(c) && (has(b) || has(a))')));
  });

  it.each([
    'has(x) || !has(x)',
    'a starts with "x" || !(a starts with "x")',
    'a == "1" || b == "1" || a != "1"',
    '(has(a) || has(b)) || (!has(a) && !has(b))',
    'a contains "x" || !a starts with "x"',
    'a != "1" || a != "2"',
  ])('%j is everything', (text) => {
    expect(isEverything(boxesOf(read(text)))).toBe(true);
  });

  it('says so where there would be too many boxes', () => {
    const keys = Array.from({ length: 70 }, (_, n) => `k${n}`);
    const some = (n: number) =>
      read(
        keys
          .slice(0, n)
          .map((key) => `has(${key})`)
          .join(' || '),
      );
    expect(boxesOf(some(64))).toHaveLength(64);
    expect(selectorBoxes(some(65))).toEqual({ ok: false, reason: 'work-cap' });
    expect(boxesOf(some(65), { cap: 65 })).toHaveLength(65);
    expect(boxesOf(not(some(65)))).toHaveLength(1);
    const wide = (n: number) => read(Array.from({ length: n }, (_, i) => `(has(a${i}) || has(b${i}))`).join(' && '));
    expect(boxesOf(wide(6))).toHaveLength(64);
    expect(selectorBoxes(wide(7))).toEqual({ ok: false, reason: 'work-cap' });
  });

  it('takes a thousand values of one label as one condition', () => {
    const values = Array.from({ length: 1000 }, (_, n) => `v${n}`);
    expect(boxesOf(read(values.map((value) => `a == "${value}"`).join('||')))).toHaveLength(1);
    expect(boxesOf(read(values.map((value) => `a != "${value}"`).join('&&')))).toHaveLength(1);
  });

  const hostile: readonly (readonly [string, string])[] = [
    ['alternatives of two labels', Array.from({ length: 500 }, (_, n) => `a=="${n}"&&b=="${n}"`).join('||')],
    ['pairs of alternatives', Array.from({ length: 300 }, (_, n) => `(has(a${n})||has(b${n}))`).join('&&')],
    ['texts, all of them', Array.from({ length: 400 }, (_, n) => `a contains "${n * 7919}"`).join('&&')],
    ['texts, any of them', Array.from({ length: 400 }, (_, n) => `a contains "${n * 7919}"`).join('||')],
    ['texts of several labels', Array.from({ length: 400 }, (_, n) => `k${n % 8} contains "${n * 7919}"`).join('||')],
    [
      'starts and ends',
      Array.from({ length: 200 }, (_, n) => `(a starts with "${n}" || b ends with "${n}")`).join('&&'),
    ],
    ['two long texts', `a contains "${'ab'.repeat(2400)}" && a contains "${'ba'.repeat(2400)}"`],
    ['one long text', `a contains "${'ab'.repeat(4900)}"`],
    ['middling texts', Array.from({ length: 90 }, (_, n) => `a contains "${'ab'.repeat(n % 40)}${n}"`).join('||')],
  ];

  it.each(hostile)('answers to 10 kB of %s', (_, text) => {
    const tree = read(text);
    const began = performance.now();
    const result = selectorBoxes(tree);
    // A hang guard, not a measurement.
    expect(performance.now() - began).toBeLessThan(5000);
    if (result.ok) expect(result.boxes.every(isResolvedBox)).toBe(true);
    else expect(result.reason).toBe('work-cap');
  });

  it('answers to whatever can be parsed', () => {
    const part = fc.constantFrom(
      ...['has(a)', 'a == "x"', 'b contains "xy"', 'b ends with "y"', 'c not in {"x"}', '!', '!', '(', ')'],
      ...[' && ', ' || ', ' && ', ' || ', '(', ')', 'all()'],
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
        const parsing = parseSelector(parts.join(''));
        if (!parsing.ok) return;
        const result = selectorBoxes(parsing.selector);
        if (!result.ok) expect(result.reason).toBe('work-cap');
      }),
      { numRuns: 2000 },
    );
  });
});
