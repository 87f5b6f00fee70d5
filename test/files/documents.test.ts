import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Entry, readDocuments, type SourceDocument, type UnreadableDocument } from '../../src/files/documents.ts';

const policy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
`;

function read(text: string): readonly Entry[] {
  return readDocuments('a.yaml', text).entries;
}

function documents(text: string): SourceDocument[] {
  return read(text).map((entry) => {
    if (entry.kind === 'unreadable') throw new Error(entry.error.message);
    return entry;
  });
}

function values(text: string): unknown[] {
  return documents(text).map((entry) => entry.value);
}

function places(text: string): string[] {
  return read(text).map(({ source: { document, item, line, column } }) => `${document}/${item} ${line}:${column}`);
}

function onlyError(text: string): UnreadableDocument {
  const [entry, ...others] = read(text);
  expect(others).toEqual([]);
  if (entry?.kind !== 'unreadable') throw new Error('this was expected to be unreadable');
  return entry;
}

describe('what one file may hold', () => {
  it('reads one document, and says where it starts', () => {
    const [entry] = documents(policy);
    expect(entry?.source).toEqual({ file: 'a.yaml', document: 0, item: null, line: 1, column: 1 });
    expect(entry?.value).toEqual({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'web' },
      spec: { podSelector: {} },
    });
    expect(entry).not.toHaveProperty('helmSource');
  });

  it('reads flow style and comments', () => {
    expect(values('# first\n{kind: A, list: [1, two, {b: c}]} # end\n# last\n')).toEqual([
      { kind: 'A', list: [1, 'two', { b: 'c' }] },
    ]);
    expect(places('# first\n\n  # second\n{kind: A}\n')).toEqual(['0/null 4:1']);
  });

  it('counts only documents that hold something', () => {
    const text =
      '# nothing\n---\n---\n# only a comment\n---\nkind: A\n---\n---\nkind: B\n...\n---\nnull\n---\n~\n---\nkind: C\n---\n';
    expect(values(text)).toEqual([{ kind: 'A' }, { kind: 'B' }, { kind: 'C' }]);
    expect(places(text)).toEqual(['0/null 6:1', '1/null 9:1', '2/null 16:1']);
  });

  it('reads nothing from an empty file, one of blanks, of comments, of markers', () => {
    for (const text of ['', '\n\n', '  \t ', '# a\n# b', '---', '---\n---\n', '...\n', '\uFEFF', '\uFEFF# a\r\n']) {
      expect(read(text), JSON.stringify(text)).toEqual([]);
    }
  });

  it('takes markers for what they are only at the start of a line', () => {
    expect(values('a: |\n  x\n  ---\n  ...\nb: "x --- y"\nc: --- d\n---e: f\n')).toEqual([
      { a: 'x\n---\n...\n', b: 'x --- y', c: '--- d', '---e': 'f' },
    ]);
    expect(values('--- # first\na: 1\n--- {b: 2}\n...\nc: 3\n')).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
    expect(values('%YAML 1.1\n# c\n---\na: 010\n...\n%YAML 1.2\n---\nb: yes\n')).toEqual([{ a: 8 }, { b: true }]);
  });

  it('reads CRLF and a byte-order mark as if they were not there', () => {
    const text = `${policy}---\n${policy.replace('web', 'db')}`;
    const windows = `\uFEFF${text.replaceAll('\n', '\r\n')}`;
    expect(values(windows)).toEqual(values(text));
    expect(places(windows)).toEqual(['0/null 1:1', '1/null 8:1']);
    expect(documents(windows)[1]?.locate(['metadata', 'name'])).toEqual({ line: 11, column: 3, exact: true });
    expect(documents(windows)[0]?.lineText(4)).toBe('  name: web');
  });

  it('reads joined files, whose byte-order marks lie in the middle, and a lone CR as a line break', () => {
    expect(values('kind: A\n---\n\uFEFFkind: B\n')).toEqual([{ kind: 'A' }, { kind: 'B' }]);
    expect(values('kind: A\rname: b\r')).toEqual([{ kind: 'A', name: 'b' }]);
    expect(documents('kind: A\rname: b\r')[0]?.locate(['name'])).toEqual({ line: 2, column: 1, exact: true });
  });

  it('keeps what helm template says of the origin', () => {
    const text = `# Source: shop/templates/none.yaml\n---\n# Source: shop/templates/web.yaml\nkind: A\n---\n# Other\nkind: B\n---\n# Source: shop/templates/list.yaml\nkind: List\nitems: [{kind: C}, {kind: D}]\n`;
    expect(documents(text).map((entry) => entry.helmSource)).toEqual([
      'shop/templates/web.yaml',
      undefined,
      'shop/templates/list.yaml',
      'shop/templates/list.yaml',
    ]);
  });

  it('keeps __proto__ and constructor as keys like any other', () => {
    for (const text of [
      '__proto__: {polluted: true}\nconstructor: 1\n',
      '{"__proto__": {"polluted": true}, "constructor": 1}',
    ]) {
      const [value] = values(text);
      expect(Object.keys(value as object).sort()).toEqual(['__proto__', 'constructor']);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    }
  });
});

