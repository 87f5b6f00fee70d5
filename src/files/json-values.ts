/** One JSON value of a text that holds one or several, one behind the other. */
export interface JsonValue {
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
  /** Where each entry of the top-level list, or of the top-level field `items`, starts. */
  readonly entries: readonly number[];
}

/** The JSON values at the head of a text, and where the text goes on with something else (its length if it does not). */
export interface JsonRun {
  readonly values: readonly JsonValue[];
  readonly rest: number;
}

/**
 * Reads JSON, several values in a row included, from `start` on. Made for large dumps, which a YAML parser would take
 * a hundred times longer for. It reads only what needs no explanation: text that is not plain JSON, nests deeper than
 * `maxDepth` or has a key twice is left to the YAML reader, which can say what is wrong and where.
 */
export function readJsonValues(text: string, start: number, end: number, maxDepth: number): JsonRun {
  const values: JsonValue[] = [];
  let at = skipSpace(text, start, end);
  while (at < end) {
    const outline = outlineOf(text, at, end, maxDepth);
    const value = outline && parse(text.slice(at, outline.end));
    if (!outline || value === undefined || countKeys(value) !== outline.keys) return { values, rest: at };
    values.push({ start: at, end: outline.end, value, entries: outline.entries });
    at = skipSpace(text, outline.end, end);
  }
  return { values, rest: end };
}

interface Outline {
  readonly end: number;
  readonly keys: number;
  readonly entries: readonly number[];
}

/** Finds where the value that opens at `start` closes, and counts its keys: each has one colon outside of strings. */
function outlineOf(text: string, start: number, end: number, maxDepth: number): Outline | undefined {
  const closers: string[] = [];
  const entries: number[] = [];
  let keys = 0;
  let lastString = '';
  let listed = -1;
  let expecting = false;
  for (let at = start; at < end; at += 1) {
    const char = text[at] ?? '';
    if (char === ' ' || char === '\n' || char === '\r' || char === '\t') continue;
    if (expecting && closers.length === listed && char !== ']') entries.push(at);
    expecting = false;
    if (char === '"') {
      const close = closingQuote(text, at, end);
      if (close < 0) return undefined;
      lastString = text.slice(at, close + 1);
      at = close;
    } else if (char === '{' || char === '[') {
      const isItems = closers.length === 1 && closers[0] === '}' && lastString === '"items"';
      closers.push(char === '{' ? '}' : ']');
      if (closers.length > maxDepth) return undefined;
      if (char === '[' && (closers.length === 1 || isItems)) {
        listed = closers.length;
        expecting = true;
      }
    } else if (char === '}' || char === ']') {
      if (closers.pop() !== char) return undefined;
      if (closers.length < listed) listed = -1;
      if (closers.length === 0) return { end: at + 1, keys, entries };
    } else if (char === ',') expecting = true;
    else if (char === ':') keys += 1;
    else if (!/[-+.0-9a-zA-Z]/.test(char) || closers.length === 0) return undefined;
  }
  return undefined;
}

function closingQuote(text: string, open: number, end: number): number {
  let at = text.indexOf('"', open + 1);
  while (at >= 0 && at < end) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return -1;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function countKeys(value: unknown): number {
  let keys = 0;
  const work = [value];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const parts: readonly unknown[] = Object.values(next);
    if (!Array.isArray(next)) keys += parts.length;
    for (const part of parts) if (typeof part === 'object' && part !== null) work.push(part);
  }
  return keys;
}

function skipSpace(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && ' \t\r\n'.includes(text[at] ?? '')) at += 1;
  return at;
}
