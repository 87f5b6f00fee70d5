/**
 * Reads a body to its end as JSON; undefined where it is none. Rejects where the body breaks off.
 *
 * @param heard called for every piece that comes
 */
export async function readJson(body: AsyncIterable<Uint8Array>, heard?: () => void): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) {
    heard?.();
    pieces.push(piece);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)));
  } catch {
    return undefined;
  }
}
