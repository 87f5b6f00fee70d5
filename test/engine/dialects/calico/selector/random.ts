import fc from 'fast-check';
import type { Selector } from '../../../../../src/engine/dialects/calico/selector/ast.ts';
import { parseSelector, type SelectorParsing } from '../../../../../src/engine/dialects/calico/selector/parse.ts';

/** The tree of a text that is known to be good. */
export function read(text: string): Selector {
  const parsing: SelectorParsing = parseSelector(text);
  if (!parsing.ok) throw new Error(`${text}: ${JSON.stringify(parsing.problem)}`);
  return parsing.selector;
}

const key = fc.constantFrom('a', 'b', 'has', 'projectcalico.org/namespace');
const value = fc.constantFrom('', 'x', 'y', 'xy', 'xyx', 'yx', 'xx');

const leaf: fc.Arbitrary<Selector> = fc.oneof(
  fc.constant<Selector>({ kind: 'all' }),
  fc.constant<Selector>({ kind: 'global' }),
  key.map((one): Selector => ({ kind: 'has', key: one })),
  fc
    .tuple(key, fc.constantFrom('==', '!=', 'contains', 'starts with', 'ends with'), value)
    .map(([one, operator, text]): Selector => ({ kind: 'value', key: one, operator, value: text })),
  fc
    .tuple(key, fc.constantFrom('in', 'not in'), fc.uniqueArray(value, { maxLength: 3 }))
    .map(([one, operator, values]): Selector => ({ kind: 'set', key: one, operator, values: values.sort() })),
);

/** Trees as the parser makes them: no `not` in a `not`, and at least two operands to join. */
export const selector: fc.Arbitrary<Selector> = fc.letrec<{ tree: Selector; positive: Selector }>((tie) => ({
  tree: fc.oneof(
    { withCrossShrink: true },
    tie('positive'),
    tie('positive').map((operand): Selector => ({ kind: 'not', operand })),
  ),
  positive: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(fc.constantFrom('and', 'or'), fc.array(tie('tree'), { minLength: 2, maxLength: 3 }))
      .map(([kind, operands]): Selector => ({ kind, operands })),
  ),
})).tree;

/** Labels that tell the random selectors apart. */
export const labelling: fc.Arbitrary<ReadonlyMap<string, string>> = fc
  .array(fc.tuple(key, fc.oneof(value, fc.constantFrom('z', 'xzx', 'xyxy'))), { maxLength: 4 })
  .map((entries) => new Map(entries));
