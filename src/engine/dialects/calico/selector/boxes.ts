import {
  boxKey,
  boxOf,
  complement,
  everyLabels,
  isEmptyBox,
  type KeyCondition,
  type LabelBox,
} from '../../../sets/labels.ts';
import {
  everyValue,
  onlyValues,
  type ValueSet,
  valuesContaining,
  valuesEnding,
  valuesExcept,
  valuesStarting,
} from '../../../sets/values.ts';
import type { Selector } from './ast.ts';
import { type Boxes, type Budget, intersectAll, uniteAll } from './union.ts';

/** `work-cap`: it would take too many boxes, or too much work on the patterns of the values. */
export type SelectorBoxes =
  | { readonly ok: true; readonly boxes: readonly LabelBox[] }
  | { readonly ok: false; readonly reason: 'work-cap' };

export interface SelectorBoxesOptions {
  /** Where a label key of the selector is found in the space of the boxes. As it is, unless told otherwise. */
  readonly mapKey?: (key: string) => string;
  /** How many boxes there may be; 64 unless told otherwise. */
  readonly cap?: number;
}

/** Boxes that come and go on the way may be this many times as many as there may be in the end. */
const slack = 4;

/** Steps that may be spent on patterns: a fraction of a second at the very most. */
const mostWork = 1 << 20;

/**
 * The labellings that meet a selector, as a union of boxes, exactly. No box is empty or lies within another, so for a
 * selector that nothing can meet there is none. Boxes may overlap, and stand in a fixed order; whether together they are everything is for
 * `coverage` to find out.
 */
export function selectorBoxes(selector: Selector, options: SelectorBoxesOptions = {}): SelectorBoxes {
  const { mapKey = (key) => key, cap = 64 } = options;
  const boxes = translate(selector, false, mapKey, { boxes: cap * slack, work: mostWork });
  if (boxes === undefined || boxes.length > cap) return { ok: false, reason: 'work-cap' };
  return { ok: true, boxes: boxes.length < 2 ? boxes : inOrder(boxes) };
}

/** Always the same order, so that a selector written the other way round is judged in the same words. */
function inOrder(boxes: Boxes): Boxes {
  const keyed = boxes.map((box) => ({ box, key: boxKey(box) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ box }) => box);
}

/** Negation goes down to the leaves, each of which is a condition on one label. Undefined where the budget is blown. */
function translate(
  selector: Selector,
  negated: boolean,
  mapKey: (key: string) => string,
  budget: Budget,
): Boxes | undefined {
  switch (selector.kind) {
    case 'all':
    case 'global':
      return negated ? [] : [everyLabels];
    case 'not':
      return translate(selector.operand, !negated, mapKey, budget);
    case 'and':
    case 'or': {
      const unions: Boxes[] = [];
      for (const operand of selector.operands) {
        const union = translate(operand, negated, mapKey, budget);
        if (union === undefined) return undefined;
        unions.push(union);
      }
      return (selector.kind === 'and') === negated ? uniteAll(unions, budget) : intersectAll(unions, budget);
    }
    case 'has':
    case 'value':
    case 'set': {
      const values = admittedValues(selector);
      if (values === undefined) return undefined;
      const key = mapKey(selector.key);
      const condition: KeyCondition = { key, absent: admitsAbsent(selector), values };
      const box = boxOf([negated ? complement(condition) : condition]);
      return isEmptyBox(box) ? [] : [box];
    }
  }
}

type Leaf = Extract<Selector, { readonly key: string }>;

/** Calico reads a missing label as one that has another value. */
function admitsAbsent(leaf: Leaf): boolean {
  return leaf.kind !== 'has' && (leaf.operator === '!=' || leaf.operator === 'not in');
}

function admittedValues(leaf: Leaf): ValueSet | undefined {
  if (leaf.kind === 'has') return everyValue;
  switch (leaf.operator) {
    case '==':
      return onlyValues([leaf.value]);
    case '!=':
      return valuesExcept([leaf.value]);
    case 'contains':
      return valuesContaining(leaf.value);
    case 'starts with':
      return valuesStarting(leaf.value);
    case 'ends with':
      return valuesEnding(leaf.value);
    case 'in':
      return onlyValues(leaf.values);
    case 'not in':
      return valuesExcept(leaf.values);
  }
}
