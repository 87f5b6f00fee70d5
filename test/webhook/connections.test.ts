import { createServer, request as plainRequest } from 'node:http';
import { Agent, createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { listen } from '../../src/webhook/address.ts';
import type { AnswerReview } from '../../src/webhook/answer.ts';
import { Connections, connectionTimes } from '../../src/webhook/connections.ts';
import { createMetrics } from '../../src/webhook/metrics.ts';
import { OpenResponses } from '../../src/webhook/open-responses.ts';
import { echo, eventually, issued, metric, postBytes, send, serve, someRecord, Wire } from './listening.ts';

describe('connections', () => {
  test('requests sent without waiting are answered in their order', async () => {
    const { server } = await serve();
    const wire = await Wire.open(server);
    wire.write([1, 2, 3, 4].map((n) => postBytes(`{"n":${n}}`)).join(''));
    const received = await wire.until((text) => text.includes('"n":4'));
    expect([...received.matchAll(/"n":(\d)/g)].map(([, n]) => n)).toEqual(['1', '2', '3', '4']);
    expect(received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(4);
    wire.socket.destroy();
  });

  test('a connection is used again, and outlives the idle time of the API server', async () => {
    const { server, metrics } = await serve();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await send(server, { body: '{}', agent });
    const second = await send(server, { body: '{}', agent });
    expect(second.localPort).toBe(first.localPort);
    expect(second.headers['keep-alive']).toBe('timeout=120');
    expect(await metric(metrics, 'sekisho_tls_handshakes_total')).toBe(1);
    agent.destroy();
  });

  test('a connection that was never used has the time for headers, so that has to be long too', async () => {
    // A statement about Node, on which connectionTimes rests.
    const times = {
      keepAliveTimeout: 3_600_000,
      headersTimeout: 50,
      requestTimeout: 50,
      connectionsCheckingInterval: 10,
    };
    const plain = createServer(times, (_request, response) => void response.end('ok'));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    plain.close();
    expect(() => createServer({ requestTimeout: 10_000, headersTimeout: 125_000 })).toThrow();
    for (const time of ['keepAliveTimeout', 'headersTimeout', 'requestTimeout'] as const) {
      expect(connectionTimes[time]).toBeGreaterThan(90_000);
    }
  });

  test.each([
    ['nonsense', 'hello\r\n\r\n', 400],
    ['a space in the target', 'POST /a b HTTP/1.1\r\n\r\n', 400],
    [
      'both lengths',
      'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['a negative length', 'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
    ['two lengths', 'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n', 400],
    ['endless headers', `GET /livez HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'a wish we cannot grant',
      'POST /validate HTTP/1.1\r\nHost: x\r\nExpect: a miracle\r\nContent-Length: 0\r\n\r\n',
      417,
    ],
    ['a proxy request', 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n', 405],
  ])('%s is answered in one sentence', async (_name, bytes, status) => {
    const { server } = await serve();
    const wire = await Wire.open(server);
    wire.write(bytes);
    await wire.closed;
    expect(wire.received.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    expect(wire.received).toMatch(/\r\nContent-Type: text\/plain; charset=utf-8\r\n/);
    expect(wire.received).toMatch(/\r\n\r\n[^\r\n]+\n$/);
  });

  test('a handshake that does not come is not waited for', async () => {
    const metrics = createMetrics({ kinds: [] });
    const server = createTlsServer({ ...issued, handshakeTimeout: 50 });
    new Connections(server, new OpenResponses(), metrics);
    const { port } = await listen(server, { host: '127.0.0.1', port: 0 }, '--listen');
    const socket = connect(port, '127.0.0.1');
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => server.close(resolve));
    expect(await metric(metrics, 'sekisho_request_errors_total{reason="tls"}')).toBe(1);
    expect(await metric(metrics, 'sekisho_request_errors_total{reason="malformed"}')).toBeUndefined();
  });

  test('an upgrade is not taken up', async () => {
    const { server } = await serve();
    const wire = await Wire.open(server);
    wire.write('GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await wire.until((received) => received.endsWith('ok\n'));
    expect(wire.received).toMatch(/^HTTP\/1\.1 200 /);
    wire.socket.destroy();
  });

  test('a request without a Host header is a request', async () => {
    const { server } = await serve();
    const wire = await Wire.open(server);
    wire.write('GET /livez HTTP/1.1\r\n\r\n');
    await wire.until((received) => received.endsWith('ok\n'));
    wire.socket.destroy();
  });

  test.each([
    ['TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['HTTP/2 alone', { ALPNProtocols: ['h2'] }],
    ['another authority', { ca: [] }],
  ] as const)('refuses %s and counts the handshake', async (_name, options) => {
    const { server, metrics } = await serve();
    const problem = await new Promise<Error | undefined>((resolve) => {
      const socket = connectTls(
        { host: '127.0.0.1', port: server.address.port, ca: issued.ca, servername: 'localhost', ...options } as never,
        () => resolve(undefined),
      );
      socket.once('error', resolve);
    });
    expect(problem).toBeInstanceOf(Error);
    if (!('ca' in options)) {
      await eventually(async () => (await metric(metrics, 'sekisho_request_errors_total{reason="tls"}')) === 1);
    }
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    const { server } = await serve();
    const protocol = await new Promise((resolve, reject) => {
      const socket = connectTls(
        {
          host: '127.0.0.1',
          port: server.address.port,
          ca: issued.ca,
          servername: 'localhost',
          minVersion: version,
          maxVersion: version,
        },
        () => {
          resolve(socket.getProtocol());
          socket.destroy();
        },
      );
      socket.once('error', reject);
    });
    expect(protocol).toBe(version);
  });

  test('plain HTTP on the TLS port gets no answer, and the next client does', async () => {
    const { server } = await serve();
    const gone = await new Promise<string>((resolve) => {
      const asking = plainRequest({ host: '127.0.0.1', port: server.address.port, path: '/livez' }, () =>
        resolve('answered'),
      );
      asking.on('error', () => resolve('gone'));
      asking.end();
    });
    expect(gone).toBe('gone');
    expect((await send(server, { body: '{}' })).status).toBe(200);
  });
});

describe('too many at once', () => {
  test('the one too many is asked to come again', async () => {
    const { server, metrics } = await serve({ inFlight: { requests: 1, bytes: 1_000_000 } });
    const waiting = await Wire.open(server);
    const whole = postBytes('{"a":1}');
    waiting.write(whole.slice(0, -1));
    await eventually(async () => (await metric(metrics, 'sekisho_admission_inflight')) === 1);
    const refused = await send(server, { body: '{}' });
    expect(refused).toMatchObject({ status: 429, body: 'too many requests are being answered at once\n' });
    expect(refused.headers['retry-after']).toBe('1');
    expect((await send(server, { method: 'GET', path: '/readyz' })).status).toBe(200);
    waiting.write(whole.slice(-1));
    await waiting.until((received) => received.includes('echoed'));
    expect((await send(server, { body: '{}' })).status).toBe(200);
    waiting.socket.destroy();
  });
});

test('requests do not see each other', async () => {
  const answer: AnswerReview = (review, now, caller) => ({ ...echo(review, now, caller), record: someRecord }) as never;
  const { server } = await serve({ answer });
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      send(server, { agent, body: JSON.stringify({ n, pad: 'x'.repeat(n * 500) }) }),
    ),
  );
  expect(answers.map(({ body }) => JSON.parse(body).echoed.n)).toEqual(answers.map((_, n) => n));
  agent.destroy();
});
