import type { FieldPath } from '../engine/json/path.ts';
import type { JsonObject } from '../engine/json/read.ts';
import { type Item, itemsOf } from './items.ts';
import { type Lines, linesOf, type Position } from './lines.ts';
import { locateIn } from './locate.ts';
import { contentStart, type Part, splitStream } from './stream.ts';
import { templateHint } from './syntax-fault.ts';
import { type Fault, parseTree, type Tree } from './tree.ts';
import { jsonOf, maxDepth } from './values.ts';

/** Where an object was read from. `document` counts the non-empty documents of the file from 0; `item` is the index in a List or sequence. */
export interface Source extends Position {
  readonly file: string;
  readonly document: number;
  readonly item: number | null;
}

/** The place of a field; `exact` is false where the field is not written and its nearest written ancestor is named. */
export interface Located extends Position {
  readonly exact: boolean;
}

interface Excerptable {
  /** A line of the file this comes from, for showing it; undefined where there is none. */
  lineText(line: number): string | undefined;
}

/** One object that was read. `value` is plain JSON, never shared with another entry. */
export interface SourceDocument extends Excerptable {
  readonly kind: 'document';
  readonly source: Source;
  /** The chart template that `helm template` says the document was rendered from. */
  readonly helmSource?: string;
  readonly value: JsonObject;
  /** Where a field of this object stands in the file. The path starts at the object, in a List too. */
  locate(path: FieldPath): Located;
}

/** A document, or one entry of it, that could not be read. */
export interface UnreadableDocument extends Excerptable {
  readonly kind: 'unreadable';
  readonly source: Source;
  readonly error: Position & { readonly message: string };
}

export type Entry = SourceDocument | UnreadableDocument;

export interface FileReading {
  readonly entries: readonly Entry[];
}

/**
 * The most text that is made a tree of, in code units: a tree takes some 150 times the room of its text, and the memory
 * of a process is to suffice. Plain JSON is read without one.
 */
const largestTree = 16 * 1024 * 1024;

interface Page {
  readonly file: string;
  /** The text as it is, and the same place by place with every line break that YAML knows written as LF. */
  readonly text: string;
  readonly yaml: string;
  readonly lines: Lines;
}

/**
 * Reads the objects of one file as kubectl would: YAML or JSON, one document or many, Lists and sequences taken apart.
 * What cannot be read becomes an entry that says so, and costs its neighbours nothing.
 */
export function readDocuments(file: string, text: string): FileReading {
  const page = pageOf(file, text);
  const entries: Entry[] = [];
  let document = 0;
  for (const part of splitStream(page.yaml, page.text, maxDepth)) {
    const found = readPart(page, part, document);
    if (found === undefined) continue;
    for (const entry of found) entries.push(entry);
    document += 1;
  }
  return { entries };
}

/** The reading of a file that is no text at all: one complaint, at `offset` of what could be made of it. */
export function unreadableFile(file: string, text: string, fault: Fault): FileReading {
  return { entries: [unreadable(pageOf(file, text), fault, fault.offset, { document: 0, item: null })] };
}

function pageOf(file: string, text: string): Page {
  // Files that were joined bring their byte-order marks along into the middle.
  const bare = text.includes('\uFEFF') ? text.replace(/^\uFEFF|(?<=\n)\uFEFF/g, '') : text;
  const yaml = bare.replace(/\r(?!\n)|[\u0085\u2028\u2029]/g, '\n');
  return { file, text: bare, yaml, lines: linesOf(bare) };
}

/** The entries of one document; undefined where it is empty, and so does not count. */
function readPart(page: Page, part: Part, document: number): Entry[] | undefined {
  const start = contentStart(page.yaml, part.start, part.end);
  const reading = readValue(page, part);
  if ('fault' in reading) return [unreadable(page, reading.fault, start, { document, item: null })];
  if (reading.value === null) return undefined;
  const helmSource = helmSourceOf(page.yaml.slice(part.start, start));
  const tree = treeWhenAsked(page, part);
  const items = itemsOf(reading.value);
  const starts = startsOfEntries(part, items);
  const entries: Entry[] = [];
  for (const [index, { index: item, path, content }] of items.entries()) {
    const offset = item === null ? start : (starts?.[index] ?? offsetAt(reading.tree ?? tree(), path, start));
    const place = { document, item };
    if ('problem' in content) {
      const hint = item === null ? templateHint(page.yaml.slice(start, part.end)) : '';
      entries.push(unreadable(page, { message: content.problem + hint, offset }, offset, place));
    } else entries.push(readable(page, { value: content.value, path, offset, tree }, place, helmSource));
  }
  return entries;
}

