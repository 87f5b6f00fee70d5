import * as http from 'node:http';
import * as https from 'node:https';
import type { Readable } from 'node:stream';
import { type ClusterChoice, type Credentials, credentialSource } from './credentials.ts';
import { readJson } from './json-answer.ts';

export type { ClusterChoice } from './credentials.ts';

export interface AskOptions {
  /** Ends the request and its answer, whatever they are doing. */
  readonly signal?: AbortSignal;
  /** `application/json` unless said otherwise. */
  readonly accept?: string;
  /** A connection of its own that the kernel probes while nothing comes: for watches. */
  readonly longLived?: boolean;
}

/** What is to be written, as JSON. */
export interface Writing {
  readonly method: 'POST' | 'PATCH';
  /** Of a PATCH which kind it is: `application/merge-patch+json` or `application/json-patch+json`. */
  readonly contentType: string;
  readonly body: unknown;
}

/** An answer whose body has not been read. Read it to its end or destroy it: it holds its connection until then. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Readable;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Undefined where the body is not JSON. */
  readonly body: unknown;
}

/** A cluster's API server. Paths begin with a slash and hold their query; every status is an answer, not an error. */
export interface Connection {
  readonly server: string;
  get(path: string, options?: AskOptions): Promise<Answer>;
  getJson(path: string, options?: AskOptions): Promise<JsonAnswer>;
  /** May reach the server twice where a kept connection breaks: what is written must say from which version it starts. */
  write(path: string, writing: Writing, options?: AskOptions): Promise<JsonAnswer>;
  /** Closes the connections that are kept for later requests. */
  close(): void;
}

/**
 * Finds the cluster and the credentials. Asks nothing of the cluster: that it is down is no reason to fail here.
 *
 * @throws ConnectionProblem where the kubeconfig or the service account cannot be used
 */
export async function connect(choice: ClusterChoice): Promise<Connection> {
  let source = await credentialSource(choice);
  const { server } = source;
  const kept = server.startsWith('http:') ? new http.Agent({ keepAlive: true }) : new https.Agent({ keepAlive: true });

  /** A kubeconfig may have been written anew, and the client keeps an exec plugin's token for its whole time. */
  async function renew(): Promise<void> {
    try {
      const renewed = await credentialSource(choice);
      if (renewed.server === server) source = renewed;
    } catch {
      // The old credentials are no worse than none.
    }
  }

  async function request(path: string, options: AskOptions = {}, writing?: Writing): Promise<Answer> {
    const credentials = await orAborted(source.credentials(), options.signal);
    const answer = await ask(server + path, { ...options, ...(writing && { writing }) }, credentials, kept);
    if (answer.status === 401) await renew();
    return answer;
  }

  async function requestJson(path: string, options?: AskOptions, writing?: Writing): Promise<JsonAnswer> {
    const { status, headers, body } = await request(path, options, writing);
    return { status, headers, body: await readJson(body) };
  }

  return {
    server,
    get: (path, options) => request(path, options),
    getJson: (path, options) => requestJson(path, options),
    write: (path, writing, options) => requestJson(path, options, writing),
    close: () => kept.destroy(),
  };
}

type Sending = AskOptions & { readonly writing?: Writing };

async function ask(url: string, options: Sending, credentials: Credentials, kept: http.Agent): Promise<Answer> {
  // A proxy's agent carries the way to the proxy; a watch takes a connection that nothing else waits for.
  const agent = credentials.proxy ?? (options.longLived === true ? false : kept);
  try {
    return await send(url, options, credentials, agent);
  } catch (thrown) {
    // The server closed a kept connection in the moment it was taken up again: it has not seen this request.
    if (agent !== kept || !(thrown instanceof StaleConnection)) throw thrown;
    return await send(url, options, credentials, false);
  }
}

class StaleConnection extends Error {}

function send(url: string, options: Sending, credentials: Credentials, agent: http.Agent | false): Promise<Answer> {
  const { signal, accept = 'application/json', longLived = false, writing } = options;
  const content = writing === undefined ? undefined : Buffer.from(JSON.stringify(writing.body));
  const requestOptions: https.RequestOptions = {
    ...credentials.tls,
    agent,
    ...(writing && { method: writing.method }),
    headers: {
      'user-agent': 'sekisho',
      accept,
      ...(writing && { 'content-type': writing.contentType, 'content-length': String(content?.length ?? 0) }),
      ...credentials.headers,
    },
    ...(signal && { signal }),
  };
  return new Promise((resolve, reject) => {
    const request = url.startsWith('http:') ? http.request(url, requestOptions) : https.request(url, requestOptions);
    request.on('socket', (socket) => {
      if (longLived) socket.setKeepAlive(true, 30_000);
    });
    request.on('response', (body) => resolve({ status: body.statusCode ?? 0, headers: body.headers, body }));
    request.on('error', (error) => {
      const stale = request.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
      reject(stale ? new StaleConnection(error.message, { cause: error }) : error);
    });
    request.end(content);
  });
}

/** An exec plugin may take for ever; who waits for it need not. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('the request was given up'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
