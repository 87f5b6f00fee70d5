import { RE2JS } from 're2js';

/** Longer ones are no longer read by anybody. */
const longest = 1000;

export type ExpressionReading =
  | { readonly ok: true; readonly matches: (text: string) => boolean }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads an expression in the syntax of RE2, which takes time linear in the text whatever the expression is. It is found
 * anywhere in the text; `^` and `$` tie it to the ends.
 */
export function readExpression(source: string): ExpressionReading {
  if (source.length > longest) return { ok: false, reason: `longer than ${longest} characters` };
  try {
    const expression = RE2JS.compile(source);
    return { ok: true, matches: (text) => expression.test(text) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'unreadable';
    return { ok: false, reason: reason.replaceAll('`', '"') };
  }
}
