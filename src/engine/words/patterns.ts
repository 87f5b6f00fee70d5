import { nameLabel } from '../model/attributes.ts';
import type { KeyCondition } from '../sets/labels.ts';
import { shapeOf, type TextRelation, type TextTest } from '../sets/value-shape.ts';
import { someValue } from '../sets/values.ts';
import { joinJapanese } from './japanese.ts';
import { listText, shortListText } from './list.ts';

const mostValues = 3;

type Verbs = { readonly [R in TextRelation]: readonly [is: string, isNot: string] };

const english: Verbs = {
  starts: ['starts with', 'does not start with'],
  ends: ['ends with', 'does not end with'],
  contains: ['contains', 'does not contain'],
};

/**
 * A condition on the texts in a label's value, behind a noun: `whose tier starts with "a" and does not contain "b"`,
 * `whose tier, if any, is x or ends with "a"`.
 */
export function patternEnglish({ key, absent, values }: KeyCondition): string {
  const subject = `whose ${key === nameLabel ? 'name' : key}${absent ? ', if any,' : ''}`;
  const shape = shapeOf(values);
  if (shape === undefined) {
    const example = someValue(values);
    return `${subject} is of a certain form${example === undefined ? '' : `, as ${quoted(example)} is`}`;
  }
  const tests = shape.tests.map(
    ({ relation, negated, text }) => `${english[relation][negated ? 1 : 0]} ${quoted(text)}`,
  );
  const joined = shape.join === 'and' ? listText(tests, 'en') : tests.join(' or ');
  const also = shape.also.length === 0 ? '' : `is ${anyOf(shape.also, 'en')} or `;
  const but = shape.but.length === 0 ? '' : ` but is not ${anyOf(shape.but, 'en')}`;
  return `${subject} ${also}${joined}${but}`;
}

/** How a Japanese clause ends: before another one, and as an attribute of the noun. */
interface Clause {
  readonly on: string;
  readonly end: string;
}

const japanese: { readonly [R in TextRelation]: readonly [is: Clause, isNot: Clause] } = {
  starts: [
    { on: 'で始まり', end: 'で始まる' },
    { on: 'で始まらず', end: 'で始まらない' },
  ],
  ends: [
    { on: 'で終わり', end: 'で終わる' },
    { on: 'で終わらず', end: 'で終わらない' },
  ],
  contains: [
    { on: 'を含み', end: 'を含む' },
    { on: 'を含まず', end: 'を含まない' },
  ],
};

/** The same in front of a noun: `ラベル tier の値が "a" で始まり、"b" を含まない`. */
export function patternJapanese({ key, absent, values }: KeyCondition): Clause {
  const subject = key === nameLabel ? '名前が' : joinJapanese('ラベル', key, absent ? 'がないか、その値が' : 'の値が');
  const shape = shapeOf(values);
  if (shape === undefined) {
    const example = someValue(values);
    const form = example === undefined ? '特定の形' : `特定の形(例: ${quoted(example)})`;
    return ends(subject, { on: `${form}で`, end: `${form}の` });
  }
  const tests = shape.tests.map(clauseOf);
  const last = tests.pop() ?? { on: '', end: '' };
  const before = tests.map(({ on, end }) => (shape.join === 'and' ? `${on}、` : `${end}か、`));
  const also = shape.also.length === 0 ? '' : joinJapanese(anyOf(shape.also, 'ja'), 'であるか、');
  const but = shape.but.length === 0 ? undefined : joinJapanese(anyOf(shape.but, 'ja'), 'でな');
  const head = joinJapanese(subject, also, ...before);
  if (but === undefined) return ends(head, last);
  return ends(joinJapanese(head, `${last.on}、`), { on: `${but}く`, end: `${but}い` });
}

function clauseOf({ relation, negated, text }: TextTest): Clause {
  const clause = japanese[relation][negated ? 1 : 0];
  return { on: joinJapanese(quoted(text), clause.on), end: joinJapanese(quoted(text), clause.end) };
}

function ends(head: string, { on, end }: Clause): Clause {
  return { on: joinJapanese(head, on), end: joinJapanese(head, end) };
}

function anyOf(values: readonly string[], language: 'en' | 'ja'): string {
  const texts = values.map(quoted);
  if (texts.length > mostValues) return shortListText(texts, mostValues - 1, language);
  return texts.join(language === 'ja' ? ' か ' : ' or ');
}

/** In one line, whatever is in it. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
