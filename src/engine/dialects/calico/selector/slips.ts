import { parseSelector, type SelectorSyntaxProblem } from './parse.ts';

/** A slip that people make again and again, and what they meant. */
export interface Slip {
  /** By which words are chosen for it. */
  readonly code: SlipCode;
  /** The text with this one slip put right. */
  readonly mended: string;
}

export type SlipCode =
  | 'line-break-at-end'
  | 'line-break-inside'
  | 'typographic-quotes'
  | 'single-equals'
  | 'colon'
  | 'bare-value'
  | 'and-word'
  | 'or-word'
  | 'comma'
  | 'has-brackets'
  | 'all-brackets'
  | 'not-word'
  | 'capital-operator'
  | 'label-alone'
  | 'set-braces';

const word = /^[A-Za-z0-9_./-]+/;
const lastWord = /[A-Za-z0-9_./-]+$/;
/** What somebody means who writes a value without quotes, dots and colons of addresses included. */
const bareValue = /^[^\s"'&|(){},]+/;
const doubleQuotes = /[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02]/;
const singleQuotes = /[\u2018\u2019\u201a\u201b\u2032\uff07]/;

/** Nobody writes longer ones by hand; the search for a slip would cost too much. */
const longest = 2000;

/** The slip at the place where a selector stops being one; undefined where it is none of the usual ones. */
export function slipIn(text: string, problem: SelectorSyntaxProblem): Slip | undefined {
  if (text.length > longest) return undefined;
  const { at, reason, expected } = problem;
  const rest = text.slice(at);
  const put = (code: SlipCode, from: number, to: number, instead: string): Slip => ({
    code,
    mended: text.slice(0, from) + instead + text.slice(to),
  });
  if (reason === 'line-break') {
    return rest.trim() === ''
      ? put('line-break-at-end', at, text.length, '')
      : put('line-break-inside', at, at + 1, ' ');
  }
  if (reason === 'unterminated-string') {
    const quote = rest.charAt(0);
    const end = rest.search(quote === '"' ? doubleQuotes : singleQuotes);
    return end < 0 ? undefined : put('typographic-quotes', at + end, at + end + 1, quote);
  }
  if (reason !== 'unexpected') return undefined;
  const first = rest.charAt(0);
  if (doubleQuotes.test(first)) return withPlainQuotes(text, at, '"', doubleQuotes);
  if (singleQuotes.test(first)) return withPlainQuotes(text, at, "'", singleQuotes);
  const found = word.exec(rest)?.[0] ?? '';
  if (first === '=' && expected.includes('==')) return put('single-equals', at, at + 1, '==');
  if (first === '=' && expected.includes('string')) return put('single-equals', at, at + 1, '');
  if (expected.includes('string')) {
    const bare = bareValue.exec(rest)?.[0] ?? '';
    return bare === '' ? undefined : put('bare-value', at, at + bare.length, `"${bare}"`);
  }
  if (expected.includes('&&')) {
    if (/^and$/i.test(found)) return put('and-word', at, at + found.length, '&&');
    if (/^or$/i.test(found)) return put('or-word', at, at + found.length, '||');
    if (first === '&') return put('and-word', at, at + 1, '&&');
    if (first === '|') return put('or-word', at, at + 1, '||');
    return first === ',' ? put('comma', at, at + 1, ' &&') : undefined;
  }
  const second = expected.find((one) => (one === 'in' || one === 'with') && one === found.toLowerCase());
  if (second !== undefined) return put('capital-operator', at, at + found.length, second);
  if (expected.includes('set')) return withBraces(text, at, first);
  return expected.includes('operator') ? withoutOperator(text, at, found, put) : undefined;
}

type Put = (code: SlipCode, from: number, to: number, instead: string) => Slip;

/** A word stands there, and nothing that could follow a label. */
function withoutOperator(text: string, at: number, found: string, put: Put): Slip | undefined {
  const before = text.slice(0, at).trimEnd();
  const label = lastWord.exec(before)?.[0] ?? '';
  const start = before.length - label.length;
  const next = text.charAt(at);
  if (label === 'has' && found !== '') return put('has-brackets', start, at + found.length, `has(${found})`);
  if (label === 'has' && next === '(') return put('has-brackets', start, at, 'has');
  if (label === 'all' || label === 'global') {
    if (next === '(') return put('all-brackets', start, at, label);
    if (found === '') return put('all-brackets', start, before.length, `${label}()`);
  }
  if (next === ':') return put('colon', at, at + 1, ' == ');
  if (/^not$/i.test(label) && found !== '') return put('not-word', start, at, '!');
  if (/^(?:in|notin|not|contains|starts|startswith|ends|endswith|with)$/i.test(found)) {
    return put('capital-operator', at, at + found.length, found.toLowerCase());
  }
  return found === '' && label !== '' && /^(?:$|[)&|])/.test(text.slice(at))
    ? put('label-alone', start, before.length, `has(${label})`)
    : undefined;
}

function withPlainQuotes(text: string, at: number, quote: string, typographic: RegExp): Slip {
  const inside = text.slice(at + 1);
  const end = inside.search(typographic);
  const mended =
    end < 0
      ? text.slice(0, at) + quote + inside
      : text.slice(0, at) + quote + inside.slice(0, end) + quote + inside.slice(end + 1);
  return { code: 'typographic-quotes', mended };
}

/** The values in other brackets, or one value without any. */
function withBraces(text: string, at: number, first: string): Slip | undefined {
  const closing = { '(': ')', '[': ']' }[first];
  const end = closing === undefined ? -1 : text.indexOf(closing, at);
  if (end > 0) {
    return { code: 'set-braces', mended: `${text.slice(0, at)}{${text.slice(at + 1, end)}}${text.slice(end + 1)}` };
  }
  const value = /^(?:"[^"]*"|'[^']*'|[A-Za-z0-9_./-]+)/.exec(text.slice(at))?.[0];
  if (value === undefined) return undefined;
  return { code: 'set-braces', mended: `${text.slice(0, at)}{${value}}${text.slice(at + value.length)}` };
}

/** More slips than this in one selector, and nobody can tell what was meant. */
const mostSlips = 20;

/** The selector that was most likely meant: with every usual slip put right, where that makes it one. */
export function mendedSelector(text: string): string | undefined {
  let current = text;
  for (let slips = 0; slips <= mostSlips; slips += 1) {
    const parsed = parseSelector(current);
    if (parsed.ok) return current;
    const slip = slipIn(current, parsed.problem);
    if (slip === undefined) return undefined;
    current = slip.mended;
  }
  return undefined;
}
