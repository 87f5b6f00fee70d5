import { field, typeName } from '../engine/json/read.ts';
import type { Language } from '../engine/words/language.ts';
import { expectedEn, expectedJa } from '../engine/words/syntax.ts';
import { quote } from '../files/syntax-fault.ts';

/** One sentence in every language. */
export type Sentence = { readonly [L in Language]: string };

/** What a place of the configuration is made for. */
export type Expected = 'text' | 'integer' | 'number' | 'boolean' | 'list' | 'mapping' | 'prefix' | 'ports' | 'cidrs';

const expectedWords: { readonly [E in Expected]: Sentence } = {
  text: { en: 'a text', ja: '文字列' },
  integer: { en: 'a whole number', ja: '整数' },
  number: { en: 'a number', ja: '数値' },
  boolean: { en: 'true or false', ja: 'true または false' },
  list: { en: 'a list', ja: 'リスト' },
  mapping: { en: 'a mapping (key: value)', ja: 'マッピング (キー: 値)' },
  prefix: { en: 'a prefix length such as /8', ja: '/8 のようなプレフィックス長' },
  ports: { en: 'a port or a range such as 8000-8010', ja: 'ポート番号または 8000-8010 のような範囲' },
  cidrs: { en: 'a CIDR or a list of CIDRs', ja: 'CIDR または CIDR のリスト' },
};

/** A value of the input, shortened. */
function found(value: unknown): Sentence {
  switch (typeName(value)) {
    case 'nothing':
      return { en: 'nothing', ja: '値なし' };
    case 'null':
      return { en: 'null, which is what an empty value means', ja: 'null (空の値は null です)' };
    case 'list':
      return { en: 'a list', ja: 'リスト' };
    case 'object':
      return { en: 'a mapping', ja: 'マッピング' };
    case 'string':
      return { en: `the text ${quote(String(value))}`, ja: `文字列 ${quote(String(value))}` };
    case 'number':
      return { en: `the number ${String(value)}`, ja: `数値 ${String(value)}` };
    case 'boolean':
      return { en: `the boolean ${String(value)}`, ja: `真偽値 ${String(value)}` };
  }
}

/** A name of the input between backticks, on one line and never long. */
function name(text: string): string {
  return `\`${quote(text).slice(1, -1)}\``;
}

function names(list: readonly string[]): string {
  return list.map(name).join(', ');
}

/** What to write instead of a name that is not known: the nearest one, else the list while it is short. */
function instead(near: string | undefined, known: readonly string[]): Sentence {
  if (near !== undefined) return { en: `; did you mean ${name(near)}?`, ja: `。${name(near)} のことですか?` };
  if (known.length === 0 || known.length > 20) return { en: '', ja: '' };
  return { en: `; known here: ${names(known)}`, ja: `。ここで使えるもの: ${names(known)}` };
}

const noKeys: Sentence = { en: '; nothing is expected here', ja: '。ここには何も書けません' };

export function unknownKey(key: string, near: string | undefined, known: readonly string[]): Sentence {
  const rest = near === undefined && known.length === 0 ? noKeys : instead(near, known);
  return { en: `unknown key ${name(key)}${rest.en}`, ja: `不明なキー ${name(key)}${rest.ja}` };
}

export type NamedThing = 'kind' | 'apiVersion' | 'guardrail' | 'finding' | 'customRule';

const thingWords: { readonly [T in NamedThing]: Sentence } = {
  kind: { en: 'kind', ja: 'kind' },
  apiVersion: { en: 'apiVersion', ja: 'apiVersion' },
  guardrail: { en: 'guardrail', ja: 'ガードレール' },
  finding: { en: 'finding key', ja: '指摘キー' },
  customRule: { en: 'custom rule', ja: 'custom ルール' },
};

export function unknownName(
  thing: NamedThing,
  text: string,
  near: string | undefined,
  known: readonly string[],
): Sentence {
  const rest = instead(near, known);
  const words = thingWords[thing];
  return { en: `unknown ${words.en} ${name(text)}${rest.en}`, ja: `不明な${words.ja} ${name(text)}${rest.ja}` };
}

export function missing(key: string): Sentence {
  return { en: `${name(key)} is missing`, ja: `${name(key)} がありません` };
}

export function wrongType(expected: Expected, value: unknown): Sentence {
  const words = expectedWords[expected];
  const what = found(value);
  const plainScalar = typeof value === 'number' || typeof value === 'boolean';
  const quoted = expected === 'text' && plainScalar;
  return {
    en: `expected ${words.en}, found ${what.en}${quoted ? '; put it in quotes' : ''}`,
    ja: `${words.ja}が必要ですが、${what.ja}です${quoted ? '。引用符で囲んでください' : ''}`,
  };
}

