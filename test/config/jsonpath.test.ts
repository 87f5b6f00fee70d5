import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileJsonPath } from '../../src/config/jsonpath.ts';
import { type FieldPath, formatPath } from '../../src/engine/json/path.ts';

function select(path: string, object: unknown) {
  const reading = compileJsonPath(path);
  if (!reading.ok) throw new Error(`${path}: ${JSON.stringify(reading)}`);
  return reading.select(object);
}

function paths(path: string, object: unknown): string[] {
  return select(path, object).nodes.map((node) => formatPath(node.path));
}

const policy = {
  metadata: { name: 'web', labels: { app: 'web', 'example.com/team': 'a' } },
  spec: {
    order: 500,
    ingress: [
      { from: [{ ipBlock: { cidr: '10.0.0.0/8' } }, { ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }] },
      { from: [{ podSelector: {} }], ports: [{ port: 80 }] },
    ],
  },
};

describe('the steps that are allowed', () => {
  it.each([
    ['$', ['']],
    ['$.spec.order', ['spec.order']],
    ["$['spec']['order']", ['spec.order']],
    ['$["spec"].order', ['spec.order']],
    ['$.spec.ingress[1].ports[0].port', ['spec.ingress[1].ports[0].port']],
    ['$.spec.ingress[*].ports', ['spec.ingress[1].ports']],
    ['$.metadata.labels.*', ['metadata.labels.app', 'metadata.labels["example.com/team"]']],
    ["$.metadata.labels['example.com/team']", ['metadata.labels["example.com/team"]']],
    ['$..cidr', ['spec.ingress[0].from[0].ipBlock.cidr', 'spec.ingress[0].from[1].ipBlock.cidr']],
    ['$.spec..except[0]', ['spec.ingress[0].from[1].ipBlock.except[0]']],
    ['$..from..except', ['spec.ingress[0].from[1].ipBlock.except']],
    ['$.nothing.here', []],
    ['$.spec.ingress[7]', []],
  ])('%s', (path, expected) => {
    const found = select(path, policy);
    expect(found.nodes.map((node) => formatPath(node.path))).toEqual(expected);
    expect(found.complete).toBe(true);
  });

  it('finds a node once, however many ways lead to it', () => {
    expect(paths('$..a..b', { a: { a: { a: { b: 1 } } } })).toEqual(['a.a.a.b']);
  });

  it('says how far the object goes', () => {
    expect(select('$.spec.order.deep', policy).nearest).toEqual(['spec', 'order']);
    expect(select('$.spec.tier', policy).nearest).toEqual(['spec']);
    expect(select('$.spec.ingress[9].from', policy).nearest).toEqual(['spec', 'ingress']);
    expect(select('$.spec.egress[*].to', policy).nearest).toEqual(['spec']);
    expect(select('$.status', undefined).nearest).toEqual([]);
  });
});

describe('what is no step', () => {
  it.each([
    ['', 0],
    ['spec', 0],
    ['$.', 1],
    ['$.[', 1],
    ['$..', 1],
    ['$..*', 1],
    ['$...a', 1],
    ['$.a b', 3],
    ['$[?(@.x>1)]', 1],
    ['$[?(@.constructor.constructor("return process")().exit())]', 1],
    ['$[(@.length-1)]', 1],
    ["$..[?(''.sub.call.call({}[[]].constructor.getOwnPropertyDescriptor))]", 1],
    ['$.a[?(@.b)].c', 3],
    ['$[0:2]', 1],
    ['$[-1]', 1],
    ['$[0,1]', 1],
    ["$['a','b']", 1],
    ["$['a\\'b']", 1],
    ["$['..']", 1],
    ["$['*']", 1],
    ["$['a;b']", 1],
    ["$['`a']", 1],
    ["$['']", 1],
    ['$.a^', 3],
    ['$.a~', 3],
    ['$.`a', 1],
    ['$@string()', 1],
    ['$.@number()', 1],
    ['$.$', 1],
    ['$[9999999999]', 1],
    ['$.spec\n', 6],
    ['$.名前', 1],
  ])('%j stops at character %i', (path, at) => {
    expect(compileJsonPath(path)).toEqual({ ok: false, problem: 'unreadable-step', at });
  });

  it('refuses long paths and many descents', () => {
    expect(compileJsonPath(`$${'.a'.repeat(127)}`)).toMatchObject({ ok: true });
    expect(compileJsonPath(`$${'.a'.repeat(128)}`)).toEqual({ ok: false, problem: 'too-long' });
    expect(compileJsonPath('$..a..b..c')).toEqual({ ok: false, problem: 'too-many-descents' });
  });

  it('never evaluates anything, whatever the path', () => {
    const trap = globalThis as { sprung?: boolean };
    for (const payload of ['globalThis.sprung=true', 'this.sprung=true', '@.x||(globalThis.sprung=true)']) {
      for (const path of [
        `$[?(${payload})]`,
        `$[(${payload})]`,
        `$..[?(${payload})]`,
        `$['?(${payload})']`,
        `$.(${payload})`,
      ]) {
        const reading = compileJsonPath(path);
        if (reading.ok) reading.select({ a: [{ x: 1 }] });
      }
    }
    expect(trap.sprung).toBeUndefined();
  });
});

