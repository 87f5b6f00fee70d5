/** Sets of labellings: all that the rest of the engine needs of them. */
export { boxKeys, renameKeys, restrictBox } from './box-keys.ts';
export { formatBox, someLabels } from './box-text.ts';
export { coverage, isCovered } from './coverage.ts';
export {
  admitsFresh,
  boxKey,
  boxOf,
  boxWork,
  complement,
  containsBox,
  emptyBox,
  equalBoxes,
  equalConditions,
  everyLabels,
  intersectBoxes,
  isEmptyBox,
  isEveryBox,
  isResolvedBox,
  type KeyCondition,
  type LabelBox,
  type LabelLookup,
  labelIn,
  matchesBox,
  overlapBoxes,
  subtractBox,
  uniteConditions,
} from './label-box.ts';
export { readSelector } from './selector.ts';
