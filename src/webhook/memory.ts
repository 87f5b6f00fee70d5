import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Lets the heap grow by half of what is in use before it is collected, where V8 would let it grow to three or four times
 * that. A first list is read through some ten times the memory that stays of it. Later little grows, and it costs little.
 */
export function growSlowly(): void {
  setFlagsFromString('--heap-growing-percent=50');
}

/**
 * Collects what nobody holds, and gives the memory back to the system. That stops everything for some tenths of a second:
 * it is for the moment before the first answer, when what the first list left behind would lie about for hours.
 */
export function giveMemoryBack(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
