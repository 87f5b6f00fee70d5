/** Addresses as plain big integers: nothing clever, so that it can be seen to be right. */

export type Family = 4 | 6;

export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

export interface Range {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

export const bitsOf = (family: Family): number => (family === 4 ? 32 : 128);

export const lastOf = (family: Family): bigint => (1n << BigInt(bitsOf(family))) - 1n;

/** `::ffff:a.b.c.d`, which is an IPv4 address in IPv6 clothes. */
const mappedPrefix = 0xffffn;

/** Undefined for a text that is no address. */
export function parseAddress(text: string): Address | undefined {
  const raw = parseRaw(text);
  return raw?.family === 6 && raw.value >> 32n === mappedPrefix ? { family: 4, value: raw.value & 0xffffffffn } : raw;
}

/** The same few texts are asked for a million times. */
const read = new Map<string, Range | undefined>();

/** All addresses of a network, host bits forgiven. Undefined for a text that is no CIDR. */
export function parseCidr(text: string): Range | undefined {
  if (!read.has(text)) read.set(text, readCidr(text));
  return read.get(text);
}

function readCidr(text: string): Range | undefined {
  const parts = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const raw = parseRaw(parts?.[1] ?? '');
  if (raw === undefined) return undefined;
  const length = Number(parts?.[2]);
  if (length > bitsOf(raw.family)) return undefined;
  if (raw.family === 6 && raw.value >> 32n === mappedPrefix && length >= 96) {
    return network({ family: 4, value: raw.value & 0xffffffffn }, length - 96);
  }
  return network(raw, length);
}

function network({ family, value }: Address, length: number): Range {
  const size = 1n << BigInt(bitsOf(family) - length);
  const first = (value / size) * size;
  return { family, first, last: first + size - 1n };
}

function parseRaw(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseDotted(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  let written = text;
  const tail = text.slice(text.lastIndexOf(':') + 1);
  if (tail.includes('.')) {
    const value = parseDotted(tail);
    if (value === undefined) return undefined;
    written = `${text.slice(0, -tail.length)}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
  }
  const halves = written.split('::');
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string | undefined) => (half === undefined || half === '' ? [] : half.split(':'));
  const before = groupsOf(halves[0]);
  const after = groupsOf(halves[1]);
  const missing = 8 - before.length - after.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array<string>(missing).fill('0'), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return { family: 6, value: groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n) };
}

function parseDotted(text: string): bigint | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256)) {
    return undefined;
  }
  return octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
}

export function inRange(range: Range, address: Address): boolean {
  return range.family === address.family && range.first <= address.value && address.value <= range.last;
}

/** An address as some reader of addresses takes it: dotted, or eight groups. */
export function addressText({ family, value }: Address): string {
  const [groups, size] = family === 4 ? [4, 8n] : [8, 16n];
  const words = Array.from(
    { length: groups },
    (_, index) => (value >> (size * BigInt(groups - 1 - index))) & ((1n << size) - 1n),
  );
  return words.map((word) => word.toString(family === 4 ? 10 : 16)).join(family === 4 ? '.' : ':');
}

/** Where anything can change: the first address of each range and the one behind its last, and the family's first. */
export function turningPoints(family: Family, ranges: readonly Range[]): readonly bigint[] {
  const own = ranges.filter((range) => range.family === family);
  const points = new Set([0n, ...own.flatMap((range) => [range.first, range.last + 1n])]);
  return [...points].filter((point) => point <= lastOf(family)).sort((a, b) => (a < b ? -1 : 1));
}
