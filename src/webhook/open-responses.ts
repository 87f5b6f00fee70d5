import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * The responses that are not sent yet, by connection: what a draining server has to tell its clients, and what must be
 * known before anything is written to a connection beside them.
 */
export class OpenResponses {
  readonly #bySocket = new Map<Duplex, Set<ServerResponse>>();
  #closing = false;

  /** Notes a response from its request's arrival until its end, whichever way it ends. */
  track(request: IncomingMessage, response: ServerResponse): void {
    const socket = request.socket;
    const open = this.#bySocket.get(socket) ?? new Set();
    this.#bySocket.set(socket, open);
    open.add(response);
    if (this.#closing) response.setHeader('Connection', 'close');
    response.once('close', () => {
      open.delete(response);
      if (open.size === 0) this.#bySocket.delete(socket);
    });
  }

  /** From now on every response, of the requests already here too, asks its client to leave the connection. */
  closeAfterAnswers(): void {
    this.#closing = true;
    for (const open of this.#bySocket.values()) {
      for (const response of open) if (!response.headersSent) response.setHeader('Connection', 'close');
    }
  }

  /** Whether a response on this connection has begun: more bytes would fall into its middle. */
  hasBegun(socket: Duplex): boolean {
    for (const response of this.#bySocket.get(socket) ?? []) if (response.headersSent) return true;
    return false;
  }
}