describe('objects that nobody promised', () => {
  it.each([undefined, null, 0, '', 'text', true, []])('%j has no nodes', (object) => {
    expect(select('$.spec', object).nodes).toEqual([]);
    expect(select('$..spec', object).nodes).toEqual([]);
    expect(select('$.*', object).nodes).toEqual([]);
  });

  it('stays inside the data', () => {
    expect(paths('$.spec.ingress.length', policy)).toEqual([]);
    expect(paths('$..length', policy)).toEqual([]);
    expect(paths('$.metadata.name[0]', policy)).toEqual([]);
    expect(paths('$.constructor', policy)).toEqual([]);
    expect(paths('$.spec.__proto__', policy)).toEqual([]);
    expect(paths('$..toString', policy)).toEqual([]);
    expect(paths('$.a.__proto__', JSON.parse('{"a":{"__proto__":{"b":1}}}'))).toEqual(['a.__proto__']);
    expect(paths('$..b', JSON.parse('{"a":{"__proto__":{"b":1}}}'))).toEqual(['a.__proto__.b']);
  });

  it.each(['*', '..', '^', '~', '@x()'])('does not take the key %j for a step', (key) => {
    const object = { a: { [key]: { cidr: '0.0.0.0/0' }, b: { cidr: '10.0.0.0/8' } } };
    expect(select('$..cidr', object).complete).toBe(false);
    expect(select('$.a.*', object).complete).toBe(false);
    expect(paths('$.a.b.cidr', object)).toEqual(['a.b.cidr']);
  });

  it('gives up aloud on objects beyond its caps, and never throws', () => {
    let deep: unknown = { cidr: 1 };
    for (let i = 0; i < 20_000; i += 1) deep = { a: deep };
    expect(select('$..cidr', deep)).toMatchObject({ nodes: [], complete: false });
    const wide = { list: Array.from({ length: 300_000 }, () => ({ cidr: 1 })) };
    expect(select('$..cidr', wide).complete).toBe(false);
    const many = { list: Array.from({ length: 12_000 }, () => ({ cidr: 1 })) };
    expect(select('$.list[*].cidr', many)).toMatchObject({ complete: false, nodes: { length: 10_000 } });
    expect(select('$.list', deep)).toMatchObject({ nodes: [], complete: true });
  });

  it('agrees with an evaluator that knows no tricks', () => {
    const names = ['a', 'b', 'c', 'length', '__proto__', 'x-y'];
    const json = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, fc.constantFrom(null, 1, 'text', true), tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 3 }),
      object: fc
        .array(fc.tuple(fc.constantFrom(...names), tie('value')), { maxLength: 3 })
        .map((entries) =>
          JSON.parse(`{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`),
        ),
    })).object;
    const step = fc.oneof(
      fc.constantFrom(...names).map((name) => ({ text: `.${name}`, kind: 'name', name })),
      fc.constantFrom(...names).map((name) => ({ text: `['${name}']`, kind: 'name', name })),
      fc.nat(2).map((name) => ({ text: `[${name}]`, kind: 'name', name })),
      fc.constantFrom('[*]', '.*').map((text) => ({ text, kind: 'all', name: '' })),
      fc.constantFrom(...names).map((name) => ({ text: `..${name}`, kind: 'descend', name })),
    );
    fc.assert(
      fc.property(json, fc.array(step, { maxLength: 5 }), (object, steps) => {
        fc.pre(steps.filter((one) => one.kind === 'descend').length <= 2);
        const found = select(`$${steps.map((one) => one.text).join('')}`, object);
        const expected = steps.reduce(walk, [{ path: [], value: object }]);
        const unique = new Set(expected.map((node) => formatPath(node.path)));
        expect(found.complete).toBe(true);
        expect(found.nodes.map((node) => formatPath(node.path)).sort()).toEqual([...unique].sort());
      }),
      { numRuns: 500 },
    );
  });
});

interface Node {
  readonly path: FieldPath;
  readonly value: unknown;
}

function children({ path, value }: Node): Node[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, entry]) => ({
    path: [...path, Array.isArray(value) ? Number(key) : key],
    value: entry,
  }));
}

function descendants(node: Node): Node[] {
  return [node, ...children(node).flatMap(descendants)];
}

function walk(nodes: readonly Node[], { kind, name }: { kind: string; name: string | number }): Node[] {
  if (kind === 'all') return nodes.flatMap(children);
  const from = kind === 'descend' ? nodes.flatMap(descendants) : nodes;
  return from.flatMap((node) => children(node).filter(({ path }) => String(path.at(-1)) === String(name)));
}
