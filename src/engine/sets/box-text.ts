import type { KeyCondition, LabelBox } from './label-box.ts';
import { shapeOf, type TextRelation } from './value-shape.ts';
import { listedValues, someValue, type ValueSet } from './values.ts';

/** More values than this would bury the rest of a sentence. */
const mostValues = 10;

/**
 * A box as kubectl writes a selector: `app=web, tier in (a,b), !x, y, z notin (a)`. A label that may be absent but must
 * otherwise have a certain value has no such form: `(!x or x=a)`. The empty text for every labelling, `(nothing)` for none.
 */
export function formatBox(box: LabelBox): string {
  return box.empty ? '(nothing)' : box.conditions.map(formatCondition).join(', ');
}

function formatCondition({ key, absent, values }: KeyCondition): string {
  const listed = listedValues(values);
  if (listed === undefined) return absent ? `(!${key} or ${inTests(key, values)})` : inTests(key, values);
  if (!listed.except && listed.values.length === 0) return `!${key}`;
  if (!listed.except) {
    const text = inList(key, listed.values);
    return absent ? `(!${key} or ${text})` : text;
  }
  const others = listed.values.length === 0 ? [] : [`${key} notin (${inBrief(listed.values)})`];
  return (absent ? others : [key, ...others]).join(', ');
}

const relations: { readonly [R in TextRelation]: string } = {
  starts: 'starts with',
  ends: 'ends with',
  contains: 'contains',
};

/** Values by their texts, nearly as a Calico selector has them: `x (starts with "a" and not contains "b")`. */
function inTests(key: string, values: ValueSet): string {
  const shape = shapeOf(values);
  if (shape === undefined) {
    const example = someValue(values);
    return `${key} (of a certain form${example === undefined ? '' : `, as ${JSON.stringify(example)} is`})`;
  }
  const { join, tests, also, but } = shape;
  const texts = tests.map(
    ({ relation, negated, text }) => `${negated ? 'not ' : ''}${relations[relation]} ${JSON.stringify(text)}`,
  );
  const text = texts.length === 1 ? `${key} ${texts.join()}` : `${key} (${texts.join(` ${join} `)})`;
  const more = also.length === 0 ? text : `(${text} or ${inList(key, also)})`;
  return but.length === 0 ? more : `${more}, ${key} notin (${inBrief(but)})`;
}

function inList(key: string, values: readonly string[]): string {
  return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${inBrief(values)})`;
}

function inBrief(values: readonly string[]): string {
  const more = values.length - mostValues;
  return more <= 0 ? values.join() : `${values.slice(0, mostValues).join()}, and ${more} more`;
}

/**
 * Some labels that the box admits, as few as possible and always the same. Undefined where it admits none, or where a
 * condition was too much work and none is known.
 */
export function someLabels(box: LabelBox): ReadonlyMap<string, string> | undefined {
  if (box.empty) return undefined;
  const labels = new Map<string, string>();
  for (const { key, absent, values } of box.conditions) {
    if (absent) continue;
    const value = someValue(values);
    if (value === undefined) return undefined;
    labels.set(key, value);
  }
  return labels;
}
