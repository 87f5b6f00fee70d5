import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Entry, readDocuments } from '../../src/files/documents.ts';

function read(text: string): readonly Entry[] {
  return readDocuments('a.yaml', text).entries;
}

function complaint(text: string): string {
  const [entry] = read(text);
  return entry?.kind === 'unreadable' ? `${entry.error.line}:${entry.error.column} ${entry.error.message}` : 'readable';
}

describe('what is wrong is said in one sentence, with its place', () => {
  it.each([
    [
      'spec:\n  podSelector: {}\n  podSelector: {}\n',
      '3:3 this is not valid YAML: a mapping key stands twice ("podSelector")',
    ],
    ['{"a": 1,\n "b": {"c": 1, "c": 2}}', '2:16 this is not valid YAML: a mapping key stands twice ("c")'],
    ['1: a\n"1": b\n', '2:1 this is not valid YAML: a mapping key stands twice ("1")'],
    ['a: b: c\n', '1:4 this is not valid YAML: a text that holds ": " must be quoted'],
    [
      'a:\n  - p: tcp\n      q: 1\n',
      '2:8 this is not valid YAML: a mapping starts in the middle of a text (is the next line indented too far?)',
    ],
    [
      'a:\n  b: 1\n  # c\n  - c\n',
      '4:3 this is not valid YAML: a list starts where a mapping goes on (is it indented wrongly, or a space missing after "-"?)',
    ],
    ['a:\n    b: 1\n  c: 2\n', '3:3 this is not valid YAML: the indentation does not fit the lines above'],
    ['a:\n\tb: 1\n', '2:1 this is not valid YAML: a tab is used for indentation, where only spaces may stand'],
    ['a: 1\nb\nc: 2\n', '2:1 this is not valid YAML: a mapping key has no ":" behind it'],
    [
      'a:1\nb: 2\n',
      '1:1 this is not valid YAML: a mapping key goes on over a line break (is a ": " or a quote missing?)',
    ],
    ['a: 1\nb: "c\nd: 2\n', '2:4 this is not valid YAML: a quoted text is never closed'],
    ["a: {b: [x, 'c\nd: 2\n", '1:12 this is not valid YAML: a quoted text is never closed'],
    ['a: {b: 1\nc: 2\n', '2:1 this is not valid YAML: a "{" or "[" is not closed, or what it holds is not indented'],
    ['{a: 1\n', '2:1 this is not valid YAML: a "{" or "[" is never closed'],
    [
      '{"a": 1\n "b": 2}',
      '1:7 this is not valid YAML: a mapping or list without brackets stands inside "{ }" or "[ ]" (is a "," missing?)',
    ],
    ['a: [1]]\n', '1:7 this is not valid YAML: "]" is not expected here'],
    ['a: @x\n', '1:4 this is not valid YAML: a text that starts with "@" must be quoted'],
    ['```yaml\na: 1\n```\n', '1:1 this is not valid YAML: a text that starts with "`" must be quoted'],
    ['a: *\n', '1:4 this is not valid YAML: an anchor or alias has no name'],
    ['a: &x *y\n', '1:7 this is not valid YAML: an alias cannot have an anchor or a tag of its own'],
    ['a: &x &y b\n', '1:7 this is not valid YAML: a value has two anchors'],
    ['a: !!str !!int b\n', '1:10 this is not valid YAML: a value has two tags'],
    ['a: !e!x b\n', '1:4 this is not valid YAML: a tag is not declared'],
    [
      'a: "\\d"\n',
      '1:5 this is not valid YAML: a double-quoted text holds an escape after "\\" that YAML does not have',
    ],
    ['--- b: 2\n', '1:5 this is not valid YAML: a mapping or list cannot start on the line of "---"'],
    ['plain text\n', '1:1 this document is a string, not an object'],
    ['# c\n42\n', '2:1 this document is a number, not an object'],
    ['--- yes\n', '1:5 this document is a boolean, not an object'],
    ['a: \u0000\n', '1:4 this holds the control character U+0000, which no YAML may (is it a binary file?)'],
    ['a: 1\nb: \u001b[31m\n', '2:4 this holds the control character U+001B, which no YAML may (is it a binary file?)'],
    [
      'a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n',
      '2:1 this is not valid YAML: a mapping key goes on over a line break (it holds a merge conflict that is not resolved)',
    ],
  ])('%j', (text, expected) => {
    expect(complaint(text)).toBe(expected);
  });

  it('hints at templates that nobody rendered', () => {
    const hint = (placeholder: string) => `(it looks like a template, ${JSON.stringify(placeholder)}: render it first)`;
    expect(complaint('a: {{ .Values.x }}\n')).toContain(hint('{{ .Values.x }}'));
    expect(complaint('{{- if .Values.x }}\na: 1\n{{- end }}\n')).toContain(hint('{{- if .Values.x }}'));
    expect(complaint('a:\n{{ toYaml .x | indent 2 }}\n')).toContain(hint('{{ toYaml .x | indent 2 }}'));
    expect(complaint('a: [$' + '{PORTS}\nb: 1\n')).toContain(hint(`$${'{PORTS}'}`));
    expect(complaint('{% if x %}\na: 1\n{% endif %}\n')).toContain(hint('{% if x %}'));
    expect(complaint('{{ include "x" . }}')).toContain(hint('{{ include "x" . }}'));
    expect(complaint('"{{ x }}"')).toContain(hint('{{ x }}'));
    expect(complaint('a: "{{ x }}"\nb: $' + '{B}\n')).toBe('readable');
    expect(complaint(`a: {{ ${'x'.repeat(500)} }}\n`).length).toBeLessThan(300);
  });
});