describe('JSON', () => {
  const object = {
    kind: 'A',
    text: 'a: "b" \\ { # \u2028 \u00e9',
    list: [1, -2.5, 1e3, true, null, {}, []],
    deep: { a: [{ b: 1 }] },
  };

  it('reads it in one line, pretty, and indented with tabs', () => {
    for (const indent of [0, 2, '\t']) expect(values(JSON.stringify(object, null, indent))).toEqual([object]);
  });

  it('finds its fields', () => {
    const [entry] = documents(`\n${JSON.stringify(object, null, 2)}\n`);
    expect(entry?.source).toMatchObject({ line: 2, column: 1 });
    expect(entry?.locate(['deep', 'a', 0, 'b'])).toEqual({ line: 17, column: 9, exact: true });
    expect(entry?.lineText(17)).toBe('        "b": 1');
  });

  it('reads objects that follow one another, as JSON lines or pretty', () => {
    for (const text of [
      '{"a": 1}\n{"a": 2}\n',
      '{"a":1}{"a":2}',
      '{\n "a": 1\n}\n{\n "a": 2\n}',
      '---\n{"a": 1}\n---\n{"a": 2}',
    ]) {
      expect(values(text), text).toEqual([{ a: 1 }, { a: 2 }]);
      expect(read(text).map((entry) => entry.source.document)).toEqual([0, 1]);
    }
  });

  it('loses only the broken one of several', () => {
    const entries = read('{"a": 1}\n{"a": \n{"a": 3}\n{"a": 4, "a": 5}\n{"a": 6}\n');
    expect(entries.map((entry) => (entry.kind === 'document' ? entry.value : entry.error.line))).toEqual([
      { a: 1 },
      2,
      { a: 3 },
      4,
      { a: 6 },
    ]);
    expect(entries.map((entry) => entry.source.document)).toEqual([0, 1, 2, 3, 4]);
  });

  it('does not take YAML for it that only begins alike', () => {
    expect(values('{a: "}", b: \'{\'}\n')).toEqual([{ a: '}', b: '{' }]);
    expect(values('{"a": yes, "b": 010} # c\n')).toEqual([{ a: true, b: 8 }]);
    expect(values('[\n{ a: 1 },\n{ "a": 2 }\n]')).toEqual([{ a: 1 }, { a: 2 }]);
    expect(values('{"a": 1} # {"b": 2}\n')).toEqual([{ a: 1 }]);
    expect(onlyError('{"a": 1} b\n').error).toMatchObject({ line: 1, column: 10 });
  });

  it('reads every JSON object as JSON.parse does, whichever way it is read', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
        fc.constantFrom(0, 1, '\t'),
        (value, indent) => {
          fc.pre(!String(value['kind']).endsWith('List'));
          const text = JSON.stringify(value, null, indent);
          // YAML knows no negative zero.
          const plain: unknown = JSON.parse(text, (_key, one) => (one === 0 ? 0 : one));
          expect(values(text)).toEqual([plain]);
          // A comment makes it YAML, and only YAML escapes what Go's YAML reader would refuse.
          const ascii = text.replaceAll(
            /[^\x20-\x7e\n\t]/g,
            (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
          );
          if (!ascii.includes('\n')) expect(values(`{"x": ${ascii}, z: [] } # c`)).toEqual([{ x: plain, z: [] }]);
        },
      ),
    );
  });
});