export function notOneOf(known: readonly string[], value: unknown, near: string | undefined): Sentence {
  const what = found(value);
  const rest = near === undefined ? { en: '', ja: '' } : instead(near, known);
  const unquoted =
    value === true ? { en: ' (so YAML reads `on`, `yes` and `y`)', ja: ' (YAML では on、yes、y も true です)' } : rest;
  return {
    en: `expected one of ${names(known)}, found ${what.en}${unquoted.en}`,
    ja: `${names(known)} のいずれかが必要ですが、${what.ja}です${unquoted.ja}`,
  };
}

export function tooSmall(least: number, value: unknown): Sentence {
  const what = found(value);
  return { en: `expected ${least} or more, found ${what.en}`, ja: `${least} 以上が必要ですが、${what.ja}です` };
}

export function tooBig(most: number, value: unknown): Sentence {
  const what = found(value);
  return { en: `expected ${most} or less, found ${what.en}`, ja: `${most} 以下が必要ですが、${what.ja}です` };
}

export function emptyText(): Sentence {
  return { en: 'the text must not be empty', ja: '文字列を空にすることはできません' };
}

export function emptyList(): Sentence {
  return { en: 'the list must not be empty', ja: 'リストを空にすることはできません' };
}

export function repeated(value: unknown): Sentence {
  const what = found(value);
  return { en: `${what.en} stands twice in the list`, ja: `${what.ja}がリストに二度あります` };
}

export function exactlyOne(of: readonly string[], written: readonly string[]): Sentence {
  return written.length === 0
    ? { en: `exactly one of ${names(of)} is needed here`, ja: `${names(of)} のうち一つだけが必要です` }
    : {
        en: `exactly one of ${names(of)} is needed here, found ${names(written)}`,
        ja: `${names(of)} のうち一つだけが必要ですが、${names(written)} があります`,
      };
}

export function severalConditions(written: readonly string[]): Sentence {
  return {
    en: `a condition asks one thing, found ${names(written)}; write all: [{...}, {...}] for several`,
    ja: `条件は一つずつ書きます (${names(written)} があります)。複数なら all: [{...}, {...}] としてください`,
  };
}

export function emptySelection(): Sentence {
  return {
    en: 'an empty selection would be everything; give `names`, `labels` or `selector`, or leave the key out',
    ja: '空の選択はすべてを意味します。`names`、`labels`、`selector` のいずれかを書くか、キーを省いてください',
  };
}

/** `reason` is the code that the reader of selectors gives. */
export function unreadableSelector(reason: string, value: unknown): Sentence {
  const what = found(value);
  return {
    en: `Kubernetes would not accept this label selector: ${expectedEn(reason)}, found ${what.en}`,
    ja: `Kubernetes が受け付けないラベルセレクターです: ${expectedJa(reason)} (${what.ja}があります)`,
  };
}

/** `reason` is the code that the reader of CIDRs gives. */
export function unreadableCidr(reason: string, value: unknown, near: string | undefined): Sentence {
  const what = found(value);
  const rest = near === undefined ? { en: '', ja: '' } : instead(near, []);
  return {
    en: `expected a CIDR such as 10.0.0.0/8 or 2001:db8::/32, found ${what.en} (${expectedEn(reason)})${rest.en}`,
    ja: `10.0.0.0/8 や 2001:db8::/32 のような CIDR が必要ですが、${what.ja}です (${expectedJa(reason)})${rest.ja}`,
  };
}

export function hostBits(text: string, range: string): Sentence {
  return {
    en: `${quote(text)} has address bits beyond its prefix; write ${range}`,
    ja: `${quote(text)} はプレフィックスより後ろのビットが立っています。${range} と書いてください`,
  };
}

export function unreadablePath(text: string, at: number): Sentence {
  const forms = "$, .name, ['name'], [0], [*], .*, ..name";
  const rest = quote(text.slice(at));
  return {
    en: `this JSONPath cannot be read from ${rest} on (character ${at + 1}); allowed are ${forms}, and nothing is evaluated`,
    ja: `JSONPath の ${at + 1} 文字目 ${rest} から先を読めません。使えるのは ${forms} だけで、式は評価しません`,
  };
}

export function pathTooLong(): Sentence {
  return { en: 'a JSONPath has at most 256 characters', ja: 'JSONPath は 256 文字以内にしてください' };
}

