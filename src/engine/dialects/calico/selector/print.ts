import type { Selector } from './ast.ts';

/**
 * The text of a selector as Calico itself writes it: double quotes unless the value contains one, and parentheses around
 * whatever `&&` or `||` joins. Two that mean the same may still have two texts.
 *
 * Source: projectcalico/calico libcalico-go/lib/selector/parser/ast.go
 */
export function printSelector(selector: Selector): string {
  switch (selector.kind) {
    case 'all':
      return 'all()';
    case 'global':
      return 'global()';
    case 'has':
      return `has(${selector.key})`;
    case 'value':
      return `${selector.key} ${selector.operator} ${quoted(selector.value)}`;
    case 'set':
      return `${selector.key} ${selector.operator} {${selector.values.map(quoted).join(', ')}}`;
    case 'not':
      return `!${printSelector(selector.operand)}`;
    case 'and':
      return `(${selector.operands.map(printSelector).join(' && ')})`;
    case 'or':
      return `(${selector.operands.map(printSelector).join(' || ')})`;
  }
}

/** No value that was read contains both kinds of quotes: the language has no way to write one. */
function quoted(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
