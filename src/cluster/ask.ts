import type { IncomingHttpHeaders } from 'node:http';
import { asString, field } from '../engine/json/read.ts';
import type { Connection, Writing } from './connection.ts';
import { reasonOf, shortened } from './reason.ts';

/** What one request to the API server came to. */
export type Asked =
  | { readonly kind: 'ok'; readonly headers: IncomingHttpHeaders; readonly body: unknown }
  | { readonly kind: 'absent' }
  /** The user who asks has no right to. */
  | { readonly kind: 'forbidden' }
  /** Another answer, or none: in a few words. */
  | {
      readonly kind: 'failed';
      readonly status: number | undefined;
      readonly reason: string;
      readonly warnings: string;
    };

const patience = 15_000;

/** Asks once. Never rejects. */
export async function askOnce(
  connection: Pick<Connection, 'getJson' | 'write'>,
  path: string,
  writing?: Writing,
): Promise<Asked> {
  try {
    const signal = AbortSignal.timeout(patience);
    const { status, headers, body } =
      writing === undefined
        ? await connection.getJson(path, { signal })
        : await connection.write(path, writing, { signal });
    if (status === 200 || status === 201) return { kind: 'ok', headers, body };
    const said = shortened((asString(field(body, 'message')) ?? '').replaceAll(/\s+/g, ' '));
    // A webhook's denial is 403 as well: only the authorizer speaks of what a user cannot do.
    if (status === 403 && /^\S+ (?:"[^"]*" )?is forbidden: User "/.test(said)) return { kind: 'forbidden' };
    if (status === 404) return { kind: 'absent' };
    const warnings = String(headers['warning'] ?? '');
    return { kind: 'failed', status, reason: said === '' ? `the API server answered ${status}` : said, warnings };
  } catch (thrown) {
    const silent = thrown instanceof Error && (thrown.name === 'TimeoutError' || thrown.name === 'AbortError');
    const reason = silent ? `no answer came within ${patience / 1000} s` : reasonOf(thrown);
    return { kind: 'failed', status: undefined, reason, warnings: '' };
  }
}
