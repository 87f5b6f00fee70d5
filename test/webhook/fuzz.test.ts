import { Agent } from 'node:https';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { metric, send, serve, Wire } from './listening.ts';

const oneLine = /^[^\n]+\n$/;

test('any body gets one answer: JSON, or an error in one line', async () => {
  const { server, metrics } = await serve();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(text.slice(0, -1))),
  );
  const contentType = fc.oneof(
    { weight: 5, arbitrary: fc.constant('application/json') },
    fc.string({ maxLength: 30 }).map((text) => text.replace(/[^\u0020-\u007e]/g, '')),
  );
  const timeout = fc.string({ maxLength: 8 }).map((text) => encodeURIComponent(text.toWellFormed()));
  await fc.assert(
    fc.asyncProperty(body, contentType, timeout, async (bytes, type, wait) => {
      const path = `/validate?timeout=${wait}`;
      const answer = await send(server, { path, body: bytes, headers: { 'Content-Type': type }, agent });
      if (answer.status === 200) expect(() => JSON.parse(answer.body)).not.toThrow();
      else {
        expect([400, 415]).toContain(answer.status);
        expect(answer.body).toMatch(oneLine);
      }
    }),
    { numRuns: 400 },
  );
  expect(await metric(metrics, 'sekisho_admission_inflight')).toBe(0);
  agent.destroy();
});

test('any bytes on a connection end in well-formed answers or a closed connection', async () => {
  const { server, metrics, lines } = await serve();
  const piece = fc.oneof(
    fc.constantFrom(
      'POST /validate HTTP/1.1\r\n',
      'POST /validate HTTP/1.0\r\n',
      'GET /livez HTTP/1.1\r\n',
      'TRACE / HTTP/1.1\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'Host: x\r\n',
      'Content-Type: application/json\r\n',
      'Content-Length: 2\r\n',
      'Content-Length: 9\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Transfer-Encoding: x\r\n',
      'Expect: 100-continue\r\n',
      'Connection: close\r\n',
      'Connection: upgrade\r\nUpgrade: h2c\r\n',
      '\r\n',
      '{}',
      '2\r\n{}\r\n',
      '0\r\n\r\n',
      '\n',
      '\0',
    ),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const wire = await Wire.open(server);
      // The half-close says that no more comes, so that the server need not wait for the rest.
      wire.socket.end(Buffer.from(pieces.join(''), 'latin1'));
      await wire.closed;
      let rest = wire.received;
      while (rest !== '') {
        const head = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(rest);
        expect(head, JSON.stringify(rest)).not.toBeNull();
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(head?.[0] ?? '')?.[1] ?? 0);
        const body = rest.slice(head?.[0].length, (head?.[0].length ?? 0) + length);
        expect(body).toHaveLength(length);
        if (head?.[1] === '200' && body.startsWith('{')) JSON.parse(body);
        else if (head?.[1] !== '100') expect(body).toMatch(oneLine);
        rest = rest.slice((head?.[0].length ?? 0) + length);
      }
    }),
    { numRuns: 250 },
  );
  expect((await send(server, { body: '{}' })).status).toBe(200);
  expect(await metric(metrics, 'sekisho_admission_inflight')).toBe(0);
  expect(lines.filter(({ level }) => level === 50)).toEqual([]);
});
