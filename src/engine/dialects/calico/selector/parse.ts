import type { Selector, SetOperator, ValueOperator } from './ast.ts';
import { type NoToken, type Token, tokenAt } from './tokens.ts';

/** What a selector could have gone on with. `operation`: `has(x)`, `x == "a"`, `(...)` and so on, or `!` before one. */
export type Expected =
  | 'operation'
  | 'operator'
  | 'label'
  | 'string'
  | 'set'
  | 'end'
  | '=='
  | '&&'
  | '||'
  | '('
  | ')'
  | ','
  | '}'
  | 'with'
  | 'in';

/**
 * - unexpected: what stands there cannot stand there
 * - unterminated-string: the quote that opens there is never closed
 * - line-break: only spaces and tabs may stand between the words; a block scalar of YAML ends in a line break
 * - label-too-long: a label key has at most 512 characters
 * - too-deep: parentheses are nested more than 200 deep, which Calico might still read
 */
export type SyntaxReason = 'unexpected' | 'unterminated-string' | 'line-break' | 'label-too-long' | 'too-deep';

export interface SelectorSyntaxProblem {
  readonly reason: SyntaxReason;
  /** Where in the text, in UTF-16 units from 0. */
  readonly at: number;
  /** What stands there, its first 40 characters; undefined at the end of the text. */
  readonly found: string | undefined;
  /** What could have stood there; nothing where the reason says it all. */
  readonly expected: readonly Expected[];
}

export type SelectorParsing =
  | { readonly ok: true; readonly selector: Selector }
  | { readonly ok: false; readonly problem: SelectorSyntaxProblem };

/** Calico's own parser recurses without a limit; nobody writes so many. */
const mostDepth = 200;
const longestLabel = 512;
const longestFound = 40;

/**
 * Reads a Calico selector. Nothing, or only blanks, is `all()`. Linear in the length of the text.
 *
 * Source: projectcalico/calico libcalico-go/lib/selector/parser/parser.go
 */
export function parseSelector(text: string): SelectorParsing {
  const parser = new Parser(text);
  const selector = parser.root();
  if (selector !== undefined) return { ok: true, selector };
  return { ok: false, problem: parser.problem };
}

/** Each method reads one part of the grammar and steps behind it; undefined where it is not there, which is noted. */
class Parser {
  readonly #text: string;
  #token: Token | NoToken;
  #depth = 0;
  problem: SelectorSyntaxProblem = { reason: 'unexpected', at: 0, found: undefined, expected: [] };

  constructor(text: string) {
    this.#text = text;
    this.#token = tokenAt(text, 0);
  }

