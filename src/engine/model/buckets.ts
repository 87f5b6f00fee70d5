/** FNV-1a over UTF-16 code units. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h ^ (h >>> 15)) >>> 0;
}

/** A power of two with up to 32 entries a bucket, and never more buckets than are cheap to copy. */
export function bucketCountFor(size: number): number {
  let count = 1;
  while (count < 2048 && size > count * 32) count *= 8;
  return count;
}
