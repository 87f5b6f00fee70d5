import { countText } from '../words/count.ts';
import { joinJapanese } from '../words/japanese.ts';
import { listText } from '../words/list.ts';
import { type Clause, everything, type Side, type Step } from './outline.ts';
import type { Phrasebook, Position, Subject } from './phrasebook.ts';

/** The words of one direction. */
interface Voice {
  /** Behind whom it is: `X から`, `X に`. */
  readonly particle: string;
  /** Before a noun: `X からの`, `X への`. */
  readonly attributive: string;
  readonly can: string;
  readonly cannot: string;
  readonly unrestricted: string;
}

const incoming: Voice = {
  particle: 'から',
  attributive: 'からの',
  can: '受信でき',
  cannot: '受信できません。',
  unrestricted: '受信は制限されません。',
};

const outgoing: Voice = {
  particle: 'に',
  attributive: 'への',
  can: '送信でき',
  cannot: '送信できません。',
  unrestricted: '送信は制限されません。',
};

const exceptOthers = 'ほかのポリシーで許可された通信だけが通ります。';

export const japanese: Phrasebook = {
  space: '',
  staged: 'このポリシーはステージングの状態で、適用されていません。適用された場合の意味は次のとおりです。',
  voided: '下記の誤りがあるため Calico はこのポリシーを拒否し、どの部分も適用されません。',
  position,
  governsUntold: 'このポリシーのセレクターは複雑すぎて計算できないため、何に適用されるかは分かりません。',
  governsNobody: 'このポリシーのセレクターに一致する Pod はありえないため、何も制限しません。',
  restrictsNothing: (field) => `${field} に Ingress も Egress もないため、このポリシーは何も制限しません。`,
  behaviour,
  typeOff: (direction, field) =>
    `${field} に ${direction === 'ingress' ? 'Ingress' : 'Egress'} がないため、${direction} のルールは効果がありません。`,
  matchedByNobody: (paths, more) =>
    joinJapanese(
      more === 0 ? listText(paths, 'ja') : `${paths.join('、')} など、ほか ${countText(more)} 件`,
      'に一致する相手はありえません。',
    ),
  problem: (path, message) => `${path} に問題があります: ${message}。`,
  moreProblems: (count) => `問題はほかに ${countText(count)} 件あります。`,
};

function behaviour({ text }: Subject, ingress: Side, egress: Side): readonly string[] {
  const name = joinJapanese(text, 'は、');
  if (isShut(ingress) && isShut(egress)) return [`${name}受信も送信もできません。`, exceptOthers];
  const first = ingress.state !== 'unrestricted';
  return [
    ...(first ? [name + sentence(ingress, incoming)] : []),
    ...(egress.state === 'unrestricted' ? [] : [(first ? 'また、' : name) + sentence(egress, outgoing)]),
    ...(ingress.state === 'unrestricted' ? [incoming.unrestricted] : []),
    ...(egress.state === 'unrestricted' ? [outgoing.unrestricted] : []),
  ];
}

const stages = {
  untracked: 'コネクション追跡より前に、ホストの通信だけを判定します。応答のルールも別に必要です。',
  'pre-dnat': '宛先アドレスの変換より前に、NodePort を含むホストの通信だけを判定します。',
  normal: 'ホストが転送する通信も判定します。',
} as const;

function position({ tier, order, stage, applyOnForward, hosts }: Position): readonly string[] {
  const rank = Number.isFinite(order) ? `order は ${order} です。` : 'order がないため最後に判定されます。';
  return [
    joinJapanese('tier', tier, 'に属し、', rank),
    ...(stage !== 'normal' || (applyOnForward && hosts) ? [stages[stage]] : []),
  ];
}

function isShut(side: Side): boolean {
  return side.state === 'nothing' && side.steps.length === 0 && side.rest === 'denied';
}

function sentence(side: Side, voice: Voice): string {
  if (side.state === 'everything') return `すべての相手${voice.particle}制限なく${voice.can}ます。`;
  if (isShut(side)) return `何も${voice.cannot}${exceptOthers}`;
  if (side.state === 'nothing' && side.steps.length === 0) {
    return `判定するルールがなく、${side.rest === 'passed' ? '次の tier' : 'ほかのポリシー'}に委ねられます。`;
  }
  const last = side.steps.length - 1;
  const steps = side.steps.map((step, index) => stepText(step, voice) + (index === last ? 'ます。' : ''));
  const others = side.state === 'some' || side.steps.some(({ action }) => action === 'pass');
  const rest = {
    denied: `${others ? 'それ以外は' : '何も'}${voice.cannot}`,
    passed: 'それ以外は次の tier に委ねられます。',
    elsewhere: 'それ以外はほかのポリシーに委ねられます。',
  }[side.rest];
  const told = steps.map((step, index) =>
    steps.length < 2 ? step : joinJapanese(index === 0 ? 'まず' : '次に', step),
  );
  return `${told.join('、')}${rest}`;
}

/** Ends in the stem of its verb, so that another step or `ます` can follow. */
function stepText({ action, clauses, more }: Step, voice: Voice): string {
  if (action === 'allow') {
    const texts = clauses.map((clause) => wayText(clause, voice));
    const list = more === 0 ? clauseList(texts) : `${texts.join('、')}、ほか ${countText(more)} 種類の通信でも`;
    return list + voice.can;
  }
  const texts = clauses.map(
    (clause) => joinJapanese(peersText(clause), voice.attributive, clause.traffic) + clause.note,
  );
  const list = more === 0 ? clauseList(texts) : `${texts.join('、')}、ほか ${countText(more)} 種類の通信`;
  const verb = { deny: 'を拒否し', pass: 'を次の tier に委ね', log: 'を記録し' }[action];
  return joinJapanese(list, verb);
}

/** `X から TCP 80 で`, `X から制限なく`. */
function wayText(clause: Clause, { particle }: Voice): string {
  const how = clause.traffic === everything('ja') ? '制限なく' : joinJapanese(clause.traffic, 'で');
  return joinJapanese(peersText(clause), particle, how) + clause.note;
}

/** Clauses have lists of their own inside, so the last one stands apart. */
function clauseList(texts: readonly string[]): string {
  const last = texts.at(-1) ?? '';
  return texts.length < 2 ? last : joinJapanese(`${texts.slice(0, -1).join('、')}、また`, last);
}

/** Peers are phrases, not words: a comma shows where the next one begins. */
function peersText({ peers, more }: Clause): string {
  if (more > 0) return joinJapanese(peers.join('、'), `など、ほか ${countText(more)} 件`);
  const [first = '', second] = peers;
  return peers.length === 2 && second !== undefined ? `${joinJapanese(first, 'と')}、${second}` : peers.join('、');
}
