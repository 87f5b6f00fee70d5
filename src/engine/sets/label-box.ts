import {
  complementValues,
  containsValues,
  equalValues,
  hasValue,
  intersectValues,
  isAlmostEveryValue,
  isEveryValue,
  isNoValue,
  isResolved,
  onlyValues,
  overlapValues,
  patternWork,
  unionValues,
  type ValueSet,
  valuesKey,
} from './values.ts';

/** What a box admits at one key: that the label is absent, or that it has one of the values. */
export interface Admitted {
  readonly absent: boolean;
  readonly values: ValueSet;
}

export interface KeyCondition extends Admitted {
  readonly key: string;
}

/**
 * A set of labellings, as every Kubernetes label selector is one: at each key by itself something is admitted. Canonical:
 * conditions ascend by key and each leaves something out, and of what admits nothing there is one value only, so equal
 * boxes are equal values.
 */
export interface LabelBox {
  readonly empty: boolean;
  readonly conditions: readonly KeyCondition[];
}

/** Admits every labelling. */
export const everyLabels: LabelBox = { empty: false, conditions: [] };

/** Admits none. */
export const emptyBox: LabelBox = { empty: true, conditions: [] };

/** What reads a label by its key; undefined where the label is absent. A ReadonlyMap is one. */
export interface LabelLookup {
  get(key: string): string | undefined;
}

const isAll = (admitted: Admitted): boolean => admitted.absent && isEveryValue(admitted.values);
const isNothing = (admitted: Admitted): boolean => !admitted.absent && isNoValue(admitted.values);

