import type { LabelMap } from '../labels.ts';
import { UndefinedByFacts } from './undefined.ts';

/** Calico's selector language over a map of labels: facts §3.1 (grammar), §3.2 (missing labels), §3.4 (rewriting). */

type Comparison = '==' | '!=' | 'contains' | 'starts with' | 'ends with';

export type Expression =
  | { readonly kind: 'all'; readonly literal: boolean }
  | { readonly kind: 'global' }
  | { readonly kind: 'has'; readonly label: string }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
  | { readonly kind: 'compare'; readonly label: string; readonly operator: Comparison; readonly value: string }
  | { readonly kind: 'in' | 'not in'; readonly label: string; readonly values: readonly string[] };

/** Undefined for what is no selector. Empty and blank are `all()`. */
export function parseSelector(text: string): Expression | undefined {
  if (/^[ \t]*$/.test(text)) return { kind: 'all', literal: false };
  const parser = new Parser(text);
  const expression = parser.or();
  return parser.atEnd() ? expression : undefined;
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Skips blanks, then takes what matches here. */
  #take(pattern: RegExp): string | undefined {
    const rest = this.#text.slice(this.#at);
    const blanks = /^[ \t]*/.exec(rest)?.[0].length ?? 0;
    const found = new RegExp(`^(?:${pattern.source})`).exec(rest.slice(blanks))?.[0];
    if (found !== undefined) this.#at += blanks + found.length;
    return found;
  }

  atEnd(): boolean {
    return /^[ \t]*$/.test(this.#text.slice(this.#at));
  }

  or(): Expression | undefined {
    return this.#chain('or', /\|\|/, () => this.#and());
  }

  #and(): Expression | undefined {
    return this.#chain('and', /&&/, () => this.#operation());
  }

  #chain(kind: 'and' | 'or', separator: RegExp, next: () => Expression | undefined): Expression | undefined {
    const operands: Expression[] = [];
    do {
      const operand = next();
      if (operand === undefined) return undefined;
      operands.push(operand);
    } while (this.#take(separator) !== undefined);
    return operands.length === 1 ? operands[0] : { kind, operands };
  }

  #operation(): Expression | undefined {
    if (this.#take(/!(?!=)/) !== undefined) {
      const operand = this.#operation();
      return operand === undefined ? undefined : { kind: 'not', operand };
    }
    if (this.#take(/\(/) !== undefined) {
      const inner = this.or();
      return this.#take(/\)/) === undefined ? undefined : inner;
    }
    const all = this.#take(/all\([ \t]*\)/);
    if (all !== undefined) return { kind: 'all', literal: all === 'all()' };
    if (this.#take(/global\([ \t]*\)/) !== undefined) return { kind: 'global' };
    const has = this.#take(/has\([ \t]*[A-Za-z0-9_./-]{1,512}[ \t]*\)/);
    if (has !== undefined) return { kind: 'has', label: has.slice('has('.length, -1).replace(/[ \t]/g, '') };
    // `has(`, `all(` and `global(` of any other form are no labels either.
    if (this.#take(/(?:has|all|global)\(/) !== undefined) return undefined;
    const label = this.#take(/[A-Za-z0-9_./-]+/);
    return label === undefined || label.length > 512 ? undefined : this.#comparison(label);
  }

  #comparison(label: string): Expression | undefined {
    const word = this.#take(/(?:==|!=|(?:contains|starts[ \t]*with|ends[ \t]*with|not[ \t]*in|in)(?![A-Za-z0-9_./-]))/);
    if (word === undefined) return undefined;
    const operator = word.replace(/^(starts|ends|not)[ \t]*/, '$1 ');
    if (operator === 'in' || operator === 'not in') {
      const values = this.#set();
      return values === undefined ? undefined : { kind: operator, label, values };
    }
    const value = this.#string();
    return value === undefined ? undefined : { kind: 'compare', label, operator: operator as Comparison, value };
  }

  #set(): readonly string[] | undefined {
    if (this.#take(/\{/) === undefined) return undefined;
    const values: string[] = [];
    while (this.#take(/\}/) === undefined) {
      if (values.length > 0 && this.#take(/,/) === undefined) return undefined;
      if (values.length > 0 && this.#take(/\}/) !== undefined) return values;
      const value = this.#string();
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  }

  #string(): string | undefined {
    return this.#take(/"[^"]*"|'[^']*'/)?.slice(1, -1);
  }
}

/** How one part of a composed selector is read. */
export interface Reading {
  /** Put before every label: `pcns.` for namespaces, `pcsa.` for service accounts. */
  readonly prefix?: string;
  /** The label whose presence `all()` has come to mean. */
  readonly all?: string;
}

export function holds(expression: Expression, labels: LabelMap, reading: Reading = {}): boolean {
  switch (expression.kind) {
    case 'all':
      if (reading.all === undefined) return true;
      // The rewriting replaces the text `all()`; whether it finds `all( )` nobody has said.
      if (!expression.literal) throw new UndefinedByFacts('§3.4: all( ) with blanks where all() is replaced');
      return Object.hasOwn(labels, reading.all);
    case 'global':
      return true;
    case 'not':
      return !holds(expression.operand, labels, reading);
    case 'and':
      return expression.operands.every((operand) => holds(operand, labels, reading));
    case 'or':
      return expression.operands.some((operand) => holds(operand, labels, reading));
    default: {
      const key = `${reading.prefix ?? ''}${expression.label}`;
      return holdsOf(expression, Object.hasOwn(labels, key) ? labels[key] : undefined);
    }
  }
}

type Leaf = Extract<Expression, { readonly label: string }>;

/** @param value undefined where the label is missing */
function holdsOf(leaf: Leaf, value: string | undefined): boolean {
  if (leaf.kind === 'has') return value !== undefined;
  if (leaf.kind !== 'compare') {
    const listed = value !== undefined && leaf.values.includes(value);
    return leaf.kind === 'in' ? listed : !listed;
  }
  if (value === undefined) return leaf.operator === '!=';
  switch (leaf.operator) {
    case '==':
      return value === leaf.value;
    case '!=':
      return value !== leaf.value;
    case 'contains':
      return value.includes(leaf.value);
    case 'starts with':
      return value.startsWith(leaf.value);
    case 'ends with':
      return value.endsWith(leaf.value);
  }
}
