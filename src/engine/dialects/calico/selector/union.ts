import {
  boxOf,
  boxWork,
  containsBox,
  equalConditions,
  intersectBoxes,
  isEmptyBox,
  isResolvedBox,
  type KeyCondition,
  type LabelBox,
  uniteConditions,
} from '../../../sets/labels.ts';
import { isListed } from '../../../sets/values.ts';

/** How many boxes a union may have, and how many steps may still be spent on patterns. */
export interface Budget {
  readonly boxes: number;
  work: number;
}

export type Boxes = readonly LabelBox[];

/** The union of unions, in as few boxes as comes easily. Undefined where the budget is blown. */
export function uniteAll(unions: readonly Boxes[], budget: Budget): Boxes | undefined {
  const byKey = new Map<string, KeyCondition[]>();
  const others: LabelBox[] = [];
  for (const box of unions.flat()) {
    const [only, second] = box.conditions;
    // A thousand alternatives for one label are one condition, which is made in one go.
    if (only === undefined || second !== undefined || !isListed(only.values)) others.push(box);
    else if (!byKey.get(only.key)?.push(only)) byKey.set(only.key, [only]);
  }
  const boxes: LabelBox[] = [];
  for (const conditions of byKey.values()) {
    const united = uniteConditions(conditions);
    if (united !== undefined) others.unshift(boxOf([united]));
  }
  for (const box of others) {
    if (!add(boxes, box, budget)) return undefined;
  }
  return boxes;
}

/** What several unions have in common. Undefined where the budget is blown. */
export function intersectAll(unions: readonly Boxes[], budget: Budget): Boxes | undefined {
  // Those of one box first, and their lists in one go: that is less work, and makes the rest smaller.
  const single = unions.flatMap((union) => (union.length === 1 ? union : []));
  const conditions = single.flatMap((box) => box.conditions);
  const listed = boxOf(conditions.filter(({ values }) => isListed(values)));
  const patterns = conditions.flatMap((condition) => (isListed(condition.values) ? [] : [[boxOf([condition])]]));
  let boxes: Boxes = isEmptyBox(listed) ? [] : [listed];
  for (const union of [...patterns, ...unions.filter(({ length }) => length !== 1)]) {
    const product: LabelBox[] = [];
    for (const a of boxes) {
      for (const b of union) {
        budget.work -= boxWork(a, b);
        if (budget.work < 0 || !add(product, intersectBoxes(a, b), budget)) return undefined;
      }
    }
    boxes = product;
  }
  return boxes;
}

/**
 * Adds a box to a union: not if it is within another; instead of those that are within it; and together with one that
 * differs from it at one key only, as the one box that both are. False where the budget is blown.
 */
function add(boxes: LabelBox[], added: LabelBox, budget: Budget): boolean {
  if (!isResolvedBox(added)) return false;
  if (isEmptyBox(added)) return true;
  let box = added;
  for (let i = 0; i < boxes.length; i += 1) {
    const other = boxes[i];
    if (other === undefined) break;
    budget.work -= boxWork(box, other);
    if (budget.work < 0) return false;
    if (containsBox(other, box)) return true;
    const joined = containsBox(box, other) ? box : join(box, other);
    if (joined === undefined) continue;
    if (!isResolvedBox(joined)) return false;
    boxes.splice(i, 1);
    // A box that has grown may now reach those it was compared with before.
    i = joined === box ? i - 1 : -1;
    box = joined;
  }
  boxes.push(box);
  return boxes.length <= budget.boxes;
}

/** Two boxes as one, where all their conditions but those at one key are the same. */
function join(a: LabelBox, b: LabelBox): LabelBox | undefined {
  if (a.conditions.length !== b.conditions.length) return undefined;
  let different: readonly [KeyCondition, KeyCondition] | undefined;
  for (const [i, x] of a.conditions.entries()) {
    const y = b.conditions[i];
    if (y === undefined || x.key !== y.key) return undefined;
    if (equalConditions(x, y)) continue;
    if (different !== undefined) return undefined;
    different = [x, y];
  }
  const united = different && uniteConditions(different);
  return united && boxOf([...a.conditions.filter((condition) => condition.key !== united.key), united]);
}
