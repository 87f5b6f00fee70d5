import { asString, field } from '../engine/json/read.ts';

const meanings: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', 'the connection was cut'],
  ['EPIPE', 'the connection was cut'],
  ['ENOTFOUND', 'its name is not known'],
  ['EAI_AGAIN', 'its name could not be looked up'],
  ['ETIMEDOUT', 'the connection timed out'],
  ['EHOSTUNREACH', 'the host cannot be reached'],
  ['ENETUNREACH', 'the network cannot be reached'],
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'it may not be read'],
  ['EISDIR', 'it is a folder'],
]);

/** What was thrown, in a few words without a line break. A refused connection to a name with two addresses has no message of its own. */
export function reasonOf(thrown: unknown): string {
  const code = asString(errorField(thrown, 'code'));
  const known = code === undefined ? undefined : meanings.get(code);
  if (known !== undefined) return `${known} (${code})`;
  const message = typeof thrown === 'string' ? thrown : asString(errorField(thrown, 'message'));
  const line = (message ?? '').replaceAll(/\s+/g, ' ').trim();
  return shortened(line === '' ? (code ?? 'unknown error') : line);
}

/** A text from the server, of a length that a log line and a status can bear. */
export function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function errorField(thrown: unknown, name: string): unknown {
  return thrown instanceof Error ? Reflect.get(thrown, name) : field(thrown, name);
}
