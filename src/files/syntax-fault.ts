import type { YAMLParseError } from 'yaml';

type SyntaxError = Pick<YAMLParseError, 'code' | 'message' | 'pos'>;

/** Where the parser reports several errors at one place, the one that tells most about the mistake. */
const telling: readonly SyntaxError['code'][] = ['BAD_SCALAR_START', 'BLOCK_IN_FLOW', 'BLOCK_AS_IMPLICIT_KEY'];

/**
 * Says in our own words what the parser found first; the place is a code unit of `source`. `openQuote` is where the last
 * quoted text begins: the parser reports one that is never closed only where everything ends.
 */
export function syntaxFault(
  errors: readonly SyntaxError[],
  source: string,
  openQuote: number | undefined,
): { message: string; offset: number } {
  const deep = errors.find((error) => error.code === 'RESOURCE_EXHAUSTION');
  const [first] = errors;
  if (first === undefined) return { message: 'this is not valid YAML', offset: 0 };
  // Where the parser gave up hangs on how much of the stack its caller had used: the same text is told of the same place.
  if (deep !== undefined) return { message: 'this is nested too deeply to be read', offset: 0 };
  const together = errors.filter((error) => error.pos[0] === first.pos[0]);
  const error = together.find(({ code }) => telling.includes(code)) ?? first;
  const unclosed = error.code === 'MISSING_CHAR' && error.message.includes('quote') ? openQuote : undefined;
  const overLines = together.some(({ code }) => code === 'MULTILINE_IMPLICIT_KEY');
  const hint = conflictHint(source) || templateHint(source);
  const why = reason(error, source, overLines);
  return {
    // One guess at the cause is enough: the better one replaces the one that goes with the error.
    message: `this is not valid YAML: ${hint === '' ? why : why.replace(/ \([^()]*\)$/, '') + hint}`,
    offset: Math.max(0, Math.min(unclosed ?? placeOf(error, source), source.length)),
  };
}

/** Some errors are reported where the value before them ended: the reader looks for the first thing that stands there. */
function placeOf(error: SyntaxError, source: string): number {
  const [offset] = error.pos;
  if (error.code !== 'BAD_INDENT' && error.code !== 'BLOCK_AS_IMPLICIT_KEY') return offset;
  const blank = /(?:[ \t\r\n]|(?<=\s)#[^\n]*)*/y;
  blank.lastIndex = offset;
  const next = offset + (blank.exec(source)?.[0].length ?? 0);
  return next < source.length ? next : offset;
}

function conflictHint(source: string): string {
  return /^<{7} /m.test(source) && /^>{7} /m.test(source) ? ' (it holds a merge conflict that is not resolved)' : '';
}

/** What to add to a complaint about a document that still holds the placeholders of a template; empty for others. */
export function templateHint(source: string): string {
  const placeholder = /\{\{.*?\}\}|\{%.*?%\}|<%.*?%>|\$\{[^}\n]*\}/.exec(source);
  if (placeholder === null) return '';
  return ` (it looks like a template, ${quote(placeholder[0])}: render it first)`;
}

/** Part of the input in a message: in double quotes, on one line, and never long. */
export function quote(text: string): string {
  const characters = [...text.slice(0, 200)];
  return JSON.stringify(characters.length > 60 ? `${characters.slice(0, 57).join('')}...` : text);
}

function reason(error: SyntaxError, source: string, overLines: boolean): string {
  const char = quote(String.fromCodePoint(source.codePointAt(error.pos[0]) ?? 0x20));
  switch (error.code) {
    case 'ALIAS_PROPS':
      return 'an alias cannot have an anchor or a tag of its own';
    case 'BAD_ALIAS':
      return 'an anchor or alias has no name';
    case 'BAD_DIRECTIVE':
      return 'the directive after "%" cannot be read';
    case 'BAD_DQ_ESCAPE':
      return 'a double-quoted text holds an escape after "\\" that YAML does not have';
    case 'BAD_INDENT':
      return error.message.startsWith('Flow')
        ? 'a "{" or "[" is not closed, or what it holds is not indented'
        : 'the indentation does not fit the lines above';
    case 'BAD_PROP_ORDER':
      return 'an anchor or a tag stands on the wrong side of "-", "?" or ":"';
    case 'BAD_SCALAR_START':
      return `a text that starts with ${char} must be quoted`;
    case 'BLOCK_AS_IMPLICIT_KEY':
      if (error.message.includes('sequence')) {
        return 'a list starts where a mapping goes on (is it indented wrongly, or a space missing after "-"?)';
      }
      return overLines
        ? 'a mapping starts in the middle of a text (is the next line indented too far?)'
        : 'a text that holds ": " must be quoted';
    case 'BLOCK_IN_FLOW':
      return 'a mapping or list without brackets stands inside "{ }" or "[ ]" (is a "," missing?)';
    case 'KEY_OVER_1024_CHARS':
      return 'a mapping key is longer than 1,024 characters';
    case 'MISSING_CHAR':
      return missing(error.message);
    case 'MULTILINE_IMPLICIT_KEY':
      return 'a mapping key goes on over a line break (is a ": " or a quote missing?)';
    case 'MULTIPLE_ANCHORS':
      return 'a value has two anchors';
    case 'MULTIPLE_TAGS':
      return 'a value has two tags';
    case 'TAB_AS_INDENT':
      return 'a tab is used for indentation, where only spaces may stand';
    case 'TAG_RESOLVE_FAILED':
      return 'a tag is not declared';
    case 'UNEXPECTED_TOKEN':
      return error.pos[0] < source.length ? `${char} is not expected here` : 'the text ends too early';
    default:
      return 'the parser cannot go on from here';
  }
}

/** The parser has one code for everything that is missing; only its wording tells what it is. */
function missing(wording: string): string {
  if (wording.includes('quote')) return 'a quoted text is never closed';
  if (wording.includes('must end with')) return 'a "{" or "[" is never closed';
  if (wording.includes('map values')) return 'a mapping key has no ":" behind it';
  if (wording.includes(', or :')) return 'a "," or ":" is missing';
  if (wording.includes('Missing ,')) return 'a "," is missing';
  if (wording.includes('space after :')) return 'a space is missing after ":"';
  if (wording.includes('without -')) return 'a list entry has no "- " before it';
  if (wording.includes('Comments')) return 'a space is missing before "#"';
  if (wording.includes('Block collection')) return 'a mapping or list cannot start on the line of "---"';
  if (wording.includes('directives-end')) return 'a line "---" is missing after the directives';
  return 'a space or line break is missing here';
}
