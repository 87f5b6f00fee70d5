import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AddressSet,
  containsAddresses,
  countAddresses,
  everyAddress,
  everyIPv4,
  longestRun,
  noAddresses,
  overlapAddresses,
  partitionAddresses,
  rangeAddresses,
  unionAllAddresses,
} from '../../../src/engine/sets/addresses.ts';

const v4 = fc
  .tuple(fc.constantFrom('0.0.0.', '10.0.0.', '255.255.255.'), fc.nat(255), fc.nat(255))
  .map(([net, a, b]) => rangeAddresses(net + Math.min(a, b), net + Math.max(a, b)));
const v6 = fc
  .tuple(fc.constantFrom('::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:'), fc.nat(65535), fc.nat(65535))
  .map(([net, a, b]) => rangeAddresses(net + Math.min(a, b).toString(16), net + Math.max(a, b).toString(16)));
const set: fc.Arbitrary<AddressSet> = fc.oneof(
  fc.array(fc.oneof(v4, v6), { maxLength: 5 }).map(unionAllAddresses),
  fc.constantFrom(everyAddress, everyIPv4, noAddresses),
);

describe('a partition', () => {
  it('cuts the whole space into contiguous ranges that each set holds or does not touch', () => {
    fc.assert(
      fc.property(fc.array(set, { maxLength: 6 }), (sets) => {
        const cells = partitionAddresses(sets);
        for (const cell of cells) {
          expect(cell.range).toEqual(rangeAddresses(cell.first, cell.last));
          const { v4, v6 } = countAddresses(cell.range);
          expect(longestRun(cell.range, cell.family)).toBe(v4 + v6);
          expect(sets.flatMap((one, index) => (containsAddresses(one, cell.range) ? [index] : []))).toEqual(
            cell.members,
          );
          expect(sets.flatMap((one, index) => (overlapAddresses(one, cell.range) ? [index] : []))).toEqual(
            cell.members,
          );
        }
        expect(unionAllAddresses(cells.map((cell) => cell.range))).toEqual(everyAddress);
        const total = cells.reduce((sum, { range }) => sum + countAddresses(range).v4 + countAddresses(range).v6, 0n);
        expect(total).toBe(2n ** 32n + 2n ** 128n);
      }),
    );
  });

  it('is in order and has no neighbours that nothing tells apart', () => {
    fc.assert(
      fc.property(fc.array(set, { maxLength: 6 }), (sets) => {
        const cells = partitionAddresses(sets);
        for (const [index, cell] of cells.entries()) {
          const previous = cells[index - 1];
          if (previous === undefined) expect(cell.family).toBe(4);
          else if (previous.family === cell.family) expect(cell.members).not.toEqual(previous.members);
          else expect([previous.family, cell.family]).toEqual([4, 6]);
        }
      }),
    );
  });

  it('names who holds what', () => {
    const outer = rangeAddresses('10.0.0.0', '10.255.255.255');
    const inner = rangeAddresses('10.1.0.0', '10.1.255.255');
    expect(
      partitionAddresses([inner, outer, inner]).map(({ first, last, members }) => `${first}-${last} ${members}`),
    ).toEqual([
      '0.0.0.0-9.255.255.255 ',
      '10.0.0.0-10.0.255.255 1',
      '10.1.0.0-10.1.255.255 0,1,2',
      '10.2.0.0-10.255.255.255 1',
      '11.0.0.0-255.255.255.255 ',
      '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ',
    ]);
  });

  it('of no sets is both families', () => {
    expect(partitionAddresses([]).map(({ first, last }) => [first, last])).toEqual([
      ['0.0.0.0', '255.255.255.255'],
      ['::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ]);
  });

  it('takes ten thousand sets', () => {
    const sets = Array.from({ length: 10_000 }, (_, n) => {
      const third = `10.${n >> 8}.${n & 255}`;
      return rangeAddresses(`${third}.10`, `${third}.20`);
    });
    const cells = partitionAddresses(sets);
    expect(cells).toHaveLength(20_002);
    expect(cells.filter((cell) => cell.members.length === 1)).toHaveLength(10_000);
  });
});
