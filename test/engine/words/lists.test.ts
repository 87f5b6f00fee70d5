import { describe, expect, it } from 'vitest';
import { countText } from '../../../src/engine/words/count.ts';
import { joinJapanese } from '../../../src/engine/words/japanese.ts';
import { listText, shortListText } from '../../../src/engine/words/list.ts';

describe('listText', () => {
  it.each([
    [[], '', ''],
    [['a'], 'a', 'a'],
    [['a', 'b'], 'a and b', 'a と b'],
    [['a', 'b', 'c'], 'a, b and c', 'a、b、c'],
    [['すべて', '残り'], 'すべて and 残り', 'すべてと残り'],
  ])('%j', (items, en, ja) => {
    expect([listText(items, 'en'), listText(items, 'ja')]).toEqual([en, ja]);
  });
});

describe('shortListText', () => {
  it.each([
    [['a', 'b', 'c'], 'a, b and c', 'a、b、c'],
    [['a', 'b', 'c', 'd'], 'a, b and 2 more', 'a、b など、ほか 2 件'],
    [Array.from({ length: 1234 }, () => 'x'), 'x, x and 1,232 more', 'x、x など、ほか 1,232 件'],
  ])('says two of %#, and never leaves out only one', (items, en, ja) => {
    expect([shortListText(items, 2, 'en'), shortListText(items, 2, 'ja')]).toEqual([en, ja]);
  });
});

describe('countText', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [2n ** 32n, '4,294,967,296'],
  ])('%s', (count, text) => expect(countText(count)).toBe(text));
});

describe('joinJapanese', () => {
  it.each([
    [['namespace', 'shop', 'の', 'Pod'], 'namespace shop の Pod'],
    [['すべての', 'Pod', 'から'], 'すべての Pod から'],
    [['10.0.0.0/8', '(', '10.1.0.0/16', 'を除く)', 'から'], '10.0.0.0/8(10.1.0.0/16 を除く)から'],
    [['Pod', 'は、', 'TCP 80', 'を'], 'Pod は、TCP 80 を'],
    [['値', '"a b"', 'を'], '値 "a b" を'],
    [['', 'の', ''], 'の'],
    [['すべての', 'アドレス'], 'すべてのアドレス'],
  ])('%j', (parts, text) => expect(joinJapanese(...parts)).toBe(text));
});
