import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deepestNesting, readJsonBody } from '../../src/webhook/json-body.ts';
import { jsonFault } from '../../src/webhook/json-fault.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const almostJson = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.nat(),
    fc.constantFrom('', ',', '}', ']', '"', '\\', '0', '-', 'e', '.', ' ', '\n', ':', 'é', '\u0000', 'tru'),
    fc.nat(3),
  )
  .map(([text, at, insert, removed]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + insert + text.slice(place + removed);
  });
const tokens = fc
  .array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '1',
      '-',
      '0',
      '.5',
      'e+',
      'true',
      'null',
      ' ',
      '\\u00',
      '\\n',
      '\t',
    ),
  )
  .map((parts) => parts.join(''));

describe('jsonFault', () => {
  test('finds a fault exactly where JSON.parse does', () => {
    fc.assert(
      fc.property(fc.oneof(almostJson, tokens, fc.string(), fc.string({ unit: 'binary' }), fc.json()), (text) => {
        const fault = jsonFault(text);
        expect(fault === undefined).toBe(isJson(text));
        if (fault !== undefined) expect(fault).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 3000 },
    );
  });

  test('says the offset that V8 says, where V8 says one', () => {
    fc.assert(
      fc.property(fc.oneof(almostJson, tokens), (text) => {
        let message = '';
        try {
          JSON.parse(text);
        } catch (error) {
          message = String(error);
        }
        const said = /at position (\d+)/.exec(message)?.[1];
        // For escapes and numbers V8 points at their last letter or the one after it.
        if (said !== undefined && !/escape|number|exponent|fraction/i.test(message)) {
          expect(jsonFault(text)).toBe(Number(said));
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['', 0],
    ['nul', 3],
    ['nulL', 3],
    ['abc', 0],
    ['01', 1],
    ['-', 1],
    ['1.', 2],
    ['1e+', 3],
    ['.5', 0],
    ['+1', 0],
    ['{"a":1,}', 7],
    ['{a:1}', 1],
    ["{'a':1}", 1],
    ['[1,2', 4],
    ['[1 2]', 3],
    ['[1]]', 3],
    ['"\u0001"', 1],
    ['"\\x"', 2],
    ['"\\u12g4"', 5],
    ['NaN', 0],
    ['{} // no', 3],
  ])('%j breaks at %i', (text, offset) => {
    expect(jsonFault(text)).toBe(offset);
  });
});

describe('readJsonBody', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  test('reads any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(readJsonBody(bytes(text))).toEqual({ kind: 'value', value: JSON.parse(text) });
      }),
    );
  });

  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        const body = readJsonBody(any);
        if (body.kind === 'unreadable') expect(body.message).toMatch(/^[^\n]+$/);
      }),
      { numRuns: 1000 },
    );
  });

  test('counts nesting, not brackets', () => {
    const deep = (levels: number): Uint8Array => bytes(`${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`);
    expect(readJsonBody(deep(deepestNesting)).kind).toBe('value');
    expect(readJsonBody(deep(deepestNesting + 2))).toMatchObject({ kind: 'unreadable', reason: 'depth' });
    expect(readJsonBody(bytes(JSON.stringify(Array.from({ length: 1000 }, () => []))))).toMatchObject({
      kind: 'value',
    });
    expect(readJsonBody(bytes(JSON.stringify(`\\"${'['.repeat(1000)}`)))).toMatchObject({ kind: 'value' });
  });

  test.each([
    ['{"a": tru}', 'the body is not JSON: something unexpected at line 1, column 10 (offset 9)'],
    ['[1,\r\n\n  x]', 'the body is not JSON: something unexpected at line 3, column 3 (offset 8)'],
    ['{"a":\n', 'the body is not JSON: it ends too early, at line 2, column 1 (offset 6)'],
    ['   ', 'the body is not JSON: it ends too early, at line 1, column 4 (offset 3)'],
    ['apiVersion: v1', 'the body is not JSON: something unexpected at line 1, column 1 (offset 0)'],
  ])('says where %j breaks', (text, message) => {
    expect(readJsonBody(bytes(text))).toEqual({ kind: 'unreadable', reason: 'json', message });
  });

  test('a byte-order mark is not in the way', () => {
    expect(readJsonBody(bytes('\ufeff{}'))).toEqual({ kind: 'value', value: {} });
  });

  test('a huge wrong body is refused in no time worth speaking of', () => {
    const start = performance.now();
    for (const text of [
      '1'.repeat(8_000_000),
      '"'.padEnd(8_000_000, 'x'),
      ' '.repeat(8_000_000),
      '\n'.repeat(8_000_000),
    ]) {
      readJsonBody(bytes(`${text}!`));
    }
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
