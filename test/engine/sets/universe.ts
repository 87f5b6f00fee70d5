import fc from 'fast-check';
import { boxOf, type KeyCondition, type LabelBox } from '../../../src/engine/sets/labels.ts';
import { onlyValues, valuesExcept } from '../../../src/engine/sets/values.ts';

/** A space of labellings that is small enough to try every one. */
export const keys = ['app', 'env', 'team'] as const;

const listed = ['', 'a', 'b'] as const;

/** The last value stands for all that no box mentions. */
const values = [undefined, ...listed, 'unheard-of'];

export type Labelling = ReadonlyMap<string, string>;

export const universe: readonly Labelling[] = keys.reduce<readonly Labelling[]>(
  (labellings, key) =>
    labellings.flatMap((labels) =>
      values.map((value) => (value === undefined ? labels : new Map([...labels, [key, value]]))),
    ),
  [new Map()],
);

/** A box, and independently of it what it admits. */
export interface ToldBox {
  readonly box: LabelBox;
  readonly admits: (labels: Labelling) => boolean;
}

interface Told {
  readonly condition: KeyCondition;
  readonly admits: (labels: Labelling) => boolean;
}

const condition: fc.Arbitrary<Told> = fc
  .tuple(fc.constantFrom(...keys), fc.subarray([...listed]), fc.boolean(), fc.boolean())
  .map(([key, some, except, absent]) => ({
    condition: { key, absent, values: except ? valuesExcept(some) : onlyValues(some) },
    admits: (labels) => {
      const value = labels.get(key);
      return value === undefined ? absent : some.some((one) => one === value) !== except;
    },
  }));

/** Boxes of all shapes, the empty one and the full one among them. */
export const toldBox: fc.Arbitrary<ToldBox> = fc.array(condition, { maxLength: 4 }).map((conditions) => ({
  box: boxOf(conditions.map((one) => one.condition)),
  admits: (labels) => conditions.every((one) => one.admits(labels)),
}));
