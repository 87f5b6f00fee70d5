import { excludeCidr, mergeCidr, overlapCidr, parseCidr } from 'cidr-tools';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AddressSet,
  addressCidrs,
  addressKey,
  addressRanges,
  containsAddresses,
  countAddresses,
  equalAddresses,
  everyAddress,
  everyIPv4,
  everyIPv6,
  hasLongRun,
  intersectAddresses,
  isNoAddress,
  longestRun,
  noAddresses,
  overlapAddresses,
  publicAddresses,
  rangeAddresses,
  someAddress,
  subtractAddresses,
  unionAddresses,
  unionAllAddresses,
} from '../../../src/engine/sets/addresses.ts';
import { readCidr } from '../../../src/engine/sets/cidr.ts';
import { keepsTheLaws } from './laws.ts';

function cidr(text: string): AddressSet {
  const reading = readCidr(text);
  if (!reading.ok) throw new Error(`${text}: ${reading.problem}`);
  return reading.addresses;
}

const cidrs = (...texts: string[]) => unionAllAddresses(texts.map(cidr));

/** Numbers where a carry, a borrow or an end can go wrong, with their neighbours between them. */
function corners(bits: readonly number[]): readonly bigint[] {
  const found = new Set<bigint>();
  for (const bit of bits) for (const d of [-2n, -1n, 0n, 1n, 2n]) found.add((1n << BigInt(bit)) + d);
  const end = (1n << BigInt(bits.at(-1)!)) - 1n;
  return [...found, 0n, 1n].filter((n, i, all) => n >= 0n && n <= end && all.indexOf(n) === i);
}

const v4Corners = corners([8, 16, 31, 32]);
const v6Corners = corners([31, 32, 63, 64, 65, 96, 127, 128]);

function text(number: bigint, family: 4 | 6): string {
  const width = family === 4 ? 8n : 16n;
  const count = family === 4 ? 4 : 8;
  const parts = Array.from(
    { length: count },
    (_, i) => (number >> (width * BigInt(count - 1 - i))) & ((1n << width) - 1n),
  );
  return family === 4 ? parts.join('.') : parts.map((part) => part.toString(16)).join(':');
}

