import type { Agent } from 'node:https';
import { request as httpsRequest } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { afterEach } from 'vitest';
import { issueCertificates } from '../../src/certs/issue.ts';
import type { AnswerReview, DecisionRecord } from '../../src/webhook/answer.ts';
import { createMetrics, type Metrics } from '../../src/webhook/metrics.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/webhook/server.ts';

export const issued = await issueCertificates({
  hosts: ['localhost', '127.0.0.1', '::1'],
  now: new Date(),
  caDays: 10,
  leafDays: 5,
});

export const someRecord: DecisionRecord = {
  uid: 'u-1',
  kind: 'NetworkPolicy',
  namespace: 'shop',
  name: 'web',
  operation: 'CREATE',
  user: 'kim',
  dryRun: false,
  decision: 'allow',
  unsettled: false,
  denied: [],
  warned: [],
  audited: [],
  notChecked: [],
  exemptions: [],
  configHash: 'abc',
};

/** Answers every body with what it was, so that a test sees what arrived. */
export const echo: AnswerReview = (review) => ({
  kind: 'answered',
  body: JSON.stringify({ echoed: review }),
  record: someRecord,
});

export interface Listening {
  readonly server: RunningServer;
  readonly metrics: Metrics;
  /** The log lines so far, parsed. */
  readonly lines: readonly Record<string, unknown>[];
}

const running: RunningServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

/** A server on a port of its own, stopped after the test. */
export async function serve(overrides: Partial<ServerOptions> = {}): Promise<Listening> {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const metrics = overrides.metrics ?? createMetrics({ kinds: ['NetworkPolicy'] });
  const server = await startServer({
    listen: '127.0.0.1:0',
    metricsListen: '127.0.0.1:0',
    tls: { pair: issued },
    answer: echo,
    metrics,
    log,
    ...overrides,
  });
  running.push(server);
  return { server, metrics, lines };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly localPort: number | undefined;
}

export interface Sending {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
  readonly ca?: string;
}

/** One request over TLS; rejects where no answer comes. */
export function send(server: RunningServer, sending: Sending = {}): Promise<Answer> {
  const { method = 'POST', path = '/validate', headers, body, agent, ca = issued.ca } = sending;
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${server.url}${path}`,
      { method, ca, agent: agent ?? false, headers: { 'Content-Type': 'application/json', ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        const localPort = response.socket.localPort;
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
            localPort,
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** A TLS connection for bytes of the test's own choice. */
export class Wire {
  readonly socket: TLSSocket;
  received = '';
  readonly closed: Promise<void>;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
    });
  }

  static open(server: RunningServer, ca: string = issued.ca): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const options = { host: server.address.host, port: server.address.port, ca, servername: 'localhost' };
      const socket = connect(options, () => {
        socket.off('error', reject);
        resolve(wire);
      });
      socket.once('error', reject);
      const wire = new Wire(socket);
    });
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Resolves once the bytes received so far satisfy the condition. */
  async until(condition: (received: string) => boolean): Promise<string> {
    while (!condition(this.received)) {
      if (this.socket.closed) throw new Error(`the connection closed after ${JSON.stringify(this.received)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return this.received;
  }
}

/** Waits for something that will happen; the time limit of the test ends a wait in vain. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** The value of one metric line, such as `sekisho_request_errors_total{reason="json"}`. */
export async function metric(metrics: Metrics, line: string): Promise<number | undefined> {
  const text = await metrics.registry.metrics();
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

/** A review as the bytes on the wire. */
export function postBytes(body: string): string {
  return `POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
