import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boxOf,
  containsBox,
  coverage,
  emptyBox,
  everyLabels,
  intersectBoxes,
  isCovered,
  isEmptyBox,
  type LabelBox,
  labelIn,
  overlapBoxes,
  subtractBox,
} from '../../../src/engine/sets/labels.ts';
import {
  complementValues,
  everyValue,
  intersectValues,
  noValues,
  type ValueSet,
  valuesContaining,
  valuesEnding,
  valuesExcept,
  valuesStarting,
} from '../../../src/engine/sets/values.ts';
import { toldBox, universe } from './universe.ts';

const exists = (key: string) => boxOf([{ key, absent: false, values: everyValue }]);
const absent = (key: string) => boxOf([{ key, absent: true, values: noValues }]);
const notIn = (key: string, ...values: string[]) => boxOf([{ key, absent: true, values: valuesExcept(values) }]);

describe('coverage', () => {
  it('is what trying every labelling says, and what is left is of the target and untouched', () => {
    fc.assert(
      fc.property(toldBox, fc.array(toldBox, { maxLength: 8 }), (target, tolds) => {
        const boxes = tolds.map(({ box }) => box);
        const covered = universe.every((labels) => !target.admits(labels) || tolds.some((told) => told.admits(labels)));
        const answer = coverage(target.box, boxes);
        expect(answer.answer).toBe(covered ? 'covered' : 'open');
        expect(isCovered(target.box, boxes, 2000)).toBe(covered);
        if (answer.answer !== 'open') return;
        expect(isEmptyBox(answer.left)).toBe(false);
        expect(containsBox(target.box, answer.left)).toBe(true);
        for (const box of boxes) expect(overlapBoxes(box, answer.left)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('of a target cut in pieces, in any order, is whole, and is not without one of them', () => {
    // Cuts a box again and again by others: the pieces are disjoint and make up the whole.
    const cut = (whole: LabelBox, by: readonly LabelBox[]) =>
      by.reduce(
        (pieces, knife) =>
          pieces.flatMap((piece) =>
            [...subtractBox(piece, knife), intersectBoxes(piece, knife)].filter((one) => !isEmptyBox(one)),
          ),
        [whole].filter((one) => !isEmptyBox(one)),
      );
    fc.assert(
      fc.property(
        toldBox,
        fc.array(toldBox, { maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        (target, knives, random) => {
          const pieces = cut(
            target.box,
            knives.map(({ box }) => box),
          );
          const shuffled = pieces
            .map((piece) => [random.next().value, piece] as const)
            .sort(([a], [b]) => a - b)
            .map(([, piece]) => piece);
          expect(coverage(target.box, shuffled)).toEqual({ answer: 'covered' });
          if (shuffled.length > 0) expect(coverage(target.box, shuffled.slice(1)).answer).toBe('open');
        },
      ),
    );
  });

  it('is found where no single box does it', () => {
    expect(coverage(everyLabels, [exists('x'), absent('x')]).answer).toBe('covered');
    expect(coverage(everyLabels, [labelIn('x', ['a']), notIn('x', 'a')]).answer).toBe('covered');
    expect(coverage(exists('x'), [labelIn('x', ['a']), notIn('x', 'a')]).answer).toBe('covered');
    const both = intersectBoxes(exists('x'), exists('y'));
    expect(coverage(everyLabels, [both, absent('x'), absent('y')]).answer).toBe('covered');
    expect(coverage(everyLabels, [both, absent('x')])).toEqual({
      answer: 'open',
      left: intersectBoxes(exists('x'), absent('y')),
    });
  });

  it('of nothing is always there, and by nothing never of anything', () => {
    expect(coverage(emptyBox, [])).toEqual({ answer: 'covered' });
    expect(coverage(emptyBox, [exists('x')], 0)).toEqual({ answer: 'covered' });
    expect(coverage(everyLabels, [])).toEqual({ answer: 'open', left: everyLabels });
    expect(coverage(exists('x'), [emptyBox], 0)).toEqual({ answer: 'open', left: exists('x') });
  });

  it('takes ten thousand boxes that differ in one key', () => {
    const values = Array.from({ length: 10_000 }, (_, n) => `v${n}`);
    const single = values.map((value) => labelIn('x', [value]));
    expect(coverage(labelIn('x', values), single)).toEqual({ answer: 'covered' });
    expect(coverage(labelIn('x', values), single.slice(1))).toEqual({ answer: 'open', left: labelIn('x', ['v0']) });
    expect(coverage(everyLabels, [...single, notIn('x', ...values)]).answer).toBe('covered');
  });

  /** Every combination of present and absent at `n` keys, as 2^n boxes: nothing of it can be shortened. */
  function combinations(n: number): LabelBox[] {
    let boxes = [everyLabels];
    for (let i = 0; i < n; i += 1) {
      boxes = boxes.flatMap((box) => [exists(`k${i}`), absent(`k${i}`)].map((half) => intersectBoxes(box, half)));
    }
    return boxes;
  }

  it('is unknown past the cap, not guessed', () => {
    const boxes = combinations(6);
    expect(coverage(everyLabels, boxes)).toEqual({ answer: 'covered' });
    expect(coverage(everyLabels, boxes.slice(1)).answer).toBe('open');
    expect(coverage(everyLabels, boxes, 3)).toEqual({ answer: 'unknown' });
    expect(coverage(everyLabels, boxes, 0)).toEqual({ answer: 'unknown' });
  });

  it('counts looking at boxes as work, even where nothing is split', () => {
    // Each box is of use only once the one before it has been: as many walks over all of them as there are boxes.
    const chain = Array.from({ length: 400 }, (_, n) => intersectBoxes(exists(`k${n}`), absent(`k${n + 1}`)));
    const boxes = [exists('k400'), ...chain.toReversed(), absent('k0')];
    expect(coverage(everyLabels, boxes)).toEqual({ answer: 'covered' });
    expect(coverage(everyLabels, boxes, 0)).toEqual({ answer: 'unknown' });
  });

  /**
   * As many pigeons as holes and one more: in every labelling some pigeon has no hole, or some hole two pigeons. True, and
   * known for the time that it takes to prove by splitting.
   */
  function pigeonholes(holes: number): LabelBox[] {
    const numbers = Array.from({ length: holes }, (_, n) => n);
    const pigeons = [...numbers, holes];
    const key = (pigeon: number, hole: number) => `pigeon-${pigeon}.hole-${hole}`;
    const homeless = pigeons.map((pigeon) => numbers.map((hole) => absent(key(pigeon, hole))).reduce(intersectBoxes));
    const crowded = numbers.flatMap((hole) =>
      pigeons.flatMap((pigeon) =>
        pigeons
          .filter((other) => other < pigeon)
          .map((other) => intersectBoxes(exists(key(pigeon, hole)), exists(key(other, hole)))),
      ),
    );
    return [...homeless, ...crowded];
  }

  it('proves what is hard within its means, and gives up on what would take for ever', () => {
    expect(coverage(everyLabels, pigeonholes(4))).toEqual({ answer: 'covered' });
    expect(coverage(everyLabels, pigeonholes(4).slice(1)).answer).toBe('open');
    expect(coverage(everyLabels, pigeonholes(12))).toEqual({ answer: 'unknown' });
  });

  describe('where values are given by texts', () => {
    const sure = (set: ValueSet | undefined): ValueSet => {
      if (set === undefined) throw new Error('too long');
      return set;
    };
    const at = (key: string, values: ValueSet, orAbsent = false) => boxOf([{ key, absent: orAbsent, values }]);
    const starts = (text: string) => sure(valuesStarting(text));

    it('is exact', () => {
      const boxes = [at('x', starts('a')), at('x', complementValues(starts('ab')), true)];
      expect(coverage(everyLabels, boxes)).toEqual({ answer: 'covered' });
      expect(coverage(at('x', starts('abc')), [at('x', starts('ab'))])).toEqual({ answer: 'covered' });
      const left = boxOf([{ key: 'x', absent: false, values: intersectValues(starts('a'), valuesExcept(['a'])) }]);
      expect(coverage(at('x', starts('a')), [labelIn('x', ['a'])])).toEqual({ answer: 'open', left });
      const split = [at('x', starts('a')), at('y', starts('b')), at('x', complementValues(starts('a')), true)];
      expect(coverage(everyLabels, split)).toEqual({ answer: 'covered' });
    });

    const long = (seed: number) => Array.from({ length: 200 }, (_, n) => 'abcdefgh'[(n * seed + n * n) % 8]).join('');
    const [p, q] = [sure(valuesContaining(long(7))), sure(valuesContaining(long(13)))];

    it('says that it does not know where what is left was too much work', () => {
      expect(coverage(at('x', p), [at('x', complementValues(q), true)])).toEqual({ answer: 'unknown' });
      expect(coverage(at('x', p), [at('x', q)])).toEqual({ answer: 'unknown' });
      // What is surely covered or open stays so.
      expect(coverage(at('x', p), [at('x', q), at('x', p)])).toEqual({ answer: 'covered' });
      expect(coverage(at('x', p, true), [at('x', q)]).answer).toBe('unknown');
      const pieces = boxOf([
        { key: 'x', absent: false, values: p },
        { key: 'y', absent: true, values: noValues },
      ]);
      expect(coverage(everyLabels, [pieces]).answer).toBe('open');
    });

    it('answers in bounded time to hundreds of texts', () => {
      const boxes = Array.from({ length: 300 }, (_, n) =>
        boxOf([
          { key: 'x', absent: true, values: complementValues(sure(valuesContaining(long(n + 1).slice(0, 20)))) },
          { key: `y${n % 7}`, absent: false, values: sure(valuesEnding(long(n + 2).slice(0, 20))) },
        ]),
      );
      const began = performance.now();
      expect(coverage(everyLabels, boxes).answer).not.toBe('covered');
      // A hang guard, not a measurement.
      expect(performance.now() - began).toBeLessThan(10_000);
    });
  });
});
