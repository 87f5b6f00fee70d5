import type { Stopped } from '../model/policy.ts';
import type { ReasonWords } from './calico-syntax.ts';
import { joinJapanese } from './japanese.ts';

/** What could have stood where a selector stops being one. */
const expected: { readonly [token: string]: ReasonWords } = {
  operation: ['a condition such as app == "web"', 'app == "web" のような条件'],
  operator: ['an operator such as ==', '== のような演算子'],
  label: ['a label', 'ラベル'],
  string: ['a text in quotes', '引用符で囲んだ文字列'],
  set: ['a set such as {"a", "b"}', '{"a", "b"} のような集合'],
  end: ['the end', '終わり'],
};

const slips: { readonly [code: string]: ReasonWords } = {
  'line-break-at-end': [
    'there is a line break at its end; in YAML write >- instead of |, or put it in one line',
    '末尾に改行があります。YAML では | ではなく >- を使うか、1 行に書いてください',
  ],
  'line-break-inside': [
    'there is a line break in it; in YAML write >- instead of |, or put it in one line',
    '途中に改行があります。YAML では | ではなく >- を使うか、1 行に書いてください',
  ],
  'typographic-quotes': [
    'these are typographic quotes: write plain ones, " or \'',
    '引用符が全角または装飾用です。" か \' を使ってください',
  ],
  'single-equals': ['equality is written ==', '等号は == と書きます'],
  colon: ['equality is written ==, not with a colon', '等号はコロンではなく == と書きます'],
  'bare-value': ['the value has to stand in quotes', '値は引用符で囲んでください'],
  'and-word': ['AND is written &&', 'AND は && と書きます'],
  'or-word': ['OR is written ||', 'OR は || と書きます'],
  comma: ['conditions are joined by &&, not by a comma', '条件はコンマではなく && でつなぎます'],
  'has-brackets': [
    'write has(LABEL), without a blank before the bracket',
    'has(LABEL) と、括弧の前に空白を入れずに書きます',
  ],
  'all-brackets': [
    'write all() with its brackets, and no blank before them',
    'all() のように、空白を入れずに括弧を付けます',
  ],
  'not-word': ['NOT is written !', '否定は ! と書きます'],
  'capital-operator': ['operators are written in small letters', '演算子は小文字で書きます'],
  'label-alone': ['write has(LABEL) to ask whether a label is there', 'ラベルの有無を調べるには has(LABEL) と書きます'],
  'set-braces': ['a set stands in braces, as in {"a", "b"}', '集合は {"a", "b"} のように波括弧で囲みます'],
};

const reasons: { readonly [reason: string]: ReasonWords } = {
  'selector-unterminated-string': [
    'the quote that opens there is never closed',
    'ここで始まる引用符が閉じられていません',
  ],
  'selector-line-break': [
    'only blanks may stand between words, no line break',
    '語の間に置けるのは空白だけで、改行は置けません',
  ],
  'selector-label-too-long': ['a label key has at most 512 characters', 'ラベルのキーは 512 文字までです'],
  'selector-too-deep': ['brackets are nested more than 200 deep', '括弧の入れ子が 200 段を超えています'],
};

/** Whether `reason` is one of those for which {@link selectorText} has words. */
export function isSelectorReason(reason: string): boolean {
  return reason === 'selector-unexpected' || reasons[reason] !== undefined;
}

export function isSelectorWord(code: string): boolean {
  return expected[code] !== undefined || slips[code] !== undefined;
}

/** Where a selector stops being one, what stands there, and what should: `at column 5 stands "=": equality is written ==`. */
export function selectorText(reason: string, stopped: Stopped, language: 'en' | 'ja'): string {
  const ja = language === 'ja';
  const column = stopped.at + 1;
  const word = (words: ReasonWords) => words[ja ? 1 : 0];
  const said = (stopped.slip === undefined ? undefined : slips[stopped.slip]) ?? reasons[reason];
  const remark = said === undefined ? expectation(stopped, language) : word(said);
  if (said !== undefined && (reason === 'selector-line-break' || stopped.found === undefined)) {
    return ja
      ? joinJapanese('セレクターを', `${column} 文字目で解釈できません: ${remark}`)
      : `the selector cannot be read at column ${column}: ${remark}`;
  }
  if (stopped.found === undefined) {
    return ja
      ? `セレクターが ${column} 文字目で途切れています: ${remark}`
      : `the selector ends at column ${column}: ${remark}`;
  }
  const found = JSON.stringify(short(stopped.found));
  return ja
    ? `セレクターを ${column} 文字目の ${found} で解釈できません: ${remark}`
    : `the selector cannot be read at column ${column}, where ${found} stands: ${remark}`;
}

function expectation({ expected: tokens }: Stopped, language: 'en' | 'ja'): string {
  const ja = language === 'ja';
  const texts = tokens.map((token) => expected[token]?.[ja ? 1 : 0] ?? token);
  const list =
    texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')}${ja ? ' か ' : ' or '}${texts.at(-1) ?? ''}`;
  if (ja) return joinJapanese(list, 'が必要です');
  return `${list} is expected`;
}

/** What stands there can be a whole text that nobody closed. */
function short(found: string): string {
  return found.length > 12 ? `${found.slice(0, 12)}...` : found;
}
