/**
 * How many letters must be added, removed, replaced or swapped with their neighbour to make one text of the other.
 * Anything above `enough` comes out as more than `enough`, at a cost of the two lengths multiplied, or much less.
 */
export function slips(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) > enough) return enough + 1;
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced);
      row.push(swapped ? Math.min(least, (beforeLast[j - 2] ?? 0) + 1) : least);
    }
    // Whatever way leads on, be it past this row by swapping, it is no shorter than the shortest to here.
    if (Math.min(...row) > enough) return enough + 1;
    beforeLast = last;
    last = row;
  }
  return Math.min(last[b.length] ?? 0, enough + 1);
}