describe('lists', () => {
  const list = `apiVersion: v1
kind: List
items:
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: a}
- kind: B
  spec:
    x: 1
`;

  it('takes a List apart', () => {
    expect(values(list)).toEqual([
      { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'a' } },
      { kind: 'B', spec: { x: 1 } },
    ]);
    expect(places(`---\nkind: A\n---\n${list}`)).toEqual(['0/null 2:1', '1/0 7:3', '1/1 10:3']);
    expect(documents(list)[1]?.locate(['spec', 'x'])).toEqual({ line: 9, column: 5, exact: true });
    expect(documents(list)[1]?.locate([])).toEqual({ line: 7, column: 3, exact: true });
    expect(documents(list)[1]?.locate(['metadata', 'name'])).toEqual({ line: 7, column: 3, exact: false });
  });

  it('takes a List in JSON apart, with the same places', () => {
    const text = JSON.stringify(
      {
        items: [
          { kind: 'A', items: [[1], 2] },
          { kind: 'B', spec: { x: [1] } },
        ],
        kind: 'List',
      },
      null,
      2,
    );
    expect(places(text)).toEqual(['0/0 3:5', '0/1 12:5']);
    expect(documents(text)[1]?.locate(['spec', 'x', 0])).toEqual({ line: 16, column: 11, exact: true });
    expect(documents(text)[0]?.locate(['items', 1])).toEqual({ line: 9, column: 9, exact: true });
  });

  it('takes a sequence apart, in every style', () => {
    for (const text of [
      '- {kind: A}\n- {kind: B}\n',
      '[{"kind": "A"}, {"kind": "B"}]',
      '[{kind: A}, {kind: B}]',
      '- kind: A\n- kind: B',
    ]) {
      expect(values(text), text).toEqual([{ kind: 'A' }, { kind: 'B' }]);
      expect(read(text).map((entry) => entry.source.item)).toEqual([0, 1]);
    }
    expect(places('- kind: A\n-\n  kind: B\n')).toEqual(['0/0 1:3', '0/1 3:3']);
  });

  it('tells the entries of a typed list what they are', () => {
    const text = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicyList
items:
- metadata: {name: a}
- apiVersion: networking.k8s.io/v1beta1
  kind: Other
`;
    expect(values(text)).toEqual([
      { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'a' } },
      { apiVersion: 'networking.k8s.io/v1beta1', kind: 'Other' },
    ]);
    expect(documents(text)[0]?.locate(['kind'])).toEqual({ line: 4, column: 3, exact: false });
    expect(documents(text)[0]?.locate(['metadata', 'name'])).toEqual({ line: 4, column: 14, exact: true });
  });

  it('counts through lists in lists', () => {
    const text = '[{"kind":"List","items":[{"kind":"A"},{"kind":"B"}]},{"kind":"List","items":[]},{"kind":"C"}]';
    expect(values(text)).toEqual([{ kind: 'A' }, { kind: 'B' }, { kind: 'C' }]);
    expect(places(text)).toEqual(['0/0 1:26', '0/1 1:39', '0/2 1:81']);
    expect(documents(text)[1]?.locate(['kind'])).toEqual({ line: 1, column: 40, exact: true });
  });

  it('leaves an object alone whose kind only sounds like a list', () => {
    const allow = { kind: 'AllowList', spec: { items: [1] } };
    expect(values(JSON.stringify(allow))).toEqual([allow]);
    expect(values('kind: List\n')).toEqual([{ kind: 'List' }]);
    expect(values('kind: A\nitems: [1]\n')).toEqual([{ kind: 'A', items: [1] }]);
    expect(read('kind: List\nitems: []\n---\nkind: B\n').map((entry) => entry.source.document)).toEqual([1]);
  });

  it('reports an entry that is no object, and keeps the others', () => {
    const entries = read('kind: List\nitems:\n- kind: A\n- text\n-\n- [{kind: B}]\n- kind: C\n');
    expect(entries.map((entry) => (entry.kind === 'document' ? entry.value['kind'] : entry.error))).toEqual([
      'A',
      { message: 'entry 1 of this list is a string, not an object', line: 4, column: 3 },
      { message: 'entry 2 of this list is empty', line: 5, column: 2 },
      { message: 'entry 3 of this list is a list, not an object', line: 6, column: 3 },
      'C',
    ]);
    expect(entries.map((entry) => entry.source.item)).toEqual([0, 1, 2, 3, 4]);
    expect(onlyError('kind: List\nitems: {a: b}\n').error.message).toBe(
      'the field "items" of this List must be a list, and is an object',
    );
  });

  it('gives each entry a value of its own, even where an anchor is shared', () => {
    const [first, second] = documents('- {a: &x {b: 1}}\n- {a: *x}\n');
    expect(first?.value['a']).toEqual(second?.value['a']);
    expect(first?.value['a']).not.toBe(second?.value['a']);
  });
});

describe('anchors, aliases and merges', () => {
  it('puts the value where the alias stands', () => {
    expect(values('a: &x {b: [1, &y two]}\nc: *x\nd: *y\n*y : e\n')).toEqual([
      { a: { b: [1, 'two'] }, c: { b: [1, 'two'] }, d: 'two', two: 'e' },
    ]);
  });

  it('takes the last anchor of a name before the alias', () => {
    expect(values('a: &x 1\nb: *x\nc: &x 2\nd: *x\ne: &y [*x, &x 3]\nf: *y\n')).toEqual([
      { a: 1, b: 1, c: 2, d: 2, e: [2, 3], f: [2, 3] },
    ]);
  });

  // Every line was put to sigs.k8s.io/yaml 1.6.0, the reader of kubectl.
  it.each([
    ['<<: {a: 1}\na: 2', { a: 2 }],
    ['a: 2\n<<: {a: 1}', { a: 1 }],
    ['a: 2\n<<: [{a: 1}, {a: 3, b: 1}, {b: 4}]', { a: 1, b: 1 }],
    ['<<: {a: 1}\n<<: {a: 3, b: 2}', { a: 3, b: 2 }],
    ['"<<": {a: 1}', { '<<': { a: 1 } }],
    ['a: <<', { a: '<<' }],
    ['<<: &a {x: 1}\nb: *a', { x: 1, b: { x: 1 } }],
    ['a: &x\n  <<: {q: 1}\n  q: 2\nb:\n  q: 3\n  <<: *x', { a: { q: 2 }, b: { q: 2 } }],
  ])('merges %j as kubectl does', (text, value) => {
    expect(values(text)).toEqual([value]);
  });

  it.each([
    ['<<: 5', 1, 1],
    ['<<: null', 1, 1],
    ['<<: [5]', 1, 1],
    ['<<: [[{a: 1}]]', 1, 1],
    ['x: &x {a: 1}\nz: &z [*x]\n<<: *z', 3, 1],
  ])('refuses the merge of %j', (text, line, column) => {
    expect(onlyError(text).error).toEqual({
      message: 'this is not valid YAML: "<<" can merge only a mapping or a list of mappings',
      line,
      column,
    });
  });

  it('refuses aliases that lead nowhere or into themselves', () => {
    expect(onlyError('a: 1\nb: *.example.com\n').error).toEqual({
      message:
        'this is not valid YAML: no anchor stands before the alias "*.example.com" (a text that starts with "*" must be quoted)',
      line: 2,
      column: 4,
    });
    expect(onlyError('<<: *none\na: &none {}\n').error).toMatchObject({ line: 1, column: 5 });
    expect(onlyError('<<: *none\na: &none {}\n').error.message).toContain('no anchor stands before the alias "*none"');
    for (const text of ['a: &a [*a]\n', 'a: &a {<<: *a}\n', 'a: &a {b: &b [{c: *a}]}\n']) {
      expect(onlyError(text).error.message).toMatch(/^this is not valid YAML: the alias "\*a" stands inside the value/);
    }
  });
});

describe('places', () => {
  const text = `# a policy
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  labels: {"app.kubernetes.io/name": web, 80: x}
spec:
  podSelector: &pods
    matchLabels:
      app: web
  ingress:
    - from: # peers
        - ipBlock:
            cidr: 0.0.0.0/0
            except: [10.0.0.0/8,
              192.168.0.0/16]
        - podSelector: *pods
      ports:
      - {port: 80, protocol: TCP}
    -
      from:
  egress:
  - <<: {ports: [{port: 53}]}
    to: []
`;
  const [entry] = documents(text);
  const at = (...path: (string | number)[]) => {
    const { line, column, exact } = entry?.locate(path) ?? { line: 0, column: 0, exact: false };
    return `${line}:${column}${exact ? '' : ' near'}`;
  };

  it('is the key of a field and the entry of a list', () => {
    expect(entry?.source).toMatchObject({ line: 2, column: 1 });
    expect(at()).toBe('2:1');
    expect(at('spec')).toBe('7:1');
    expect(at('spec', 'ingress', 0)).toBe('12:7');
    expect(at('spec', 'ingress', 0, 'from', 0, 'ipBlock', 'cidr')).toBe('14:13');
    expect(at('spec', 'ingress', 0, 'from', 0, 'ipBlock', 'except', 1)).toBe('16:15');
    expect(at('spec', 'ingress', 0, 'ports', 0, 'protocol')).toBe('19:20');
    expect(at('spec', 'ingress', 1, 'from')).toBe('21:7');
    expect(at('metadata', 'labels', 'app.kubernetes.io/name')).toBe('6:12');
    expect(at('metadata', 'labels', '80')).toBe('6:43');
  });

  it('is where the part really stands, behind an alias or a merge', () => {
    expect(at('spec', 'ingress', 0, 'from', 1, 'podSelector')).toBe('17:11');
    expect(at('spec', 'ingress', 0, 'from', 1, 'podSelector', 'matchLabels', 'app')).toBe('10:7');
    expect(at('spec', 'egress', 0, 'ports', 0, 'port')).toBe('23:19');
    const merged = documents('a: &a {x: 1, w: 1}\nb: {w: 2, <<: *a}\nc: {<<: [{z: 1}, *a], x: 3}\n')[0];
    expect(merged?.locate(['b', 'w'])).toEqual({ line: 1, column: 14, exact: true });
    expect(merged?.locate(['c', 'x'])).toEqual({ line: 3, column: 23, exact: true });
    expect(merged?.locate(['c', 'w'])).toEqual({ line: 1, column: 14, exact: true });
    expect(merged?.locate(['c', 'z'])).toEqual({ line: 3, column: 11, exact: true });
  });

  it('is the nearest part that exists otherwise', () => {
    expect(at('spec', 'policyTypes')).toBe('7:1 near');
    expect(at('status', 'x')).toBe('2:1 near');
    expect(at('spec', 'ingress', 0, 'from', 0, 'namespaceSelector', 'matchLabels')).toBe('13:11 near');
    expect(at('spec', 'ingress', 7)).toBe('11:3 near');
    expect(at('spec', 'ingress', -1)).toBe('11:3 near');
    expect(at('spec', 'ingress', 'from')).toBe('11:3 near');
    expect(at('spec', 'ingress', 0, 'ports', 0, 'port', 'x')).toBe('19:10 near');
    expect(at('spec', 0)).toBe('7:1 near');
    expect(at('spec', 'ingress', 1, 'from', 0)).toBe('21:7 near');
    expect(at('metadata', '__proto__')).toBe('4:1 near');
  });

  it('finds the parts of any object it can read, and their key stands there', () => {
    const names = fc.constantFrom('a', 'b c', '0', 'é', '漢字', '__proto__', 'x.y/z', '- q', '#', '<<', '');
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>(null, true, 1, 'text', 'a: b'),
        fc.dictionary(names, tie('node'), { maxKeys: 3 }),
        fc.array(tie('node'), { maxLength: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(
        fc.dictionary(names, tree, { minKeys: 1, maxKeys: 4 }),
        fc.boolean(),
        fc.boolean(),
        (value, crlf, yaml) => {
          const json = JSON.stringify(value, null, 2) + (yaml ? ' # a comment makes it YAML' : '');
          const [found] = documents(`---\n${crlf ? json.replaceAll('\n', '\r\n') : json}`);
          if (found === undefined) throw new Error('nothing was read');
          const visit = (part: unknown, path: (string | number)[]): void => {
            if (typeof part !== 'object' || part === null) return;
            for (const [key, below] of Object.entries(part)) {
              const step = Array.isArray(part) ? Number(key) : key;
              const place = found.locate([...path, step]);
              expect(place.exact).toBe(true);
              const rest = found.lineText(place.line)?.slice(place.column - 1) ?? '';
              const wanted = typeof step === 'string' ? `${JSON.stringify(step)}:` : JSON.stringify(below).slice(0, 1);
              expect(rest.slice(0, wanted.length)).toBe(wanted);
              visit(below, [...path, step]);
            }
          };
          visit(found.value, []);
        },
      ),
    );
  });
});
