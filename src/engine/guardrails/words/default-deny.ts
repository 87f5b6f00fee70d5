import type { Direction } from '../../model/policy.ts';
import type { LabelBox } from '../../sets/labels.ts';
import { countText } from '../../words/count.ts';
import { joinJapanese } from '../../words/japanese.ts';
import type { Language } from '../../words/language.ts';
import { listText } from '../../words/list.ts';

export interface Loss extends Places {
  readonly directions: readonly Direction[];
  /** The pods left open, by their own labels, in some of the directions. */
  readonly open: readonly LabelBox[];
  /** Whether other pods are left open in one direction than in the other. */
  readonly mixed: boolean;
  /** Whether a replacement must come first. */
  readonly refused: boolean;
  /** Pods of today that are opened, and all pods of today; undefined where the World does not know. */
  readonly today: { readonly opened: number; readonly all: number } | undefined;
}

export interface Places {
  /** In order; none where it is every namespace that may ever be. */
  readonly namespaces: readonly string[];
  /** Whether there may be others that were not looked at. */
  readonly more: boolean;
}

const mostNames = 3;

/** `namespace shop`, `namespaces a and b`, `namespaces a, b, c and 12 more`. */
export function placesText({ namespaces, more }: Places, language: Language): string {
  const noun = language === 'en' && namespaces.length > 1 ? 'namespaces' : 'namespace';
  if (namespaces.length === 0) return language === 'en' ? 'every namespace' : 'すべての namespace';
  const names = namespaces.slice(0, mostNames);
  const left = namespaces.length - names.length;
  if (left === 0 && !more) {
    const list = listText(names, language);
    return language === 'en' ? `${noun} ${list}` : joinJapanese(noun, list);
  }
  const count = countText(left);
  if (language === 'en')
    return `${noun} ${names.join(', ')} and ${left === 0 ? 'others' : `${more ? 'at least ' : ''}${count} more`}`;
  const rest = left === 0 ? 'ほか' : `ほか ${more ? '少なくとも ' : ''}${count} 件`;
  return joinJapanese(noun, names.join('、'), `など、${rest}`);
}

export function trafficEn(directions: readonly Direction[], mixed = false): string {
  if (directions.length === 2) return mixed ? 'incoming or outgoing' : 'incoming and outgoing';
  return directions[0] === 'ingress' ? 'incoming' : 'outgoing';
}

export function trafficJa(directions: readonly Direction[], mixed = false): string {
  if (directions.length === 2) return mixed ? '受信または送信' : '受信と送信';
  return directions[0] === 'ingress' ? '受信' : '送信';
}

export function todayEn({ today }: Loss): string {
  if (today === undefined) return '';
  if (today.all === 0) return ' There is no pod today.';
  if (today.opened === 0) return ' No pod of today is among them.';
  if (today.all === 1) return ' The only pod there today would be open.';
  if (today.all === 2 && today.opened === 2) return ' Both pods there today would be open.';
  if (today.opened === today.all) return ` All ${countText(today.all)} pods there today would be open.`;
  return ` Of the ${countText(today.all)} pods there today, ${countText(today.opened)} would be open.`;
}

export function todayJa({ today }: Loss): string {
  if (today === undefined) return '';
  if (today.all === 0) return '現在、Pod はありません。';
  if (today.opened === 0) return '現在の Pod に該当するものはありません。';
  if (today.all === 1) return '現在の唯一の Pod が開放されます。';
  if (today.opened === today.all) return `現在の Pod ${countText(today.all)} 個すべてが開放されます。`;
  return `現在の Pod ${countText(today.all)} 個のうち ${countText(today.opened)} 個が開放されます。`;
}
