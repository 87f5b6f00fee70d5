import { containsBox, intersectBoxes, isEmptyBox, type LabelBox } from '../sets/labels.ts';

/** Pods that several policies govern together. */
export interface Region<P> {
  readonly box: LabelBox;
  readonly members: readonly P[];
}

/**
 * The regions of `subject` that other subjects share: every combination of them that some pod can be in, each with all
 * the others that govern the whole of it. Policies add up, so only these combinations need a look.
 *
 * Undefined past `cap` regions.
 */
export function regions<P>(
  subject: readonly LabelBox[],
  others: readonly { readonly boxes: readonly LabelBox[]; readonly member: P }[],
  cap = 500,
): readonly Region<P>[] | undefined {
  let found: Region<P>[] = subject.map((box) => ({ box, members: [] }));
  for (const { boxes, member } of others) {
    const next: Region<P>[] = [];
    for (const region of found) {
      const shared = boxes.map((box) => intersectBoxes(region.box, box)).filter((box) => !isEmptyBox(box));
      const joined = shared.map((box) => ({ box, members: [...region.members, member] }));
      // Where the other one governs all of the region, the region without it is nothing of its own.
      if (!shared.some((box) => containsBox(box, region.box))) next.push(region);
      next.push(...joined);
    }
    if (next.length > cap) return undefined;
    found = next;
  }
  return found;
}
