import { describe, expect, test } from 'vitest';
import type { LabelMap } from '../labels.ts';
import { holds, parseSelector } from './selector.ts';

/** Facts §3.1 and §3.2. */

function matches(text: string, labels: LabelMap): boolean {
  const expression = parseSelector(text);
  if (expression === undefined) throw new Error(`no selector: ${text}`);
  return holds(expression, labels);
}

describe('grammar (§3.1)', () => {
  test.each([
    ['', {}],
    [' \t ', {}],
    ['all()', {}],
    ['all( \t)', {}],
    ['global()', { any: 'x' }],
    ['has(a)', { a: '' }],
    ['has( a/b.c_d-e )', { 'a/b.c_d-e': 'x' }],
    ['!has(a)', {}],
    ['! has(a)', {}],
    ['!!has(a)', { a: 'x' }],
    ['!a == "b"', { a: 'c' }],
    ['a=="b"', { a: 'b' }],
    ["a == 'b'", { a: 'b' }],
    [`a == '"'`, { a: '"' }],
    ['a == "\\"', { a: '\\' }],
    ['a != "b"', { a: 'c' }],
    ['a contains "b"', { a: 'abc' }],
    ['a contains"b"', { a: 'abc' }],
    ['a starts with "ab"', { a: 'abc' }],
    ['a startswith "ab"', { a: 'abc' }],
    ['a ends with "bc"', { a: 'abc' }],
    ['a endswith "bc"', { a: 'abc' }],
    ['a in {"b", \'c\'}', { a: 'c' }],
    ['a in{"b",}', { a: 'b' }],
    ['a not in {"b"}', { a: 'c' }],
    ['a notin {"b"}', { a: 'c' }],
    ['has == "x" && all == "y" && in in {"z"}', { has: 'x', all: 'y', in: 'z' }],
    ['-a == "b"', { '-a': 'b' }],
    ['a == "b" || a == "c" && d == "e"', { a: 'b' }],
    ['(a == "b" || a == "c") && d == "e"', { a: 'c', d: 'e' }],
    [`has(${'l'.repeat(512)})`, { ['l'.repeat(512)]: '' }],
  ] as const)('%j matches %j', (text, labels) => {
    expect(matches(text, labels)).toBe(true);
  });

  test.each([
    ['!a == "b"', { a: 'b' }],
    ['a == "b" || a == "c" && d == "e"', { a: 'c' }],
    ['(a == "b" || a == "c") && d == "e"', { a: 'b' }],
    ['!has(a) && all()', { a: '' }],
    ['a contains "b"', { a: 'c' }],
    ['a starts with "b"', { a: 'ab' }],
    ['a ends with "a"', { a: 'ab' }],
  ] as const)('%j does not match %j', (text, labels) => {
    expect(matches(text, labels)).toBe(false);
  });

  test.each([
    'all()\n',
    'a == "b"\n',
    'a',
    'a = "b"',
    'a == b',
    'a & b',
    'has(a) | has(b)',
    'has(a) &&',
    '&& has(a)',
    'has (a)',
    'has()',
    'has(a',
    'all(',
    'all(x)',
    'global(x)',
    'HAS(a)',
    'a IN {"b"}',
    'a in "b"',
    'a in {"b"',
    'a in {,}',
    'a in {"b" "c"}',
    'a == "b',
    '(has(a)',
    'has(a))',
    'has(a) has(b)',
    'a == "b" c',
    'a containsx "b"',
    'a not {"b"}',
    'ä == "b"',
    `has(${'l'.repeat(513)})`,
  ])('%j is no selector', (text) => {
    expect(parseSelector(text)).toBeUndefined();
  });
});

describe('a label that is missing (§3.2)', () => {
  test.each(['a == "b"', 'a == ""', 'a in {"b"}', 'a contains ""', 'a starts with ""', 'a ends with ""', 'has(a)'])(
    '%j does not match',
    (text) => {
      expect(matches(text, {})).toBe(false);
    },
  );

  test.each(['a != "b"', 'a not in {"b"}', '!has(a)', 'a not in {}'])('%j matches', (text) => {
    expect(matches(text, {})).toBe(true);
  });

  test('an empty set never matches, and its opposite always', () => {
    expect(matches('a in {}', { a: '' })).toBe(false);
    expect(matches('a not in {}', { a: '' })).toBe(true);
  });

  test('a key that every object of JavaScript has is no label', () => {
    expect(matches('has(constructor)', {})).toBe(false);
  });
});

describe('reading as a part of another selector (§3.4)', () => {
  const part = (text: string, labels: LabelMap) => {
    const expression = parseSelector(text);
    if (expression === undefined) throw new Error(text);
    return holds(expression, labels, { prefix: 'pcns.', all: 'projectcalico.org/namespace' });
  };

  test('labels get the prefix, all() becomes the presence of a label', () => {
    expect(part('a == "b"', { 'pcns.a': 'b' })).toBe(true);
    expect(part('a == "b"', { a: 'b' })).toBe(false);
    expect(part('all()', {})).toBe(false);
    expect(part('!all()', {})).toBe(true);
    expect(part('all()', { 'projectcalico.org/namespace': 'red' })).toBe(true);
    expect(() => part('all( )', {})).toThrow('§3.4');
  });
});
