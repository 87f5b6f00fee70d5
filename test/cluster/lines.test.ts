import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLines, UnreadableStream } from '../../src/cluster/lines.ts';

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function linesOf(bytes: Uint8Array, sizes: readonly number[], limit?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(inPieces(bytes, sizes), limit)) lines.push(line);
  return lines;
}

test('gives the same lines however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' }).filter((line) => !line.includes('\n'))),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      fc.boolean(),
      async (lines, sizes, ended) => {
        const text = lines.join('\n') + (ended ? '\n' : '');
        expect(await linesOf(Buffer.from(text), sizes)).toEqual(lines.filter((line) => line !== ''));
      },
    ),
  );
});

test('leaves a byte order mark and a carriage return alone, which no event begins or ends with', async () => {
  expect(await linesOf(Buffer.from('a\r\nb'), [100])).toEqual(['a\r', 'b']);
});

test('reads a line of 16 megabytes in small pieces without reading it again and again', async () => {
  const line = 'x'.repeat(16 * 1024 * 1024);
  const lines = await linesOf(Buffer.from(`${line}\nshort\n`), [16 * 1024]);
  expect(lines.map(({ length }) => length)).toEqual([line.length, 5]);
});

test('refuses a line that is longer than the limit, finished or not', async () => {
  await expect(linesOf(Buffer.from('12345\n'), [2], 5)).resolves.toEqual(['12345']);
  await expect(linesOf(Buffer.from('123456\n'), [100], 5)).rejects.toThrow(UnreadableStream);
  await expect(linesOf(Buffer.from('ok\n123456'), [1], 5)).rejects.toThrow('longer than 5 bytes');
});

test('refuses bytes that are not UTF-8', async () => {
  await expect(linesOf(Buffer.from([0x61, 0x0a, 0xff, 0x0a]), [1])).rejects.toThrow(UnreadableStream);
  // A character that breaks off at the end of the stream.
  await expect(linesOf(Buffer.from('関').subarray(0, 2), [1])).rejects.toThrow('not UTF-8');
});
