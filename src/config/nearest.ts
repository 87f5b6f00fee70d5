/** No name is longer; a longer text is not a slip of the pen, and comparing it would cost its square. */
const longest = 64;

/**
 * The known name that a mistyped one was most likely meant to be; undefined where none is near. Of equally near ones
 * the first.
 */
export function nearest(written: string, known: readonly string[]): string | undefined {
  if (written.length > longest) return undefined;
  const text = plain(written);
  let best: string | undefined;
  let least = Math.min(3, Math.floor(text.length / 3));
  for (const name of known) {
    const slips = distance(text, plain(name), least);
    if (slips > least || (best !== undefined && slips === least)) continue;
    best = name;
    least = slips;
  }
  return best ?? known.find((name) => holdsMostOf(text, plain(name)));
}

/** What people mix up without noticing: case, and how words are joined. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '');
}

/** `broad-peers` for `forbid-broad-peers`. */
function holdsMostOf(text: string, name: string): boolean {
  return text.length >= 5 && name.length >= 5 && (name.includes(text) || text.includes(name));
}

/** How many letters must be added, removed, replaced or swapped with their neighbour; anything above `enough` is more. */
function distance(a: string, b: string, enough: number): number {
  if (Math.abs(a.length - b.length) > enough) return enough + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let slips = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        slips = Math.min(slips, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(slips);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? enough + 1;
}
