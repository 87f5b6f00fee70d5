import { resourceOf } from '../dialects/resources.ts';
import type { FieldPath } from '../json/path.ts';
import { isObject } from '../json/read.ts';
import type { Consequence, Problem, Stopped } from '../model/policy.ts';
import { joinJapanese } from '../words/japanese.ts';
import { selectorText } from '../words/selector.ts';
import { expectedEn, expectedJa, nearestField, reasonOf, wholeMessage } from '../words/syntax.ts';
import { flowYaml } from '../words/yaml.ts';
import { defineGuardrail, key } from './define.ts';
import { consequenceText } from './words/consequence.ts';

interface Unreadable {
  /** As the user wrote it; empty where that says nothing. */
  readonly value: string;
  readonly reason: string;
  readonly path: FieldPath;
  readonly consequence: Consequence;
  readonly stopped: Stopped | undefined;
  /** Whether the policy is only previewed. */
  readonly staged: boolean;
}

interface UnknownField {
  readonly name: string;
  readonly known: readonly string[];
}

const told = (args: Unreadable) => (args.value === '' ? '' : ` ${args.value}`);

const oneOf = (args: Unreadable) =>
  args.value === '' ? 'a protocol is needed here' : `the protocol${told(args)} is not known`;
const oneOfJa = (args: Unreadable) =>
  args.value === '' ? 'ここにはプロトコルが必要です' : joinJapanese('プロトコル', args.value, 'は使えません');

/** `the port 0 cannot be read: ...`; of what is not there, only that. */
const faultEn = (noun: string, fault: string, args: Unreadable) =>
  wholeMessage(args.reason, args.value, 'en') ??
  (args.stopped === undefined ? undefined : selectorText(args.reason, args.stopped, 'en')) ??
  (args.reason === 'missing'
    ? `the ${noun} is missing`
    : `the ${noun}${told(args)} ${fault}: ${expectedEn(args.reason)}`);
const faultJa = (noun: string, fault: string, args: Unreadable) =>
  wholeMessage(args.reason, args.value, 'ja') ??
  (args.stopped === undefined ? undefined : selectorText(args.reason, args.stopped, 'ja')) ??
  (args.reason === 'missing'
    ? `${noun}がありません`
    : `${joinJapanese(noun, args.value, fault)}: ${expectedJa(args.reason)}`);

/** A warning has no room for what follows; a preview is thought to do nothing at all. */
const stalling = ({ staged, consequence }: Unreadable) => staged && consequence === 'stalls';
const stallsEn = (args: Unreadable) =>
  stalling(args) ? "; although it is only staged, Calico's agents would stall on every node" : '';
