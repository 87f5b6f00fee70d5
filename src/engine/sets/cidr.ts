import { type AddressFamily, type AddressSet, blockAddresses } from './address-set.ts';
import { type AddressProblem, formatAddress, readAddressWords } from './address-text.ts';
import { blockRanges } from './blocks.ts';
import { compareNumbers, type Ranges, type Width, word } from './ranges.ts';

/**
 * Why a text is no CIDR, or no address.
 *
 * - `not-a-string`, `empty`: there is no text;
 * - `zone`: it carries a zone (`fe80::1%eth0`);
 * - `no-prefix`: an address alone, where a CIDR must be;
 * - `leading-zero`: an octet such as `010`, which some readers take for octal and others for decimal;
 * - `bad-address`, `bad-prefix`: the part before, or after, the slash is not what it must be.
 */
export type CidrProblem = 'not-a-string' | 'empty' | 'no-prefix' | 'bad-prefix' | 'zone' | AddressProblem;

export interface CidrRefusal {
  readonly ok: false;
  readonly problem: CidrProblem;
  /** What its author most likely meant, where that is plain. */
  readonly suggestion: string | undefined;
}

export interface ReadCidr {
  readonly ok: true;
  readonly family: AddressFamily;
  readonly prefix: number;
  /** The whole network, even where the text names a host inside it. */
  readonly addresses: AddressSet;
  /** Whether bits behind the prefix are set, as in `10.0.0.1/8`. */
  readonly hostBits: boolean;
  /** The canonical text of the network. */
  readonly network: string;
  /** Whether it was written as an IPv4-mapped IPv6 range and read as the IPv4 range that it is. */
  readonly mapped: boolean;
}

export type CidrReading = ReadCidr | CidrRefusal;

export interface ReadAddress {
  readonly ok: true;
  readonly family: AddressFamily;
  /** This one address. */
  readonly addresses: AddressSet;
  /** Its canonical text. */
  readonly text: string;
  readonly mapped: boolean;
}

export type AddressReading = ReadAddress | CidrRefusal;

/**
 * Reads a CIDR strictly: what any reader might take for another network is refused. The ranges of `::ffff:0:0/96` and
 * inside are the IPv4 ranges that they stand for; wider ones are IPv6.
 */
export function readCidr(value: unknown): CidrReading {
  const text = plainText(value);
  if (typeof text !== 'string') return text;
  const slash = text.indexOf('/');
  const words = readAddressWords(slash < 0 ? text : text.slice(0, slash));
  if (typeof words === 'string') return refusal(words);
  if (slash < 0) return refusal('no-prefix', `${text}/${32 * words.length}`);
  const prefix = readPrefix(text.slice(slash + 1), 32 * words.length);
  if (prefix === undefined) return refusal('bad-prefix');
  return isMapped(words) && prefix >= 96 ? network(words.slice(3), prefix - 96, true) : network(words, prefix, false);
}

/** Reads one address, as strictly as {@link readCidr}. */
export function readAddress(value: unknown): AddressReading {
  const text = plainText(value);
  if (typeof text !== 'string') return text;
  const written = readAddressWords(text);
  if (typeof written === 'string') return refusal(written);
  const mapped = isMapped(written);
  const words = mapped ? written.slice(3) : written;
  const family = familyOf(words);
  const addresses = blockAddresses(words, 32 * words.length);
  return { ok: true, family, addresses, text: formatAddress(words, 0, family), mapped };
}

function plainText(value: unknown): string | CidrRefusal {
  if (typeof value !== 'string') return refusal('not-a-string');
  if (value === '') return refusal('empty');
  return value.includes('%') ? refusal('zone') : value;
}

function refusal(problem: CidrProblem, suggestion?: string): CidrRefusal {
  return { ok: false, problem, suggestion };
}

function readPrefix(text: string, longest: number): number | undefined {
  if (!/^(0|[1-9][0-9]{0,2})$/.test(text)) return undefined;
  const prefix = Number(text);
  return prefix <= longest ? prefix : undefined;
}

function isMapped(words: Ranges): boolean {
  return words.length === 4 && word(words, 0) === 0 && word(words, 1) === 0 && word(words, 2) === 0xffff;
}

function familyOf(words: Ranges): AddressFamily {
  return words.length === 1 ? 4 : 6;
}

function network(words: Ranges, prefix: number, mapped: boolean): ReadCidr {
  const family = familyOf(words);
  const width: Width = family === 4 ? 1 : 4;
  const ranges = blockRanges(words, prefix);
  return {
    ok: true,
    family,
    prefix,
    addresses: blockAddresses(words, prefix),
    hostBits: compareNumbers(words, 0, ranges, 0, width) !== 0,
    network: `${formatAddress(ranges, 0, family)}/${prefix}`,
    mapped,
  };
}
