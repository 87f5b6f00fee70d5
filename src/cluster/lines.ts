/** The bytes of a stream are not what was agreed: no point in reading on. */
export class UnreadableStream extends Error {
  override readonly name = 'UnreadableStream';
}

/** The largest object that etcd takes is 1.5 MB by default, and a few times that where it was raised. */
const longestLine = 64 * 1024 * 1024;

const newline = 0x0a;

/**
 * The lines of a UTF-8 stream without their line breaks; empty lines are left out. Each line is decoded once it is whole,
 * so characters may be split between chunks, and a line of many chunks costs no more than its length. The rest after the
 * last line break counts as a line.
 *
 * @throws UnreadableStream on bytes that are not UTF-8 and on a line longer than `limit` bytes
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, limit = longestLine): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      parts.push(chunk.subarray(start, end));
      length += end - start;
      start = end + 1;
      if (length > limit) throw tooLong(limit);
      const line = decode(parts, length);
      parts = [];
      length = 0;
      if (line !== '') yield line;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > limit) throw tooLong(limit);
  }
  if (length > 0) yield decode(parts, length);
}

function tooLong(limit: number): UnreadableStream {
  return new UnreadableStream(`a line is longer than ${limit} bytes`);
}

function decode(parts: readonly Uint8Array[], length: number): string {
  const [first] = parts;
  const whole = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts, length);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(whole);
  } catch {
    throw new UnreadableStream('the bytes are not UTF-8');
  }
}
