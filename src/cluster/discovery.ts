import { asList, asString, field } from '../engine/json/read.ts';
import type { Connection } from './connection.ts';
import { reasonOf } from './reason.ts';

/** What the API server says it serves of one group and version. */
export type Served =
  | { readonly kind: 'served'; readonly plurals: ReadonlySet<string> }
  | { readonly kind: 'absent' }
  /** Nobody knows: it did not answer, or an aggregated server behind it does not. */
  | { readonly kind: 'failed'; readonly message: string };

/** Asks which resources of a group and version there are. Never rejects. */
export async function servedResources(
  connection: Pick<Connection, 'getJson'>,
  groupVersion: string,
  signal: AbortSignal,
): Promise<Served> {
  try {
    const { status, body } = await connection.getJson(`/apis/${groupVersion}`, { signal });
    if (status === 404) return { kind: 'absent' };
    const resources = asList(field(body, 'resources'));
    if (status !== 200 || resources === undefined) {
      return { kind: 'failed', message: `The API server answered ${status} to what it serves of ${groupVersion}` };
    }
    return { kind: 'served', plurals: new Set(resources.flatMap((one) => asString(field(one, 'name')) ?? [])) };
  } catch (thrown) {
    return { kind: 'failed', message: `Could not ask what is served of ${groupVersion}: ${reasonOf(thrown)}` };
  }
}
