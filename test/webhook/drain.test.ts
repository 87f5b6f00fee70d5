import { Agent } from 'node:https';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { drain } from '../../src/webhook/drain.ts';
import type { Metrics } from '../../src/webhook/metrics.ts';
import type { RunningServer } from '../../src/webhook/server.ts';
import { eventually, metric, send, serve, Wire } from './listening.ts';

const head = 'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n';

async function refusesConnections(server: RunningServer): Promise<boolean> {
  return Wire.open(server).then(
    (wire) => {
      wire.socket.destroy();
      return false;
    },
    () => true,
  );
}

async function hasArrived(metrics: Metrics): Promise<void> {
  await eventually(async () => (await metric(metrics, 'sekisho_admission_inflight')) === 1);
}

describe('drain', () => {
  test('fails readiness, goes on serving, and asks clients to leave', async () => {
    const { server } = await serve();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const before = await send(server, { body: '{}', agent });
    expect(before.headers['connection']).toBe('keep-alive');

    const hurry = new AbortController();
    const stopped = drain(server, { drainSeconds: 60, hurry: hurry.signal });
    const readyz = await send(server, { method: 'GET', path: '/readyz' });
    expect(readyz.status).toBe(503);
    expect(readyz.body).toContain('[-]serving: about to stop\n');
    expect((await send(server, { method: 'GET', path: '/livez' })).status).toBe(200);
    const during = await send(server, { body: '{}', agent });
    expect(during).toMatchObject({ status: 200, localPort: before.localPort });
    expect(during.headers['connection']).toBe('close');
    const next = await send(server, { body: '{}', agent });
    expect(next.localPort).not.toBe(before.localPort);
    hurry.abort();
    await stopped;
    agent.destroy();
  });

  test('loses no request that is under way, and closes idle connections', async () => {
    const { server, metrics } = await serve();
    const idle = await Wire.open(server);
    idle.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    await idle.until((received) => received.endsWith('ok\n'));
    const busy = await Wire.open(server);
    busy.write(`${head}{"a"`);
    await hasArrived(metrics);

    const stopped = drain(server, { drainSeconds: 0, graceSeconds: 60 });
    await idle.closed;
    await eventually(() => refusesConnections(server));
    busy.write(':1}');
    await busy.closed;
    expect(busy.received).toContain('{"echoed":{"a":1}}');
    expect(busy.received).toContain('\r\nConnection: close\r\n');
    await stopped;
  });

  test('does not wait for a connection that was never used, but for half a request', async () => {
    const { server } = await serve();
    const unused = await Wire.open(server);
    const begun = await Wire.open(server);
    begun.write('GET /livez HT');
    const used = await Wire.open(server);
    used.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    await used.until((received) => received.endsWith('ok\n'));
    const stopped = drain(server, { drainSeconds: 0, graceSeconds: 3600 });
    await Promise.all([unused.closed, used.closed]);
    begun.write('TP/1.1\r\nHost: x\r\n\r\n');
    await begun.closed;
    expect(begun.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    await stopped;
  });

  test('a connection that never came to TLS is cut with the others', async () => {
    const { server } = await serve();
    const socket = connect(server.address.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    const gone = new Promise((resolve) => socket.once('close', resolve));
    await drain(server, { drainSeconds: 0, graceSeconds: 0 });
    await gone;
  });

  test('cuts what is still busy when the grace is over', async () => {
    const { server, metrics, lines } = await serve();
    const busy = await Wire.open(server);
    busy.write(`${head}{"a"`);
    await hasArrived(metrics);
    const log = { info: () => undefined, warn: (text: string) => void warned.push(text) };
    const warned: string[] = [];
    await drain(server, { drainSeconds: 0, graceSeconds: 0.3, log: log as never });
    await busy.closed;
    expect(busy.received).toBe('');
    expect(warned).toEqual(['some connections were still busy and have been cut']);
    expect(lines.filter(({ level }) => level === 50)).toEqual([]);
  });

  test('does not wait after a second signal, in either part', async () => {
    const waiting = await serve();
    const first = new AbortController();
    const firstStopped = drain(waiting.server, { drainSeconds: 3600, hurry: first.signal });
    first.abort();
    await firstStopped;

    const { server, metrics } = await serve();
    const busy = await Wire.open(server);
    busy.write(`${head}{"a"`);
    await hasArrived(metrics);
    const second = new AbortController();
    const stopped = drain(server, { drainSeconds: 0, graceSeconds: 3600, hurry: second.signal });
    await eventually(() => refusesConnections(server));
    second.abort();
    await stopped;
    await busy.closed;
  });

  test('keeps the metrics port until the end, then frees both', async () => {
    const { server } = await serve();
    const hurry = new AbortController();
    const stopped = drain(server, { drainSeconds: 60, hurry: hurry.signal });
    expect((await fetch(`${server.metricsUrl}/readyz`)).status).toBe(503);
    hurry.abort();
    await stopped;
    await expect(fetch(`${server.metricsUrl}/livez`)).rejects.toThrow();
    const { server: again } = await serve({ listen: `127.0.0.1:${server.address.port}` });
    expect((await send(again, { body: '{}' })).status).toBe(200);
    await server.close();
  });
});
