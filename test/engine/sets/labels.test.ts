import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admitsFresh,
  boxKey,
  boxKeys,
  boxOf,
  containsBox,
  emptyBox,
  equalBoxes,
  everyLabels,
  formatBox,
  intersectBoxes,
  isEmptyBox,
  isEveryBox,
  type LabelBox,
  labelIn,
  matchesBox,
  overlapBoxes,
  readSelector,
  renameKeys,
  restrictBox,
  someLabels,
  subtractBox,
} from '../../../src/engine/sets/labels.ts';
import { noValues, onlyValues, valuesExcept } from '../../../src/engine/sets/values.ts';
import { keys, type Labelling, toldBox, universe } from './universe.ts';

function selector(value: unknown): LabelBox {
  const reading = readSelector(value);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.box;
}

const expression = (key: string, operator: string, ...values: string[]) =>
  selector({ matchExpressions: [{ key, operator, values }] });
const exists = (key: string) => expression(key, 'Exists');
const absent = (key: string) => expression(key, 'DoesNotExist');
const notIn = (key: string, ...values: string[]) => expression(key, 'NotIn', ...values);

function same(a: LabelBox, b: LabelBox): void {
  expect(a).toEqual(b);
  expect(boxKey(a)).toBe(boxKey(b));
  expect(equalBoxes(a, b)).toBe(true);
}