/**
 * Nodes take several times the room of the value, and few objects are ever asked for a place: they are let go after
 * reading, and parsed again for those.
 */
function treeWhenAsked(page: Page, part: Part): () => Tree | undefined {
  let tree: Tree | undefined;
  return () => {
    // Its fields then have the place of the object.
    if (part.end - part.start > largestTree) return undefined;
    tree ??=
      part.json === undefined
        ? parseTree(page.yaml, part.start, part.end).tree
        : parseTree(page.text, part.json.start, part.json.end).tree;
    return tree;
  };
}

interface Place {
  readonly document: number;
  readonly item: number | null;
}

interface Found {
  readonly value: JsonObject;
  /** The way to it from the root of its document, and where it starts. */
  readonly path: FieldPath;
  readonly offset: number;
  readonly tree: () => Tree | undefined;
}

// What the closure below can see lives as long as the entry does: it must not see the nodes that were just read.
function readable(page: Page, found: Found, place: Place, helmSource: string | undefined): SourceDocument {
  return {
    kind: 'document',
    source: { file: page.file, ...place, ...page.lines.position(found.offset) },
    ...(helmSource === undefined ? {} : { helmSource }),
    value: found.value,
    locate(path) {
      const tree = path.length === 0 ? undefined : found.tree();
      if (tree === undefined) return { ...page.lines.position(found.offset), exact: path.length === 0 };
      const { offset, exact } = locateIn(tree, [...found.path, ...path]);
      return { ...page.lines.position(offset), exact };
    },
    lineText: page.lines.text,
  };
}

function unreadable(page: Page, fault: Fault, start: number, place: Place): UnreadableDocument {
  return {
    kind: 'unreadable',
    source: { file: page.file, ...place, ...page.lines.position(start) },
    error: { message: fault.message, ...page.lines.position(fault.offset) },
    lineText: page.lines.text,
  };
}

function readValue(page: Page, part: Part): { value: unknown; tree?: Tree } | { fault: Fault } {
  if (part.json !== undefined) return { value: part.json.value };
  const control = /[^\t\n\r\u0020-\u007E\u00A0-\uFFFD]/.exec(page.yaml.slice(part.start, part.end));
  if (control !== null) {
    const code = (control[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const message = `this holds the control character U+${code}, which no YAML may (is it a binary file?)`;
    return { fault: { message, offset: part.start + control.index } };
  }
  if (part.end - part.start > largestTree) {
    const message = 'this document has more than 16 MiB of YAML: split it with lines of ---, or give it as JSON';
    return { fault: { message, offset: part.start } };
  }
  const { tree, fault } = parseTree(page.yaml, part.start, part.end);
  if (fault !== undefined) return { fault };
  if (tree === undefined) return { value: null };
  const reading = jsonOf(tree);
  return 'fault' in reading ? reading : { value: reading.value, tree };
}

/** Where the entries of a List or sequence of plain JSON start, as found on the way; undefined where that is not known. */
function startsOfEntries(part: Part, items: readonly Item[]): readonly number[] | undefined {
  const starts = part.json?.entries;
  return starts?.length === items.length && items.every((item) => item.path.length <= 2) ? starts : undefined;
}

function offsetAt(tree: Tree | undefined, path: FieldPath, otherwise: number): number {
  return tree === undefined ? otherwise : locateIn(tree, path).offset;
}

/** The template that `helm template` names in a comment above each document it renders. */
function helmSourceOf(prelude: string): string | undefined {
  return [...prelude.matchAll(/^# Source: *(\S.*)$/gm)].at(-1)?.[1]?.trim();
}