describe('one broken document costs its neighbours nothing', () => {
  it.each([
    'a: "never closed',
    'a: [1, {b',
    '{a: 1, a: 2}',
    'a: \u0000',
    '{{ if }}',
    '&a [*a]',
    '}',
    '- - : - [',
    '"',
    '%',
    '| x',
  ])('%j', (broken) => {
    const entries = read(`kind: A\n---\n# c\n${broken}\n---\nkind: B\n`);
    expect(entries.map((entry) => entry.kind)).toEqual(['document', 'unreadable', 'document']);
    expect(entries[1]?.source).toEqual({ file: 'a.yaml', document: 1, item: null, line: 4, column: 1 });
    expect(entries[2]?.source).toMatchObject({ document: 2, line: 6 });
    expect(entries[2]?.kind === 'document' && entries[2].locate(['kind'])).toEqual({ line: 6, column: 1, exact: true });
  });
});

describe('hostile input is refused, not suffered', () => {
  const nested = (open: string, levels: number) => open.repeat(levels);

  it.each([
    ['brackets', nested('[', 100_000)],
    ['braces', nested('{a: ', 100_000)],
    ['JSON', `${nested('{"a":', 20_000)}1${nested('}', 20_000)}`],
    ['dashes', nested('- ', 50_000)],
    ['questions', nested('? ', 50_000)],
    ['lists that are closed', `a: ${nested('[', 5_000)}${nested(']', 5_000)}`],
    ['indentation', Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('deep nesting: %s', (_, text) => {
    const entries = read(`${text}\n---\nkind: B\n`);
    expect(entries.map((entry) => entry.kind)).toEqual(['unreadable', 'document']);
    expect(complaint(text)).toMatch(/this is nested (too deeply to be read|deeper than 200 levels)$/);
  });

  it('reads 200 levels, and not 201', () => {
    const deep = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    for (const text of [deep(200), `${deep(200)} # c`]) expect(complaint(text)).toBe('readable');
    for (const text of [deep(201), `${deep(201)} # c`]) expect(complaint(text)).toMatch(/deeper than 200 levels$/);
  });

  it('alias bombs', () => {
    const lists = `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`)}]\n`).join('')}`;
    const merges = `a0: &a0 {k: v}\n${Array.from({ length: 60 }, (_, i) => `a${i + 1}: &a${i + 1}\n  <<: [*a${i}, *a${i}]\n`).join('')}`;
    for (const text of [lists, merges]) {
      expect(complaint(text)).toMatch(/^\d+:\d+ the aliases of this document stand for more than 100,000 values$/);
    }
    expect(complaint(`a: &a [1, 2]\nb: [${'*a, '.repeat(20_000)}]\n`)).toBe('readable');
  });

  it('many documents, many entries, many keys, long lines', () => {
    expect(read('---\na: 1\n'.repeat(3_000))).toHaveLength(3_000);
    expect(read('- {a: 1}\n'.repeat(10_000))).toHaveLength(10_000);
    expect(read('- x\n'.repeat(10_000))).toHaveLength(10_000);
    expect(read('{"a":1}\n'.repeat(130_000))).toHaveLength(130_000);
    expect(complaint(Array.from({ length: 20_000 }, (_, i) => `k${i}: 1\n`).join(''))).toBe('readable');
    expect(complaint(`a: ${'1'.repeat(1_000_000)}`)).toBe('readable');
    expect(complaint(`${'k'.repeat(2_000)}: 1\n`)).toContain('longer than 1,024 characters');
  });

  it('any text at all: every entry has a place in it, and a readable one finds its own fields', () => {
    const piece = fc.constantFrom(
      'a',
      'b: ',
      ': ',
      '- ',
      '\n',
      '\n  ',
      '\r\n',
      '\r',
      '\t',
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      ',',
      '#',
      ' # ',
      '&x ',
      '*x',
      '<<: ',
      '*x : ',
      '!!int ',
      '! ',
      '|\n',
      '>-\n',
      '? ',
      '---\n',
      '...\n',
      '--- ',
      '%YAML 1.1\n',
      '\\',
      '1',
      'yes',
      '~',
      '{"a":1}',
      '[{"a":1}]',
      'kind: List\nitems: ',
      '\uFEFF',
      '\u2028',
      '\u0000',
      '😀',
      '\ud800',
      '__proto__: ',
      '{{ x }}',
      '`',
      '@',
    );
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (input) => {
        const again = read(input);
        read(input).forEach((entry, index) => {
          expect(entry.source.line).toBeGreaterThan(0);
          expect(entry.lineText(entry.source.line)).toBeDefined();
          expect(entry.source).toEqual(again[index]?.source);
          if (entry.kind === 'unreadable') {
            expect(entry.error.message).toMatch(/^[^\n]{10,300}$/);
            expect(entry.lineText(entry.error.line)).toBeDefined();
          } else {
            expect(JSON.parse(JSON.stringify(entry.value))).toEqual(entry.value);
            for (const key of Object.keys(entry.value)) {
              const filled = !entry.locate([key]).exact;
              expect(filled && key !== 'kind' && key !== 'apiVersion').toBe(false);
            }
          }
        });
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a document of which no tree fits into memory', () => {
  const rule = '  - from: [{ipBlock: {cidr: 10.0.0.0/8}}]\n';
  const many = rule.repeat(Math.ceil((16 * 1024 * 1024) / rule.length));

  it('is refused with the way out, and its neighbours are read', () => {
    const entries = read(`a: 1\n---\nspec:\n${many}---\nb: 2\n`);
    expect(entries.map(({ kind }) => kind)).toEqual(['document', 'unreadable', 'document']);
    const [, large] = entries;
    expect(large?.kind === 'unreadable' ? large.error : undefined).toEqual({
      message: 'this document has more than 16 MiB of YAML: split it with lines of ---, or give it as JSON',
      line: 2,
      column: 1,
    });
  });

  it('is read where it is JSON, and its fields have the place of the whole', () => {
    const [entry] = read(JSON.stringify({ kind: 'A', spec: { rules: [many] } }));
    expect(entry?.kind === 'document' ? entry.locate(['spec', 'rules']) : undefined).toEqual({
      line: 1,
      column: 1,
      exact: false,
    });
  });
});
