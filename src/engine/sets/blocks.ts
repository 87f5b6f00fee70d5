import { compareNumbers, copyNumber, increment, type Ranges, type Width, word } from './ranges.ts';

/** The one range of all numbers whose first `prefix` bits are those of `number`, whatever its other bits are. */
export function blockRanges(number: Ranges, prefix: number): Ranges {
  const width = number.length;
  const out = new Uint32Array(2 * width);
  for (let k = 0; k < width; k += 1) {
    const mask = hostMask(32 - Math.min(32, Math.max(0, prefix - 32 * k)));
    out[k] = (word(number, k) & ~mask) >>> 0;
    out[width + k] = (word(number, k) | mask) >>> 0;
  }
  return out;
}

/** A word whose lowest `bits` bits are set. Shifts count modulo 32, hence the branch. */
function hostMask(bits: number): number {
  return bits === 32 ? 0xffffffff : (1 << bits) - 1;
}

/** An aligned block: its first number and how many leading bits are fixed. */
export interface Block {
  readonly number: Ranges;
  readonly prefix: number;
}

/** The fewest aligned blocks that make up the set, in order. */
export function blocksOf(ranges: Ranges, width: Width): readonly Block[] {
  const blocks: Block[] = [];
  const next = new Uint32Array(width);
  for (let i = 0; i < ranges.length; i += 2 * width) {
    copyNumber(ranges, i, next, 0, width);
    for (;;) {
      const block = largestBlock(next, ranges, i + width, width);
      blocks.push(block);
      copyNumber(blockRanges(block.number, block.prefix), width, next, 0, width);
      if (compareNumbers(next, 0, ranges, i + width, width) === 0) break;
      increment(next, 0, width);
    }
  }
  return blocks;
}

/** The largest aligned block that begins at `first` and does not go past the number at `ranges[last]`. */
function largestBlock(first: Uint32Array, ranges: Ranges, last: number, width: Width): Block {
  const number = first.slice();
  let prefix = 32 * width - trailingZeros(first, width);
  while (compareNumbers(blockRanges(number, prefix), width, ranges, last, width) > 0) prefix += 1;
  return { number, prefix };
}

function trailingZeros(number: Ranges, width: Width): number {
  let zeros = 0;
  for (let k = width - 1; k >= 0; k -= 1) {
    const value = word(number, k);
    if (value !== 0) return zeros + 31 - Math.clz32(value & -value);
    zeros += 32;
  }
  return zeros;
}
