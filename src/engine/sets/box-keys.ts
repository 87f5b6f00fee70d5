import { boxOf, everyLabels, type KeyCondition, type LabelBox } from './label-box.ts';
import { hasValue } from './values.ts';

/** The keys that the box looks at, ascending. */
export function boxKeys(box: LabelBox): readonly string[] {
  return box.conditions.map(({ key }) => key);
}

/** The same box over other keys. Keys that come to be the same have both conditions to meet. */
export function renameKeys(box: LabelBox, rename: (key: string) => string): LabelBox {
  return box.empty ? box : boxOf(box.conditions.map((condition) => ({ ...condition, key: rename(condition.key) })));
}

/**
 * The box over the keys that are left open when some labels are known: what the others must be. `known` gives the value
 * of a known label, undefined inside where it is known to be absent. Undefined where the known labels are not admitted.
 */
export function restrictBox(
  box: LabelBox,
  known: (key: string) => { readonly value: string | undefined } | undefined,
): LabelBox | undefined {
  if (box.empty) return undefined;
  const open: KeyCondition[] = [];
  for (const condition of box.conditions) {
    const label = known(condition.key);
    if (label === undefined) open.push(condition);
    else if (label.value === undefined ? !condition.absent : !hasValue(condition.values, label.value)) return undefined;
  }
  return open.length === box.conditions.length
    ? box
    : open.length === 0
      ? everyLabels
      : { empty: false, conditions: open };
}
