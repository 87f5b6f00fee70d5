import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boxKey,
  emptyBox,
  everyLabels,
  formatBox,
  intersectBoxes,
  labelIn,
  matchesBox,
  readSelector,
} from '../../../src/engine/sets/labels.ts';

const one = (expression: unknown) => ({ matchExpressions: [expression] });

describe('readSelector', () => {
  it.each([
    ['{}', {}],
    ['null', null],
    ['nothing', undefined],
    ['empty parts', { matchLabels: {}, matchExpressions: [] }],
    ['null parts', { matchLabels: null, matchExpressions: null }],
  ])('reads %s as everything', (_, selector) => {
    expect(readSelector(selector)).toEqual({ ok: true, box: everyLabels });
  });

  it.each<[unknown, string]>([
    [{ matchLabels: { app: 'web', 'example.com/tier': '' } }, 'app=web, example.com/tier='],
    [{ matchLabels: { app: null } }, 'app='],
    [one({ key: 'app', operator: 'In', values: ['b', 'a', 'b'] }), 'app in (a,b)'],
    [one({ key: 'app', operator: 'NotIn', values: ['a', null] }), 'app notin (,a)'],
    [one({ key: 'app', operator: 'Exists' }), 'app'],
    [one({ key: 'app', operator: 'Exists', values: [] }), 'app'],
    [one({ key: 'app', operator: 'DoesNotExist', values: null }), '!app'],
    [{ matchLabels: { app: 'a' }, matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'b'] }] }, 'app=a'],
    [{ matchLabels: { app: 'a' }, matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['a'] }] }, '(nothing)'],
    [{ matchLabels: { x: 'a' }, unknown: 1 }, 'x=a'],
  ])('reads %j', (selector, text) => {
    const reading = readSelector(selector);
    expect(reading.ok && formatBox(reading.box)).toBe(text);
  });

  it('reads an unsatisfiable selector as the empty box', () => {
    const both = {
      matchExpressions: [
        { key: 'a', operator: 'Exists' },
        { key: 'a', operator: 'DoesNotExist' },
      ],
    };
    expect(readSelector(both)).toEqual({ ok: true, box: emptyBox });
  });

  it.each<[string, unknown, readonly (readonly [string, readonly (string | number)[], unknown])[]]>([
    ['a text', 'app=web', [['not-an-object', [], 'app=web']]],
    ['a list', [], [['not-an-object', [], []]]],
    ['a number', 0, [['not-an-object', [], 0]]],
    ['labels in a list', { matchLabels: ['app'] }, [['not-an-object', ['matchLabels'], ['app']]]],
    ['a label that is no text', { matchLabels: { app: 1 } }, [['not-a-string', ['matchLabels', 'app'], 1]]],
    ['a label value with a space', { matchLabels: { app: 'a b' } }, [['bad-value', ['matchLabels', 'app'], 'a b']]],
    ['a label key with a space', { matchLabels: { 'a b': 'x' } }, [['bad-key', ['matchLabels', 'a b'], 'a b']]],
    ['expressions that are no list', { matchExpressions: {} }, [['not-a-list', ['matchExpressions'], {}]]],
    ['an expression that is no object', one('app'), [['not-an-object', ['matchExpressions', 0], 'app']]],
    [
      'a null expression',
      one(null),
      [
        ['bad-key', ['matchExpressions', 0, 'key'], undefined],
        ['bad-operator', ['matchExpressions', 0, 'operator'], undefined],
      ],
    ],
    [
      'an unknown operator',
      one({ key: 'a', operator: 'in', values: ['x'] }),
      [['bad-operator', ['matchExpressions', 0, 'operator'], 'in']],
    ],
    [
      'an operator from a prototype',
      one({ key: 'a', operator: 'constructor' }),
      [['bad-operator', ['matchExpressions', 0, 'operator'], 'constructor']],
    ],
    [
      'a key that is no text',
      one({ key: 7, operator: 'Exists' }),
      [['not-a-string', ['matchExpressions', 0, 'key'], 7]],
    ],
    [
      'In without values',
      one({ key: 'a', operator: 'In' }),
      [['values-required', ['matchExpressions', 0, 'values'], undefined]],
    ],
    [
      'NotIn of none',
      one({ key: 'a', operator: 'NotIn', values: [] }),
      [['values-required', ['matchExpressions', 0, 'values'], []]],
    ],
    [
      'Exists with values',
      one({ key: 'a', operator: 'Exists', values: ['x'] }),
      [['values-forbidden', ['matchExpressions', 0, 'values'], ['x']]],
    ],
    [
      'DoesNotExist with values',
      one({ key: 'a', operator: 'DoesNotExist', values: [''] }),
      [['values-forbidden', ['matchExpressions', 0, 'values'], ['']]],
    ],
    [
      'values that are no list',
      one({ key: 'a', operator: 'In', values: 'x' }),
      [['not-a-list', ['matchExpressions', 0, 'values'], 'x']],
    ],
    [
      'some bad values of several',
      one({ key: 'a', operator: 'In', values: ['ok', '-x', 5, { a: 1 }] }),
      [
        ['bad-value', ['matchExpressions', 0, 'values', 1], '-x'],
        ['not-a-string', ['matchExpressions', 0, 'values', 2], 5],
        ['not-a-string', ['matchExpressions', 0, 'values', 3], { a: 1 }],
      ],
    ],
    [
      'several faults at once',
      {
        matchLabels: { '': 'x' },
        matchExpressions: [
          { key: 'a', operator: 'Exists' },
          { key: '/', operator: 'Is' },
        ],
      },
      [
        ['bad-key', ['matchLabels', ''], ''],
        ['bad-key', ['matchExpressions', 1, 'key'], '/'],
        ['bad-operator', ['matchExpressions', 1, 'operator'], 'Is'],
      ],
    ],
  ])('refuses %s', (_, selector, problems) => {
    const reading = readSelector(selector);
    expect(reading.ok ? [] : reading.problems.map(({ key, path, value }) => [key, path, value])).toEqual(problems);
  });

  const long = 'a'.repeat(63);
  const parts = `${long}.${long}.${long}`;

  it.each(['a', '0', 'A-b_c.d', long, 'example.com/a', `${parts}.${'b'.repeat(61)}/a`, '1.2/x', 'a--b.c/X_y'])(
    'takes %s as a key',
    (key) => {
      expect(readSelector(one({ key, operator: 'Exists' })).ok).toBe(true);
      expect(readSelector({ matchLabels: { [key]: 'x' } }).ok).toBe(true);
    },
  );

  it.each(
    [
      '',
      '-a',
      'a-',
      '_a',
      'a.',
      'a b',
      'é',
      'ａ',
      'a\n',
      `${long}a`,
      '/',
      '/a',
      'a/',
      'a/b/c',
      'Example.com/a',
      'a..b/c',
      'a_b/c',
      '-a/b',
      'a./b',
      `${parts}.${'b'.repeat(62)}/a`,
      `example.com/${long}a`,
      'a:b',
      `${'a'.repeat(100_000)}`,
    ].map((key) => [key.length > 80 ? `${key.slice(0, 20)}... (${key.length})` : JSON.stringify(key), key] as const),
  )('refuses %s as a key', (_, key) => {
    expect(readSelector(one({ key, operator: 'Exists' }))).toMatchObject({ ok: false, problems: [{ key: 'bad-key' }] });
  });

  it.each(['', 'a', '0', 'A-b_c.d', long])('takes %j as a value', (value) => {
    expect(readSelector({ matchLabels: { a: value } }).ok).toBe(true);
    expect(readSelector(one({ key: 'a', operator: 'NotIn', values: [value] })).ok).toBe(true);
  });

  it.each(['-', '-a', 'a-', 'a/b', 'a b', ' ', 'a\n', 'é', '*', `${long}a`])('refuses %j as a value', (value) => {
    const problems = [{ key: 'bad-value', value }];
    expect(readSelector({ matchLabels: { a: value } })).toMatchObject({ ok: false, problems });
    expect(readSelector(one({ key: 'a', operator: 'In', values: [value] }))).toMatchObject({ ok: false, problems });
  });

  it('takes __proto__ for the key that it is, which no label may have', () => {
    const selector: unknown = JSON.parse('{"matchLabels": {"__proto__": "x", "constructor": "y"}}');
    expect(readSelector(selector)).toMatchObject({
      ok: false,
      problems: [{ key: 'bad-key', path: ['matchLabels', '__proto__'] }],
    });
    const inherited: unknown = Object.create({ matchLabels: { a: 'b' } });
    expect(readSelector(inherited)).toEqual({ ok: true, box: everyLabels });
  });

  it('never throws, whatever it is given', () => {
    const part = fc.oneof(fc.anything(), fc.constantFrom('In', 'NotIn', 'Exists', 'a'));
    const shaped = fc.record(
      {
        matchLabels: fc.oneof(fc.dictionary(fc.string(), part), part),
        matchExpressions: fc.oneof(
          fc.array(
            fc.record({ key: part, operator: part, values: fc.oneof(fc.array(part), part) }, { requiredKeys: [] }),
          ),
          part,
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), shaped), (selector) => {
        const reading = readSelector(selector);
        if (!reading.ok) expect(reading.problems.length).toBeGreaterThan(0);
        else expect(typeof boxKey(reading.box)).toBe('string');
      }),
      { numRuns: 500 },
    );
  });

  it('takes ten thousand values and ten thousand labels', () => {
    const values = Array.from({ length: 10_000 }, (_, n) => `v${n}`);
    const reading = readSelector({
      matchLabels: Object.fromEntries(values.map((value) => [value, value])),
      matchExpressions: [
        { key: 'x', operator: 'In', values },
        ...values.map((value) => ({ key: 'y', operator: 'NotIn', values: [value] })),
      ],
    });
    if (!reading.ok) throw new Error('refused');
    const labels = new Map([...values.map((value) => [value, value] as const), ['x', 'v7'] as const]);
    expect(matchesBox(reading.box, labels)).toBe(true);
    expect(matchesBox(reading.box, new Map([...labels, ['y', 'v9999']]))).toBe(false);
    expect(matchesBox(intersectBoxes(reading.box, labelIn('y', ['other'])), new Map([...labels, ['y', 'other']]))).toBe(
      true,
    );
  });
});
