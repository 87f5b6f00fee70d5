import { countText } from './count.ts';
import type { Language } from './language.ts';

/** Numbers of more digits than this are told as the block of IPv6 that holds as many. */
const mostReadable = 10n ** 9n;

/** How many addresses there are of a family: `65,536 IPv4 addresses`, `as many IPv6 addresses as a /31`. */
export function amountText(family: 'IPv4' | 'IPv6', count: bigint, language: Language): string {
  const ja = language === 'ja';
  const block = blockOf(family, count);
  if (block === undefined)
    return ja ? `${countText(count)} 個の ${family} アドレス` : `${countText(count)} ${family} addresses`;
  if (ja) return `/${block.prefix} ${block.exact ? '相当' : 'を超える数'}の ${family} アドレス`;
  return block.exact
    ? `as many ${family} addresses as a /${block.prefix}`
    : `more ${family} addresses than a /${block.prefix} holds`;
}

/** The number alone: `65,536`, `as many as a /32`. */
export function limitText(family: 'IPv4' | 'IPv6', count: bigint, language: Language): string {
  const block = blockOf(family, count);
  if (language === 'ja') return block === undefined ? `${countText(count)} 個` : `/${block.prefix} 相当`;
  return block === undefined ? countText(count) : `as many as a /${block.prefix}`;
}

/** What is above the number: `more than 65,536 addresses`, `more addresses than a /48 holds`. */
export function aboveText(family: 'IPv4' | 'IPv6', count: bigint, language: Language): string {
  const block = blockOf(family, count);
  if (language === 'ja')
    return block === undefined ? `${countText(count)} 個を超えるアドレス` : `/${block.prefix} を超える数のアドレス`;
  return block === undefined
    ? `more than ${countText(count)} addresses`
    : `more addresses than a /${block.prefix} holds`;
}

/** The largest block of IPv6 that the number fills; undefined where the number itself can be read. */
function blockOf(
  family: 'IPv4' | 'IPv6',
  count: bigint,
): { readonly prefix: number; readonly exact: boolean } | undefined {
  if (family === 'IPv4' || count < mostReadable) return undefined;
  const bits = count.toString(2).length - 1;
  return { prefix: 128 - bits, exact: count === 1n << BigInt(bits) };
}
