/** Waiting times in milliseconds. */
export interface BackoffRange {
  /** The most that is waited the first time. It doubles with every failure in a row. */
  readonly first: number;
  /** Never more than this. */
  readonly most: number;
}

/**
 * How long to wait after `failures` failures in a row (1 for the first): any time up to a bound that doubles each time.
 * The whole range is drawn from, so that many replicas that lost the server at one moment do not come back at one moment.
 *
 * @param random a number from 0 to 1
 */
export function backoffDelay(failures: number, range: BackoffRange, random: number): number {
  if (failures < 1) return 0;
  // 2 ** 1024 is Infinity, and random 0 times that is no number.
  const bound = Math.min(range.most, range.first * 2 ** Math.min(failures - 1, 60));
  return random * bound;
}
