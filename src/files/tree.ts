import {
  type Alias,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
} from 'yaml';
import { readScalar } from './scalars.ts';
import { syntaxFault } from './syntax-fault.ts';

/** What is wrong with a document: one sentence, and the code unit of the text it speaks of. */
export interface Fault {
  readonly message: string;
  readonly offset: number;
}

/** A parsed document: nodes that know their place, and what each alias stands for. */
export interface Tree {
  readonly source: string;
  readonly root: Node;
  readonly aliases: ReadonlyMap<Alias, Node>;
  /** What to add to the place of a node to get a place in the whole text. */
  readonly base: number;
}

// Scalars are read by our own reader from their source, and keys are compared as the JSON keys that they become.
const options = {
  schema: 'failsafe',
  resolveKnownTags: false,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/** Parses the one document that the text from `start` to `end` holds. Undefined where it holds none. */
export function parseTree(text: string, start: number, end: number): { tree?: Tree; fault?: Fault } {
  const source = text.slice(start, end);
  try {
    const documents = parseAllDocuments<Node, false>(source, { ...options });
    const found = 'empty' in documents ? documents.errors : documents.flatMap((document) => document.errors);
    const root = documents[0]?.contents;
    const fault = found.length === 0 ? undefined : syntaxFault(found, source, lastQuote(documents.at(-1)?.contents));
    return {
      ...(isNode(root) ? { tree: { source, root, aliases: aliasesOf(root, source), base: start } } : {}),
      ...(fault === undefined ? {} : { fault: { message: fault.message, offset: start + fault.offset } }),
    };
  } catch (error) {
    // The parser's own recursion ends in a RangeError on input nested beyond any use.
    const message = error instanceof RangeError ? 'this is nested too deeply to be read' : 'this is not valid YAML';
    return { fault: { message, offset: start } };
  }
}

/** Where the last text of a document opens its quotes; undefined where it has none. */
function lastQuote(root: unknown): number | undefined {
  let node = root;
  while (isMap(node) || isSeq(node)) {
    const last: unknown = node.items.at(-1);
    node = isPair(last) ? (last.value ?? last.key) : last;
  }
  return isScalar(node) && node.type?.startsWith('QUOTE') ? node.range?.[0] : undefined;
}

/** Where a node starts in the whole text. */
export function offsetOf(tree: Tree, node: unknown): number {
  return tree.base + (isNode(node) ? (node.range?.[0] ?? 0) : 0);
}

/** The node that an alias stands for; any other node is itself. Undefined for an alias without an anchor before it. */
export function follow(tree: Tree, node: unknown): unknown {
  return isAlias(node) ? tree.aliases.get(node) : node;
}

/** A `<<` that merges another mapping in, as long as nobody quoted it. */
export function isMergeKey(key: unknown): boolean {
  if (!isScalar(key) || key.source !== '<<') return false;
  return key.tag === undefined ? key.type === 'PLAIN' : key.tag === 'tag:yaml.org,2002:merge';
}

/** The mappings that a `<<` draws from, the one that wins first; undefined where it draws from something else. */
export function mergedMaps(tree: Tree, value: unknown): readonly YAMLMap[] | undefined {
  const from = follow(tree, value);
  if (isMap(from)) return [from];
  // Of a list only its own entries count: an alias may stand for a mapping, not for the list.
  if (!isSeq(from) || isAlias(value)) return undefined;
  const maps = from.items.map((item) => follow(tree, item)).filter((item) => isMap(item));
  return maps.length === from.items.length ? maps : undefined;
}

/** The JSON key that a mapping key becomes, or why it cannot become one. */
export function readKey(tree: Tree, key: unknown): { readonly key: string } | { readonly fault: string } {
  const node = follow(tree, key);
  if (!isScalar(node)) return { fault: 'a mapping key must be a text, a number or a boolean' };
  const reading = readScalar({ source: node.source ?? '', plain: node.type === 'PLAIN', tag: node.tag });
  if ('fault' in reading) return reading;
  return reading.key === undefined ? { fault: 'a mapping key is empty or null' } : { key: reading.key };
}

/**
 * The pair that gives a mapping the field `key`, merged mappings included. As in kubectl the last one written wins,
 * so a `<<` below a field overrides it.
 */
export function pairOf(tree: Tree, map: YAMLMap, key: string): Pair | undefined {
  let found: Pair | undefined;
  for (const pair of map.items) {
    if (isMergeKey(pair.key)) {
      const maps = mergedMaps(tree, pair.value) ?? [];
      found = firstPair(tree, maps, key) ?? found;
      continue;
    }
    const reading = readKey(tree, pair.key);
    if ('key' in reading && reading.key === key) found = pair;
  }
  return found;
}

function firstPair(tree: Tree, maps: readonly YAMLMap[], key: string): Pair | undefined {
  for (const map of maps) {
    const pair = pairOf(tree, map, key);
    if (pair !== undefined) return pair;
  }
  return undefined;
}

/** Each alias stands for the last node before it, in the order of the text, that bears its anchor. */
function aliasesOf(root: Node, source: string): ReadonlyMap<Alias, Node> {
  const aliases = new Map<Alias, Node>();
  if (!source.includes('*')) return aliases;
  const anchors = new Map<string, Node>();
  const work: unknown[] = [root];
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    if (isPair(node)) {
      work.push(node.value ?? null, node.key);
    } else if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) aliases.set(node, target);
    } else if (isNode(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      if (isCollection(node)) for (let i = node.items.length - 1; i >= 0; i -= 1) work.push(node.items[i] ?? null);
    }
  }
  return aliases;
}
