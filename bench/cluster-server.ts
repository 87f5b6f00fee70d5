/** What a reflector asks of an API server, over plain HTTP: lists in pages and watches, of a made-up cluster that can be made to change. */
import { createServer, type ServerResponse } from 'node:http';
import { namespaceObject, podObject, policyObject, type Size } from './cluster.ts';

interface Collection {
  readonly count: number;
  readonly make: (i: number) => object;
  /** What has become of some of the objects; undefined is deleted. */
  readonly changed: Map<number, object | undefined>;
  readonly events: { readonly version: number; readonly line: string }[];
  readonly watches: Set<ServerResponse>;
}

export type Kind = 'namespaces' | 'pods' | 'networkpolicies';

/** So many events of a kind are remembered: a watch that begins earlier is told 410, and lists anew. */
const history = 1000;

export class ClusterServer {
  #version = 1;
  readonly #collections: ReadonlyMap<string, Collection>;

  constructor(size: Size) {
    const { namespaces, podsEach, policiesEach } = size;
    const empty = (one: string) => [`/api/v1/${one}`, collection(0, () => ({}))] as const;
    this.#collections = new Map([
      ['/api/v1/namespaces', collection(namespaces, namespaceObject)],
      [
        '/api/v1/pods',
        collection(namespaces * podsEach, (i) => podObject(Math.floor(i / podsEach), i % podsEach, size)),
      ],
      [
        '/apis/networking.k8s.io/v1/networkpolicies',
        collection(namespaces * policiesEach, (i) => policyObject(Math.floor(i / policiesEach), i % policiesEach)),
      ],
      ...['services', 'nodes', 'serviceaccounts'].map(empty),
    ]);
  }

  /** Resolves with the URL. Does not keep the process alive. */
  start(): Promise<string> {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const found = this.#collections.get(url.pathname);
      response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
      if (found === undefined) return void response.end('{"kind":"Status"}');
      if (url.searchParams.has('watch')) this.#watch(found, url, response);
      else this.#list(found, url, response);
    });
    server.unref();
    return new Promise((done) =>
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        done(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
      }),
    );
  }

  /** The i-th object of a kind becomes another one, goes (undefined), or comes back. */
  change(kind: Kind, i: number, object: object | undefined): void {
    const path = kind === 'networkpolicies' ? `/apis/networking.k8s.io/v1/${kind}` : `/api/v1/${kind}`;
    const found = this.#collections.get(path);
    if (found === undefined) return;
    const before = found.changed.has(i) ? found.changed.get(i) : found.make(i);
    if (before === undefined && object === undefined) return;
    found.changed.set(i, object);
    this.#version += 1;
    const type = object === undefined ? 'DELETED' : before === undefined ? 'ADDED' : 'MODIFIED';
    const line = `${JSON.stringify({ type, object: this.#versioned(object ?? before ?? {}) })}\n`;
    found.events.push({ version: this.#version, line });
    if (found.events.length > history) found.events.shift();
    for (const watch of found.watches) watch.write(line);
  }

  /** Tells every watch that it is up to date, as an API server does every minute or two. */
  bookmark(): void {
    const line = `${JSON.stringify({ type: 'BOOKMARK', object: this.#versioned({}) })}\n`;
    for (const { watches } of this.#collections.values()) for (const watch of watches) watch.write(line);
  }

  #versioned(object: object): object {
    const metadata = 'metadata' in object && typeof object.metadata === 'object' ? object.metadata : {};
    return { ...object, metadata: { ...metadata, resourceVersion: String(this.#version) } };
  }

  #list({ count, make, changed }: Collection, url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('continue') ?? 0);
    const to = Math.min(count, from + Number(url.searchParams.get('limit') ?? count));
    const items = Array.from({ length: to - from }, (_, i) => from + i)
      .map((i) => (changed.has(i) ? changed.get(i) : make(i)))
      .filter((object) => object !== undefined);
    const metadata = { resourceVersion: String(this.#version), ...(to < count ? { continue: String(to) } : {}) };
    response.end(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata, items }));
  }

  #watch({ events, watches }: Collection, url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion') ?? 0);
    const [oldest] = events;
    if (events.length === history && oldest !== undefined && oldest.version > from + 1) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410 } })}\n`);
      return;
    }
    response.flushHeaders();
    for (const { version, line } of events) if (version > from) response.write(line);
    watches.add(response);
    response.on('close', () => watches.delete(response));
    setTimeout(() => response.end(), 1000 * Number(url.searchParams.get('timeoutSeconds') ?? 300)).unref();
  }
}

function collection(count: number, make: (i: number) => object): Collection {
  return { count, make, changed: new Map(), events: [], watches: new Set() };
}

/** A kubeconfig, as JSON, that names this server and nobody to ask as. */
export function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    users: [{ name: 'u', user: {} }],
    'current-context': 'c',
  });
}
