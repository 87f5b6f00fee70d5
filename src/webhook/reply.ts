import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { plainLine } from '../engine/render/plain.ts';

const plainText = 'text/plain; charset=utf-8';

/** Sends one sentence of plain text, ended by a line break. Does nothing where an answer has already begun. */
export function replyText(
  response: ServerResponse,
  status: number,
  sentence: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  send(response, status, plainText, `${oneLine(sentence)}\n`, headers);
}

/** Sends lines of plain text as they are. */
export function replyLines(response: ServerResponse, status: number, lines: readonly string[]): void {
  send(response, status, plainText, lines.map((line) => `${oneLine(line)}\n`).join(''), {});
}

/** Sends JSON text with HTTP 200. */
export function replyJson(response: ServerResponse, body: string): void {
  send(response, 200, 'application/json', body, {});
}

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.headersSent || response.destroyed) return;
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': length, ...headers });
  response.end(body);
}

/** Answers where the bytes on a connection are no request that a response could be made for, and ends it. */
export function replyOnSocket(socket: Duplex, status: number, sentence: string): void {
  const body = `${oneLine(sentence)}\n`;
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      `Content-Type: ${plainText}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

/**
 * Control characters, line breaks among them, become spaces: what a client sent must not end a sentence early. The API
 * server repeats the sentence to its own client, so what is never said in a verdict is not said here either.
 */
function oneLine(text: string): string {
  return plainLine(text.replace(/\p{Cc}+/gu, ' ').trimEnd());
}