interface Span {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const span: fc.Arbitrary<Span> = fc.constantFrom<4 | 6>(4, 6).chain((family) => {
  const corner = fc.constantFrom(...(family === 4 ? v4Corners : v6Corners));
  return fc
    .tuple(corner, corner)
    .map(([a, b]) => (a < b ? { family, first: a, last: b } : { family, first: b, last: a }));
});
const spans = fc.array(span, { maxLength: 6 });

const toSet = (list: readonly Span[]) =>
  unionAllAddresses(list.map(({ family, first, last }) => rangeAddresses(text(first, family), text(last, family))));

const holds = (list: readonly Span[], family: 4 | 6, number: bigint) =>
  list.some((one) => one.family === family && one.first <= number && number <= one.last);

/** The ranges as numbers, read by another reader than ours. */
const numbersOf = (set: AddressSet): readonly Span[] =>
  addressRanges(set).map(({ family, first, last }) => ({
    family,
    first: parseCidr(first).start,
    last: parseCidr(last).start,
  }));

const points: readonly (readonly [4 | 6, bigint])[] = [
  ...v4Corners.map((number) => [4, number] as const),
  ...v6Corners.map((number) => [6, number] as const),
];

describe('address sets', () => {
  keepsTheLaws({
    arbitrary: spans.map(toSet),
    none: noAddresses,
    union: unionAddresses,
    intersect: intersectAddresses,
    subtract: subtractAddresses,
    contains: containsAddresses,
    equal: equalAddresses,
    key: addressKey,
  });

  it('hold the addresses that a naive reading says they hold', () => {
    fc.assert(
      fc.property(spans, spans, (a, b) => {
        const [x, y] = [toSet(a), toSet(b)];
        const [own, union, both, rest] = [
          numbersOf(x),
          numbersOf(unionAddresses(x, y)),
          numbersOf(intersectAddresses(x, y)),
          numbersOf(subtractAddresses(x, y)),
        ];
        let overlap = false;
        for (const [family, n] of points) {
          const inA = holds(a, family, n);
          const inB = holds(b, family, n);
          expect(holds(own, family, n)).toBe(inA);
          expect(holds(union, family, n)).toBe(inA || inB);
          expect(holds(both, family, n)).toBe(inA && inB);
          expect(holds(rest, family, n)).toBe(inA && !inB);
          overlap ||= inA && inB;
        }
        expect(overlapAddresses(x, y)).toBe(overlap);
        expect(isNoAddress(x)).toBe(a.length === 0);
      }),
    );
  });

  it('are counted and measured as their ranges are', () => {
    fc.assert(
      fc.property(spans, (list) => {
        const set = toSet(list);
        for (const family of [4, 6] as const) {
          const lengths = numbersOf(set)
            .filter((one) => one.family === family)
            .map((one) => one.last - one.first + 1n);
          const total = lengths.reduce((sum, length) => sum + length, 0n);
          expect(family === 4 ? countAddresses(set).v4 : countAddresses(set).v6).toBe(total);
          expect(longestRun(set, family)).toBe(lengths.toSorted((a, b) => (a < b ? 1 : -1))[0] ?? 0n);
          const long = lengths.some((length) => length > 2n ** (family === 4 ? 24n : 96n));
          expect(hasLongRun(family === 4 ? { ...set, v6: noAddresses.v6 } : { ...set, v4: noAddresses.v4 })).toBe(long);
        }
      }),
    );
  });

  it.each([
    ['10.0.0.0', '10.255.255.255', false],
    ['10.0.0.0', '11.0.0.0', true],
    ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', false],
    ['2001:db8::', '2001:db9::', true],
    ['2001:db8::1', '2001:db9::', false],
    ['2001:db8::1', '2001:db9::1', true],
    ['2001:db8:0:1::', '2001:db9:0:0:ffff:ffff:ffff:ffff', false],
  ])('from %s to %s are a long run: %s', (first, last, is) => {
    expect(hasLongRun(rangeAddresses(first, last))).toBe(is);
  });

  it('come back from their ranges and from their CIDRs', () => {
    fc.assert(
      fc.property(spans, (list) => {
        const set = toSet(list);
        expect(unionAllAddresses(addressRanges(set).map((range) => rangeAddresses(range.first, range.last)))).toEqual(
          set,
        );
        // A mapped CIDR text would be read as IPv4, which is why these corners stay clear of ::ffff:0:0/96.
        expect(unionAllAddresses(addressCidrs(set).map(cidr))).toEqual(set);
      }),
    );
  });

  const v4Cidr = fc
    .tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 32 }))
    .map(([number, prefix]) => `${text(BigInt(number), 4)}/${prefix}`);
  const v6Cidr = fc
    .tuple(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), fc.integer({ min: 1, max: 128 }))
    .filter(([number]) => number >> 40n !== 0n)
    .map(([number, prefix]) => `${text(number, 6)}/${prefix}`);
  // Wide networks, and holes inside them, so that most pairs meet.
  const nearby = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 22, max: 32 }))
    .map(([number, prefix]) => `10.0.${number >> 6}.${number}/${prefix}`);
  const list = fc.array(fc.oneof(v4Cidr, v6Cidr, nearby, nearby), { minLength: 1, maxLength: 6 });
  const withPrefix = (one: string) => (one.includes('/') ? one : `${one}/${one.includes(':') ? 128 : 32}`);
  const sorted = (texts: readonly string[]) => texts.map(withPrefix).sort();

  it('agree with cidr-tools on unions, and write the fewest CIDRs', () => {
    fc.assert(
      fc.property(list, (a) => {
        expect(sorted(addressCidrs(cidrs(...a)))).toEqual(sorted(mergeCidr(a)));
      }),
      { numRuns: 500 },
    );
  });

  it('agree with cidr-tools on subtractions and overlaps', () => {
    fc.assert(
      fc.property(list, list, (a, b) => {
        const left = subtractAddresses(cidrs(...a), cidrs(...b));
        expect(sorted(addressCidrs(left))).toEqual(sorted(excludeCidr(a, b)));
        expect(overlapAddresses(cidrs(...a), cidrs(...b))).toBe(overlapCidr(a, b));
      }),
      { numRuns: 500 },
    );
  });

  it('are the same in any number of pieces', () => {
    expect(cidrs('0.0.0.0/1', '128.0.0.0/1')).toEqual(everyIPv4);
    expect(cidrs('::/1', '8000::/2', 'c000::/2')).toEqual(everyIPv6);
    expect(unionAddresses(everyIPv4, everyIPv6)).toEqual(everyAddress);
    expect(addressKey(everyAddress)).toBe(addressKey(unionAddresses(everyIPv6, everyIPv4)));
  });

  it('keep the families apart', () => {
    expect(overlapAddresses(everyIPv4, everyIPv6)).toBe(false);
    expect(containsAddresses(everyIPv4, cidr('::/128'))).toBe(false);
    expect(countAddresses(everyAddress)).toEqual({ v4: 2n ** 32n, v6: 2n ** 128n });
    expect(addressCidrs(everyAddress)).toEqual(['0.0.0.0/0', '::/0']);
  });

  it('are written as ranges', () => {
    expect(addressRanges(subtractAddresses(everyAddress, cidrs('10.0.0.0/8', '2001:db8::/32')))).toEqual([
      { family: 4, first: '0.0.0.0', last: '9.255.255.255' },
      { family: 4, first: '11.0.0.0', last: '255.255.255.255' },
      { family: 6, first: '::', last: '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff' },
      { family: 6, first: '2001:db9::', last: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' },
    ]);
  });

  it.each([
    ['10.0.0.5', '10.0.0.1'],
    ['10.0.0.5', '::1'],
    ['10.0.0.05', '10.0.0.9'],
    ['', ''],
  ])('are none between %j and %j', (first, last) => {
    expect(rangeAddresses(first, last)).toBe(noAddresses);
  });

  it('take ten thousand CIDRs', () => {
    const odd: AddressSet[] = [];
    const even: AddressSet[] = [];
    for (let i = 0; i < 10_000; i += 1) {
      // 7919 is coprime to 10,000, so that this is every number once, out of order.
      const n = (i * 7919) % 10_000;
      even.push(cidr(`10.${n >> 7}.${(n & 127) << 1}.0/24`));
      odd.push(cidr(`10.${n >> 7}.${((n & 127) << 1) + 1}.0/24`));
    }
    const union = unionAllAddresses(even);
    expect(addressRanges(union)).toHaveLength(10_000);
    expect(countAddresses(union).v4).toBe(2_560_000n);
    expect(addressRanges(unionAllAddresses([...even, ...odd]))).toEqual([
      { family: 4, first: '10.0.0.0', last: '10.78.31.255' },
    ]);
    expect(subtractAddresses(rangeAddresses('10.0.0.0', '10.78.31.255'), union)).toEqual(unionAllAddresses(odd));
    expect(unionAllAddresses([])).toBe(noAddresses);
  });

  it.each([
    ['one of the documentation network', everyAddress, '192.0.2.1'],
    ['its name where there is no other', cidrs('10.0.0.0/8', '192.0.2.0/32'), '192.0.2.0'],
    ['one of the next such network', cidrs('198.51.100.128/25', '2001:db8::/48'), '198.51.100.128'],
    ['one of the third', cidrs('10.0.0.0/8', '203.0.0.0/8'), '203.0.113.1'],
    ['one of IPv6', everyIPv6, '2001:db8::1'],
    ['the first of any other', cidrs('10.1.0.0/16', '10.0.3.0/24', 'fd00::/8'), '10.0.3.0'],
    ['the first of IPv6', cidr('fd00::/8'), 'fd00::'],
    ['none of none', noAddresses, undefined],
  ])('have a witness: %s', (_, set, witness) => {
    expect(someAddress(set)).toBe(witness);
  });

  it('always have a witness that is in them', () => {
    fc.assert(
      fc.property(spans, (list) => {
        const set = toSet(list);
        const witness = someAddress(set);
        if (witness === undefined) expect(isNoAddress(set)).toBe(true);
        else expect(containsAddresses(set, rangeAddresses(witness, witness))).toBe(true);
      }),
    );
  });

  it('tell what is public', () => {
    const inner = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', '127.0.0.0/8'];
    const inner6 = ['fe80::/10', '::1/128', 'fc00::/7'];
    expect(publicAddresses(cidrs(...inner, ...inner6))).toEqual(noAddresses);
    expect(subtractAddresses(everyAddress, publicAddresses(everyAddress))).toEqual(cidrs(...inner, ...inner6));
    expect(addressCidrs(publicAddresses(cidrs('10.0.0.0/7')))).toEqual(['11.0.0.0/8']);
  });
});
