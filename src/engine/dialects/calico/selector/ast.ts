export type ValueOperator = '==' | '!=' | 'contains' | 'starts with' | 'ends with';
export type SetOperator = 'in' | 'not in';

/**
 * A Calico selector, read. Parentheses leave no trace, `!` stands at most once before an operation, and the values of a
 * set ascend and stand once: so what is printed reads as the same tree again.
 */
export type Selector =
  | { readonly kind: 'all' }
  | { readonly kind: 'global' }
  | { readonly kind: 'has'; readonly key: string }
  | { readonly kind: 'value'; readonly key: string; readonly operator: ValueOperator; readonly value: string }
  | { readonly kind: 'set'; readonly key: string; readonly operator: SetOperator; readonly values: readonly string[] }
  | { readonly kind: 'not'; readonly operand: Selector }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Selector[] };

/** The same selector with each leaf replaced. */
export function mapLeaves(selector: Selector, change: (leaf: Selector) => Selector): Selector {
  switch (selector.kind) {
    case 'not':
      return { kind: 'not', operand: mapLeaves(selector.operand, change) };
    case 'and':
    case 'or':
      return { kind: selector.kind, operands: selector.operands.map((operand) => mapLeaves(operand, change)) };
    default:
      return change(selector);
  }
}

/**
 * The same selector over keys with a prefix, as Calico makes one of a namespaceSelector (`pcns.`) and of a
 * serviceAccountSelector (`pcsa.`).
 *
 * Source: projectcalico/calico libcalico-go/lib/backend/syncersv1/updateprocessors/selectors.go
 */
export function prefixKeys(selector: Selector, prefix: string): Selector {
  return mapLeaves(selector, (leaf) => ('key' in leaf ? { ...leaf, key: prefix + leaf.key } : leaf));
}

/** The same selector with every `all()` replaced by `has(KEY)`. */
export function replaceAll(selector: Selector, key: string): Selector {
  return mapLeaves(selector, (leaf) => (leaf.kind === 'all' ? { kind: 'has', key } : leaf));
}

/**
 * What `replaceAll` does, on the text, as Calico does it to the selector of a GlobalNetworkPolicy: there `all( )` stays,
 * and a quoted "all()" does not.
 *
 * Source: projectcalico/calico libcalico-go/lib/backend/syncersv1/updateprocessors/globalnetworkpolicyprocessor.go
 */
export function replaceAllInText(text: string, key: string): string {
  return text.replaceAll('all()', () => `has(${key})`);
}

/** Whether `global()` stands anywhere in it. */
export function mentionsGlobal(selector: Selector): boolean {
  switch (selector.kind) {
    case 'global':
      return true;
    case 'not':
      return mentionsGlobal(selector.operand);
    case 'and':
    case 'or':
      return selector.operands.some(mentionsGlobal);
    default:
      return false;
  }
}
