import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { answerJson, answerStatus, beginStream, type Fault, statusObject } from './api-server-faults.ts';

/** What a request wants: the first page of a list, a further page, or a watch. */
export type RequestKind = 'list' | 'continue' | 'watch';

export interface FakeRequest {
  readonly kind: RequestKind;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  /** Milliseconds of `performance.now()` at which it came. */
  readonly at: number;
}

interface StoredObject {
  readonly metadata: { readonly name: string; readonly resourceVersion: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

interface StoredEvent {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: StoredObject;
}

export const collectionPath = '/apis/networking.k8s.io/v1/networkpolicies';

/**
 * One collection of an API server, over plain HTTP, and the faults that a healthy API server does not commit on demand.
 * Like the real one, it leaves `kind` and `apiVersion` out of listed items and puts them into watched objects, and tells
 * a watch that begins too far back so by an ERROR event.
 */
export class FakeApiServer {
  readonly requests: FakeRequest[] = [];
  #server: Server;
  #port = 0;
  #version = 100;
  #oldest = 100;
  readonly #objects = new Map<string, StoredObject>();
  #events: StoredEvent[] = [];
  readonly #pages = new Map<string, { readonly items: readonly StoredObject[]; readonly version: number }>();
  readonly #watches = new Set<ServerResponse>();
  readonly #faults: { readonly kind: RequestKind; readonly fault: Fault }[] = [];
  #constantFault: { readonly kinds: readonly RequestKind[]; readonly fault: Fault } | undefined;
  #chunkSize = Number.POSITIVE_INFINITY;

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    await fake.up();
    return fake;
  }

  /** A server that does not listen yet, but whose address is already known. */
  static async reserve(): Promise<FakeApiServer> {
    const fake = await FakeApiServer.start();
    await fake.down();
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get version(): number {
    return this.#version;
  }

  /** Objects by name, as a correct mirror must hold them. */
  content(): Map<string, unknown> {
    return new Map([...this.#objects].map(([name, object]) => [name, typed(object)]));
  }

  count(kind: RequestKind): number {
    return this.requests.filter((request) => request.kind === kind).length;
  }

  /** The requests of one kind, oldest first. */
  of(kind: RequestKind): FakeRequest[] {
    return this.requests.filter((request) => request.kind === kind);
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /**
   * Listens, after having been down on the port from before. That port lies below those that the system gives to
   * outgoing connections: one of these could have taken it meanwhile.
   */
  async up(): Promise<void> {
    const again = this.#port !== 0;
    for (let attempt = 0; ; attempt += 1) {
      const port = again ? this.#port : 10_000 + Math.floor(Math.random() * 10_000);
      const problem = await this.#listen(port);
      if (problem === undefined) {
        this.#port = port;
        return;
      }
      if (attempt === 50) throw problem;
      if (again) await pause(100);
    }
  }

  #listen(port: number): Promise<Error | undefined> {
    return new Promise((done) => {
      const failed = (problem: Error) => done(problem);
      this.#server.once('error', failed);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', failed);
        done(undefined);
      });
    });
  }

  async down(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    this.#server.closeAllConnections();
    await closed;
    this.#watches.clear();
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  put(name: string, spec: unknown = {}): void {
    const type = this.#objects.has(name) ? 'MODIFIED' : 'ADDED';
    this.#version += 1;
    const object: StoredObject = {
      metadata: {
        name,
        namespace: 'shop',
        resourceVersion: String(this.#version),
        managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:spec': {} } }],
      },
      spec,
    };
    this.#objects.set(name, object);
    this.#record({ version: this.#version, type, object });
  }

  remove(name: string): void {
    const object = this.#objects.get(name);
    if (object === undefined) return;
    this.#version += 1;
    this.#objects.delete(name);
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#record({ version: this.#version, type: 'DELETED', object: last });
  }

  /** Lets the version grow by what happens elsewhere in the cluster. */
  advance(by = 1): void {
    this.#version += by;
  }

  /** Forgets the past, as etcd does every five minutes: whoever asks for it is told 410. */
  compact(): void {
    this.#oldest = this.#version;
    this.#events = [];
    this.#pages.clear();
  }

  /** Goes back to an earlier version, as after a restore from a backup. */
  rewind(version: number): void {
    this.#version = version;
    this.#oldest = version;
    this.#events = [];
  }

  bookmark(): void {
    this.send({
      type: 'BOOKMARK',
      object: { kind: 'NetworkPolicy', metadata: { resourceVersion: `${this.#version}` } },
    });
  }

  /** Sends an event to all open watches. */
  send(event: unknown): void {
    this.sendRaw(`${JSON.stringify(event)}\n`);
  }

  sendRaw(data: string | Uint8Array): void {
    for (const watch of this.#watches) this.#write(watch, Buffer.from(data));
  }

  /** From now on the watch streams come in pieces of this many bytes. */
  splitInto(bytes: number): void {
    this.#chunkSize = bytes;
  }

  /** The next request of that kind that is not already spoken for is answered so. */
  failNext(kind: RequestKind, fault: Fault): void {
    this.#faults.push({ kind, fault });
  }

  /** All requests of these kinds are answered so, until `heal`. */
  failAll(kinds: readonly RequestKind[], fault: Fault): void {
    this.#constantFault = { kinds, fault };
  }

  heal(): void {
    this.#constantFault = undefined;
    this.#faults.length = 0;
  }

  /** Ends all open watches as the server does when their time is over. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
    this.#watches.clear();
  }

  /** Cuts the connections of all open watches. */
  dropWatches(): void {
    for (const watch of this.#watches) watch.destroy();
    this.#watches.clear();
  }

  /** Leaves the connections of all open watches standing, and never sends anything through them again. */
  muteWatches(): void {
    this.#watches.clear();
  }

  #record(event: StoredEvent): void {
    this.#events.push(event);
    this.send({ type: event.type, object: typed(event.object) });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url);
    const kind = url.searchParams.has('watch') ? 'watch' : url.searchParams.has('continue') ? 'continue' : 'list';
    this.requests.push({ kind, url, headers: request.headers, at: performance.now() });
    response.on('error', () => {});
    const at = this.#faults.findIndex((entry) => entry.kind === kind);
    const planned = at === -1 ? undefined : this.#faults.splice(at, 1)[0]?.fault;
    const constant = this.#constantFault?.kinds.includes(kind) ? this.#constantFault.fault : undefined;
    const fault = planned ?? constant;
    if (fault !== undefined) fault(response, request);
    else if (!url.pathname.endsWith(collectionPath)) answerStatus(404)(response, request);
    else if (kind === 'watch') this.#watch(url, response);
    else this.#list(url, response);
  }

  #list(url: URL, response: ServerResponse): void {
    const token = url.searchParams.get('continue');
    const asked =
      token === null ? { items: [...this.#objects.values()], version: this.#version } : this.#pages.get(token);
    if (asked === undefined) {
      answerJson(response, 410, statusObject(410));
      return;
    }
    const limit = Number(url.searchParams.get('limit') ?? '0') || asked.items.length;
    const rest = asked.items.slice(limit);
    const next = rest.length === 0 ? '' : `token-${asked.version}-${rest.length}`;
    if (next !== '') this.#pages.set(next, { items: rest, version: asked.version });
    answerJson(response, 200, {
      kind: 'NetworkPolicyList',
      apiVersion: 'networking.k8s.io/v1',
      metadata: { resourceVersion: String(asked.version), ...(next === '' ? {} : { continue: next }) },
      items: asked.items.slice(0, limit),
    });
  }

  #watch(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion') ?? '0');
    beginStream(response);
    if (from < this.#oldest) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: statusObject(410) })}\n`);
      return;
    }
    this.#watches.add(response);
    response.on('close', () => this.#watches.delete(response));
    for (const event of this.#events) {
      if (event.version <= from) continue;
      this.#write(response, Buffer.from(`${JSON.stringify({ type: event.type, object: typed(event.object) })}\n`));
    }
  }

  #write(watch: ServerResponse, data: Buffer): void {
    if (data.length <= this.#chunkSize) {
      watch.write(data);
      return;
    }
    for (let at = 0; at < data.length; at += this.#chunkSize) watch.write(data.subarray(at, at + this.#chunkSize));
  }
}

function typed(object: StoredObject): unknown {
  return { kind: 'NetworkPolicy', apiVersion: 'networking.k8s.io/v1', ...object };
}
