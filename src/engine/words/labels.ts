import { serviceAccountLabelOf, serviceAccountName } from '../model/attributes.ts';
import type { KeyCondition } from '../sets/labels.ts';
import { isListed, listedValues } from '../sets/values.ts';
import { countText } from './count.ts';
import { joinJapanese } from './japanese.ts';
import type { Language } from './language.ts';
import { listText } from './list.ts';
import { patternEnglish, patternJapanese } from './patterns.ts';

/** More than this, and the end of the sentence would be out of sight. */
const mostConditions = 4;
const mostValues = 5;

/**
 * Adds what labels must be to a noun: `pods app=web,tier in (a,b) with label team and without label old`; in Japanese in
 * front of it. Without a condition, the noun alone. Values stand as `kubectl get -l` takes them.
 */
export function labelledText(noun: string, conditions: readonly KeyCondition[], language: Language): string {
  if (conditions.length === 0) return noun;
  const shown = conditions.slice(0, mostConditions).map(asSpoken);
  const plain = shown.flatMap((condition) => plainText(condition, language) ?? []);
  const there = shown.filter((condition) => isThere(condition)).map(({ key }) => key);
  const notThere = shown.filter((condition) => isNotThere(condition)).map(({ key }) => key);
  const said: Said = {
    plain,
    there,
    notThere,
    patterns: shown.filter(isPattern),
    more: conditions.length - shown.length,
  };
  return language === 'ja' ? japanese(noun, said) : english(noun, said);
}

/** A service account by its name is `serviceaccount`, and every pod has one; its labels stand behind a dot. */
function asSpoken(condition: KeyCondition): KeyCondition {
  if (condition.key === serviceAccountName) {
    const listed = listedValues(condition.values);
    const leavesOut = listed?.except === true && listed.values.length > 0;
    return { ...condition, key: 'serviceaccount', absent: condition.absent || leavesOut };
  }
  const label = serviceAccountLabelOf(condition.key);
  return label === undefined ? condition : { ...condition, key: `serviceaccount.${label}` };
}

type Texts = readonly string[];

/** Conditions by the way in which they are said. */
interface Said {
  readonly plain: Texts;
  readonly there: Texts;
  readonly notThere: Texts;
  readonly patterns: readonly KeyCondition[];
  readonly more: number;
}

function english(noun: string, { plain, there, notThere, patterns, more }: Said): string {
  const tails = [
    ...(there.length === 0 ? [] : [`with ${labelsText(there)}`]),
    ...(notThere.length === 0 ? [] : [`without ${labelsText(notThere)}`]),
    ...patterns.map(patternEnglish),
    ...(more === 0 ? [] : [`under ${countText(more)} more conditions`]),
  ];
  return [noun, plain.join(','), listText(tails, 'en')].filter((text) => text !== '').join(' ');
}

function labelsText(keys: Texts): string {
  return `${keys.length === 1 ? 'label' : 'labels'} ${listText(keys, 'en')}`;
}

/** A Japanese noun stands behind what is said of it, so the last condition ends as an attribute and the others go on. */
function japanese(noun: string, { plain, there, notThere, patterns, more }: Said): string {
  const heads = [
    ...(plain.length === 0 ? [] : [{ on: `${plain.join(',')} で`, end: `${plain.join(',')} の` }]),
    ...(there.length === 0 ? [] : [presence(there, 'があり', 'がある')]),
    ...(notThere.length === 0 ? [] : [presence(notThere, 'がなく', 'がない')]),
    ...patterns.map(patternJapanese),
    ...(more === 0
      ? []
      : [{ on: `ほか ${countText(more)} 個の条件を満たし`, end: `ほか ${countText(more)} 個の条件を満たす` }]),
  ];
  const last = heads.pop();
  return joinJapanese(...heads.map(({ on }) => `${on}、`), last?.end ?? '', noun);
}

function presence(keys: Texts, on: string, end: string): { readonly on: string; readonly end: string } {
  const labels = joinJapanese('ラベル', listText(keys, 'ja'));
  return { on: joinJapanese(labels, on), end: joinJapanese(labels, end) };
}

/** Whether the label must be there with a value that is not listed: Calico's `has(x) && x != 'a'`. */
function isThere({ absent, values }: KeyCondition): boolean {
  return !absent && listedValues(values)?.except === true;
}

function isNotThere({ absent, values }: KeyCondition): boolean {
  const listed = listedValues(values);
  return absent && listed?.except === false && listed.values.length === 0;
}

function isPattern({ values }: KeyCondition): boolean {
  return !isListed(values);
}

/** A condition on the value; undefined where only the presence of the label counts. */
function plainText({ key, absent, values }: KeyCondition, language: Language): string | undefined {
  const listed = listedValues(values);
  const [first, second] = listed?.values ?? [];
  if (listed === undefined || first === undefined) return undefined;
  const one = second === undefined;
  const list = one ? first : valuesText(listed.values, language);
  if (listed.except) return one ? `${key}!=${list}` : `${key} notin (${list})`;
  const some = one ? `${key}=${list}` : `${key} in (${list})`;
  return absent ? `(!${key} or ${some})` : some;
}

/** The values in brackets, the first five at most. */
function valuesText(values: readonly string[], language: Language): string {
  const more = values.length - mostValues;
  if (more <= 1) return values.join();
  const shown = values.slice(0, mostValues).join();
  return language === 'ja' ? `${shown}, ほか ${countText(more)} 個` : `${shown}, and ${countText(more)} more`;
}