describe('label boxes', () => {
  it('admit the labellings that a naive reading says they admit', () => {
    fc.assert(
      fc.property(toldBox, toldBox, (a, b) => {
        const both = intersectBoxes(a.box, b.box);
        const pieces = subtractBox(a.box, b.box);
        const count = { a: 0, both: 0, outside: 0 };
        for (const labels of universe) {
          const [inA, inB] = [a.admits(labels), b.admits(labels)];
          expect(matchesBox(a.box, labels)).toBe(inA);
          expect(matchesBox(both, labels)).toBe(inA && inB);
          expect(pieces.filter((piece) => matchesBox(piece, labels)).length).toBe(inA && !inB ? 1 : 0);
          if (inA) count.a += 1;
          if (inA && inB) count.both += 1;
          if (inB && !inA) count.outside += 1;
        }
        expect(isEmptyBox(a.box)).toBe(count.a === 0);
        expect(isEveryBox(a.box)).toBe(count.a === universe.length);
        expect(overlapBoxes(a.box, b.box)).toBe(count.both > 0);
        expect(containsBox(a.box, b.box)).toBe(count.outside === 0);
        for (const piece of pieces) expect(isEmptyBox(piece)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('keep the laws of intersection', () => {
    fc.assert(
      fc.property(toldBox, toldBox, toldBox, ({ box: a }, { box: b }, { box: c }) => {
        same(intersectBoxes(a, b), intersectBoxes(b, a));
        same(intersectBoxes(intersectBoxes(a, b), c), intersectBoxes(a, intersectBoxes(b, c)));
        same(intersectBoxes(a, a), a);
        same(intersectBoxes(a, everyLabels), a);
        same(intersectBoxes(a, emptyBox), emptyBox);
        expect(containsBox(a, intersectBoxes(a, b))).toBe(true);
        expect(containsBox(a, b)).toBe(equalBoxes(intersectBoxes(a, b), b));
        expect(containsBox(a, b)).toBe(subtractBox(b, a).length === 0);
      }),
      { numRuns: 300 },
    );
  });

  it('are canonical: those that admit the same are one value with one key', () => {
    fc.assert(
      fc.property(toldBox, toldBox, (a, b) => {
        const alike = universe.every((labels) => a.admits(labels) === b.admits(labels));
        expect(equalBoxes(a.box, b.box)).toBe(alike);
        expect(boxKey(a.box) === boxKey(b.box)).toBe(alike);
        if (alike) expect(a.box).toEqual(b.box);
        else expect(a.box).not.toEqual(b.box);
      }),
      { numRuns: 500 },
    );
  });

  it('come out the same however they are spelled', () => {
    same(selector({ matchLabels: { app: 'web' } }), expression('app', 'In', 'web'));
    same(expression('app', 'In', 'b', 'a', 'b'), labelIn('app', ['a', 'b']));
    same(intersectBoxes(exists('x'), notIn('x', 'a')), intersectBoxes(notIn('x', 'a'), exists('x')));
    same(intersectBoxes(expression('x', 'In', 'a', 'b'), notIn('x', 'b')), labelIn('x', ['a']));
    same(intersectBoxes(expression('x', 'In', 'a'), absent('x')), emptyBox);
    same(selector({}), everyLabels);
    same(labelIn('x', []), emptyBox);
    expect(boxKey(everyLabels)).not.toBe(boxKey(emptyBox));
  });

  it('let NotIn and DoesNotExist admit what has no such label, In and Exists not', () => {
    const none: Labelling = new Map();
    expect(matchesBox(notIn('x', 'a'), none)).toBe(true);
    expect(matchesBox(absent('x'), none)).toBe(true);
    expect(matchesBox(expression('x', 'In', 'a'), none)).toBe(false);
    expect(matchesBox(exists('x'), none)).toBe(false);
    expect(matchesBox(exists('x'), new Map([['x', '']]))).toBe(true);
  });

  it('name the keys they look at', () => {
    expect(boxKeys(selector({ matchLabels: { b: '1', a: '2' } }))).toEqual(['a', 'b']);
    expect(boxKeys(everyLabels)).toEqual([]);
    expect(boxKeys(emptyBox)).toEqual([]);
  });

  it('can be moved to other keys, which may coincide', () => {
    const box = intersectBoxes(labelIn('b', ['1', '2']), labelIn('a', ['2', '3']));
    same(
      renameKeys(box, (key) => `z${key}`),
      intersectBoxes(labelIn('zb', ['1', '2']), labelIn('za', ['2', '3'])),
    );
    same(
      renameKeys(box, () => 'one'),
      labelIn('one', ['2']),
    );
    same(
      renameKeys(emptyBox, (key) => key),
      emptyBox,
    );
    same(
      renameKeys(box, (key) => (key === 'a' ? 'y' : 'x')),
      intersectBoxes(labelIn('x', ['1', '2']), labelIn('y', ['2', '3'])),
    );
  });

  it('are restricted to the keys that are open, as a naive reading says', () => {
    fc.assert(
      fc.property(toldBox, fc.constantFrom(...universe), fc.subarray([...keys]), (told, labels, known) => {
        const rest = restrictBox(told.box, (key) =>
          known.some((one) => one === key) ? { value: labels.get(key) } : undefined,
        );
        for (const other of universe) {
          const joint = new Map([...other].filter(([key]) => !known.some((one) => one === key)));
          for (const key of known) if (labels.has(key)) joint.set(key, labels.get(key)!);
          expect(rest !== undefined && matchesBox(rest, other)).toBe(told.admits(joint));
        }
        if (rest !== undefined) for (const key of boxKeys(rest)) expect(known).not.toContain(key);
      }),
    );
  });

  it('have a witness that they admit, with no more labels than it takes', () => {
    fc.assert(
      fc.property(toldBox, ({ box, admits }) => {
        const labels = someLabels(box);
        expect(labels === undefined).toBe(isEmptyBox(box));
        if (labels === undefined) return;
        expect(matchesBox(box, labels)).toBe(true);
        // A value that no box mentions is for the naive reading the one that stands for them.
        const known = new Map([...labels].map(([k, v]) => [k, ['', 'a', 'b'].includes(v) ? v : 'unheard-of']));
        expect(admits(known)).toBe(true);
        for (const key of labels.keys()) {
          expect(matchesBox(box, new Map([...labels].filter(([other]) => other !== key)))).toBe(false);
        }
      }),
    );
    expect(someLabels(everyLabels)).toEqual(new Map());
  });

  it('treat __proto__ and constructor as keys like any other', () => {
    const box = intersectBoxes(labelIn('__proto__', ['x']), labelIn('constructor', ['y']));
    expect(
      matchesBox(
        box,
        new Map([
          ['__proto__', 'x'],
          ['constructor', 'y'],
        ]),
      ),
    ).toBe(true);
    expect(matchesBox(box, new Map())).toBe(false);
    expect(someLabels(box)?.get('__proto__')).toBe('x');
  });

  it('do not mistake one text of a key for another', () => {
    const odd = labelIn('a"="', ['1', '2']);
    expect(boxKey(odd)).not.toBe(boxKey(labelIn('a', ['"="1', '2'])));
    expect(boxKey(labelIn('x', ['a,b']))).not.toBe(boxKey(labelIn('x', ['a', 'b'])));
  });

  it('take ten thousand values and ten thousand keys', () => {
    const values = Array.from({ length: 10_000 }, (_, n) => `v${n}`);
    const only = expression('x', 'In', ...values);
    const not = notIn('x', ...values);
    expect(isEmptyBox(intersectBoxes(only, not))).toBe(true);
    expect(subtractBox(everyLabels, not)).toEqual([only]);
    expect(matchesBox(only, new Map([['x', 'v9999']]))).toBe(true);
    const wide = selector({ matchLabels: Object.fromEntries(values.map((value) => [value, value])) });
    expect(boxKeys(wide)).toHaveLength(10_000);
    expect(containsBox(wide, intersectBoxes(wide, only))).toBe(true);
    expect(overlapBoxes(wide, absent('v5'))).toBe(false);
  });
});

describe('admitsFresh', () => {
  const name = 'kubernetes.io/metadata.name';

  it.each([
    ['everything', everyLabels, true],
    ['the name being there', exists(name), true],
    ['all names but some', notIn(name, 'nonsense', 'kube-system'), true],
    ['the absence of another label', absent('nonsense'), true],
    ['another label not having a value', notIn('team', 'a'), true],
    ['a label', exists('team'), false],
    ['one value of a label', labelIn('team', ['a']), false],
    ['one name', labelIn(name, ['default']), false],
    ['the absence of a name', absent(name), false],
    ['nothing', emptyBox, false],
  ])('says of %s as a selector of namespaces: is a new one admitted?', (_, box, admitted) => {
    expect(admitsFresh(box, name)).toBe(admitted);
  });

  it('asks of a new pod that it needs no label at all', () => {
    expect(admitsFresh(everyLabels)).toBe(true);
    expect(admitsFresh(intersectBoxes(absent('x'), notIn('y', 'a')))).toBe(true);
    expect(admitsFresh(exists(name))).toBe(false);
    expect(admitsFresh(emptyBox)).toBe(false);
    fc.assert(
      fc.property(toldBox, ({ box, admits }) => {
        expect(admitsFresh(box)).toBe(admits(new Map()));
      }),
    );
  });

  it('agrees with the naive reading about all names but finitely many', () => {
    fc.assert(
      fc.property(toldBox, ({ box, admits }) => {
        expect(admitsFresh(box, 'app')).toBe(admits(new Map([['app', 'unheard-of']])));
      }),
    );
  });
});

describe('formatBox', () => {
  const many = Array.from({ length: 13 }, (_, n) => `v${String(n).padStart(2, '0')}`);

  it.each([
    ['', everyLabels],
    ['(nothing)', emptyBox],
    ['app=web', labelIn('app', ['web'])],
    ['app=', labelIn('app', [''])],
    ['app in (a,b)', labelIn('app', ['b', 'a'])],
    ['!app', absent('app')],
    ['app', exists('app')],
    ['app notin (a,b)', notIn('app', 'b', 'a')],
    ['app, app notin (a)', intersectBoxes(exists('app'), notIn('app', 'a'))],
    ['(!app or app=a)', boxOf([{ key: 'app', absent: true, values: onlyValues(['a']) }])],
    ['(!app or app in (a,b))', boxOf([{ key: 'app', absent: true, values: onlyValues(['a', 'b']) }])],
    ['!x', boxOf([{ key: 'x', absent: true, values: noValues }])],
    ['x notin ()', boxOf([{ key: 'x', absent: true, values: valuesExcept(['']) }])],
    [
      'a.b/c=d, tier in (x,y), !z',
      intersectBoxes(absent('z'), intersectBoxes(labelIn('tier', ['y', 'x']), labelIn('a.b/c', ['d']))),
    ],
    ['x in (v00,v01,v02,v03,v04,v05,v06,v07,v08,v09, and 3 more)', labelIn('x', many)],
  ])('%j', (text, box) => {
    expect(formatBox(box)).toBe(text);
  });
});
