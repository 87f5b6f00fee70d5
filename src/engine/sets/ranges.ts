/**
 * Sets of unsigned integers of one fixed width as sorted, disjoint, maximally merged inclusive ranges, so that equal
 * sets are equal arrays. A number is one 32-bit word (IPv4) or four, most significant first (IPv6). A range is the words
 * of its first number, then those of its last.
 *
 * Every operation is one walk over both sets, and none makes a BigInt.
 */
export type Ranges = ArrayLike<number>;

/** Words a number has. */
export type Width = 1 | 4;

export const noRanges: Ranges = new Uint32Array(0);

const greatestWord = 0xffffffff;

export function word(ranges: Ranges, index: number): number {
  return ranges[index] ?? 0;
}

/** Negative, zero or positive as the number at `a[i]` is less than, equal to or greater than the one at `b[j]`. */
export function compareNumbers(a: Ranges, i: number, b: Ranges, j: number, width: Width): number {
  for (let k = 0; k < width; k += 1) {
    const difference = word(a, i + k) - word(b, j + k);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether the number at `b[j]` comes right after the one at `a[i]`. The greatest number has none after it. */
function isNext(a: Ranges, i: number, b: Ranges, j: number, width: Width): boolean {
  let k = width - 1;
  for (; k >= 0 && word(a, i + k) === greatestWord; k -= 1) if (word(b, j + k) !== 0) return false;
  if (k < 0 || word(b, j + k) !== word(a, i + k) + 1) return false;
  for (k -= 1; k >= 0; k -= 1) if (word(b, j + k) !== word(a, i + k)) return false;
  return true;
}

export function copyNumber(from: Ranges, i: number, to: Uint32Array, j: number, width: Width): void {
  for (let k = 0; k < width; k += 1) to[j + k] = word(from, i + k);
}

/** Adds one in place; the greatest number becomes zero. */
export function increment(numbers: Uint32Array, i: number, width: Width): void {
  for (let k = i + width - 1; k >= i; k -= 1) {
    const next = (word(numbers, k) + 1) >>> 0;
    numbers[k] = next;
    if (next !== 0) return;
  }
}

/** Takes one away in place; zero becomes the greatest number. */
export function decrement(numbers: Uint32Array, i: number, width: Width): void {
  for (let k = i + width - 1; k >= i; k -= 1) {
    const value = word(numbers, k);
    numbers[k] = (value - 1) >>> 0;
    if (value !== 0) return;
  }
}

/** Copies only where there is something to cut off. */
function trimmed(numbers: Uint32Array, used: number): Ranges {
  return used === numbers.length ? numbers : numbers.slice(0, used);
}

export function unionRanges(a: Ranges, b: Ranges, width: Width): Ranges {
  if (a === b || b.length === 0) return a;
  if (a.length === 0) return b;
  if (width === 1) return unionOfWords(a, b);
  const step = 2 * width;
  const out = new Uint32Array(a.length + b.length);
  let used = 0;
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const fromA = j >= b.length || (i < a.length && compareNumbers(a, i, b, j, width) <= 0);
    const from = fromA ? a : b;
    const at = fromA ? i : j;
    if (fromA) i += step;
    else j += step;
    const last = used - width;
    const joins = used > 0 && (compareNumbers(from, at, out, last, width) <= 0 || isNext(out, last, from, at, width));
    if (!joins) {
      copyNumber(from, at, out, used, width);
      copyNumber(from, at + width, out, used + width, width);
      used += step;
    } else if (compareNumbers(from, at + width, out, last, width) > 0) {
      copyNumber(from, at + width, out, last, width);
    }
  }
  return trimmed(out, used);
}

/** The same where a number is one word: network sets of thousands of ranges are put together for a request. */
function unionOfWords(a: Ranges, b: Ranges): Ranges {
  const out = new Uint32Array(a.length + b.length);
  let used = 0;
  // The last number of the last range; no range begins right after it, or before.
  let end = Number.NEGATIVE_INFINITY;
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const fromA = j >= b.length || (i < a.length && word(a, i) <= word(b, j));
    const first = fromA ? word(a, i) : word(b, j);
    const last = fromA ? word(a, i + 1) : word(b, j + 1);
    if (fromA) i += 2;
    else j += 2;
    if (first > end + 1) {
      out[used] = first;
      used += 2;
    } else if (last <= end) continue;
    out[used - 1] = last;
    end = last;
  }
  return trimmed(out, used);
}

