import { isObject } from '../json/read.ts';
import type { Problem } from '../model/policy.ts';
import { flowYaml } from '../words/yaml.ts';
import { defineGuardrail, key } from './define.ts';
import { expectedEn, expectedJa } from './syntax-words.ts';

interface Unreadable {
  readonly value: string;
  readonly reason: string;
}

const told = (args: Unreadable) => (args.value === '' ? '' : ` ${args.value}`);

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
      en: (args) => ({ message: `the value${told(args)} has the wrong form: ${expectedEn(args.reason)}`, why: refusedEn }),
      ja: (args) => ({ message: `値${told(args)} の形式が正しくありません: ${expectedJa(args.reason)}`, why: refusedJa }),
    }),
    'bad-selector': key<Unreadable>({
      when: {
        en: 'A selector cannot be read, or a peer is none or two at once.',
        ja: 'セレクターを解釈できない場合、または相手の指定がないか重複している場合。',
      },
      en: (args) => ({ message: `the selector${told(args)} cannot be read: ${expectedEn(args.reason)}`, why: refusedEn }),
      ja: (args) => ({ message: `セレクター${told(args)} を解釈できません: ${expectedJa(args.reason)}`, why: refusedJa }),
    }),
    'bad-cidr': key<Unreadable>({
      when: {
        en: 'An address range is not written exactly: leading zeros, a wrong length, an except outside its cidr.',
        ja: '先頭の 0、誤った長さ、cidr の外の except など、アドレス範囲の書き方が正確でない場合。',
      },
      en: (args) => ({
        message: `the address range${told(args)} is not what it looks like: ${expectedEn(args.reason)}`,
        why: 'Network plugins do not agree on what such a range means, so nobody can say which addresses it holds.',
      }),
      ja: (args) => ({
        message: `アドレス範囲${told(args)} の書き方が正しくありません: ${expectedJa(args.reason)}`,
        why: 'このような範囲の解釈はネットワークプラグインごとに異なり、どのアドレスが含まれるか確定できません。',
      }),
    }),
    'bad-port': key<Unreadable>({
      when: {
        en: 'A port is out of range, no name, or a range that ends before it starts.',
        ja: 'ポートが範囲外、名前として不正、または終わりが始まりより小さい場合。',
      },
      en: (args) => ({ message: `the port${told(args)} cannot be read: ${expectedEn(args.reason)}`, why: refusedEn }),
      ja: (args) => ({ message: `ポート${told(args)} を解釈できません: ${expectedJa(args.reason)}`, why: refusedJa }),
    }),
    'bad-protocol': key<Unreadable>({
      when: {
        en: 'A protocol is not known.',
        ja: '知られていないプロトコルの場合。',
      },
      en: (args) => ({ message: `the protocol${told(args)} is not known; write one of ${args.reason}`, why: refusedEn }),
      ja: (args) => ({ message: `プロトコル${told(args)} は使えません。${args.reason} のいずれかを書いてください`, why: refusedJa }),
    }),
    'bad-name': key<Unreadable>({
      when: {
        en: 'The name of the object or of its namespace is not allowed.',
        ja: 'オブジェクトまたは namespace の名前が使えない場合。',
      },
      en: (args) => ({ message: `the name${told(args)} is not allowed: ${expectedEn(args.reason)}`, why: refusedEn }),
      ja: (args) => ({ message: `名前${told(args)} は使えません: ${expectedJa(args.reason)}`, why: refusedJa }),
    }),
    'unknown-field': key<Unreadable>({
      mode: 'warn',
      when: {
        en: 'A field is not part of the API, and would be dropped.',
        ja: 'API にないフィールドがあり、無視される場合。',
      },
      en: (args) => ({
        message: `this field is not known here and would be dropped; known are ${args.reason}`,
        why: 'What is dropped no longer limits anything: the rule can become wider than it reads.',
      }),
      ja: (args) => ({
        message: `このフィールドはここでは使えず、無視されます。使えるのは ${args.reason} です`,
        why: '無視されたフィールドは何も制限しません。ルールが見た目より広くなることがあります。',
      }),
    }),
  },
  check: ({ policy, change }, _settings, report) => {
    if (policy === undefined || change.operation === 'DELETE') return;
    for (const problem of policy.problems) {
      report.found(problem.key, {
        path: problem.path,
        args: { value: shown(problem), reason: problem.reason },
        set: { items: [`${problem.key}:${JSON.stringify(problem.value) ?? ''}`] },
        atMost: problem.mild ? 'warn' : undefined,
      });
    }
  },
});

const refusedEn = 'The API server refuses such an object, so nothing of it would take effect.';
const refusedJa = 'API サーバーはこのオブジェクトを拒否するため、どの部分も有効になりません。';

function shown({ value }: Problem): string {
  return value === undefined || value === null || isObject(value) || Array.isArray(value) ? '' : flowYaml(value);
}
