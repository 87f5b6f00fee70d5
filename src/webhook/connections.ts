import type { ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Metrics } from './metrics.ts';
import type { OpenResponses } from './open-responses.ts';
import { replyOnSocket, replyText } from './reply.ts';

/**
 * The times, in milliseconds, of both servers. The API server keeps idle connections for 90 s and does not repeat a
 * POST that meets a closing one, so ours stay open longer. For a connection that has not been used yet that is the
 * time for headers, which Node counts from its beginning; and the time for a whole request may not be shorter than
 * that. A body that does not come is not waited for so long: it has until the deadline of its request.
 */
export const connectionTimes = {
  keepAliveTimeout: 120_000,
  headersTimeout: 125_000,
  requestTimeout: 125_000,
  connectionsCheckingInterval: 5_000,
} as const;

/** Nobody else is kept waiting for a handshake. */
export const handshakeTimeout = 10_000;

/** Cuts, after so many milliseconds without a byte, a client that does not read its answer. */
const silence = 150_000;

/** Far more than API servers open, and few enough to stay in memory. */
const mostConnections = 4096;

/** The connections of the HTTPS server, and what happens on them beside well-formed requests. */
export class Connections {
  readonly #server: Server;
  readonly #open: OpenResponses;
  readonly #metrics: Metrics;
  /** Before and beside TLS, which `closeAllConnections` does not know. */
  readonly #raw = new Set<Duplex>();
  readonly #secure = new Set<TLSSocket>();

  constructor(server: Server, open: OpenResponses, metrics: Metrics) {
    this.#server = server;
    this.#open = open;
    this.#metrics = metrics;
    server.maxConnections = mostConnections;
    server.timeout = silence;
    server.on('connection', (socket: Duplex) => note(this.#raw, socket));
    server.on('secureConnection', (socket: TLSSocket) => {
      note(this.#secure, socket);
      metrics.handshake();
    });
    server.on('drop', () => metrics.requestFailed('connections'));
    server.on('tlsClientError', () => metrics.requestFailed('tls'));
    server.on('checkExpectation', (_request, response: ServerResponse) => {
      metrics.requestFailed('malformed');
      replyText(response, 417, 'the only expectation known here is 100-continue', { Connection: 'close' });
    });
    server.on('connect', (_request, socket: Duplex) => {
      metrics.requestFailed('method');
      replyOnSocket(socket, 405, 'this is no proxy');
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => this.#malformed(error, socket));
  }

  /** Ends the connections on which no request is under way; Node takes one that was never used for a busy one. */
  closeIdle(): void {
    this.#server.closeIdleConnections();
    for (const socket of this.#secure) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Ends all of them at once. */
  cut(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#raw) socket.destroy();
  }

  #malformed(error: NodeJS.ErrnoException, socket: Duplex): void {
    // Node tells of failed handshakes here as well; what is written before a handshake waits for its end for ever.
    const unheard = !(socket instanceof TLSSocket && this.#secure.has(socket));
    if (unheard || error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    this.#metrics.requestFailed('malformed');
    if (this.#open.hasBegun(socket)) {
      socket.destroy();
      return;
    }
    const [status, sentence] = malformed(error.code);
    replyOnSocket(socket, status, sentence);
  }
}

function note<T extends Duplex>(sockets: Set<T>, socket: T): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
}

function malformed(code: string | undefined): [status: number, sentence: string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'the headers of the request are too large'];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return [413, 'the chunk extensions of the request are too large'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'the request took too long to arrive'];
    default:
      return [400, 'this is not an HTTP/1.1 request'];
  }
}
