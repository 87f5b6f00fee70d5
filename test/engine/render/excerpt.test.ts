import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerpt, formatExcerpt } from '../../../src/engine/render/excerpt.ts';
import { readDocuments } from '../../../src/files/documents.ts';
import { linesOf } from '../../../src/files/lines.ts';

function show(text: string, line: number, column: number): string[] {
  const found = excerpt({ lineText: linesOf(text).text }, { line, column });
  return found === undefined ? [] : [found.line, found.caret];
}

/** How many columns a terminal gives to text of ASCII and Japanese. */
function columns(text: string): number {
  return [...text].reduce((sum, char) => sum + (/[\u3040-\u30ff\u4e00-\u9fff]/.test(char) ? 2 : 1), 0);
}

describe('an excerpt', () => {
  it('shows the line with its number, and points at the column', () => {
    const [entry] = readDocuments('a.yaml', 'kind: A\r\nspec:\r\n  cidr: 0.0.0.0/0\r\n').entries;
    if (entry?.kind !== 'document') throw new Error('unreadable');
    const found = excerpt(entry, entry.locate(['spec', 'cidr']));
    expect(found).toEqual({ number: '3', line: '  cidr: 0.0.0.0/0', caret: '  ^' });
    expect(found && formatExcerpt(found)).toBe('  |\n3 |   cidr: 0.0.0.0/0\n  |   ^');
    expect(formatExcerpt({ number: '120', line: '', caret: '^' })).toBe('    |\n120 |\n    | ^');
  });

  it('shows what an unreadable document complains of', () => {
    const [entry] = readDocuments('a.yaml', 'kind: A\nspec: [1, 2\n').entries;
    if (entry?.kind !== 'unreadable') throw new Error('readable');
    expect(excerpt(entry, entry.error)).toMatchObject({ number: '3', line: '', caret: '^' });
  });

  it('has no line where the file has none', () => {
    expect(show('a\nb', 3, 1)).toEqual([]);
    expect(show('a\nb', 0, 1)).toEqual([]);
    expect(show('', 1, 1)).toEqual(['', '^']);
  });

  it('keeps the caret on the line', () => {
    expect(show('abc', 1, 99)).toEqual(['abc', '   ^']);
    expect(show('abc', 1, -5)).toEqual(['abc', '^']);
  });

  it('gives wide characters two columns, combining ones none', () => {
    expect(show('名前: 関所', 1, 5)).toEqual(['名前: 関所', '      ^']);
    expect(show('ｶﾅ: x', 1, 5)).toEqual(['ｶﾅ: x', '    ^']);
    expect(show('e\u0301: x', 1, 5)).toEqual(['e\u0301: x', '   ^']);
    expect(show('👩‍👩‍👧: x', 1, 11)).toEqual(['👩‍👩‍👧: x', '    ^']);
    expect(show('한글: x', 1, 5)).toEqual(['한글: x', '      ^']);
  });

  it('expands tabs', () => {
    expect(show('\ta:\tb', 1, 2)).toEqual(['    a:  b', '    ^']);
    expect(show('\ta:\tb', 1, 5)).toEqual(['    a:  b', '        ^']);
  });

  it('lets nothing steer the terminal', () => {
    expect(show('a: \u001b[31m\u202Eb\u0000', 1, 4)).toEqual(['a: \uFFFD[31m\uFFFDb\uFFFD', '   ^']);
  });

  it('cuts a long line around the column', () => {
    const long = Array.from({ length: 300 }, (_, i) => String(i).padStart(4, '0')).join('');
    expect(show(long, 1, 1)).toEqual([`${long.slice(0, 118)}…`, '^']);
    expect(show(long, 1, 601)).toEqual([`…${long.slice(540, 658)}…`, `${' '.repeat(61)}^`]);
    expect(show(long, 1, 1201)).toEqual([`…${long.slice(1082)}`, `${' '.repeat(119)}^`]);
    expect(show('x'.repeat(120), 1, 120)).toEqual(['x'.repeat(120), `${' '.repeat(119)}^`]);
    expect(show(`${'x'.repeat(5_000_000)}: y`, 1, 5_000_003)[0]).toMatch(/^…x+: y$/);
  });

  it('points at the same character, and is never wider than 120 columns', () => {
    const char = fc.constantFrom('a', '漢', 'か', 'カ', ' ', '/', '字');
    fc.assert(
      fc.property(fc.array(char, { minLength: 1, maxLength: 400 }), fc.nat(), (chars, pick) => {
        const at = pick % chars.length;
        fc.pre(chars[at] !== ' ');
        const [line = '', caret = ''] = show(chars.join(''), 1, at + 1);
        expect(columns(line)).toBeLessThanOrEqual(120);
        let before = 0;
        const pointed = [...line].find((shown) => {
          const here = before === caret.length - 1;
          before += columns(shown);
          return here;
        });
        expect(pointed).toBe(chars[at]);
      }),
    );
  });
});

describe('lines', () => {
  it('end at LF, CRLF and CR, and know where each code unit stands', () => {
    const lines = linesOf('a\nb\r\n\rc');
    expect([1, 2, 3, 4, 5].map((line) => lines.text(line))).toEqual(['a', 'b', '', 'c', undefined]);
    expect([0, 1, 2, 5, 6, 7, 99, -1].map((offset) => lines.position(offset))).toEqual([
      { line: 1, column: 1 },
      { line: 1, column: 2 },
      { line: 2, column: 1 },
      { line: 3, column: 1 },
      { line: 4, column: 1 },
      { line: 4, column: 2 },
      { line: 4, column: 2 },
      { line: 1, column: 1 },
    ]);
  });
});
