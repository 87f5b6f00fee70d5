import { describe, expect, test } from 'vitest';
import { eventually, metric, postBytes, send, serve, Wire } from './listening.ts';

describe('bodies', () => {
  test('a body that comes slowly is read', async () => {
    const { server } = await serve();
    const wire = await Wire.open(server);
    const whole = postBytes('{"a":1}');
    for (const byte of whole) {
      wire.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await wire.until((received) => received.includes('{"echoed":{"a":1}}'));
    wire.socket.destroy();
  });

  test('a body that has not come by the deadline is not waited for', async () => {
    const { server, metrics } = await serve();
    const wire = await Wire.open(server);
    wire.write(postBytes('{"a":1}').replace('/validate', '/validate?timeout=1s').slice(0, -3));
    await wire.closed;
    expect(wire.received).toMatch(/^HTTP\/1\.1 504 /);
    expect(wire.received).toContain('no verdict within 800 ms: the time was over before the body had arrived\n');
    expect(await metric(metrics, 'sekisho_request_errors_total{reason="deadline"}')).toBe(1);
    await eventually(async () => (await metric(metrics, 'sekisho_admission_inflight')) === 0);
  });

  test('half a body and then nobody leaves nothing behind', async () => {
    const { server, metrics } = await serve();
    const wire = await Wire.open(server);
    wire.write(postBytes('{"a":1}').slice(0, -3));
    await eventually(async () => (await metric(metrics, 'sekisho_admission_inflight')) === 1);
    wire.socket.destroy();
    await eventually(async () => (await metric(metrics, 'sekisho_admission_inflight')) === 0);
    expect(await metric(metrics, 'sekisho_request_errors_total{reason="aborted"}')).toBe(1);
    expect((await send(server, { body: '{}' })).status).toBe(200);
  });

  test('a chunked body is read', async () => {
    const { server } = await serve();
    const wire = await Wire.open(server);
    wire.write(
      'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    wire.write('4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n');
    await wire.until((received) => received.includes('{"echoed":{"a":1}}'));
    wire.socket.destroy();
  });

  test('a broken chunk is answered', async () => {
    const { server } = await serve();
    const wire = await Wire.open(server);
    wire.write(
      'POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
    );
    await wire.closed;
    expect(wire.received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(wire.received).toMatch(/\r\n\r\n[^\n]+\n$/);
  });
});
