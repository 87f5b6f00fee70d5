import { describe, expect, it } from 'vitest';
import { aboveText, amountText, limitText } from '../../../src/engine/words/amount.ts';

describe('amounts of addresses', () => {
  it.each([
    ['IPv4', 1n << 25n, '33,554,432 IPv4 addresses', '33,554,432 個の IPv4 アドレス'],
    ['IPv4', (1n << 32n) - 1n, '4,294,967,295 IPv4 addresses', '4,294,967,295 個の IPv4 アドレス'],
    ['IPv6', 256n, '256 IPv6 addresses', '256 個の IPv6 アドレス'],
    ['IPv6', 1n << 97n, 'as many IPv6 addresses as a /31', '/31 相当の IPv6 アドレス'],
    ['IPv6', (1n << 97n) + 1n, 'more IPv6 addresses than a /31 holds', '/31 を超える数の IPv6 アドレス'],
    ['IPv6', (1n << 97n) - 1n, 'more IPv6 addresses than a /32 holds', '/32 を超える数の IPv6 アドレス'],
    ['IPv6', 1n << 128n, 'as many IPv6 addresses as a /0', '/0 相当の IPv6 アドレス'],
  ] as const)('%s: %d', (family, count, en, ja) => {
    expect([amountText(family, count, 'en'), amountText(family, count, 'ja')]).toEqual([en, ja]);
  });

  it('tells a limit, and what is above it', () => {
    expect([limitText('IPv4', 65_536n, 'en'), limitText('IPv4', 65_536n, 'ja')]).toEqual(['65,536', '65,536 個']);
    expect([limitText('IPv6', 1n << 96n, 'en'), limitText('IPv6', 1n << 96n, 'ja')]).toEqual([
      'as many as a /32',
      '/32 相当',
    ]);
    expect([aboveText('IPv4', 65_536n, 'en'), aboveText('IPv4', 65_536n, 'ja')]).toEqual([
      'more than 65,536 addresses',
      '65,536 個を超えるアドレス',
    ]);
    expect([aboveText('IPv6', 1n << 80n, 'en'), aboveText('IPv6', 1n << 80n, 'ja')]).toEqual([
      'more addresses than a /48 holds',
      '/48 を超える数のアドレス',
    ]);
  });
});
