import {
  type AddressSet,
  containsAddresses,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  isNoAddress,
  partitionAddresses,
  rangeCount,
  unionAllAddresses,
} from '../sets/addresses.ts';

/** Each piece is a fold of its own. */
const mostPieces = 16;
const mostRanges = 200;

/**
 * Where something may be whose address nobody knows, cut so that each of the sets holds the whole of a piece or none of
 * it. One piece, undefined, where the sets together settle nothing, or where it would be too many.
 *
 * @param somewhere all the addresses that it may have
 */
export function addressPieces(sets: readonly AddressSet[], somewhere: AddressSet): readonly (AddressSet | undefined)[] {
  const told = sets.filter((set) => !isNoAddress(set));
  const whole = unionAllAddresses(told);
  // What is about a few addresses of many says nothing of one that is not known.
  const settles = [somewhere, everyIPv4, everyIPv6].some((all) => containsAddresses(whole, all));
  if (!settles || told.reduce((sum, set) => sum + rangeCount(set), 0) > mostRanges) return [undefined];
  const cells = partitionAddresses(told).flatMap(({ range, family, members }) => {
    const here = intersectAddresses(range, somewhere);
    return isNoAddress(here) ? [] : [{ here, key: `${family} ${members.join()}` }];
  });
  const pieces = [...Map.groupBy(cells, ({ key }) => key).values()].map((same) =>
    unionAllAddresses(same.map(({ here }) => here)),
  );
  return pieces.length === 0 || pieces.length > mostPieces ? [undefined] : pieces;
}
