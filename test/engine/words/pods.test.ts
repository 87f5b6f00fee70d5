import { describe, expect, it } from 'vitest';
import { everyLabels, type LabelBox, readSelector } from '../../../src/engine/sets/labels.ts';
import { podsText } from '../../../src/engine/words/pods.ts';

function box(selector: unknown): LabelBox {
  const reading = readSelector(selector);
  if (!reading.ok) throw new Error('no selector');
  return reading.box;
}

const notWeb = box({ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] });
const db = box({ matchLabels: { tier: 'db' } });
const labelled = box({ matchExpressions: [{ key: 'team', operator: 'Exists' }] });

describe('podsText', () => {
  it.each([
    [[everyLabels], 'every pod', 'すべての Pod'],
    [[db, everyLabels], 'every pod', 'すべての Pod'],
    [[notWeb], 'pods app!=web', 'app!=web の Pod'],
    [[notWeb, db], 'pods app!=web and pods tier=db', 'app!=web の Pod と tier=db の Pod'],
    [[db, db], 'pods tier=db', 'tier=db の Pod'],
    [[labelled], 'pods with label team', 'ラベル team がある Pod'],
  ])('%#: in both languages', (boxes, en, ja) => {
    expect([podsText(boxes, 'en'), podsText(boxes, 'ja')]).toEqual([en, ja]);
  });
});
