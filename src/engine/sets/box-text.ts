import type { KeyCondition, LabelBox } from './label-box.ts';
import { listedValues, someValue } from './values.ts';

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
  if (!listed.except && listed.values.length === 0) return `!${key}`;
  if (!listed.except) {
    const text = listed.values.length === 1 ? `${key}=${listed.values[0]}` : `${key} in (${inBrief(listed.values)})`;
    return absent ? `(!${key} or ${text})` : text;
  }
  const others = listed.values.length === 0 ? [] : [`${key} notin (${inBrief(listed.values)})`];
  return (absent ? others : [key, ...others]).join(', ');
}

function inBrief(values: readonly string[]): string {
  const more = values.length - mostValues;
  return more <= 0 ? values.join() : `${values.slice(0, mostValues).join()}, and ${more} more`;
}

/** Some labels that the box admits, as few as possible and always the same. Undefined where it admits none. */
export function someLabels(box: LabelBox): ReadonlyMap<string, string> | undefined {
  if (box.empty) return undefined;
  const labels = new Map<string, string>();
  for (const { key, absent, values } of box.conditions) {
    const value = absent ? undefined : someValue(values);
    if (value !== undefined) labels.set(key, value);
  }
  return labels;
}