  root(): Selector | undefined {
    if (this.#isAt('end')) return { kind: 'all' };
    const selector = this.#joined('or');
    if (selector === undefined) return undefined;
    return this.#isAt('end') ? selector : this.#unexpected('&&', '||', 'end');
  }

  /** Operations joined by `&&`, which binds tighter, or such joined by `||`. */
  #joined(kind: 'and' | 'or'): Selector | undefined {
    const operands: Selector[] = [];
    do {
      const operand = kind === 'or' ? this.#joined('and') : this.#operation();
      if (operand === undefined) return undefined;
      operands.push(operand);
    } while (this.#takes(kind === 'or' ? '||' : '&&'));
    const [only] = operands;
    return operands.length === 1 ? only : { kind, operands };
  }

  #operation(): Selector | undefined {
    let negated = false;
    while (this.#takes('!')) negated = !negated;
    const operand = this.#isAt('(') ? this.#nested() : this.#leaf();
    if (operand === undefined || !negated) return operand;
    return { kind: 'not', operand };
  }

  #nested(): Selector | undefined {
    this.#depth += 1;
    if (this.#depth > mostDepth) return this.#fails('too-deep');
    this.#step();
    const selector = this.#joined('or');
    if (selector === undefined) return undefined;
    if (!this.#takes(')')) return this.#unexpected('&&', '||', ')');
    this.#depth -= 1;
    return selector;
  }

  #leaf(): Selector | undefined {
    if (this.#token.kind !== 'word') return this.#unexpected('operation');
    const { text, end } = this.#token;
    // The parenthesis has to follow at once: `has (x)` begins with a label of that name.
    if (this.#text.charAt(end) === '(' && (text === 'has' || text === 'all' || text === 'global')) {
      this.#step();
      this.#step();
      if (text !== 'has') return this.#takes(')') ? { kind: text } : this.#unexpected(')');
      const key = this.#label();
      if (key === undefined) return undefined;
      return this.#takes(')') ? { kind: 'has', key } : this.#unexpected(')');
    }
    const key = this.#label();
    if (key === undefined) return undefined;
    const operator = this.#operator();
    if (operator === undefined) return undefined;
    if (operator === 'in' || operator === 'not in') {
      const values = this.#set();
      return values === undefined ? undefined : { kind: 'set', key, operator, values };
    }
    const value = this.#string();
    return value === undefined ? undefined : { kind: 'value', key, operator, value };
  }

  #label(): string | undefined {
    if (this.#token.kind !== 'word') return this.#unexpected('label');
    const { text } = this.#token;
    if (text.length > longestLabel) return this.#fails('label-too-long');
    this.#step();
    return text;
  }

  #operator(): ValueOperator | SetOperator | undefined {
    const token = this.#token;
    if (token.kind === '==' || token.kind === '!=') {
      this.#step();
      return token.kind;
    }
    if (token.kind === 'half' && this.#text.charAt(token.at) === '=') return this.#unexpected('==');
    if (token.kind !== 'word') return this.#unexpected('operator');
    switch (token.text) {
      case 'contains':
      case 'in':
        this.#step();
        return token.text;
      case 'startswith':
        this.#step();
        return 'starts with';
      case 'endswith':
        this.#step();
        return 'ends with';
      case 'notin':
        this.#step();
        return 'not in';
      case 'starts':
        return this.#second('with') ? 'starts with' : undefined;
      case 'ends':
        return this.#second('with') ? 'ends with' : undefined;
      case 'not':
        return this.#second('in') ? 'not in' : undefined;
      default:
        return this.#unexpected('operator');
    }
  }

  /** The second word of an operator of two, and steps behind it. */
  #second(word: 'with' | 'in'): boolean {
    this.#step();
    const found = this.#token.kind === 'word' && this.#token.text === word;
    if (found) this.#step();
    else this.#unexpected(word);
    return found;
  }

  #set(): readonly string[] | undefined {
    if (!this.#takes('{')) return this.#unexpected('set');
    const values = new Set<string>();
    while (!this.#takes('}')) {
      if (this.#token.kind !== 'string') return this.#unexpected('string', '}');
      values.add(this.#token.text);
      this.#step();
      if (!this.#takes(',') && !this.#isAt('}')) return this.#unexpected(',', '}');
    }
    return [...values].sort();
  }

  #string(): string | undefined {
    if (this.#token.kind !== 'string') return this.#unexpected('string');
    const { text } = this.#token;
    this.#step();
    return text;
  }

  #step(): void {
    this.#token = tokenAt(this.#text, this.#token.end);
  }

  #isAt(kind: Token['kind']): boolean {
    return this.#token.kind === kind;
  }

  #takes(kind: Token['kind']): boolean {
    if (!this.#isAt(kind)) return false;
    this.#step();
    return true;
  }

  #unexpected(...expected: readonly Expected[]): undefined {
    switch (this.#token.kind) {
      case 'unterminated':
        return this.#fails('unterminated-string');
      case 'line-break':
        return this.#fails('line-break');
      default:
        return this.#fails('unexpected', expected);
    }
  }

  #fails(reason: SyntaxReason, expected: readonly Expected[] = []): undefined {
    const { kind, at, end } = this.#token;
    const found = kind === 'end' ? undefined : this.#text.slice(at, Math.min(end, at + longestFound));
    this.problem = { reason, at, found, expected };
    return undefined;
  }
}
