import { boxOf, type LabelBox } from '../../../sets/labels.ts';
import { everyValue, noValues, onlyValues, valuesExcept } from '../../../sets/values.ts';
import type { Selector } from './ast.ts';
export function selectorBoxes(
  s: Selector,
  o: { mapKey: (k: string) => string },
): { ok: true; boxes: readonly LabelBox[] } | { ok: false; reason: 'work-cap' } {
  const go = (x: Selector, neg: boolean): LabelBox[] => {
    switch (x.kind) {
      case 'all':
      case 'global':
        return neg ? [] : [boxOf([])];
      case 'has':
        return [boxOf([{ key: o.mapKey(x.key), absent: neg, values: neg ? noValues : everyValue }])];
      case 'not':
        return go(x.operand, !neg);
      case 'value': {
        const n = (x.operator === '!=') !== neg;
        return [
          boxOf([{ key: o.mapKey(x.key), absent: n, values: n ? valuesExcept([x.value]) : onlyValues([x.value]) }]),
        ].filter((b) => !b.empty);
      }
      case 'set': {
        const n = (x.operator === 'not in') !== neg;
        return [
          boxOf([{ key: o.mapKey(x.key), absent: n, values: n ? valuesExcept(x.values) : onlyValues(x.values) }]),
        ].filter((b) => !b.empty);
      }
      case 'and':
      case 'or': {
        if ((x.kind === 'or') !== neg) return x.operands.flatMap((y) => go(y, neg));
        let acc: LabelBox[] = [boxOf([])];
        for (const y of x.operands) {
          const bs = go(y, neg);
          acc = acc.flatMap((a) => bs.map((b) => boxOf([...a.conditions, ...b.conditions]))).filter((b) => !b.empty);
        }
        return acc;
      }
    }
  };
  return { ok: true, boxes: go(s, false) };
}
