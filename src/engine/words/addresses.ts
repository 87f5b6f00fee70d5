import {
  type AddressSet,
  addressCidrs,
  containsAddresses,
  countAddresses,
  everyAddress,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  isNoAddress,
  longestRun,
  subtractAddresses,
} from '../sets/addresses.ts';
import { readCidr } from '../sets/cidr.ts';
import { countText } from './count.ts';
import { joinJapanese } from './japanese.ts';
import type { Language } from './language.ts';
import { listText, shortListText } from './list.ts';

const mostCidrs = 3;

/**
 * A set of addresses as a person would name it: `all 4,294,967,296 IPv4 addresses`, `every IPv6 address`, else its
 * CIDRs, three at most and then how many more. A range with holes is told as such: `10.0.0.0/8 without 10.1.0.0/16`.
 */
export function addressesText(set: AddressSet, language: Language): string {
  if (isNoAddress(set)) return language === 'ja' ? 'アドレスなし' : 'no address';
  if (containsAddresses(set, everyAddress)) return language === 'ja' ? 'すべてのアドレス' : 'every address';
  const families = [familyText(set, everyIPv4, language), familyText(set, everyIPv6, language)];
  return listText(
    families.filter((text) => text !== ''),
    language,
  );
}

function familyText(set: AddressSet, family: AddressSet, language: Language): string {
  const part = intersectAddresses(set, family);
  if (isNoAddress(part)) return '';
  if (containsAddresses(part, family)) return wholeText(family, language);
  const cidrs = addressCidrs(part);
  const around = surrounding(part, cidrs);
  if (around === undefined) return cidrsText(cidrs, language);
  const block = containsAddresses(around.addresses, family) ? wholeText(family, language) : around.network;
  const holes = cidrsText(around.holes, language);
  return language === 'ja' ? joinJapanese(block, '(', holes, 'を除く)') : `${block} without ${holes}`;
}

function wholeText(family: AddressSet, language: Language): string {
  if (family === everyIPv6) return language === 'ja' ? 'すべての IPv6 アドレス' : 'every IPv6 address';
  const count = countText(countAddresses(everyIPv4).v4);
  return language === 'ja' ? `${count} 個すべての IPv4 アドレス` : `all ${count} IPv4 addresses`;
}

function cidrsText(cidrs: readonly string[], language: Language): string {
  return shortListText(cidrs.map(withoutHostPrefix), mostCidrs, language);
}

/** A network of one address is that address. */
function withoutHostPrefix(cidr: string): string {
  return cidr.replace(/^([0-9.]+)\/32$|^([0-9a-f:.]+)\/128$/, '$1$2');
}

interface Surrounding {
  readonly addresses: AddressSet;
  readonly network: string;
  readonly holes: readonly string[];
}

/** The smallest network around a set of one family, where naming its holes takes fewer words than naming the set. */
function surrounding(part: AddressSet, cidrs: readonly string[]): Surrounding | undefined {
  const [first] = cidrs;
  if (first === undefined || cidrs.length < 3) return undefined;
  const [address = '', written = ''] = first.split('/');
  for (let prefix = Number(written) - 1; prefix >= 0; prefix -= 1) {
    const reading = readCidr(`${address}/${prefix}`);
    if (!reading.ok || !containsAddresses(reading.addresses, part)) continue;
    const holes = addressCidrs(subtractAddresses(reading.addresses, part));
    return holes.length + 1 < cidrs.length && isMostly(part, reading.addresses) ? { ...reading, holes } : undefined;
  }
  return undefined;
}

/** Whether the set is at least half of the network: a hole that is larger than the rest is no hole. */
function isMostly(part: AddressSet, network: AddressSet): boolean {
  const held = countAddresses(part);
  const whole = longestRun(network, network.v4.length > 0 ? 4 : 6);
  return (held.v4 + held.v6) * 2n >= whole;
}