export function pathTooDeep(): Sentence {
  return { en: 'a JSONPath has at most two steps of the form ..name', ja: 'JSONPath の ..name は二つまでです' };
}

export function unreadableExpression(reason: string): Sentence {
  return {
    en: `this is no regular expression in the syntax of RE2: ${reason}`,
    ja: `RE2 の構文の正規表現ではありません: ${reason}`,
  };
}

export function badName(value: unknown): Sentence {
  const what = found(value);
  return {
    en: `expected a name of lower-case letters, digits, "-" and ".", found ${what.en}`,
    ja: `名前には英小文字、数字、"-"、"." だけが使えますが、${what.ja}です`,
  };
}

export function nullValue(): Sentence {
  return {
    en: 'expected a value, found null; an absent field and a null one are the same, so ask { exists: false }',
    ja: '値が必要ですが、null です。null のフィールドは存在しないのと同じなので、{ exists: false } と書いてください',
  };
}

export function noGlob(text: string): Sentence {
  return {
    en: `${quote(text)} is compared letter by letter, so "*" stands for nothing here; name each one`,
    ja: `${quote(text)} は文字どおり比較され、"*" は展開されません。一つずつ書いてください`,
  };
}

export function severalLines(): Sentence {
  return { en: 'this must be a single line', ja: '一行で書いてください' };
}

export function forbiddenWord(): Sentence {
  const word = '"immutable"';
  return {
    en: `the word ${word} must not stand in an answer: Flux and kubectl --force delete the live object when they read it`,
    ja: `${word} という語は応答に使えません。Flux や kubectl --force はこの語を見ると稼働中のオブジェクトを削除します`,
  };
}

export function badMoment(value: unknown): Sentence {
  const what = found(value);
  return {
    en: `expected a date such as 2027-03-31 or an RFC 3339 time, found ${what.en}`,
    ja: `2027-03-31 のような日付または RFC 3339 の時刻が必要ですが、${what.ja}です`,
  };
}

export function tooLong(days: number, latest: string): Sentence {
  return {
    en: `an exemption lasts at most ${days} days; the latest date here is ${latest}`,
    ja: `例外の期間は最長 ${days} 日です。ここで許される最も遅い日付は ${latest} です`,
  };
}

export function endsBeforeItBegins(): Sentence {
  return { en: '`expires` lies before `notBefore`', ja: '`expires` が `notBefore` より前です' };
}

export function expired(exemption: string, on: string): Sentence {
  return {
    en: `exemption ${exemption} expired on ${on} and exempts nothing`,
    ja: `例外 ${exemption} は ${on} に期限切れとなり、効力がありません`,
  };
}

export function secondGuardrailSet(first: string): Sentence {
  return { en: `there is a GuardrailSet already, at ${first}`, ja: `GuardrailSet は既に ${first} にあります` };
}

export function takenName(text: string, first: string): Sentence {
  return {
    en: `the name ${name(text)} is taken already, at ${first}`,
    ja: `名前 ${name(text)} は既に ${first} で使われています`,
  };
}

export function tooDeep(): Sentence {
  return { en: 'this is nested too deeply', ja: '入れ子が深すぎます' };
}

export function noFile(): Sentence {
  return { en: 'there is no .yaml, .yml or .json file here', ja: '.yaml、.yml、.json のファイルがありません' };
}

export function nothingWritten(): Sentence {
  return {
    en: 'there is no GuardrailSet and no Exemption here, so the built-in guardrails are asked for (an empty GuardrailSet asks for them as well, and without this warning)',
    ja: 'GuardrailSet も Exemption もないため、組み込みのガードレールの指定とみなします (空の GuardrailSet を書けば、同じ意味になり、この警告は出ません)',
  };
}

export function becameEmpty(): Sentence {
  return {
    en: 'the configuration has lost its GuardrailSet, so the last good one stays in force (an empty GuardrailSet would ask for the built-in guardrails)',
    ja: 'GuardrailSet がなくなったため、最後の正しい設定を使い続けます (組み込みのガードレールに戻すには、空の GuardrailSet を書いてください)',
  };
}

/** What another reader has said in English alone. */
export function asSaid(text: string): Sentence {
  return { en: text, ja: text };
}

/** Whether a value that came back from the schema library is a sentence of ours. */
export function isSentence(value: unknown): value is Sentence {
  return typeof field(value, 'en') === 'string' && typeof field(value, 'ja') === 'string';
}
