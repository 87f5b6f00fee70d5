import type { Problem } from '../model/policy.ts';
import { calicoExpected, wholeMessages } from './calico-syntax.ts';
import { isSelectorReason } from './selector.ts';
import { slips } from './slips.ts';

/** What was expected where something could not be read, by the reason that the reader of that part gives. */
const expected: Readonly<Record<string, readonly [en: string, ja: string]>> = {
  ...calicoExpected,
  list: ['a list is expected', 'リストが必要です'],
  object: ['an object is expected', 'オブジェクトが必要です'],
  'policy-type': ['write Ingress or Egress, with a capital letter', 'Ingress か Egress を大文字で始めて書いてください'],
  'not-an-object': [
    'a label selector is expected, with matchLabels or matchExpressions',
    'matchLabels か matchExpressions を持つラベルセレクターが必要です',
  ],
  'not-a-list': ['a list is expected', 'リストが必要です'],
  'not-a-string': ['a text is expected', '文字列が必要です'],
  'bad-operator': [
    'the operator is one of In, NotIn, Exists, DoesNotExist',
    'operator は In、NotIn、Exists、DoesNotExist のいずれかです',
  ],
  'values-required': ['In and NotIn need at least one value', 'In と NotIn には値が一つ以上必要です'],
  'values-forbidden': ['Exists and DoesNotExist take no values', 'Exists と DoesNotExist に値は書けません'],
  'bad-key': ['this is no label key', 'ラベルのキーとして使えません'],
  'bad-value': ['this is no label value', 'ラベルの値として使えません'],
  'empty-peer': [
    'a peer needs a podSelector, a namespaceSelector or an ipBlock',
    'podSelector、namespaceSelector、ipBlock のいずれかが必要です',
  ],
  'block-and-selector': [
    'an ipBlock stands alone; put selectors in a list entry of their own',
    'ipBlock は単独で書きます。セレクターは別のリスト項目に書いてください',
  ],
  empty: ['it is empty', '空です'],
  'no-prefix': ['the prefix length is missing, as in 10.0.0.0/8', '10.0.0.0/8 のように、プレフィックス長が必要です'],
  'bad-address': ['this is no IP address', 'IP アドレスではありません'],
  'leading-zero': [
    'a number in it starts with 0, which some read as octal',
    '0 で始まる数字があり、8 進数と読まれることがあります',
  ],
  'bad-prefix': ['the prefix length is out of range', 'プレフィックス長が範囲外です'],
  zone: ['a zone (%...) is not allowed', 'ゾーン(%...)は書けません'],
  'host-bits': [
    'bits are set behind the prefix; the whole network is meant',
    'プレフィックスより後ろのビットが立っています。ネットワーク全体として扱われます',
  ],
  'port-in-quotes': ['a port is a number; write it without quotes', 'ポートは数です。引用符を付けずに書いてください'],
  'unquoted-value': ['a label value is a text; quote it', 'ラベルの値は文字列です。引用符で囲んでください'],
  missing: ['it is missing', '指定がありません'],
  'not-inside': [
    'an except must be a smaller range inside its cidr',
    'except は cidr の内側の、より小さい範囲でなければなりません',
  ],
  'not-a-port': [
    'a port is 1 to 65535, or a name such as http',
    'ポートは 1 から 65535 の数、または http のような名前です',
  ],
  'end-without-port': ['endPort needs a port to start from', 'endPort には始まりの port が必要です'],
  'end-before-port': ['endPort is smaller than port', 'endPort が port より小さくなっています'],
  'end-of-name': ['a named port has no endPort', '名前付きポートに endPort は書けません'],
  subdomain: [
    'use small letters, digits, - and ., at most 253 characters',
    '英小文字、数字、-、. だけを使い、253 文字以内にしてください',
  ],
  label: [
    'use small letters, digits and -, at most 63 characters',
    '英小文字、数字、- だけを使い、63 文字以内にしてください',
  ],
};

/** Of what is not there, it is not said how it should have been written. */
const maybeMissing: ReadonlySet<string> = new Set([
  'subdomain',
  'label',
  'not-a-string',
  'empty',
  'port-name',
  'host-port',
  'service-name',
]);

/** The code by which the words are chosen: what the reader found, and what its author is likely to have meant. */
export function reasonOf({ key, value, reason }: Pick<Problem, 'key' | 'value' | 'reason'>): string {
  if (reason === 'not-a-port' && typeof value === 'string' && /^[1-9]\d{0,4}$/.test(value)) return 'port-in-quotes';
  if (
    reason === 'not-a-string' &&
    key === 'bad-selector' &&
    (typeof value === 'number' || typeof value === 'boolean')
  ) {
    return 'unquoted-value';
  }
  return (value === undefined || value === null) && maybeMissing.has(reason) ? 'missing' : reason;
}

/** The known field that an unknown one was most likely meant to be; undefined where none is near. */
export function nearestField(written: string, known: readonly string[]): string | undefined {
  const enough = Math.min(3, Math.floor(written.length / 3));
  const plain = written.toLowerCase();
  const near = known
    .map((name) => ({ name, count: slips(plain, name.toLowerCase(), enough) }))
    .filter(({ count }) => count <= enough)
    .sort((a, b) => a.count - b.count);
  return near[0]?.name;
}

/** Whether somebody wrote down what to say for a reason. */
export function hasWords(reason: string): boolean {
  return expected[reason] !== undefined || wholeMessages[reason] !== undefined || isSelectorReason(reason);
}

/** The message for a reason that needs no other words around it; undefined for all others. */
export function wholeMessage(reason: string, value: string, language: 'en' | 'ja'): string | undefined {
  return wholeMessages[reason]?.[language === 'ja' ? 1 : 0].replace('{}', () => value);
}

export function expectedEn(reason: string): string {
  return expected[reason]?.[0] ?? reason;
}

export function expectedJa(reason: string): string {
  return expected[reason]?.[1] ?? reason;
}
