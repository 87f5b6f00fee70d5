import { isUtf8 } from 'node:buffer';
import type { Fault } from './tree.ts';

/** The text of a file, and what is wrong where the bytes are not UTF-8; then the text shows what could be made of them. */
export interface DecodedText {
  readonly text: string;
  readonly fault?: Fault;
}

/** Reads bytes as UTF-8, without a byte-order mark. */
export function decodeText(bytes: Uint8Array): DecodedText {
  const body = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { text: '', fault: { message: 'this file is UTF-16 text: save it as UTF-8', offset: 0 } };
  }
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(body);
  if (isUtf8(body)) return { text };
  const { byte, offset } = firstBadByte(text, body);
  const hex = byte.toString(16).toUpperCase().padStart(2, '0');
  const message = `this file is not UTF-8 text: the byte 0x${hex} cannot stand here (is it a binary file?)`;
  return { text, fault: { message, offset } };
}

/** The decoder writes U+FFFD for what it cannot read; the first one that the file itself does not hold is the place. */
function firstBadByte(text: string, bytes: Uint8Array): { byte: number; offset: number } {
  let known = 0;
  let at = 0;
  for (let mark = text.indexOf('\uFFFD'); mark >= 0; mark = text.indexOf('\uFFFD', mark + 1)) {
    at += Buffer.byteLength(text.slice(known, mark));
    known = mark;
    const written = bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;
    if (!written) return { byte: bytes[at] ?? 0, offset: mark };
  }
  return { byte: bytes[0] ?? 0, offset: 0 };
}
