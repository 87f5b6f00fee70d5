import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Selector } from '../../../../../src/engine/dialects/calico/selector/ast.ts';
import {
  type Expected,
  parseSelector,
  type SyntaxReason,
} from '../../../../../src/engine/dialects/calico/selector/parse.ts';
import { printSelector } from '../../../../../src/engine/dialects/calico/selector/print.ts';
import { read, selector } from './random.ts';

const has = (key: string): Selector => ({ kind: 'has', key });
const is = (key: string, value: string): Selector => ({ kind: 'value', key, operator: '==', value });
const not = (operand: Selector): Selector => ({ kind: 'not', operand });
const and = (...operands: readonly Selector[]): Selector => ({ kind: 'and', operands });
const or = (...operands: readonly Selector[]): Selector => ({ kind: 'or', operands });
const isIn = (key: string, ...values: readonly string[]): Selector => ({ kind: 'set', key, operator: 'in', values });

describe('parseSelector', () => {
  it.each<[string, Selector]>([
    ['', { kind: 'all' }],
    [' \t ', { kind: 'all' }],
    ['all()', { kind: 'all' }],
    [' all( \t) ', { kind: 'all' }],
    ['global()', { kind: 'global' }],
    ['global(  )', { kind: 'global' }],
    ['has(a)', has('a')],
    ['has( \ta )', has('a')],
    ['has(has)', has('has')],
    ['has(a.b/c-d_E)', has('a.b/c-d_E')],
    ['a == "b"', is('a', 'b')],
    ["a=='b'", is('a', 'b')],
    ['\ta\t==\t"b"\t', is('a', 'b')],
    ['a == ""', is('a', '')],
    ['a == \'say "hi"\'', is('a', 'say "hi"')],
    ['a == "it\'s"', is('a', "it's")],
    ['a == "\\"', is('a', '\\')],
    ['a == "line\nbreak"', is('a', 'line\nbreak')],
    ['a == "é😀"', is('a', 'é😀')],
    ['a != "b"', { kind: 'value', key: 'a', operator: '!=', value: 'b' }],
    ['a!="b"', { kind: 'value', key: 'a', operator: '!=', value: 'b' }],
    ['a contains "b"', { kind: 'value', key: 'a', operator: 'contains', value: 'b' }],
    ['a contains"b"', { kind: 'value', key: 'a', operator: 'contains', value: 'b' }],
    ['a starts with "b"', { kind: 'value', key: 'a', operator: 'starts with', value: 'b' }],
    ['a starts \t with "b"', { kind: 'value', key: 'a', operator: 'starts with', value: 'b' }],
    ['a startswith "b"', { kind: 'value', key: 'a', operator: 'starts with', value: 'b' }],
    ['a ends with "b"', { kind: 'value', key: 'a', operator: 'ends with', value: 'b' }],
    ['a endswith "b"', { kind: 'value', key: 'a', operator: 'ends with', value: 'b' }],
    ['a in {"b"}', isIn('a', 'b')],
    ['a in{"c",\'b\'}', isIn('a', 'b', 'c')],
    ['a in { "b" , "c" , "b" , }', isIn('a', 'b', 'c')],
    ['a in {}', isIn('a')],
    ['a in { }', isIn('a')],
    ['a not in {"b"}', { kind: 'set', key: 'a', operator: 'not in', values: ['b'] }],
    ['a notin{}', { kind: 'set', key: 'a', operator: 'not in', values: [] }],
    ['has == "b"', is('has', 'b')],
    ['all == "b"', is('all', 'b')],
    ['global == "b"', is('global', 'b')],
    ['in in {"in"}', isIn('in', 'in')],
    ['not not in {}', { kind: 'set', key: 'not', operator: 'not in', values: [] }],
    ['contains contains "b"', { kind: 'value', key: 'contains', operator: 'contains', value: 'b' }],
    ['starts starts with "b"', { kind: 'value', key: 'starts', operator: 'starts with', value: 'b' }],
    ['-/. == "b"', is('-/.', 'b')],
    ['1 == "b"', is('1', 'b')],
    [`${'k'.repeat(512)} == "b"`, is('k'.repeat(512), 'b')],
    ['!has(a)', not(has('a'))],
    ['! has(a)', not(has('a'))],
    ['!!has(a)', has('a')],
    ['! ! !has(a)', not(has('a'))],
    ['!a == "b"', not(is('a', 'b'))],
    ['!a == "b" && has(c)', and(not(is('a', 'b')), has('c'))],
    ['!(has(a) && has(b))', not(and(has('a'), has('b')))],
    ['!(!has(a))', not(not(has('a')))],
    ['(has(a))', has('a')],
    ['((( has(a) )))', has('a')],
    ['has(a)&&has(b)&&has(c)', and(has('a'), has('b'), has('c'))],
    ['has(a) || has(b) && has(c)', or(has('a'), and(has('b'), has('c')))],
    ['has(a) && has(b) || has(c)', or(and(has('a'), has('b')), has('c'))],
    ['(has(a) || has(b)) && has(c)', and(or(has('a'), has('b')), has('c'))],
    ['(has(a) && has(b)) && has(c)', and(and(has('a'), has('b')), has('c'))],
    ['has(a)||!has(a)', or(has('a'), not(has('a')))],
    ['a=="b"&&c=="d"', and(is('a', 'b'), is('c', 'd'))],
    [`${'('.repeat(200)}has(a)${')'.repeat(200)}`, has('a')],
    [`${'!'.repeat(5000)}has(a)`, has('a')],
    [`${'! '.repeat(4999)}has(a)`, not(has('a'))],
  ])('reads %j', (text, tree) => {
    expect(parseSelector(text)).toEqual({ ok: true, selector: tree });
  });

  it.each<[string, SyntaxReason, number, string | undefined, readonly Expected[]]>([
    ['a', 'unexpected', 1, undefined, ['operator']],
    ['a b', 'unexpected', 2, 'b', ['operator']],
    ['a = "b"', 'unexpected', 2, '=', ['==']],
    ['a ! = "b"', 'unexpected', 2, '!', ['operator']],
    ['a === "b"', 'unexpected', 4, '=', ['string']],
    ['a == b', 'unexpected', 5, 'b', ['string']],
    ['a == ', 'unexpected', 5, undefined, ['string']],
    ['a == {"b"}', 'unexpected', 5, '{', ['string']],
    ['a == "b', 'unterminated-string', 5, '"b', []],
    ['a == \'b"', 'unterminated-string', 5, '\'b"', []],
    ['a == "b""', 'unterminated-string', 8, '"', []],
    ['a == "\\""', 'unterminated-string', 8, '"', []],
    ['a in "b"', 'unexpected', 5, '"b"', ['set']],
    ['a in ("b")', 'unexpected', 5, '(', ['set']],
    ['a in {b}', 'unexpected', 6, 'b', ['string', '}']],
    ['a in {"b" "c"}', 'unexpected', 10, '"c"', [',', '}']],
    ['a in {,}', 'unexpected', 6, ',', ['string', '}']],
    ['a in {"b",,}', 'unexpected', 10, ',', ['string', '}']],
    ['a in {"b"', 'unexpected', 9, undefined, [',', '}']],
    ['a in {', 'unexpected', 6, undefined, ['string', '}']],
    ['a inb {}', 'unexpected', 2, 'inb', ['operator']],
    ['a not {"b"}', 'unexpected', 6, '{', ['in']],
    ['a not', 'unexpected', 5, undefined, ['in']],
    ['a starts "b"', 'unexpected', 9, '"b"', ['with']],
    ['a ends with', 'unexpected', 11, undefined, ['string']],
    ['a ends width "b"', 'unexpected', 7, 'width', ['with']],
    ['a CONTAINS "b"', 'unexpected', 2, 'CONTAINS', ['operator']],
    ['a starts-with "b"', 'unexpected', 2, 'starts-with', ['operator']],
    ['has (a)', 'unexpected', 4, '(', ['operator']],
    ['all ()', 'unexpected', 4, '(', ['operator']],
    ['Has(a)', 'unexpected', 3, '(', ['operator']],
    ['all', 'unexpected', 3, undefined, ['operator']],
    ['all(x)', 'unexpected', 4, 'x', [')']],
    ['global(', 'unexpected', 7, undefined, [')']],
    ['has()', 'unexpected', 4, ')', ['label']],
    ['has("a")', 'unexpected', 4, '"a"', ['label']],
    ['has(a', 'unexpected', 5, undefined, [')']],
    ['has(a b)', 'unexpected', 6, 'b', [')']],
    ['()', 'unexpected', 1, ')', ['operation']],
    ['(has(a)', 'unexpected', 7, undefined, ['&&', '||', ')']],
    ['(has(a) has(b))', 'unexpected', 8, 'has', ['&&', '||', ')']],
    ['has(a))', 'unexpected', 6, ')', ['&&', '||', 'end']],
    ['has(a) has(b)', 'unexpected', 7, 'has', ['&&', '||', 'end']],
    ['has(a) & has(b)', 'unexpected', 7, '&', ['&&', '||', 'end']],
    ['has(a) | has(b)', 'unexpected', 7, '|', ['&&', '||', 'end']],
    ['has(a) and has(b)', 'unexpected', 7, 'and', ['&&', '||', 'end']],
    ['has(a) &&', 'unexpected', 9, undefined, ['operation']],
    ['has(a) && && has(b)', 'unexpected', 10, '&&', ['operation']],
    ['|| has(a)', 'unexpected', 0, '||', ['operation']],
    ['!', 'unexpected', 1, undefined, ['operation']],
    ['"a" == "b"', 'unexpected', 0, '"a"', ['operation']],
    ['a == "b"\n', 'line-break', 8, '\n', []],
    ['\n', 'line-break', 0, '\n', []],
    ['a\r\n== "b"', 'line-break', 1, '\r', []],
    ['a == "b" \n && has(c)', 'line-break', 9, '\n', []],
    ['é == "b"', 'unexpected', 0, 'é', ['operation']],
    ['a 😀', 'unexpected', 2, '😀', ['operator']],
    ['a\u00a0== "b"', 'unexpected', 1, '\u00a0', ['operator']],
    [`has(${'k'.repeat(513)})`, 'label-too-long', 4, 'k'.repeat(40), []],
    [`${'k'.repeat(513)} == "b"`, 'label-too-long', 0, 'k'.repeat(40), []],
    [`${'('.repeat(201)}has(a)${')'.repeat(201)}`, 'too-deep', 200, '(', []],
    [`${'!('.repeat(5000)}`, 'too-deep', 401, '(', []],
  ])('refuses %j: %s at %d', (text, reason, at, found, expected) => {
    expect(parseSelector(text)).toEqual({ ok: false, problem: { reason, at, found, expected } });
  });

  const tokens = [
    '(',
    ')',
    '{',
    '}',
    ',',
    '!',
    '==',
    '!=',
    '&&',
    '||',
    '=',
    '&',
    '|',
    '"',
    "'",
    '"x"',
    "'y'",
    ' ',
    '\t',
  ];
  const words = [
    'a',
    'in',
    'not',
    'notin',
    'has(',
    'has(a)',
    'all()',
    'global()',
    'contains',
    'starts',
    'with',
    '\n',
    '😀',
  ];
  const soup = fc
    .array(fc.oneof(fc.constantFrom(...tokens, ...words), fc.string({ unit: 'binary', maxLength: 3 })), {
      maxLength: 10_000,
      size: 'max',
    })
    .map((parts) => parts.join('').slice(0, 10_000));

  it('answers to whatever 10 kB it is given, with a place in the text', () => {
    fc.assert(
      fc.property(soup, (text) => {
        const parsing = parseSelector(text);
        if (parsing.ok) return;
        const { at, found, expected, reason } = parsing.problem;
        expect(at).toBeLessThanOrEqual(text.length);
        expect(text.startsWith(found ?? '', at)).toBe(true);
        expect(found === undefined).toBe(at === text.length);
        expect(expected.length > 0).toBe(reason === 'unexpected');
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['parentheses', '('.repeat(5000) + ')'.repeat(5000)],
    ['exclamation marks', '!'.repeat(10_000)],
    ['exclamation marks with parentheses', '!('.repeat(5000)],
    ['quotes', '"'.repeat(10_000)],
    ['letters', 'a'.repeat(10_000)],
    ['blanks', ' '.repeat(10_000)],
    ['alternatives', 'a=="b"||'.repeat(1250)],
  ])('reads 10 kB of %s at once', (_, text) => {
    const began = performance.now();
    parseSelector(text);
    // A hang guard, not a measurement: it takes about a millisecond.
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('printSelector', () => {
  it.each([
    ['', 'all()'],
    ['global( )', 'global()'],
    ["a=='b'", 'a == "b"'],
    ["a == '\"'", "a == '\"'"],
    ["a in {'b\"', 'a', 'a'}", 'a in {"a", \'b"\'}'],
    ['a notin {}', 'a not in {}'],
    ['a startswith "b"', 'a starts with "b"'],
    ['!!!has( a )', '!has(a)'],
    ['!(has(a)||has(b))', '!(has(a) || has(b))'],
    ['has(a) || has(b) && has(c)', '(has(a) || (has(b) && has(c)))'],
  ])('writes %j as %j', (text, printed) => {
    expect(printSelector(read(text))).toBe(printed);
  });

  it('writes what reads as the same tree', () => {
    fc.assert(
      fc.property(selector, (tree) => {
        const text = printSelector(tree);
        expect(read(text)).toEqual(tree);
        expect(printSelector(read(text))).toBe(text);
      }),
    );
  });
});
