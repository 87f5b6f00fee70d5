import type { Language } from '../guardrails/define.ts';
import type { KeyCondition } from '../sets/labels.ts';
import { listedValues } from '../sets/values.ts';
import { countText } from './count.ts';
import { joinJapanese } from './japanese.ts';
import { listText } from './list.ts';

/** More than this, and the end of the sentence would be out of sight. */
const mostConditions = 4;
const mostValues = 5;

/**
 * Adds what labels must be to a noun: `pods app=web,tier in (a,b) with label team, without label old`; in Japanese in
 * front of it. Without a condition, the noun alone. Values stand as `kubectl get -l` takes them.
 */
export function labelledText(noun: string, conditions: readonly KeyCondition[], language: Language): string {
  if (conditions.length === 0) return noun;
  const shown = conditions.slice(0, mostConditions);
  const plain = shown.flatMap((condition) => plainText(condition, language) ?? []);
  const there = shown.filter((condition) => isThere(condition)).map(({ key }) => key);
  const notThere = shown.filter((condition) => isNotThere(condition)).map(({ key }) => key);
  const more = conditions.length - shown.length;
  return language === 'ja' ? japanese(noun, plain, there, notThere, more) : english(noun, plain, there, notThere, more);
}

type Texts = readonly string[];

function english(noun: string, plain: Texts, there: Texts, notThere: Texts, more: number): string {
  const tails = [
    ...(there.length === 0 ? [] : [`with label ${listText(there, 'en')}`]),
    ...(notThere.length === 0 ? [] : [`without label ${listText(notThere, 'en')}`]),
    ...(more === 0 ? [] : [`under ${countText(more)} more conditions`]),
  ];
  return [noun, plain.join(','), tails.join(', ')].filter((text) => text !== '').join(' ');
}

function japanese(noun: string, plain: Texts, there: Texts, notThere: Texts, more: number): string {
  const heads = [
    ...(there.length === 0 ? [] : [joinJapanese('ラベル', listText(there, 'ja'), 'があり')]),
    ...(notThere.length === 0 ? [] : [joinJapanese('ラベル', listText(notThere, 'ja'), 'がなく')]),
    ...(more === 0 ? [] : [`ほかに ${countText(more)} 個の条件を満たし`]),
  ];
  const said = heads.join('、');
  const last = said
    .replace(/があり$/, 'がある')
    .replace(/がなく$/, 'がない')
    .replace(/満たし$/, '満たす');
  if (plain.length === 0) return joinJapanese(last, noun);
  return joinJapanese(said === '' ? '' : `${last}、`, plain.join(','), 'の', noun);
}

function isThere({ absent, values }: KeyCondition): boolean {
  const listed = listedValues(values);
  return !absent && listed.except && listed.values.length === 0;
}

function isNotThere({ absent, values }: KeyCondition): boolean {
  const listed = listedValues(values);
  return absent && !listed.except && listed.values.length === 0;
}

/** A condition on the value; undefined where only the presence of the label counts. */
function plainText(condition: KeyCondition, language: Language): string | undefined {
  if (isThere(condition) || isNotThere(condition)) return undefined;
  const { key, absent } = condition;
  const listed = listedValues(condition.values);
  const [first = ''] = listed.values;
  const one = listed.values.length === 1;
  if (listed.except) {
    // Kubernetes' NotIn holds without the label too, Calico's `has(x) && x != 'a'` only with it.
    const others = one ? `${key}!=${first}` : `${key} notin (${valuesText(listed.values, language)})`;
    return absent ? others : `${key},${others}`;
  }
  const some = one ? `${key}=${first}` : `${key} in (${valuesText(listed.values, language)})`;
  return absent ? `(!${key} or ${some})` : some;
}

/** The values in brackets, the first five at most. */
export function valuesText(values: readonly string[], language: Language): string {
  const more = values.length - mostValues;
  if (more <= 1) return values.join();
  const shown = values.slice(0, mostValues).join();
  return language === 'ja' ? `${shown}, ほか ${countText(more)} 個` : `${shown}, and ${countText(more)} more`;
}
