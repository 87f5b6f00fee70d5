import { isEveryBox, type LabelBox } from '../sets/labels.ts';
import { labelledText } from './labels.ts';
import type { Language } from './language.ts';
import { shortListText } from './list.ts';

const mostBoxes = 2;

/** The pods of one namespace by their own labels, one after the other: `every pod`, `pods app!=web`, `pods with label team and pods tier=db`. */
export function podsText(boxes: readonly LabelBox[], language: Language): string {
  if (boxes.some(isEveryBox)) return language === 'ja' ? 'すべての Pod' : 'every pod';
  const noun = language === 'ja' ? 'Pod' : 'pods';
  const texts = new Set(boxes.map((box) => labelledText(noun, box.conditions, language)));
  return shortListText([...texts], mostBoxes, language);
}
