import { isObject } from '../json/read.ts';
import type { Problem } from '../model/policy.ts';
import { joinJapanese } from '../words/japanese.ts';
import { flowYaml } from '../words/yaml.ts';
import { defineGuardrail, key } from './define.ts';
import { expectedEn, expectedJa, nearestField, reasonOf } from './syntax-words.ts';

interface Unreadable {
  readonly value: string;
  readonly reason: string;
}

interface UnknownField {
  readonly name: string;
  readonly known: readonly string[];
}

const told = (args: Unreadable) => (args.value === '' ? '' : ` ${args.value}`);

/** `the port 0 cannot be read: ...`; of what is not there, only that. */
const faultEn = (noun: string, fault: string, args: Unreadable) =>
  args.reason === 'missing'
    ? `the ${noun} is missing`
    : `the ${noun}${told(args)} ${fault}: ${expectedEn(args.reason)}`;
const faultJa = (noun: string, fault: string, args: Unreadable) =>
  args.reason === 'missing'
    ? `${noun}がありません`
    : `${joinJapanese(noun, args.value, fault)}: ${expectedJa(args.reason)}`;

/** What the data plane would drop, widen or read in another way is found before it gets there. */
export const requireValidSyntax = defineGuardrail({
  name: 'require-valid-syntax',
  mode: 'enforce',
  summary: {
    en: 'Nothing is written that the data plane would silently drop, widen or read otherwise.',
    ja: 'データプレーンが黙って無視したり、範囲を広げたり、別の意味に読んだりする書き方がないこと。',
  },
  settings: {},
  readSettings: () => undefined,
  keys: {
    'bad-type': key<Unreadable>({
      when: {
        en: 'A value has the wrong form: a text where a list is expected, for example.',
        ja: 'リストが必要な場所に文字列があるなど、値の形式が正しくない場合。',
      },
      en: (args) => ({
        message: faultEn('value', 'has the wrong form', args),
        why: refusedEn,
      }),
      ja: (args) => ({
        message: faultJa('値', 'の形式が正しくありません', args),
        why: refusedJa,
      }),
    }),
    'bad-selector': key<Unreadable>({
      when: {
        en: 'A selector cannot be read, or a peer is none or two at once.',
        ja: 'セレクターを解釈できない場合、または相手の指定がないか重複している場合。',
      },
      en: (args) => ({
        message: faultEn('selector', 'cannot be read', args),
        why: refusedEn,
      }),
      ja: (args) => ({
        message: faultJa('セレクター', 'を解釈できません', args),
        why: refusedJa,
      }),
    }),
    'bad-cidr': key<Unreadable>({
      when: {
        en: 'An address range is not written exactly: leading zeros, a wrong length, an except outside its cidr.',
        ja: '先頭の 0、誤った長さ、cidr の外の except など、アドレス範囲の書き方が正確でない場合。',
      },
      en: (args) => ({
        message:
          doubtfulRanges[args.reason] === undefined
            ? faultEn('address range', 'cannot be read', args)
            : faultEn('address range', 'is not what it looks like', args),
        why: doubtfulRanges[args.reason]?.en ?? refusedEn,
      }),
      ja: (args) => ({
        message: faultJa('アドレス範囲', 'の書き方が正しくありません', args),
        why: doubtfulRanges[args.reason]?.ja ?? refusedJa,
      }),
    }),
    'bad-port': key<Unreadable>({
      when: {
        en: 'A port is out of range, no name, or a range that ends before it starts.',
        ja: 'ポートが範囲外、名前として不正、または終わりが始まりより小さい場合。',
      },
      en: (args) => ({ message: faultEn('port', 'cannot be read', args), why: refusedEn }),
      ja: (args) => ({ message: faultJa('ポート', 'を解釈できません', args), why: refusedJa }),
    }),
    'bad-protocol': key<Unreadable>({
      when: {
        en: 'A protocol is not known.',
        ja: '知られていないプロトコルの場合。',
      },
      en: (args) => ({
        message: `the protocol${told(args)} is not known; write one of ${args.reason}`,
        why: refusedEn,
      }),
      ja: (args) => ({
        message: `${joinJapanese('プロトコル', args.value, 'は使えません')}。${args.reason} のいずれかを書いてください`,
        why: refusedJa,
      }),
    }),
    'bad-name': key<Unreadable>({
      when: {
        en: 'The name of the object or of its namespace is not allowed.',
        ja: 'オブジェクトまたは namespace の名前が使えない場合。',
      },
      en: (args) => ({ message: faultEn('name', 'is not allowed', args), why: refusedEn }),
      ja: (args) => ({ message: faultJa('名前', 'は使えません', args), why: refusedJa }),
    }),
    unsupported: key<Unreadable>({
      mode: 'warn',
      when: {
        en: 'A part of the object is not judged here.',
        ja: 'このツールが判定しない部分がある場合。',
      },
      en: (args) => ({
        message: `this part is not judged${told(args)}: ${expectedEn(args.reason)}`,
        why: 'What it lets through, or cuts off, is not known to any guardrail.',
      }),
      ja: (args) => ({
        message: `${joinJapanese('この部分は判定されません:', expectedJa(args.reason))}`,
        why: 'ここで許可または遮断される通信は、どのガードレールでも確認されていません。',
      }),
    }),
    'unknown-field': key<UnknownField>({
      mode: 'warn',
      when: {
        en: 'A field is not part of the API, and would be dropped.',
        ja: 'API にないフィールドがあり、無視される場合。',
      },
      en: (args) => ({
        message: `the field ${args.name} is not known here and would be dropped; ${fieldHintEn(args)}`,
        why: 'What is dropped no longer limits anything: the rule can become wider than it reads.',
      }),
      ja: (args) => ({
        message: `${joinJapanese('フィールド', args.name, 'はここでは使えず、無視されます')}。${fieldHintJa(args)}`,
        why: '無視されたフィールドは何も制限しません。ルールが見た目より広くなることがあります。',
      }),
    }),
  },
  check: ({ policy, change }, _settings, report) => {
    if (policy === undefined || change.operation === 'DELETE') return;
    for (const problem of policy.problems) {
      const found = {
        path: problem.path,
        set: { items: [`${problem.key}:${JSON.stringify(problem.value) ?? ''}`] },
        atMost: problem.mild ? 'warn' : undefined,
      } as const;
      if (problem.key === 'unknown-field') {
        const name = flowYaml(problem.path.at(-1));
        report.found(problem.key, { ...found, args: { name, known: problem.reason.split(', ') } });
      } else report.found(problem.key, { ...found, args: { value: shown(problem), reason: reasonOf(problem) } });
    }
  },
});

const refusedEn = 'The API server refuses such an object, so nothing of it would take effect.';
const refusedJa = 'API サーバーはこのオブジェクトを拒否するため、どの部分も有効になりません。';

/** Ranges that the API server takes as they are. */
const doubtfulRanges: { readonly [reason: string]: { readonly en: string; readonly ja: string } } = {
  'leading-zero': {
    en: 'Network plugins do not agree on what such a range means, so nobody can say which addresses it holds.',
    ja: 'このような範囲の解釈はネットワークプラグインごとに異なり、どのアドレスが含まれるか確定できません。',
  },
  'host-bits': {
    en: 'It holds more addresses than the one it begins with. Write the network itself.',
    ja: '書かれたアドレスより広い範囲が含まれます。ネットワークそのものを書いてください。',
  },
};

function fieldHintEn({ name, known }: UnknownField): string {
  const near = nearestField(name, known);
  return near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`;
}

function fieldHintJa({ name, known }: UnknownField): string {
  const near = nearestField(name, known);
  return near === undefined ? `使えるのは ${known.join(', ')} です` : `${near} の誤りではありませんか`;
}

function shown({ value }: Problem): string {
  return value === undefined || value === null || isObject(value) || Array.isArray(value) ? '' : flowYaml(value);
}
