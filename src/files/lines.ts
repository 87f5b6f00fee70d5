/** A place in a text: line and column count from 1; a column is one UTF-16 code unit, as editors and SARIF count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A text seen as lines. */
export interface Lines {
  /** The place of a code unit; past the end is the end. */
  position(offset: number): Position;
  /** The text of a line without its line break; undefined where the text has no such line. */
  text(line: number): string | undefined;
}

/** Lines end at LF, CRLF or a lone CR. The index is built when the first question is asked. */
export function linesOf(text: string): Lines {
  let starts: readonly number[] | undefined;
  const index = (): readonly number[] => {
    starts ??= lineStarts(text);
    return starts;
  };
  return {
    position(offset) {
      const known = index();
      const at = Math.max(0, Math.min(offset, text.length));
      let low = 0;
      let high = known.length - 1;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if ((known[middle] ?? 0) <= at) low = middle;
        else high = middle - 1;
      }
      return { line: low + 1, column: at - (known[low] ?? 0) + 1 };
    },
    text(line) {
      const known = index();
      const start = known[line - 1];
      if (start === undefined) return undefined;
      return text.slice(start, known[line] ?? text.length).replace(/(?:\r\n|\n|\r)$/, '');
    },
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const lineBreak of text.matchAll(/\r\n|\n|\r/g)) starts.push(lineBreak.index + lineBreak[0].length);
  return starts;
}
