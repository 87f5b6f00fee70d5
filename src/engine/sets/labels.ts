/** Sets of labellings: all that the rest of the engine needs of them. */
export { formatBox, someLabels } from './box-text.ts';
export { type Coverage, coverage } from './coverage.ts';
export {
  admitsFresh,
  boxKey,
  boxKeys,
  boxOf,
  containsBox,
  emptyBox,
  equalBoxes,
  everyLabels,
  intersectBoxes,
  isEmptyBox,
  isEveryBox,
  type KeyCondition,
  type LabelBox,
  type LabelLookup,
  labelIn,
  matchesBox,
  overlapBoxes,
  renameKeys,
  restrictBox,
  subtractBox,
} from './label-box.ts';
export { readSelector, type SelectorProblem, type SelectorProblemKey, type SelectorReading } from './selector.ts';
