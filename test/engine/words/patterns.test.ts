import { describe, expect, it } from 'vitest';
import { selectorBoxes } from '../../../src/engine/dialects/calico/selector/boxes.ts';
import { parseSelector } from '../../../src/engine/dialects/calico/selector/parse.ts';
import { nameLabel, namespaceName } from '../../../src/engine/model/attributes.ts';
import { boxOf, formatBox, intersectBoxes, type LabelBox, labelIn } from '../../../src/engine/sets/labels.ts';
import { intersectValues, type ValueSet, valuesContaining } from '../../../src/engine/sets/values.ts';
import { boxText, isNoEndpoint } from '../../../src/engine/words/box.ts';
import { labelledText } from '../../../src/engine/words/labels.ts';

function box(text: string): LabelBox {
  const parsing = parseSelector(text);
  const result = parsing.ok ? selectorBoxes(parsing.selector) : parsing;
  const [only, ...more] = result.ok ? result.boxes : [];
  if (only === undefined || more.length > 0) throw new Error(`not one box: ${text}`);
  return only;
}

describe('labelledText', () => {
  it.each([
    ['k starts with "a"', 'pods whose k starts with "a"', 'ラベル k の値が "a" で始まる Pod'],
    ['k ends with "a"', 'pods whose k ends with "a"', 'ラベル k の値が "a" で終わる Pod'],
    ['k contains "a"', 'pods whose k contains "a"', 'ラベル k の値が "a" を含む Pod'],
    ['!k contains "a"', 'pods whose k, if any, does not contain "a"', 'ラベル k がないか、その値が "a" を含まない Pod'],
    [
      'k starts with "a" && has(k) && !k contains "b"',
      'pods whose k starts with "a" and does not contain "b"',
      'ラベル k の値が "a" で始まり、"b" を含まない Pod',
    ],
    [
      'k starts with "a" || k ends with "b"',
      'pods whose k starts with "a" or ends with "b"',
      'ラベル k の値が "a" で始まるか、"b" で終わる Pod',
    ],
    [
      'has(k) && !k starts with "a" && !k ends with "b"',
      'pods whose k does not start with "a" and does not end with "b"',
      'ラベル k の値が "a" で始まらず、"b" で終わらない Pod',
    ],
    [
      'k starts with "a" && k != "ab"',
      'pods whose k starts with "a" but is not "ab"',
      'ラベル k の値が "a" で始まり、"ab" でない Pod',
    ],
    [
      'k starts with "a" || k in {"b", "c"}',
      'pods whose k is "b" or "c" or starts with "a"',
      'ラベル k の値が "b" か "c" であるか、"a" で始まる Pod',
    ],
    [
      'app == "web" && has(team) && k starts with "a"',
      'pods app=web with label team and whose k starts with "a"',
      'app=web で、ラベル team があり、ラベル k の値が "a" で始まる Pod',
    ],
    [
      'k starts with "a" && k ends with "b" || k starts with "c" && k ends with "d"',
      'pods whose k is of a certain form, as "ab" is',
      'ラベル k の値が特定の形(例: "ab")の Pod',
    ],
    ['k contains "line\nbreak"', 'pods whose k contains "line\\nbreak"', 'ラベル k の値が "line\\nbreak" を含む Pod'],
  ])('%j', (text, en, ja) => {
    const { conditions } = box(text);
    expect([labelledText('pods', conditions, 'en'), labelledText('Pod', conditions, 'ja')]).toEqual([en, ja]);
  });

  it('says a name as such', () => {
    const { conditions } = box(`${nameLabel} starts with "team-"`);
    expect(labelledText('namespaces', conditions, 'en')).toBe('namespaces whose name starts with "team-"');
    expect(labelledText('namespace', conditions, 'ja')).toBe('名前が "team-" で始まる namespace');
  });

  it('does not guess an example where none is known', () => {
    const long = (seed: number) => Array.from({ length: 200 }, (_, n) => 'abcdefgh'[(n * seed + n * n) % 8]).join('');
    const values: readonly (ValueSet | undefined)[] = [valuesContaining(long(7)), valuesContaining(long(13))];
    const [a, b] = values;
    if (a === undefined || b === undefined) throw new Error('too long');
    const conditions = [{ key: 'k', absent: false, values: intersectValues(a, b) }];
    expect(labelledText('pods', conditions, 'en')).toBe('pods whose k is of a certain form');
    expect(labelledText('Pod', conditions, 'ja')).toBe('ラベル k の値が特定の形の Pod');
    expect(formatBox(boxOf(conditions))).toBe('k (of a certain form)');
  });
});

describe('boxText', () => {
  const { conditions } = box('k starts with "team-"');
  const named = boxOf(conditions.map((condition) => ({ ...condition, key: namespaceName })));

  it('says which namespaces by what their names are like', () => {
    expect(boxText(named, undefined, 'en')).toBe('every endpoint of namespaces whose name starts with "team-"');
    expect(boxText(named, undefined, 'ja')).toBe('名前が "team-" で始まる namespace のすべてのエンドポイント');
  });

  it('knows that some pod may be there', () => {
    expect(isNoEndpoint(intersectBoxes(named, labelIn('endpoint:kind', ['Pod'])))).toBe(false);
  });
});

describe('formatBox', () => {
  it.each([
    ['k starts with "a" || k == "b"', '(k starts with "a" or k=b)'],
    ['k starts with "a" || k in {"b", "c"}', '(k starts with "a" or k in (b,c))'],
    ['k starts with "a" && k != "ab"', 'k starts with "a", k notin (ab)'],
    ['!k starts with "a"', '(!k or k not starts with "a")'],
    [
      'k starts with "a" && k ends with "b" || k starts with "c" && k ends with "d"',
      'k (of a certain form, as "ab" is)',
    ],
  ])('%j', (text, formatted) => {
    expect(formatBox(box(text))).toBe(formatted);
  });
});
