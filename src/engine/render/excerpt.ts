/** Line and column count from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** A line of a file, made ready for a terminal, and a line that points at one of its columns. */
export interface Excerpt {
  /** The number of the line, for the gutter. */
  readonly number: string;
  readonly line: string;
  /** Blanks and a caret: below `line` in a terminal, the caret stands under the column. */
  readonly caret: string;
}

/** The most columns of a terminal that a line takes, and how many of them lie before the column that is shown. */
const maxWidth = 120;
const maxBefore = 60;
const tabWidth = 4;
const cut = '…';

/**
 * Shows one line of a file: tabs as blanks, control characters (which could steer the terminal or turn the reading
 * direction) as a mark, and of a long line the part around the column. Wide characters, as Japanese has them, take two
 * columns. Undefined where there is no such line.
 */
export function excerpt(from: { lineText(line: number): string | undefined }, at: Position): Excerpt | undefined {
  const text = from.lineText(at.line);
  if (text === undefined) return undefined;
  const column = Math.max(0, Math.min(at.column - 1, text.length));
  // Cut roughly first: a file without line breaks is one line of any length.
  const first = Math.max(0, column - 4 * maxWidth);
  const cells = cellsOf(text.slice(first, column + 4 * maxWidth));
  const pointed = column >= text.length ? cells.length : cells.findLastIndex((cell) => first + cell.offset <= column);
  const [left, right] = windowAround(cells, pointed);
  const head = left > 0 || first > 0 ? cut : '';
  const tail = right < cells.length || column + 4 * maxWidth < text.length ? cut : '';
  const shown = cells.slice(left, right).map((cell) => cell.text);
  return {
    number: String(at.line),
    line: `${head}${shown.join('')}${tail}`.trimEnd(),
    caret: `${' '.repeat(head.length + widthOf(cells.slice(left, pointed)))}^`,
  };
}

/** The excerpt as a compiler prints it: the line with its number, and the caret below. */
export function formatExcerpt({ number, line, caret }: Excerpt): string {
  const gutter = ' '.repeat(number.length);
  return [`${gutter} |`, `${number} | ${line}`, `${gutter} | ${caret}`].map((row) => row.trimEnd()).join('\n');
}

/** What a reader takes for one character: where it starts, how it is shown, and how many columns that takes. */
interface Cell {
  readonly offset: number;
  readonly text: string;
  readonly width: number;
}

const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;
const unseen = /^\p{M}+$/u;
const steering = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

function cellsOf(text: string): Cell[] {
  const cells: Cell[] = [];
  let column = 0;
  for (const { segment, index } of new Intl.Segmenter('en').segment(text)) {
    const cell = { offset: index, ...shownAs(segment, column) };
    cells.push(cell);
    column += cell.width;
  }
  return cells;
}

function shownAs(character: string, column: number): { text: string; width: number } {
  if (character === '\t') {
    const width = tabWidth - (column % tabWidth);
    return { text: ' '.repeat(width), width };
  }
  // Tested first: invisible joiners hold the parts of one emoji together.
  if (wide.test(character)) return { text: character, width: 2 };
  if (steering.test(character)) return { text: '\uFFFD', width: 1 };
  return { text: character, width: unseen.test(character) ? 0 : 1 };
}

/** The range of cells around `pointed` that fits: all of them where possible, else cut before, behind, or both. */
function windowAround(cells: readonly Cell[], pointed: number): readonly [number, number] {
  const room = maxWidth - 2 * cut.length;
  if (widthOf(cells) <= maxWidth) return [0, cells.length];
  let left = Math.min(pointed, cells.length);
  let width = 0;
  const widthAt = (index: number): number => cells[index]?.width ?? 0;
  for (; left > 0 && width + widthAt(left - 1) <= maxBefore; left -= 1) width += widthAt(left - 1);
  let right = pointed;
  for (; right < cells.length && width + widthAt(right) <= room; right += 1) width += widthAt(right);
  for (; left > 0 && width + widthAt(left - 1) <= room; left -= 1) width += widthAt(left - 1);
  return [left, right];
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.width, 0);
}