/** The labellings for which all conditions hold; several may speak of one key. */
export function boxOf(conditions: readonly KeyCondition[]): LabelBox {
  const [only] = conditions;
  // Most selectors ask for one label.
  if (only !== undefined && conditions.length === 1) {
    return isAll(only) ? everyLabels : isNothing(only) ? emptyBox : { empty: false, conditions: [only] };
  }
  const byKey = new Map<string, KeyCondition[]>();
  for (const condition of conditions) {
    const others = byKey.get(condition.key);
    if (others === undefined) byKey.set(condition.key, [condition]);
    else others.push(condition);
  }
  const narrow: KeyCondition[] = [];
  for (const ofOneKey of byKey.values()) {
    const all = inRounds(ofOneKey, intersectConditions);
    if (all === undefined || isAll(all)) continue;
    if (isNothing(all)) return emptyBox;
    narrow.push(all);
  }
  return narrow.length === 0
    ? everyLabels
    : { empty: false, conditions: narrow.sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

/** Combines neighbours, then what came of them, and so on, so that n values cost n log n. Undefined for none. */
function inRounds(
  conditions: readonly KeyCondition[],
  combine: (a: KeyCondition, b: KeyCondition) => KeyCondition,
): KeyCondition | undefined {
  let round = conditions;
  while (round.length > 1) {
    const next: KeyCondition[] = [];
    for (let i = 0; i < round.length; i += 2) {
      const a = round[i];
      const b = round[i + 1];
      if (a !== undefined) next.push(b === undefined ? a : combine(a, b));
    }
    round = next;
  }
  return round[0];
}

/** The labellings that have one of the values at this key. */
export function labelIn(key: string, values: readonly string[]): LabelBox {
  return boxOf([{ key, absent: false, values: onlyValues(values) }]);
}

function intersectConditions(a: KeyCondition, b: KeyCondition): KeyCondition {
  return { key: a.key, absent: a.absent && b.absent, values: intersectValues(a.values, b.values) };
}

/** The condition of a box at a key, or undefined where it admits everything there. */
function conditionAt({ conditions }: LabelBox, key: string): KeyCondition | undefined {
  let low = 0;
  let high = conditions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = conditions[middle];
    if (found === undefined || found.key === key) return found;
    if (found.key < key) low = middle + 1;
    else high = middle;
  }
  return undefined;
}

export function matchesBox(box: LabelBox, labels: LabelLookup): boolean {
  if (box.empty) return false;
  for (const { key, absent, values } of box.conditions) {
    const value = labels.get(key);
    if (value === undefined ? !absent : !hasValue(values, value)) return false;
  }
  return true;
}

export function intersectBoxes(a: LabelBox, b: LabelBox): LabelBox {
  if (a === b || a.empty || isEveryBox(b)) return a;
  if (b.empty || isEveryBox(a)) return b;
  const conditions: KeyCondition[] = [];
  let i = 0;
  let j = 0;
  // Both ascend by key.
  for (;;) {
    const x = a.conditions[i];
    const y = b.conditions[j];
    if (x === undefined && y === undefined) return { empty: false, conditions };
    if (y === undefined || (x !== undefined && x.key < y.key)) {
      if (x !== undefined) conditions.push(x);
      i += 1;
    } else if (x === undefined || y.key < x.key) {
      conditions.push(y);
      j += 1;
    } else {
      const both = intersectConditions(x, y);
      if (isNothing(both)) return emptyBox;
      conditions.push(both);
      i += 1;
      j += 1;
    }
  }
}

/** Whether some labelling is in both. */
export function overlapBoxes(a: LabelBox, b: LabelBox): boolean {
  if (a.empty || b.empty) return false;
  return a.conditions.every((x) => {
    const y = conditionAt(b, x.key);
    return y === undefined || (x.absent && y.absent) || overlapValues(x.values, y.values);
  });
}

/** Whether every labelling of `b` is in `a`. */
export function containsBox(a: LabelBox, b: LabelBox): boolean {
  if (a === b || b.empty) return true;
  return !a.empty && a.conditions.every((outer) => !isNarrower(outer, b));
}

/** Whether a condition leaves out something that the box, which is not empty, admits at its key. */
export function isNarrower(condition: KeyCondition, box: LabelBox): boolean {
  const inner = conditionAt(box, condition.key);
  if (inner === undefined) return true;
  return (inner.absent && !condition.absent) || !containsValues(condition.values, inner.values);
}

export function equalBoxes(a: LabelBox, b: LabelBox): boolean {
  if (a === b) return true;
  if (a.empty !== b.empty || a.conditions.length !== b.conditions.length) return false;
  return a.conditions.every((x, i) => {
    const y = b.conditions[i];
    return y !== undefined && equalConditions(x, y);
  });
}

export function equalConditions(a: KeyCondition, b: KeyCondition): boolean {
  return a.key === b.key && a.absent === b.absent && equalValues(a.values, b.values);
}

export function isEmptyBox(box: LabelBox): boolean {
  return box.empty;
}

export function isEveryBox(box: LabelBox): boolean {
  return !box.empty && box.conditions.length === 0;
}

/** Whether all that is said of the box is exact: no condition on a value was too much work. */
export function isResolvedBox(box: LabelBox): boolean {
  return box.conditions.every(({ values }) => isResolved(values));
}

/** How much work, at most and in steps, it is to combine or compare two boxes where both have patterns. */
export function boxWork(a: LabelBox, b: LabelBox): number {
  let work = 0;
  for (const { key, values } of a.conditions) {
    if (values.kind !== 'pattern') continue;
    const other = conditionAt(b, key);
    if (other !== undefined) work += patternWork(values, other.values);
  }
  return work;
}

/** What of `a` is not in `b`, as disjoint boxes, at most one for each condition of `b`. */
export function subtractBox(a: LabelBox, b: LabelBox): readonly LabelBox[] {
  if (a.empty) return [];
  if (!overlapBoxes(a, b)) return [a];
  const pieces: LabelBox[] = [];
  let rest = a;
  for (const condition of b.conditions) {
    if (!isNarrower(condition, rest)) continue;
    pieces.push(intersectBoxes(rest, boxOf([complement(condition)])));
    rest = intersectBoxes(rest, boxOf([condition]));
  }
  return pieces;
}

export function complement({ key, absent, values }: KeyCondition): KeyCondition {
  return { key, absent: !absent, values: complementValues(values) };
}

/** What any of the conditions, all of one key, admits; undefined for none. */
export function uniteConditions(conditions: readonly KeyCondition[]): KeyCondition | undefined {
  return inRounds(conditions, (a, b) => ({
    key: a.key,
    absent: a.absent || b.absent,
    values: unionValues(a.values, b.values),
  }));
}

/**
 * Whether an object without labels is admitted. With `freshKey`: one that carries this label and no other, under all but
 * finitely many of its values, as a new namespace carries its name.
 */
export function admitsFresh(box: LabelBox, freshKey?: string): boolean {
  if (box.empty) return false;
  return box.conditions.every(({ key, absent, values }) => (key === freshKey ? isAlmostEveryValue(values) : absent));
}

/** Equal exactly for equal boxes: each text stands behind its length, so that none can be taken for two. */
export function boxKey(box: LabelBox): string {
  if (box.empty) return 'empty';
  let text = '';
  for (const { key, absent, values } of box.conditions) {
    text += `${key.length}:${key}${absent ? '?' : ''}${valuesKey(values)}`;
  }
  return text;
}
