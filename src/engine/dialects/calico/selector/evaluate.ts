import type { LabelLookup } from '../../../sets/labels.ts';
import type { Selector, ValueOperator } from './ast.ts';

/**
 * Whether labels meet a selector. Where the label is missing, `!=` and `not in` hold, and nothing else that asks for a
 * value. `global()` holds of everything: it means something else only as the whole of a rule's namespaceSelector.
 *
 * Source: projectcalico/calico libcalico-go/lib/selector/parser/ast.go
 */
export function matchesSelector(selector: Selector, labels: LabelLookup): boolean {
  switch (selector.kind) {
    case 'all':
    case 'global':
      return true;
    case 'has':
      return labels.get(selector.key) !== undefined;
    case 'value':
      return holds(selector.operator, labels.get(selector.key), selector.value);
    case 'set': {
      const value = labels.get(selector.key);
      return (value !== undefined && selector.values.includes(value)) === (selector.operator === 'in');
    }
    case 'not':
      return !matchesSelector(selector.operand, labels);
    case 'and':
      return selector.operands.every((operand) => matchesSelector(operand, labels));
    case 'or':
      return selector.operands.some((operand) => matchesSelector(operand, labels));
  }
}

function holds(operator: ValueOperator, value: string | undefined, text: string): boolean {
  if (value === undefined) return operator === '!=';
  switch (operator) {
    case '==':
      return value === text;
    case '!=':
      return value !== text;
    case 'contains':
      return value.includes(text);
    case 'starts with':
      return value.startsWith(text);
    case 'ends with':
      return value.endsWith(text);
  }
}
