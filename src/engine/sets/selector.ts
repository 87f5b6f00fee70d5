import type { FieldPath } from '../json/path.ts';
import { field, isAbsent, isObject } from '../json/read.ts';
import { boxOf, everyLabels, type KeyCondition, type LabelBox } from './label-box.ts';
import { everyValue, noValues, onlyValues, valuesExcept } from './values.ts';

/** Why the API server would refuse a part of a label selector. */
export type SelectorProblemKey =
  | 'not-an-object'
  | 'not-a-list'
  | 'not-a-string'
  | 'bad-operator'
  | 'values-required'
  | 'values-forbidden'
  | 'bad-key'
  | 'bad-value';

export interface SelectorProblem {
  readonly key: SelectorProblemKey;
  /** From the selector. */
  readonly path: FieldPath;
  readonly value: unknown;
}

export type SelectorReading =
  | { readonly ok: true; readonly box: LabelBox }
  | { readonly ok: false; readonly problems: readonly SelectorProblem[] };

/**
 * Reads a Kubernetes LabelSelector, as the API server decodes and validates it. An absent selector reads as the empty one,
 * which admits everything: where it would mean something else, the caller has to look first. Unknown fields are not
 * looked at.
 *
 * Source: kubernetes/apimachinery pkg/apis/meta/v1/validation/validation.go and pkg/util/validation/validation.go.
 */
export function readSelector(selector: unknown): SelectorReading {
  if (isAbsent(selector)) return { ok: true, box: everyLabels };
  const problems: SelectorProblem[] = [];
  const note: Note = (key, path, value) => {
    problems.push({ key, path, value });
  };
  if (!isObject(selector)) note('not-an-object', [], selector);
  const conditions = [
    ...readMatchLabels(field(selector, 'matchLabels'), note),
    ...readMatchExpressions(field(selector, 'matchExpressions'), note),
  ];
  return problems.length === 0 ? { ok: true, box: boxOf(conditions) } : { ok: false, problems };
}

type Note = (key: SelectorProblemKey, path: FieldPath, value: unknown) => void;

function readMatchLabels(labels: unknown, note: Note): readonly KeyCondition[] {
  if (isAbsent(labels)) return [];
  if (!isObject(labels)) {
    note('not-an-object', ['matchLabels'], labels);
    return [];
  }
  return Object.entries(labels).map(([key, written]) => {
    const path = ['matchLabels', key];
    if (!isLabelKey(key)) note('bad-key', path, key);
    return { key, absent: false, values: onlyValues([readValue(written, path, note)]) };
  });
}

function readMatchExpressions(expressions: unknown, note: Note): readonly KeyCondition[] {
  if (isAbsent(expressions)) return [];
  if (!Array.isArray(expressions)) {
    note('not-a-list', ['matchExpressions'], expressions);
    return [];
  }
  return expressions.flatMap((expression: unknown, index) => {
    const path = ['matchExpressions', index];
    // Null decodes to an expression with nothing in it, of which key and operator are then at fault.
    if (isAbsent(expression) || isObject(expression)) return readExpression(expression, path, note);
    note('not-an-object', path, expression);
    return [];
  });
}

function readExpression(expression: unknown, path: FieldPath, note: Note): readonly KeyCondition[] {
  const key = readKey(field(expression, 'key'), [...path, 'key'], note);
  const operator = field(expression, 'operator');
  const values = readValues(field(expression, 'values'), [...path, 'values'], note);
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values?.length === 0) note('values-required', [...path, 'values'], field(expression, 'values'));
      if (operator === 'In') return [{ key, absent: false, values: onlyValues(values ?? []) }];
      return [{ key, absent: true, values: valuesExcept(values ?? []) }];
    case 'Exists':
    case 'DoesNotExist':
      if (values !== undefined && values.length > 0) {
        note('values-forbidden', [...path, 'values'], field(expression, 'values'));
      }
      if (operator === 'Exists') return [{ key, absent: false, values: everyValue }];
      return [{ key, absent: true, values: noValues }];
    default:
      note('bad-operator', [...path, 'operator'], operator);
      return [];
  }
}

function readKey(key: unknown, path: FieldPath, note: Note): string {
  if (typeof key === 'string' && isLabelKey(key)) return key;
  note(typeof key === 'string' || isAbsent(key) ? 'bad-key' : 'not-a-string', path, key);
  return '';
}

/** Undefined where it is no list, which is noted. */
function readValues(values: unknown, path: FieldPath, note: Note): readonly string[] | undefined {
  if (isAbsent(values)) return [];
  if (Array.isArray(values)) return values.map((value, index) => readValue(value, [...path, index], note));
  note('not-a-list', path, values);
  return undefined;
}

/** Null decodes to the empty string, which is a legal value. */
function readValue(value: unknown, path: FieldPath, note: Note): string {
  if (isAbsent(value)) return '';
  if (typeof value === 'string' && isLabelValue(value)) return value;
  note(typeof value === 'string' ? 'bad-value' : 'not-a-string', path, value);
  return '';
}

const name = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** `name` or `prefix/name`: a name of at most 63 characters, behind a DNS subdomain of at most 253. */
export function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash < 0) return isName(key);
  const prefix = key.slice(0, slash);
  return prefix.length <= 253 && subdomain.test(prefix) && isName(key.slice(slash + 1));
}

/** A label value may be empty; otherwise it is written as a name is. */
export function isLabelValue(value: string): boolean {
  return value === '' || isName(value);
}

function isName(text: string): boolean {
  return text.length <= 63 && name.test(text);
}