/** Merges neighbours in rounds, so that n ranges cost n log n. */
export function unionAllRanges(sets: readonly Ranges[], width: Width): Ranges {
  let round = sets;
  while (round.length > 1) {
    const next: Ranges[] = [];
    for (let i = 0; i < round.length; i += 2) {
      next.push(unionRanges(round[i] ?? noRanges, round[i + 1] ?? noRanges, width));
    }
    round = next;
  }
  return round[0] ?? noRanges;
}

/**
 * Index of the first range of `ranges`, from `from` on, that does not end before the number at `b[j]`. In steps that grow,
 * so that a small set is held against a large one without a walk over all of that.
 */
function seek(ranges: Ranges, from: number, b: Ranges, j: number, width: Width): number {
  const step = 2 * width;
  const endsBefore = (at: number) => compareNumbers(ranges, at + width, b, j, width) < 0;
  if (from >= ranges.length || !endsBefore(from)) return from;
  let low = from;
  let stride = step;
  while (low + stride < ranges.length && endsBefore(low + stride)) {
    low += stride;
    stride *= 2;
  }
  // The one at `low` ends before the number; the one at `high` does not, or there is none.
  let high = Math.min(low + stride, ranges.length);
  while (high - low > step) {
    const middle = low + step * Math.floor((high - low) / step / 2);
    if (endsBefore(middle)) low = middle;
    else high = middle;
  }
  return high;
}

export function intersectRanges(a: Ranges, b: Ranges, width: Width): Ranges {
  if (a === b) return a;
  if (a.length === 0 || b.length === 0) return noRanges;
  const step = 2 * width;
  const out = new Uint32Array(a.length + b.length);
  let used = 0;
  let i = seek(a, 0, b, 0, width);
  let j = i < a.length ? seek(b, 0, a, i, width) : 0;
  while (i < a.length && j < b.length) {
    const firstFromA = compareNumbers(a, i, b, j, width) >= 0;
    const lastFromA = compareNumbers(a, i + width, b, j + width, width) <= 0;
    const first = firstFromA ? a : b;
    const firstAt = firstFromA ? i : j;
    const last = lastFromA ? a : b;
    const lastAt = (lastFromA ? i : j) + width;
    if (compareNumbers(first, firstAt, last, lastAt, width) <= 0) {
      copyNumber(first, firstAt, out, used, width);
      copyNumber(last, lastAt, out, used + width, width);
      used += step;
    }
    if (lastFromA) i = seek(a, i + step, b, j, width);
    else j = seek(b, j + step, a, i, width);
  }
  return trimmed(out, used);
}

export function subtractRanges(a: Ranges, b: Ranges, width: Width): Ranges {
  if (a === b || a.length === 0) return noRanges;
  if (b.length === 0) return a;
  const step = 2 * width;
  const out = new Uint32Array(a.length + b.length + step);
  let used = 0;
  let j = 0;
  for (let i = 0; i < a.length; i += step) {
    j = seek(b, j, a, i, width);
    // out[used] is where what is left of this range of `a` begins, until it is closed by an end.
    copyNumber(a, i, out, used, width);
    let left = true;
    for (; left && j < b.length && compareNumbers(b, j, a, i + width, width) <= 0; j += step) {
      if (compareNumbers(b, j, out, used, width) > 0) {
        copyNumber(b, j, out, used + width, width);
        decrement(out, used + width, width);
        used += step;
      }
      left = compareNumbers(b, j + width, a, i + width, width) < 0;
      // This range of `b` may reach into the next one of `a`.
      if (!left) break;
      copyNumber(b, j + width, out, used, width);
      increment(out, used, width);
    }
    if (left) {
      copyNumber(a, i + width, out, used + width, width);
      used += step;
    }
  }
  return trimmed(out, used);
}

/** Whether every number of `b` is in `a`. */
export function containsRanges(a: Ranges, b: Ranges, width: Width): boolean {
  if (a === b) return true;
  const step = 2 * width;
  let i = 0;
  for (let j = 0; j < b.length; j += step) {
    i = seek(a, i, b, j, width);
    if (i >= a.length) return false;
    if (compareNumbers(a, i, b, j, width) > 0 || compareNumbers(a, i + width, b, j + width, width) < 0) return false;
  }
  return true;
}

export function overlapRanges(a: Ranges, b: Ranges, width: Width): boolean {
  if (a.length === 0 || b.length === 0) return false;
  let i = 0;
  let j = 0;
  for (;;) {
    i = seek(a, i, b, j, width);
    if (i >= a.length) return false;
    j = seek(b, j, a, i, width);
    if (j >= b.length) return false;
    // Neither ends before the other one begins.
    if (compareNumbers(a, i + width, b, j, width) >= 0) return true;
  }
}

export function equalRanges(a: Ranges, b: Ranges): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
