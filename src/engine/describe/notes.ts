import { endpointKind } from '../model/attributes.ts';
import { shelfKey } from '../model/catalogue.ts';
import { type Direction, isEveryone, type Peer, type Policy, type Rule } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { isNoAddress } from '../sets/addresses.ts';
import { containsBox, intersectBoxes, isEmptyBox, type LabelBox, labelIn, overlapBoxes } from '../sets/labels.ts';
import { namedPorts } from '../sets/traffic.ts';
import { addressesText } from '../words/addresses.ts';
import { joinJapanese } from '../words/japanese.ts';
import type { Language } from '../words/language.ts';
import { listText } from '../words/list.ts';
import { isNobody, peerText } from '../words/peer.ts';

/** What a rule asks for besides traffic and far end, in brackets with a blank before: ` (only for pods tier=db of this namespace)`. */
export function noteText(rule: Rule, direction: Direction, policy: Policy, language: Language): string {
  const ja = language === 'ja';
  const notes: string[] = [];
  const own = rule.own === undefined ? undefined : ownText(rule.own, direction, policy, language);
  if (own !== undefined) notes.push(own);
  const names = (rule.exceptNamed === undefined ? [] : namedPorts(rule.exceptNamed)).map(({ name }) => name);
  if (names.length > 0) {
    const list = listText([...new Set(names)], language);
    notes.push(ja ? joinJapanese('ポート', list, 'を除く') : `but not port ${list}`);
  }
  if (rule.http === true) {
    notes.push(
      ja
        ? '特定の HTTP リクエストだけ。確認するのはアプリケーション層だけです'
        : 'certain HTTP requests only, which nothing but an application layer checks',
    );
  }
  if (rule.unsure === true) notes.push(ja ? '読み取れない条件あり' : 'under conditions that are not read here');
  if (notes.length === 0) return '';
  return ja ? `(${notes.join('、')})` : ` (${notes.join('; ')})`;
}

/** Of the near end only what narrows it: who they are, or at which of their addresses. */
function ownText(
  { endpoints, ...own }: Peer,
  direction: Direction,
  { ref, subject }: Policy,
  language: Language,
): string | undefined {
  // Of what the selector chooses only that counts which the policy governs.
  const governed =
    endpoints === 'any'
      ? 'any'
      : endpoints.filter((box) => subject.endpoints.some((governed) => overlapBoxes(governed, box)));
  const isAll = governed === 'any' || subject.endpoints.every((one) => governed.some((box) => containsBox(box, one)));
  const whole: Peer = { ...own, endpoints: isAll ? 'any' : governed };
  if (isEveryone(whole)) return undefined;
  if (isAll && own.except === undefined && own.addresses !== 'any' && !isNobody(whole)) {
    const addresses = addressesText(own.addresses, language);
    if (language === 'ja')
      return joinJapanese(direction === 'ingress' ? '宛先が' : '送信元が', addresses, 'の場合だけ');
    return `only ${direction === 'ingress' ? 'to' : 'from'} ${addresses}`;
  }
  const who = isNobody(whole) ? nobody[language] : peerText(whole, ref.namespace, language);
  return language === 'ja' ? joinJapanese('対象のうち', who, 'だけ') : `only for ${who}`;
}

const nobody = { en: 'nobody', ja: '該当なし' } as const;

const networkSets: LabelBox = labelIn(endpointKind, ['NetworkSet']);
const mostSets = 2;

/** Which network sets of the World a peer means, in brackets: ` (network set feed: 198.51.100.0/24)`. Empty where there are none. */
export function setsText({ endpoints, service }: Peer, world: World, language: Language): string {
  if (endpoints === 'any' || service !== undefined || world.countOf('networkSets') === 0) return '';
  const boxes = endpoints.map((box) => intersectBoxes(box, networkSets)).filter((box) => !isEmptyBox(box));
  if (boxes.length === 0) return '';
  const texts = world
    .setsIn(boxes)
    .filter(({ addresses }) => !isNoAddress(addresses))
    .map(({ ref, addresses }) => `${shelfKey(ref)}: ${addressesText(addresses, language)}`)
    .sort();
  if (texts.length === 0) return '';
  const shown = texts.length <= mostSets + 1 ? texts : texts.slice(0, mostSets);
  const left = texts.length - shown.length;
  if (language === 'ja') return `(NetworkSet ${[...shown, ...(left === 0 ? [] : [`ほか ${left} 件`])].join('; ')})`;
  return ` (network ${texts.length === 1 ? 'set' : 'sets'} ${[...shown, ...(left === 0 ? [] : [`${left} more`])].join('; ')})`;
}
