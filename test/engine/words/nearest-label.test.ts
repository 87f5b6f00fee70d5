import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesBox } from '../../../src/engine/sets/labels.ts';
import { labelsOfFew, nearestLabel } from '../../../src/engine/words/nearest-label.ts';
import { slips } from '../../../src/engine/words/slips.ts';

describe('slips', () => {
  it('counts letters added, removed, replaced and swapped', () => {
    expect(slips('web', 'web', 2)).toBe(0);
    expect(slips('paymnet', 'payment', 2)).toBe(1);
    expect(slips('wb', 'web', 2)).toBe(1);
    expect(slips('webb', 'web', 2)).toBe(1);
    expect(slips('wab', 'web', 2)).toBe(1);
    expect(slips('web', 'database', 2)).toBe(3);
    expect(slips('', '', 0)).toBe(0);
  });

  it('is the same from either side, and never above one more than enough', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
    fc.assert(
      fc.property(text, text, fc.integer({ min: 0, max: 6 }), (a, b, enough) => {
        const count = slips(a, b, enough);
        expect(count).toBe(slips(b, a, enough));
        expect(count).toBe(Math.min(slips(a, b, 6), enough + 1));
        expect(count === 0).toBe(a === b);
      }),
    );
  });
});

describe('nearestLabel', () => {
  const existing = [
    new Map([['app', 'web']]),
    new Map([
      ['app', 'wet'],
      ['tier', 'front'],
    ]),
  ];
  const few = (all: readonly ReadonlyMap<string, string>[]) => {
    const labels = labelsOfFew(all, 10);
    if (labels === undefined) throw new Error('they are few');
    return labels;
  };
  const near = (selector: unknown) =>
    nearestLabel(
      selector,
      () => few(existing),
      (box) => existing.some((labels) => matchesBox(box, labels)),
    );

  it('takes the first of equally near ones, and only one that finds somebody', () => {
    expect(near({ matchLabels: { app: 'wex' } })?.label).toBe('app=web');
    expect(near({ matchLabels: { app: 'wex', tier: 'front' } })?.label).toBe('app=wet');
    expect(near({ matchLabels: { app: 'wex', tier: 'back' } })).toBeUndefined();
  });

  it('does not take what is written alike by chance', () => {
    expect(near({ matchLabels: { app: 'db' } })).toBeUndefined();
    expect(near({ matchLabels: { apq: 'wex' } })).toBeUndefined();
  });

  it('does not take one number or letter of a series for another', () => {
    const series = [
      new Map([
        ['app', 'web-1'],
        ['team', 'team-a'],
      ]),
    ];
    const nearIn = (matchLabels: object) =>
      nearestLabel(
        { matchLabels },
        () => few(series),
        (box) => series.some((one) => matchesBox(box, one)),
      );
    expect(nearIn({ app: 'web-2' })).toBeUndefined();
    expect(nearIn({ team: 'team-b' })).toBeUndefined();
    expect(nearIn({ app: 'wep-1' })?.label).toBe('app=web-1');
    expect(nearIn({ team: 'taem-a' })?.label).toBe('team=team-a');
  });

  it('reads any selector', () => {
    for (const value of [null, 1, 'x', [], {}, { matchLabels: [] }, { matchExpressions: [null, 3, { key: 4 }] }]) {
      expect(near(value)).toBeUndefined();
    }
    expect(near({ matchLabels: JSON.parse('{"__proto__": "web"}') })).toBeUndefined();
  });
});
