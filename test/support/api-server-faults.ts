import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers a request in place of the healthy server. */
export type Fault = (response: ServerResponse, request: IncomingMessage) => void;

/** As the API server says why not. */
export function statusObject(code: number, message = `status ${code}`): unknown {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code };
}

/** Answers as a healthy server does. */
export function answerJson(
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Begins to answer a watch. */
export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
  response.flushHeaders();
}

/** Answers with a Status object. */
export function answerStatus(code: number, message?: string, headers?: Record<string, string>): Fault {
  return (response) => answerJson(response, code, statusObject(code, message), headers);
}

/** Answers with any text. */
export function answerText(code: number, text: string): Fault {
  return (response) => {
    response.writeHead(code, { 'content-type': 'text/plain' });
    response.end(text);
  };
}

/** Opens the stream, sends this, and ends it properly. */
export function streamThenEnd(data: string | Uint8Array = ''): Fault {
  return (response) => {
    beginStream(response);
    response.end(data);
  };
}

/** Opens the stream and sends an ERROR event. */
export function streamError(code: number): Fault {
  return streamThenEnd(`${JSON.stringify({ type: 'ERROR', object: statusObject(code) })}\n`);
}

/** Opens the stream, sends this, and cuts the connection. */
export function streamThenDrop(data: string | Uint8Array = ' '): Fault {
  return (response) => {
    beginStream(response);
    response.write(data, () => response.destroy());
  };
}

/** Takes the request and never answers. */
export const neverAnswer: Fault = () => {};

/** Opens the stream and never sends anything. */
export const streamNothing: Fault = (response) => beginStream(response);

/** Cuts the connection without an answer. */
export const dropConnection: Fault = (_response, request) => {
  request.socket.destroy();
};
