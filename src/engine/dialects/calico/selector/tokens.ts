/** What the text of a selector consists of. Which words are labels and which are operators only their place tells. */
export type Token = Symbol | Text | { readonly kind: 'end'; readonly at: number; readonly end: number };

type SymbolText = '(' | ')' | '{' | '}' | ',' | '!' | '==' | '!=' | '&&' | '||';

interface Symbol {
  readonly kind: SymbolText;
  readonly at: number;
  readonly end: number;
}

/** `word`: a label, a keyword or an operator. `string`: the text is what stands between the quotes. */
interface Text {
  readonly kind: 'word' | 'string';
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

/** Where no token begins. `half`: the first half of `==`, `&&` or `||` alone. */
export interface NoToken {
  readonly kind: 'unterminated' | 'line-break' | 'half' | 'strange';
  readonly at: number;
  readonly end: number;
}

const single: ReadonlySet<string> = new Set<SymbolText>(['(', ')', '{', '}', ',']);
const double: ReadonlySet<string> = new Set<SymbolText>(['==', '!=', '&&', '||']);

/** Not the blank characters of other languages: space and tab are all that Calico skips. */
const blanks = /[ \t]*/y;
const word = /[A-Za-z0-9_./-]+/y;

/**
 * The token that begins at or behind an offset.
 *
 * Source: projectcalico/calico libcalico-go/lib/selector/tokenizer/tokenizer.go
 */
export function tokenAt(text: string, offset: number): Token | NoToken {
  blanks.lastIndex = offset;
  blanks.test(text);
  const at = blanks.lastIndex;
  const char = text.charAt(at);
  if (char === '') return { kind: 'end', at, end: at };
  if (isSymbol(char, single)) return { kind: char, at, end: at + 1 };
  const two = text.slice(at, at + 2);
  if (isSymbol(two, double)) return { kind: two, at, end: at + 2 };
  if (char === '!') return { kind: '!', at, end: at + 1 };
  if (char === '"' || char === "'") return stringAt(text, at, char);
  word.lastIndex = at;
  if (word.test(text)) return { kind: 'word', text: text.slice(at, word.lastIndex), at, end: word.lastIndex };
  if (char === '\n' || char === '\r') return { kind: 'line-break', at, end: at + 1 };
  if (char === '=' || char === '&' || char === '|') return { kind: 'half', at, end: at + 1 };
  return { kind: 'strange', at, end: at + (text.codePointAt(at) ?? 0) > 0xffff ? at + 2 : at + 1 };
}

/** There are no escapes: the next quote of the same kind ends it. */
function stringAt(text: string, at: number, quote: string): Token | NoToken {
  const end = text.indexOf(quote, at + 1);
  if (end < 0) return { kind: 'unterminated', at, end: text.length };
  return { kind: 'string', text: text.slice(at + 1, end), at, end: end + 1 };
}

function isSymbol(text: string, symbols: ReadonlySet<string>): text is SymbolText {
  return symbols.has(text);
}
