import { isMap, isNode, isSeq } from 'yaml';
import type { FieldPath } from '../engine/json/path.ts';
import { follow, offsetOf, pairOf, type Tree } from './tree.ts';

/**
 * The place of the part of a document that `path` names: of the key for a field, of the entry for a list index. Behind
 * an alias or a `<<` it is where the part really stands. Where the path leads beyond what is written, it is the place of
 * the nearest part that is, and `exact` is false.
 */
export function locateIn(tree: Tree, path: FieldPath): { readonly offset: number; readonly exact: boolean } {
  let offset = offsetOf(tree, tree.root);
  let node: unknown = tree.root;
  for (const step of path) {
    const here = follow(tree, node);
    if (typeof step === 'string' && isMap(here)) {
      const pair = pairOf(tree, here, step);
      if (pair === undefined) return { offset, exact: false };
      offset = offsetOf(tree, pair.key);
      node = pair.value;
    } else if (typeof step === 'number' && isSeq(here) && isNode(here.items[step])) {
      node = here.items[step];
      offset = offsetOf(tree, node);
    } else return { offset, exact: false };
  }
  return { offset, exact: true };
}
