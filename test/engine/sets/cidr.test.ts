import { isIP, isIPv4, SocketAddress } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressCidrs,
  addressRanges,
  containsAddresses,
  countAddresses,
  everyIPv4,
  everyIPv6,
} from '../../../src/engine/sets/addresses.ts';
import { readAddress, readCidr } from '../../../src/engine/sets/cidr.ts';

describe('readCidr', () => {
  it.each([
    [undefined, 'not-a-string'],
    [null, 'not-a-string'],
    [10, 'not-a-string'],
    [['10.0.0.0/8'], 'not-a-string'],
    [{ toString: () => '10.0.0.0/8' }, 'not-a-string'],
    ['', 'empty'],
    ['10.0.0.0', 'no-prefix'],
    ['fd00::', 'no-prefix'],
    ['fe80::1%eth0/64', 'zone'],
    ['fe80::1/64%eth0', 'zone'],
    ['10.0.0.0%25/8', 'zone'],
    ['010.0.0.0/8', 'leading-zero'],
    ['10.00.0.0/8', 'leading-zero'],
    ['10.0.0.008/8', 'leading-zero'],
    ['::ffff:010.0.0.0/104', 'leading-zero'],
    ['010.0.0.0', 'leading-zero'],
    ['10.0.0/8', 'bad-address'],
    ['10/8', 'bad-address'],
    ['10.0.0.0.0/8', 'bad-address'],
    ['10.0.0./8', 'bad-address'],
    ['10..0.0/8', 'bad-address'],
    ['256.0.0.0/8', 'bad-address'],
    ['0x0a.0.0.0/8', 'bad-address'],
    ['0xa000000/8', 'bad-address'],
    ['1e1.0.0.0/8', 'bad-address'],
    ['-1.0.0.0/8', 'bad-address'],
    ['+1.0.0.0/8', 'bad-address'],
    ['1_0.0.0.0/8', 'bad-address'],
    ['１０.0.0.0/8', 'bad-address'],
    ['٣.0.0.0/8', 'bad-address'],
    [' 10.0.0.0/8', 'bad-address'],
    ['10.0.0.0 /8', 'bad-address'],
    ['10. 0.0.0/8', 'bad-address'],
    ['\t10.0.0.0/8', 'bad-address'],
    ['10.0.0.0\n/8', 'bad-address'],
    ['10.0.0.0\u0000/8', 'bad-address'],
    ['/8', 'bad-address'],
    ['/', 'bad-address'],
    [':/8', 'bad-address'],
    [':::/8', 'bad-address'],
    ['::1::/8', 'bad-address'],
    ['1::2::3/8', 'bad-address'],
    [':1::/8', 'bad-address'],
    ['1:2:3:4:5:6:7/8', 'bad-address'],
    ['1:2:3:4:5:6:7:8:9/8', 'bad-address'],
    ['1:2:3:4::5:6:7:8/8', 'bad-address'],
    ['1:2:3:4:5:6:7:8::/8', 'bad-address'],
    ['12345::/8', 'bad-address'],
    ['g::/8', 'bad-address'],
    ['[::1]/128', 'bad-address'],
    ['::1.2.3/8', 'bad-address'],
    ['1.2.3.4::/8', 'bad-address'],
    ['::1.2.3.4:5/8', 'bad-address'],
    ['1:2:3:4:5:6:7:1.2.3.4/8', 'bad-address'],
    ['example.com/8', 'bad-address'],
    ['10.0.0.0/33', 'bad-prefix'],
    ['::/129', 'bad-prefix'],
    ['10.0.0.0/08', 'bad-prefix'],
    ['10.0.0.0/00', 'bad-prefix'],
    ['10.0.0.0/-1', 'bad-prefix'],
    ['10.0.0.0/+8', 'bad-prefix'],
    ['10.0.0.0/', 'bad-prefix'],
    ['10.0.0.0/ 8', 'bad-prefix'],
    ['10.0.0.0/8 ', 'bad-prefix'],
    ['10.0.0.0/8\n', 'bad-prefix'],
    ['10.0.0.0/8/8', 'bad-prefix'],
    ['10.0.0.0//8', 'bad-prefix'],
    ['10.0.0.0/8.0', 'bad-prefix'],
    ['10.0.0.0/1e1', 'bad-prefix'],
    ['10.0.0.0/0x8', 'bad-prefix'],
    ['10.0.0.0/٨', 'bad-prefix'],
    ['10.0.0.0/255.0.0.0', 'bad-prefix'],
  ])('refuses %j: %s', (value, problem) => {
    expect(readCidr(value)).toMatchObject({ ok: false, problem });
  });

  it('refuses what is far too long', () => {
    expect(readCidr(`${'1'.repeat(1_000_000)}.0.0.0/8`)).toMatchObject({ problem: 'bad-address' });
    expect(readCidr(':'.repeat(1_000_000))).toMatchObject({ problem: 'bad-address' });
    expect(readCidr(`10.0.0.0/${'8'.repeat(1_000_000)}`)).toMatchObject({ problem: 'bad-prefix' });
  });

  it.each([
    ['10.0.0.7', '10.0.0.7/32'],
    ['2001:db8::1', '2001:db8::1/128'],
  ])('offers the CIDR of the one address %s', (text, suggestion) => {
    expect(readCidr(text)).toEqual({ ok: false, problem: 'no-prefix', suggestion });
  });

  it.each([
    ['0.0.0.0/0', 4, 0, '0.0.0.0/0', false, false],
    ['10.0.0.0/8', 4, 8, '10.0.0.0/8', false, false],
    ['10.1.2.3/8', 4, 8, '10.0.0.0/8', true, false],
    ['10.1.2.3/32', 4, 32, '10.1.2.3/32', false, false],
    ['1.2.3.4/0', 4, 0, '0.0.0.0/0', true, false],
    ['255.255.255.255/31', 4, 31, '255.255.255.254/31', true, false],
    ['::/0', 6, 0, '::/0', false, false],
    ['2001:DB8::/32', 6, 32, '2001:db8::/32', false, false],
    ['2001:0db8:0000:0000:0000:0000:0000:0001/32', 6, 32, '2001:db8::/32', true, false],
    ['1:2:3:4:5:6:7:8/128', 6, 128, '1:2:3:4:5:6:7:8/128', false, false],
    ['1:2:3:4:5:6:7::/112', 6, 112, '1:2:3:4:5:6:7:0/112', false, false],
    ['::1/128', 6, 128, '::1/128', false, false],
    ['64:ff9b::1.2.3.4/128', 6, 128, '64:ff9b::102:304/128', false, false],
    ['::ffff:10.1.2.3/104', 4, 8, '10.0.0.0/8', true, true],
    ['::ffff:10.0.0.0/104', 4, 8, '10.0.0.0/8', false, true],
    ['::ffff:a00:0/104', 4, 8, '10.0.0.0/8', false, true],
    ['0:0:0:0:0:FFFF:0A01:0203/128', 4, 32, '10.1.2.3/32', false, true],
    ['::ffff:0:0/96', 4, 0, '0.0.0.0/0', false, true],
    ['::ffff:0:0/95', 6, 95, '::fffe:0:0/95', true, false],
    ['::fffe:0:0/95', 6, 95, '::fffe:0:0/95', false, false],
    ['::ffff:10.0.0.0/64', 6, 64, '::/64', true, false],
    ['::10.0.0.0/104', 6, 104, '::a00:0/104', false, false],
    ['0:0:1:0:0:ffff:a00:0/104', 6, 104, '::1:0:0:ffff:a00:0/104', false, false],
    ['1::ffff:a00:0/104', 6, 104, '1::ffff:a00:0/104', false, false],
    ['::1:ffff:a00:0/104', 6, 104, '::1:ffff:a00:0/104', false, false],
    ['::fffe:a00:0/104', 6, 104, '::fffe:a00:0/104', false, false],
  ] as const)('reads %s', (text, family, prefix, network, hostBits, mapped) => {
    const reading = readCidr(text);
    expect(reading).toMatchObject({ ok: true, family, prefix, network, hostBits, mapped });
    if (reading.ok) expect(addressCidrs(reading.addresses)).toEqual([network]);
  });

  it('reads the range of mapped addresses as all of IPv4', () => {
    expect(readCidr('::ffff:0:0/96')).toMatchObject({ addresses: everyIPv4 });
    expect(readCidr('::/0')).toMatchObject({ addresses: everyIPv6 });
  });

  const octet = fc.nat(255);
  const v4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));

  it('reads every well-formed IPv4 CIDR as its network', () => {
    fc.assert(
      fc.property(v4, fc.nat(32), (address, prefix) => {
        const reading = readCidr(`${address}/${prefix}`);
        const one = readAddress(address);
        if (!reading.ok || !one.ok) throw new Error(address);
        expect(countAddresses(reading.addresses)).toEqual({ v4: 2n ** BigInt(32 - prefix), v6: 0n });
        expect(containsAddresses(reading.addresses, one.addresses)).toBe(true);
        expect(reading.hostBits).toBe(!reading.network.startsWith(`${address}/`));
        expect(readCidr(reading.network)).toEqual({ ...reading, hostBits: false });
      }),
    );
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string({ unit: fc.constantFrom(...'0123456789abf:./%x -') })), (value) => {
        expect(typeof readCidr(value).ok).toBe('boolean');
        expect(typeof readAddress(value).ok).toBe('boolean');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('readAddress', () => {
  it.each([
    [7, 'not-a-string'],
    ['', 'empty'],
    ['fe80::1%1', 'zone'],
    ['10.0.0.01', 'leading-zero'],
    ['10.0.0.1/32', 'bad-address'],
    ['10.0.0', 'bad-address'],
  ])('refuses %j: %s', (value, problem) => {
    expect(readAddress(value)).toMatchObject({ ok: false, problem });
  });

  it.each([
    ['10.0.0.1', 4, '10.0.0.1', false],
    ['::ffff:10.0.0.1', 4, '10.0.0.1', true],
    ['::FFFF:A00:1', 4, '10.0.0.1', true],
    ['::', 6, '::', false],
    ['FD00:0:0:0:0:0:0:00EC', 6, 'fd00::ec', false],
    // RFC 5952: the longest run of zeros, the first of two, never a single group; lower case.
    ['2001:db8:0:0:1:0:0:1', 6, '2001:db8::1:0:0:1', false],
    ['2001:db8:0:1:1:1:1:1', 6, '2001:db8:0:1:1:1:1:1', false],
    ['1:0:0:2:0:0:0:3', 6, '1:0:0:2::3', false],
    ['0:0:0:1::', 6, '0:0:0:1::', false],
  ] as const)('reads %s', (text, family, canonical, mapped) => {
    expect(readAddress(text)).toMatchObject({ ok: true, family, text: canonical, mapped });
  });

  const groups = fc.array(
    fc.oneof(
      fc.constant('0'),
      fc.constant('0000'),
      fc.nat(0xffff).map((n) => n.toString(16)),
    ),
    {
      minLength: 0,
      maxLength: 9,
    },
  );
  const almostIPv6 = fc
    .tuple(groups, fc.constantFrom(':', '::', ''), groups, fc.constantFrom('', ':1.2.3.4', '::', '1.2.3.4'))
    .map(([head, middle, tail, end]) => head.join(':') + middle + tail.join(':') + end);
  const almostIPv4 = fc
    .array(fc.oneof(fc.nat(300).map(String), fc.constantFrom('', '00', '01', '0')), { minLength: 3, maxLength: 5 })
    .map((parts) => parts.join('.'));

  it('takes exactly the texts that Node takes', () => {
    fc.assert(
      fc.property(fc.oneof(almostIPv6, almostIPv4), (text) => {
        expect(readAddress(text).ok).toBe(isIP(text) !== 0);
      }),
      { numRuns: 3000 },
    );
  });

  it('writes an address as Node does', () => {
    fc.assert(
      fc.property(
        almostIPv6.filter((text) => isIP(text) === 6),
        (text) => {
          const reading = readAddress(text);
          if (!reading.ok) throw new Error(text);
          const { address } = new SocketAddress({ address: text, family: 'ipv6' });
          // Old systems write ::1.2.3.4 for ::102:304, which RFC 5952 does not ask for.
          if (!reading.mapped && !isIPv4(address.replace(/^::/, ''))) expect(reading.text).toBe(address);
          expect(addressRanges(reading.addresses)).toEqual([
            { family: reading.family, first: reading.text, last: reading.text },
          ]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