const stallsJa = (args: Unreadable) =>
  stalling(args) ? '。プレビュー用 (staged) でも、全ノードの Calico のエージェントが止まります' : '';

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
        why: whyEn(args),
      }),
      ja: (args) => ({
        message: faultJa('値', 'の形式が正しくありません', args),
        why: whyJa(args),
      }),
    }),
    'bad-selector': key<Unreadable>({
      when: {
        en: 'A selector cannot be read, or a peer is none or two at once.',
        ja: 'セレクターを解釈できない場合、または相手の指定がないか重複している場合。',
      },
      en: (args) => ({
        message: faultEn('selector', 'cannot be read', args),
        why: whyEn(args),
      }),
      ja: (args) => ({
        message: faultJa('セレクター', 'を解釈できません', args),
        why: whyJa(args),
      }),
    }),
    'bad-cidr': key<Unreadable>({
      when: {
        en: 'An address range is not written exactly: leading zeros, a wrong length, an except outside its cidr.',
        ja: '先頭の 0、誤った長さ、cidr の外の except など、アドレス範囲の書き方が正確でない場合。',
      },
      en: (args) => ({
        message:
          doubtfulRange(args) === undefined
            ? faultEn('address range', 'cannot be read', args)
            : faultEn('address range', 'is not what it looks like', args),
        why: doubtfulRange(args)?.en ?? whyEn(args),
      }),
      ja: (args) => ({
        message: faultJa('アドレス範囲', 'の書き方が正しくありません', args),
        why: doubtfulRange(args)?.ja ?? whyJa(args),
      }),
    }),
    'bad-port': key<Unreadable>({
      when: {
        en: 'A port is out of range, no name, or a range that ends before it starts.',
        ja: 'ポートが範囲外、名前として不正、または終わりが始まりより小さい場合。',
      },
      en: (args) => ({ message: faultEn('port', 'cannot be read', args) + stallsEn(args), why: whyEn(args) }),
      ja: (args) => ({ message: faultJa('ポート', 'を解釈できません', args) + stallsJa(args), why: whyJa(args) }),
    }),
    'bad-protocol': key<Unreadable>({
      when: {
        en: 'A protocol is not known.',
        ja: '知られていないプロトコルの場合。',
      },
      en: (args) => ({
        message: listsNames(args)
          ? `${oneOf(args)}; write one of ${args.reason}`
          : faultEn('value', 'does not go here', args) + stallsEn(args),
        why: whyEn(args),
      }),
      ja: (args) => ({
        message: listsNames(args)
          ? `${oneOfJa(args)}。${args.reason} のいずれかを書いてください`
          : faultJa('値', 'はここでは使えません', args) + stallsJa(args),
        why: whyJa(args),
      }),
    }),
    'bad-name': key<Unreadable>({
      when: {
        en: 'The name of the object or of its namespace is not allowed.',
        ja: 'オブジェクトまたは namespace の名前が使えない場合。',
      },
      en: (args) => ({ message: faultEn('name', 'is not allowed', args), why: whyEn(args) }),
      ja: (args) => ({ message: faultJa('名前', 'は使えません', args), why: whyJa(args) }),
    }),
    unsupported: key<Unreadable>({
      mode: 'warn',
      when: {
        en: 'A part of the object is not judged here.',
        ja: 'このツールが判定しない部分がある場合。',
      },
      en: (args) => ({
        message: `this part is not judged: ${expectedEn(args.reason)}`,
        why: 'What it lets through, or cuts off, is not known to any guardrail.',
      }),
      ja: (args) => ({
        message: `${joinJapanese('この部分は判定されません:', expectedJa(args.reason))}`,
        why: 'ここで許可または遮断される通信は、どのガードレールでも確認されていません。',
      }),
    }),
    'unknown-field': key<UnknownField>({
      when: {
        en: 'A field is not part of the API, and would be dropped; denied in a Calico policy, where the rest then applies more widely, else a warning.',
        ja: 'API にないフィールドがあり、無視される場合。残りの範囲が広がる Calico のポリシーでは拒否、それ以外では警告。',
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
    if (change.operation === 'DELETE') return;
    const problems = policy?.problems ?? resourceOf(change.ref)?.problems?.(change.object, change.ref) ?? [];
    for (const problem of problems) {
      const { key, path } = problem;
      const found = {
        path,
        set: { items: [`${key}:${problem.reason}:${JSON.stringify(problem.value) ?? ''}`] },
        // What is only previewed harms nobody.
        atMost: problem.mild || policy?.enforced === false ? 'warn' : undefined,
      } as const;
      if (key === 'unsupported') report.notChecked('unsupported-field');
      if (key === 'unknown-field') {
        const name = flowYaml(path.at(-1));
        report.found(key, { ...found, args: { name, known: problem.reason.split(', ') } });
      } else
        report.found(key, { ...found, args: argumentsOf(problem, policy?.enforced === false), fix: fixOf(problem) });
    }
  },
});

function argumentsOf(problem: Problem, staged: boolean): Unreadable {
  const { path, consequence, stopped } = problem;
  return { value: shown(problem), reason: reasonOf(problem), path, consequence, stopped, staged };
}

/** The same field with what was most likely meant. */
function fixOf({ path, meant }: Problem): string | undefined {
  if (meant === undefined) return undefined;
  const field = path.at(-1);
  return typeof field === 'string' ? flowYaml({ [field]: meant }).slice(1, -1) : `- ${flowYaml(meant)}`;
}

/** Whether the reason is a list of names, of which one should have been written. */
function listsNames({ reason }: Unreadable): boolean {
  return reason.includes(', ');
}

const whyEn = ({ consequence, path }: Unreadable) => consequenceText(consequence, path, 'en');
const whyJa = ({ consequence, path }: Unreadable) => consequenceText(consequence, path, 'ja');

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

function doubtfulRange({ reason, consequence }: Unreadable): { readonly en: string; readonly ja: string } | undefined {
  return consequence === 'refused' ? doubtfulRanges[reason] : undefined;
}

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
