import type { Ranges } from './ranges.ts';

/** Why a text is no address. A leading zero is told apart: some readers take it for octal, others for decimal. */
export type AddressProblem = 'bad-address' | 'leading-zero';

/** The longest spelling of an address has 45 characters. */
const longest = 64;

const decimal = /^[0-9]+$/;
const group = /^[0-9a-fA-F]{1,4}$/;

/** The words of an address, one for IPv4 and four for IPv6, or why it is none. Nothing is forgiven. */
export function readAddressWords(text: string): Uint32Array | AddressProblem {
  if (text.length > longest) return 'bad-address';
  return text.includes(':') ? readIPv6(text) : readIPv4(text);
}

function readIPv4(text: string): Uint32Array | AddressProblem {
  const octets = text.split('.');
  if (octets.length !== 4) return 'bad-address';
  let value = 0;
  let leadingZero = false;
  for (const octet of octets) {
    if (!decimal.test(octet) || Number(octet) > 255) return 'bad-address';
    if (octet.length > 1 && octet.startsWith('0')) leadingZero = true;
    value = value * 256 + Number(octet);
  }
  return leadingZero ? 'leading-zero' : Uint32Array.of(value);
}

function readIPv6(text: string): Uint32Array | AddressProblem {
  const [before = '', after, ...more] = text.split('::');
  if (more.length > 0) return 'bad-address';
  const head = readGroups(before, after === undefined);
  const tail = readGroups(after ?? '', true);
  if (typeof head === 'string') return head;
  if (typeof tail === 'string') return tail;
  const missing = 8 - head.length - tail.length;
  // Where there is a `::`, it stands for at least one group.
  if (after === undefined ? missing !== 0 : missing < 1) return 'bad-address';
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const words = new Uint32Array(4);
  for (const [index, value] of groups.entries()) words[index >> 1] = (words[index >> 1] ?? 0) * 0x10000 + value;
  return words;
}

/** The 16-bit groups of one side of `::`. Four decimal octets may stand for the last two of the whole address. */
function readGroups(text: string, atEnd: boolean): readonly number[] | AddressProblem {
  if (text === '') return [];
  const parts = text.split(':');
  const last = parts.at(-1) ?? '';
  const dotted = atEnd && last.includes('.');
  if (dotted) parts.pop();
  const groups: number[] = [];
  for (const part of parts) {
    if (!group.test(part)) return 'bad-address';
    groups.push(Number.parseInt(part, 16));
  }
  if (!dotted) return groups;
  const tail = readIPv4(last);
  if (typeof tail === 'string') return tail;
  const value = tail[0] ?? 0;
  groups.push(value >>> 16, value & 0xffff);
  return groups;
}

/** The canonical text of the address at `words[index]`: dotted, or as RFC 5952 writes it. */
export function formatAddress(words: Ranges, index: number, family: 4 | 6): string {
  return family === 4 ? formatIPv4(words[index] ?? 0) : formatIPv6(words, index);
}

function formatIPv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

function formatIPv6(words: Ranges, index: number): string {
  const groups: number[] = [];
  for (let k = index; k < index + 4; k += 1) groups.push((words[k] ?? 0) >>> 16, (words[k] ?? 0) & 0xffff);
  // An IPv4-mapped address is written with its IPv4 address in sight (RFC 5952, section 5).
  if (groups.slice(0, 5).every((value) => value === 0) && groups[5] === 0xffff) {
    return `::ffff:${formatIPv4(words[index + 3] ?? 0)}`;
  }
  const { at, length } = longestZeros(groups);
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, at))}::${hex(groups.slice(at + length))}`;
}

function hex(groups: readonly number[]): string {
  return groups.map((value) => value.toString(16)).join(':');
}

/** The longest run of zero groups, the first of several. */
function longestZeros(groups: readonly number[]): { readonly at: number; readonly length: number } {
  let best = { at: 0, length: 0 };
  for (let at = 0; at < groups.length; at += 1) {
    let length = 0;
    while (groups[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  return best;
}
