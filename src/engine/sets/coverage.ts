import {
  boxOf,
  boxWork,
  complement,
  emptyBox,
  intersectBoxes,
  isNarrower,
  isResolvedBox,
  type KeyCondition,
  type LabelBox,
  matchesBox,
  overlapBoxes,
  subtractBox,
  uniteConditions,
} from './label-box.ts';
import { someValue } from './values.ts';

/** `open` names a box of the target that none of the boxes touches. `unknown`: it would have cost too much to find out. */
export type Coverage =
  | { readonly answer: 'covered' }
  | { readonly answer: 'open'; readonly left: LabelBox }
  | { readonly answer: 'unknown' };

/** How many boxes may be looked at for each split that may be made, and for each box that there is. */
const looksPerUnit = 100;

/** How many steps on patterns cost as much as a look at a box. */
const stepsPerLook = 16;

/**
 * Whether every labelling of `target` is in one of `boxes`. Exact, by splitting the target along a box until each piece
 * lies in one box or outside of all. That is exponential at worst, so past `cap` splits, or as much work, it gives up.
 */
export function coverage(target: LabelBox, boxes: readonly LabelBox[], cap = 2000): Coverage {
  const budget: Budget = { splits: cap, looks: (cap + boxes.length + 1) * looksPerUnit };
  const pieces: Piece[] = [{ left: target, boxes }];
  let isSure = true;
  for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
    const rest = withoutSimple(piece, budget);
    if (rest === undefined) return { answer: 'unknown' };
    if (rest.left.empty) continue;
    const [first] = rest.boxes;
    if (first === undefined) {
      if (isResolvedBox(rest.left)) return { answer: 'open', left: rest.left };
      // It may admit nothing at all. Another piece may still be surely open.
      isSure = false;
      continue;
    }
    if (budget.splits === 0) return { answer: 'unknown' };
    budget.splits -= 1;
    const along = rest.boxes.reduce(
      (best, box) => (box.conditions.length < best.conditions.length ? box : best),
      first,
    );
    const others = rest.boxes.filter((box) => box !== along);
    for (const left of subtractBox(rest.left, along)) pieces.push({ left, boxes: others });
  }
  return { answer: isSure ? 'covered' : 'unknown' };
}

/**
 * Whether every labelling of `target` is in one of `boxes`, as far as can be found out within `cap`: true only where that
 * is certain. Mostly one labelling that is in none of them settles it, which costs one look at each.
 */
export function isCovered(target: LabelBox, boxes: readonly LabelBox[], cap: number): boolean {
  const plain = plainLabelling(target);
  if (plain !== undefined && !boxes.some((box) => matchesBox(box, plain))) return false;
  return coverage(target, boxes, cap).answer === 'covered';
}

/** A labelling of the box with as few labels as it admits; undefined where none is known. */
function plainLabelling(box: LabelBox): ReadonlyMap<string, string> | undefined {
  const labels = new Map<string, string>();
  for (const { key, absent, values } of box.conditions) {
    const value = absent ? undefined : someValue(values);
    if (value !== undefined) labels.set(key, value);
  }
  return matchesBox(box, labels) ? labels : undefined;
}

/** What may still be spent. */
interface Budget {
  splits: number;
  looks: number;
}

/** A part of the target, and the boxes that may cover it. */
interface Piece {
  readonly left: LabelBox;
  readonly boxes: readonly LabelBox[];
}

const done: Piece = { left: emptyBox, boxes: [] };

/**
 * Takes away, in one go, all boxes that are narrower than what is left at one key only: that splits nothing. What is left
 * is then smaller, so others may have become such boxes, or have no more part in it. Undefined when the budget is spent.
 */
function withoutSimple(piece: Piece, budget: Budget): Piece | undefined {
  let { left, boxes } = piece;
  for (;;) {
    budget.looks -= boxes.length;
    for (const box of boxes) budget.looks -= boxWork(box, left) / stepsPerLook;
    if (budget.looks < 0) return undefined;
    const simple = new Map<string, KeyCondition[]>();
    const wide: LabelBox[] = [];
    for (const box of boxes) {
      if (!overlapBoxes(box, left)) continue;
      const narrower = box.conditions.filter((condition) => isNarrower(condition, left));
      const [only] = narrower;
      if (only === undefined) return done;
      // A condition that no longer takes anything away would only hide how little the box asks for.
      if (narrower.length > 1) wide.push(narrower.length < box.conditions.length ? boxOf(narrower) : box);
      else if (!simple.get(only.key)?.push(only)) simple.set(only.key, [only]);
    }
    if (simple.size === 0) return { left, boxes: wide };
    for (const conditions of simple.values()) {
      const covered = uniteConditions(conditions);
      if (covered !== undefined) left = intersectBoxes(left, boxOf([complement(covered)]));
    }
    if (left.empty) return done;
    boxes = wide;
  }
}
