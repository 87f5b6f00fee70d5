import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Replica } from '../self-managed.ts';

/** The bytes of the TLS record by which a client says that it closes. */
const farewell = 24;

/** A connection that ended while its client waited for an answer, or that reached nobody. */
export interface Lost {
  readonly at: number;
  readonly why: 'killed-in-flight' | 'dead-endpoint' | 'no-endpoint' | 'closed-in-flight';
}

/**
 * The smallest stand-in for a Service with kube-proxy behind it: a port on which each new connection goes to the next
 * endpoint. Like kube-proxy it knows nothing of requests, tries no second endpoint, and leaves the connections of an
 * endpoint that goes to their ends. Unlike it, it takes a connection before it knows whether the endpoint does, so that
 * one that is refused looks like one that is reset.
 */
export class Service {
  readonly lost: Lost[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #endpoints: Replica[] = [];
  #turn = 0;

  private constructor() {
    this.#server = createServer((socket) => this.#pass(socket));
  }

  static async start(): Promise<Service> {
    const service = new Service();
    await new Promise<void>((done) => service.#server.listen(0, '127.0.0.1', done));
    return service;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get endpoints(): number {
    return this.#endpoints.length;
  }

  add(replica: Replica): void {
    if (!this.#endpoints.includes(replica)) this.#endpoints.push(replica);
  }

  remove(replica: Replica): void {
    const at = this.#endpoints.indexOf(replica);
    if (at >= 0) this.#endpoints.splice(at, 1);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(socket: Socket): void {
    this.#note(socket);
    const replica = this.#endpoints[this.#turn++ % this.#endpoints.length];
    if (replica === undefined) {
      this.#lose('no-endpoint');
      socket.resetAndDestroy();
      return;
    }
    const onward = this.#note(connect(replica.port, '127.0.0.1'));
    let reached = false;
    let awaitsAnswer = false;
    let isLeaving = false;
    onward.once('connect', () => (reached = true));
    socket.on('data', ({ length }: Buffer) => (awaitsAnswer ||= length > farewell));
    onward.on('data', () => (awaitsAnswer = false));
    socket.once('close', () => {
      isLeaving = true;
      onward.destroy();
    });
    socket.once('end', () => (isLeaving = true));
    const left = (): void => {
      if (isLeaving) return;
      isLeaving = true;
      if (!reached) this.#lose('dead-endpoint');
      else if (awaitsAnswer) this.#lose(replica.isKilled ? 'killed-in-flight' : 'closed-in-flight');
    };
    onward.once('end', left);
    onward.once('close', () => {
      left();
      if (reached) socket.destroy();
      else socket.resetAndDestroy();
    });
    socket.pipe(onward);
    onward.pipe(socket);
  }

  #lose(why: Lost['why']): void {
    this.lost.push({ at: Date.now(), why });
  }

  #note(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
