import { type JsonValue, readJsonValues } from './json-values.ts';

/** One document of a stream: where its text lies, and its value where it is plain JSON. */
export interface Part {
  readonly start: number;
  readonly end: number;
  readonly json: JsonValue | undefined;
}

/**
 * Cuts a text into its documents before anything is parsed, so that a broken one cannot take its neighbours along: at
 * lines `---` and `...` (which no quoted or block text may hold at the start of a line), and between JSON values that
 * follow one another. Parts that hold only blanks, comments and markers are left out. `json` is the same text place by
 * place, with the line breaks that only YAML knows still as they were: inside JSON they are part of a string.
 */
export function splitStream(text: string, json: string, maxDepth: number): readonly Part[] {
  const parts: Part[] = [];
  for (const { start, end } of cutAtMarkers(text)) {
    const content = contentStart(text, start, end);
    if (content >= end) continue;
    const opener = text[content];
    if (opener !== '{' && opener !== '[') parts.push({ start, end, json: undefined });
    else for (const part of cutJson(text, json, start, content, end, maxDepth)) parts.push(part);
  }
  return parts;
}

/** The first character of a document that is neither blank nor comment, marker or directive; `end` where there is none. */
export function contentStart(text: string, start: number, end: number): number {
  let at = start;
  let lineStart = start === 0 || text[start - 1] === '\n';
  let opened = false;
  while (at < end) {
    const char = text[at];
    if (lineStart && !opened && isOpener(text, at)) {
      opened = true;
      lineStart = false;
      at += 3;
    } else if (char === '#' || (char === '%' && lineStart && !opened)) at = endOfLine(text, at, end);
    else if (char === '\n' || char === ' ' || char === '\t' || char === '\r') {
      lineStart = char === '\n';
      at += 1;
    } else return at;
  }
  return end;
}

function cutAtMarkers(text: string): { start: number; end: number }[] {
  const chunks: { start: number; end: number }[] = [];
  let start = 0;
  let onlyPrelude = true;
  for (let line = 0; line < text.length; ) {
    const next = Math.min(endOfLine(text, line, text.length) + 1, text.length);
    if (isCloser(text, line)) {
      chunks.push({ start, end: line });
      start = next;
      onlyPrelude = true;
    } else if (isOpener(text, line)) {
      // Directives and comments before a first `---` belong to the document that it opens.
      if (!onlyPrelude) {
        chunks.push({ start, end: line });
        start = line;
      }
      onlyPrelude = false;
    } else if (onlyPrelude) onlyPrelude = isPrelude(text, line);
    line = next;
  }
  chunks.push({ start, end: text.length });
  return chunks;
}

function isPrelude(text: string, line: number): boolean {
  let at = line;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\r') at += 1;
  const char = text[at];
  return char === undefined || char === '\n' || char === '#' || (char === '%' && at === line);
}

function isOpener(text: string, at: number): boolean {
  if (!text.startsWith('---', at)) return false;
  const next = text[at + 3];
  return next === undefined || next === ' ' || next === '\t' || next === '\n' || next === '\r';
}

function isCloser(text: string, at: number): boolean {
  return (
    text.startsWith('...', at) && /^\.\.\.[ \t\r]*(?:$|[ \t]#)/.test(text.slice(at, endOfLine(text, at, text.length)))
  );
}

function endOfLine(text: string, at: number, end: number): number {
  const lineBreak = text.indexOf('\n', at);
  return lineBreak < 0 || lineBreak > end ? end : lineBreak;
}

function cutJson(text: string, source: string, start: number, content: number, end: number, maxDepth: number): Part[] {
  const parts: Part[] = [];
  let at = start;
  let open = content;
  while (at < end) {
    const run = readJsonValues(source, open, end, maxDepth);
    for (const json of run.values) {
      parts.push({ start: at, end: json.end, json });
      at = json.end;
    }
    if (run.rest >= end) return parts;
    // A flow mapping that is not JSON, or JSON that YAML goes on from: all of it is one document of YAML.
    if (parts.length === 0) return [{ start, end, json: undefined }];
    if (contentStart(text, at, end) >= end) return parts;
    if (text[run.rest] !== '{') return [{ start, end, json: undefined }];
    // One bad value in a run of JSON: the run goes on with the next line that opens an object.
    const resume = text.indexOf('\n{', run.rest);
    const stop = resume < 0 || resume >= end ? end : resume + 1;
    parts.push({ start: at, end: stop, json: undefined });
    at = stop;
    open = stop;
  }
  return parts;
}
