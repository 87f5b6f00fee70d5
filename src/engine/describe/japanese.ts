import { countText } from '../words/count.ts';
import { joinJapanese } from '../words/japanese.ts';
import { listText } from '../words/list.ts';
import type { Clause, Side, Step } from './outline.ts';
import type { Phrasebook, Subject } from './phrasebook.ts';

/** The words of one direction. */
interface Voice {
  /** Between whom and what: `X からの TCP 80`, `X への TCP 80`. */
  readonly particle: string;
  readonly does: string;
  readonly doesNot: string;
  /** Where another step follows. */
  readonly doing: string;
  readonly notDoing: string;
  readonly doesNothing: string;
  readonly unrestricted: string;
}

const incoming: Voice = {
  particle: 'からの',
  does: 'を受け付けます',
  doesNot: 'それ以外は受け付けません。',
  doing: 'を受け付け',
  notDoing: 'を拒否し',
  doesNothing: '何も受け付けません。',
  unrestricted: '受信は制限されません。',
};

const outgoing: Voice = {
  particle: 'への',
  does: 'を送信できます',
  doesNot: 'それ以外は送信できません。',
  doing: 'の送信を許可し',
  notDoing: 'の送信を拒否し',
  doesNothing: '何も送信できません。',
  unrestricted: '送信は制限されません。',
};

const exceptOthers = 'ほかのポリシーで許可された通信だけが通ります。';

export const japanese: Phrasebook = {
  space: '',
  staged: 'このポリシーはステージングの状態で、適用されていません。適用された場合の意味は次のとおりです。',
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

function isShut(side: Side): boolean {
  return side.state === 'nothing' && side.steps.length === 0;
}

function sentence(side: Side, voice: Voice): string {
  if (side.state === 'everything')
    return `${joinJapanese('すべての相手', voice.particle, 'すべての通信')}${voice.does}。`;
  if (isShut(side)) return voice.doesNothing + exceptOthers;
  const last = side.steps.length - 1;
  const steps = side.steps.map((step, index) => stepText(step, voice, index === last));
  return `${steps.length > 1 ? 'まず' : ''}${steps.join('、次に')}。${side.state === 'some' ? voice.doesNot : voice.doesNothing}`;
}

function stepText({ action, clauses, more }: Step, voice: Voice, isLast: boolean): string {
  const texts = clauses.map((clause) => clauseText(clause, voice));
  const list = clauseList(more === 0 ? texts : [...texts, `ほか ${countText(more)} 種類の通信`]);
  return joinJapanese(list, endingOf(action, voice, isLast));
}

function endingOf(action: Step['action'], voice: Voice, isLast: boolean): string {
  switch (action) {
    case 'allow':
      return isLast ? voice.does : voice.doing;
    case 'deny':
      return isLast ? `${voice.notDoing}ます` : voice.notDoing;
    case 'pass':
      return isLast ? 'を次の tier に委ねます' : 'を次の tier に委ね';
    case 'log':
      return isLast ? 'を記録します' : 'を記録し';
  }
}

/** Clauses have lists of their own inside, so the last one stands apart. */
function clauseList(texts: readonly string[]): string {
  const last = texts.at(-1) ?? '';
  return texts.length < 2 ? last : joinJapanese(`${texts.slice(0, -1).join('、')}、および`, last);
}

function clauseText({ traffic, peers, more }: Clause, { particle }: Voice): string {
  const who = more === 0 ? listText(peers, 'ja') : joinJapanese(peers.join('、'), `など、ほか ${countText(more)} 件`);
  return joinJapanese(who, particle, traffic);
}
