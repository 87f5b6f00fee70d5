import { type Alias, isAlias, isMap, isNode, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { readScalar } from './scalars.ts';
import { quote, templateHint } from './syntax-fault.ts';
import { type Fault, follow, isMergeKey, mergedMaps, offsetOf, readKey, type Tree } from './tree.ts';

/** The deepest nesting that is read; no Kubernetes object comes near it. */
export const maxDepth = 200;

/** How many values the aliases of one document may stand for in all. A handful of short lines could ask for billions. */
const maxBorrowed = 100_000;

interface Reading {
  readonly tree: Tree;
  /** The anchored nodes that are being read right now: an alias to one of them would never end. */
  readonly open: Set<Node>;
  borrowed: number;
  /** Where the alias stands through which values are being read; undefined outside of aliases. */
  alias: number | undefined;
  fault: Fault | undefined;
}

/** The plain JSON value of a document as kubectl would send it, or the first reason why there is none. */
export function jsonOf(tree: Tree): { readonly value: unknown } | { readonly fault: Fault } {
  const reading: Reading = { tree, open: new Set(), borrowed: 0, alias: undefined, fault: undefined };
  const value = read(reading, tree.root, 1);
  return reading.fault === undefined ? { value } : { fault: reading.fault };
}

function read(reading: Reading, node: unknown, depth: number): unknown {
  if (reading.fault !== undefined || !isNode(node)) return null;
  if (isAlias(node)) return borrow(reading, node, depth);
  if (reading.alias !== undefined) {
    reading.borrowed += 1;
    if (reading.borrowed > maxBorrowed) {
      const many = maxBorrowed.toLocaleString('en-US');
      return fail(reading, node, `the aliases of this document stand for more than ${many} values`);
    }
  }
  if (isScalar(node)) {
    const scalar = readScalar({ source: node.source ?? '', plain: node.type === 'PLAIN', tag: node.tag });
    return 'fault' in scalar ? fail(reading, node, scalar.fault) : scalar.value;
  }
  if (depth > maxDepth) return fail(reading, node, `this is nested deeper than ${maxDepth} levels`);
  const anchored = node.anchor !== undefined;
  if (anchored) reading.open.add(node);
  const value = isMap(node) ? readMap(reading, node, depth) : isSeq(node) ? readList(reading, node.items, depth) : null;
  if (anchored) reading.open.delete(node);
  return value;
}

function readList(reading: Reading, items: readonly unknown[], depth: number): unknown[] {
  const list: unknown[] = [];
  for (const item of items) {
    list.push(read(reading, item, depth + 1));
    if (reading.fault !== undefined) break;
  }
  return list;
}

function readMap(reading: Reading, map: YAMLMap, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  const own = new Set<string>();
  for (const pair of map.items) {
    if (reading.fault !== undefined) break;
    if (isMergeKey(pair.key)) {
      merge(reading, object, pair.key, pair.value, depth);
      continue;
    }
    const name = readKey(reading.tree, pair.key);
    if ('fault' in name) {
      // `{{ .Values.x }}` parses: as a mapping whose key is a mapping.
      const hint = isMap(pair.key) ? templateHint(reading.tree.source) : '';
      fail(reading, pair.key, `this is not valid YAML: ${name.fault}${hint}`);
    } else if (own.has(name.key)) {
      fail(reading, pair.key, `this is not valid YAML: a mapping key stands twice (${quote(name.key)})`);
    } else {
      own.add(name.key);
      define(object, name.key, read(reading, pair.value, depth + 1));
    }
  }
  return object;
}

/** Puts the fields of the merged mappings over those read so far, as kubectl does; the first mapping of a list wins. */
function merge(reading: Reading, object: Record<string, unknown>, key: unknown, value: unknown, depth: number): void {
  const maps = mergedMaps(reading.tree, value);
  if (maps === undefined) {
    const dangling = isAlias(value) && !isNode(follow(reading.tree, value));
    if (dangling) fail(reading, value, noAnchor(value));
    else fail(reading, key, 'this is not valid YAML: "<<" can merge only a mapping or a list of mappings');
    return;
  }
  const parts = isAlias(value) ? [value] : isSeq(value) ? value.items : maps;
  for (const part of [...parts].reverse()) {
    // Depth counts on through merges, so that a mapping cannot merge itself without end.
    const merged = read(reading, part, depth + 1);
    if (typeof merged !== 'object' || merged === null) continue;
    for (const [name, entry] of Object.entries(merged)) define(object, name, entry);
  }
}

/** Reads what an alias stands for, each time anew: a shared value could be changed in two places at once. */
function borrow(reading: Reading, alias: Alias, depth: number): unknown {
  const target = follow(reading.tree, alias);
  if (!isNode(target)) return fail(reading, alias, noAnchor(alias));
  if (reading.open.has(target)) {
    const name = quote(`*${alias.source}`);
    return fail(reading, alias, `this is not valid YAML: the alias ${name} stands inside the value that it repeats`);
  }
  const outer = reading.alias;
  reading.alias ??= offsetOf(reading.tree, alias);
  const value = read(reading, target, depth);
  reading.alias = outer;
  return value;
}

function noAnchor({ source }: Alias): string {
  const name = quote(`*${source}`);
  return `this is not valid YAML: no anchor stands before the alias ${name} (a text that starts with "*" must be quoted)`;
}

/** Keeps the first fault. What goes wrong inside an alias is shown where the outermost alias stands. */
function fail(reading: Reading, node: unknown, message: string): null {
  reading.fault ??= { message, offset: reading.alias ?? offsetOf(reading.tree, node) };
  return null;
}

/** `__proto__` is a key like any other. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else object[key] = value;
}
