import type { z } from 'zod';
import type { FieldPath } from '../engine/json/path.ts';
import { asString, field, isObject } from '../engine/json/read.ts';
import type { Fault } from './fault.ts';
import { nearest } from './nearest.ts';
import * as sentences from './sentences.ts';
import { type Expected, isSentence, type Sentence } from './sentences.ts';

/** Deeper than any configuration; the schema's recursion ends before the stack does. */
const maxDepth = 100;

export type Shaped<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Whether a document has the shape of the schema; where it has not, every reason why. */
export function shaped<T>(schema: z.ZodType<T>, document: unknown): Shaped<T> {
  const odd = oddities(document);
  if (odd.length > 0) return { ok: false, faults: odd };
  const result = schema.safeParse(document);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, faults: result.error.issues.flatMap((issue) => faultsOf(issue, [], document)) };
}

/** What a schema would not get to see: nesting without end, and keys that JavaScript takes for its own. */
function oddities(document: unknown): readonly Fault[] {
  const faults: Fault[] = [];
  const work: { readonly value: unknown; readonly path: FieldPath }[] = [{ value: document, path: [] }];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { value, path } = next;
    if (path.length > maxDepth) return [{ path, sentence: sentences.tooDeep() }];
    if (Array.isArray(value)) {
      for (const [index, entry] of value.entries()) work.push({ value: entry, path: [...path, index] });
    } else if (isObject(value)) {
      for (const [key, entry] of Object.entries(value)) {
        const at = [...path, key];
        if (key === '__proto__') faults.push({ path: at, sentence: sentences.unknownKey(key, undefined, []) });
        else if (typeof entry === 'object') work.push({ value: entry, path: at });
      }
    }
  }
  return faults;
}

type Issue = z.core.$ZodIssue;

function faultsOf(issue: Issue, base: FieldPath, root: unknown): readonly Fault[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  if (issue.code === 'unrecognized_keys') {
    // A mapping of ours puts the names that it knows there.
    const known = issue.message === '' ? [] : issue.message.split(' ');
    return issue.keys.map((key) => ({
      path: [...path, key],
      sentence: sentences.unknownKey(key, nearest(key, known), known),
    }));
  }
  const value = valueAt(root, path);
  const last = path.at(-1);
  if (value === undefined && last !== undefined && issue.code !== 'custom') {
    return [{ path, sentence: sentences.missing(String(last)) }];
  }
  if (issue.code === 'invalid_union') return unionFaults(issue, path, root);
  return [{ path, sentence: sentenceOf(issue, value) }];
}

/** The complaint of the one form that has the type of what was written; without one, what was expected of all forms. */
function unionFaults(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: FieldPath,
  root: unknown,
): readonly Fault[] {
  const value = valueAt(root, path);
  if (issue.message === 'mode') {
    const modes = ['enforce', 'warn', 'audit', 'off'];
    return [{ path, sentence: notOneOf(modes, value) }];
  }
  const ofItsType = issue.errors.filter(
    (form) =>
      !form.some((one) => one.path.length === 0 && (one.code === 'invalid_type' || one.code === 'invalid_format')),
  );
  const [form] = ofItsType;
  if (form !== undefined) return form.flatMap((one) => faultsOf(one, path, root));
  return [{ path, sentence: sentences.wrongType(expectedOf(issue.message), value) }];
}

function sentenceOf(issue: Issue, value: unknown): Sentence {
  switch (issue.code) {
    case 'custom': {
      const sentence = field(issue.params, 'sentence');
      return isSentence(sentence) ? sentence : sentences.asSaid(issue.message);
    }
    case 'invalid_type':
      return sentences.wrongType(expectations.get(issue.message) ?? expectedOf(issue.expected), value);
    case 'invalid_value':
      return notOneOf(issue.values.map(String), value);
    case 'too_small':
      if (issue.origin === 'array') return sentences.emptyList();
      if (issue.origin === 'string') return sentences.emptyText();
      return sentences.tooSmall(Number(issue.minimum), value);
    case 'too_big':
      return sentences.tooBig(Number(issue.maximum), value);
    default:
      return sentences.asSaid(issue.message);
  }
}

function notOneOf(known: readonly string[], value: unknown): Sentence {
  const text = asString(value);
  return sentences.notOneOf(known, value, text === undefined ? undefined : nearest(text, known));
}

const expectations: ReadonlyMap<string, Expected> = new Map<string, Expected>([
  ['string', 'text'],
  ['int', 'integer'],
  ['integer', 'integer'],
  ['number', 'number'],
  ['boolean', 'boolean'],
  ['array', 'list'],
  ['object', 'mapping'],
  ['record', 'mapping'],
  ['prefix', 'prefix'],
  ['ports', 'ports'],
  ['cidrs', 'cidrs'],
]);

function expectedOf(name: string): Expected {
  return expectations.get(name) ?? 'mapping';
}

function valueAt(root: unknown, path: FieldPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof step === 'number') value = Array.isArray(value) ? value[step] : undefined;
    else value = field(value, step);
  }
  return value;
}
