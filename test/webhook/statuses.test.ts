import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { describe, expect, test } from 'vitest';
import { issued, metric, send, serve } from './listening.ts';

const sentence = /^[^\n]+\n$/;

describe('POST /validate', () => {
  test('sends the answer as it is, with few headers', async () => {
    const { server } = await serve();
    const answer = await request(server.url)
      .post('/validate?timeout=10s')
      .ca(issued.ca)
      .send({ kind: 'AdmissionReview' });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"echoed":{"kind":"AdmissionReview"}}');
    expect(Object.keys(answer.headers).sort()).toEqual(['connection', 'content-length', 'content-type', 'date']);
    expect(answer.headers['content-type']).toBe('application/json');
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'takes the content type %s',
    async (type) => {
      const { server } = await serve();
      const answer = await send(server, { headers: { 'Content-Type': type }, body: '{}' });
      expect(answer.status).toBe(200);
    },
  );

  test('keeps __proto__ as data', async () => {
    let seen: unknown;
    const { server } = await serve({
      answer: (review) => {
        seen = review;
        return { kind: 'refused', status: 422, message: 'looked at' };
      },
    });
    await send(server, { body: '{"__proto__":{"polluted":true},"constructor":1}' });
    expect(Object.keys(seen as object)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(seen)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test.each<[string, number, string, Record<string, string>, string | Buffer]>([
    ['an empty body', 400, 'empty', {}, ''],
    ['broken JSON', 400, 'json', {}, '{"a":1,}'],
    ['a cut JSON text', 400, 'json', {}, '{"a":'],
    ['invalid UTF-8', 400, 'encoding', {}, Buffer.from([0x22, 0xff, 0x22])],
    [
      'UTF-16',
      400,
      'encoding',
      { 'Content-Type': 'application/json; charset=utf-16' },
      Buffer.from('\ufeff{}', 'utf16le'),
    ],
    ['deep nesting', 400, 'depth', {}, '['.repeat(201) + ']'.repeat(201)],
    ['very deep nesting', 400, 'depth', {}, '{"a":'.repeat(1_000_000)],
    ['a form', 415, 'content-type', { 'Content-Type': 'application/x-www-form-urlencoded' }, 'a=1'],
    ['YAML', 415, 'content-type', { 'Content-Type': 'application/yaml' }, 'a: 1'],
    ['a content type that only begins alike', 415, 'content-type', { 'Content-Type': 'application/jsonp' }, '{}'],
    ['no content type', 415, 'content-type', { 'Content-Type': '' }, '{}'],
    ['gzip', 415, 'content-encoding', { 'Content-Encoding': 'gzip' }, gzipSync('{}')],
    ['an unknown encoding', 415, 'content-encoding', { 'Content-Encoding': 'identity, br' }, '{}'],
  ])('refuses %s with %i', async (_name, status, reason, headers, body) => {
    const { server, metrics } = await serve();
    const answer = await send(server, { headers, body });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(sentence);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(await metric(metrics, `sekisho_request_errors_total{reason="${reason}"}`)).toBe(1);
  });

  test('says where JSON breaks', async () => {
    const { server } = await serve();
    const answer = await send(server, { body: '{\n  "a": 1,\n  b: 2\n}' });
    expect(answer.body).toBe('the body is not JSON: something unexpected at line 3, column 3 (offset 14)\n');
  });

  test('takes 8 MiB and not one byte more', async () => {
    const { server } = await serve({ answer: () => ({ kind: 'refused', status: 422, message: 'read whole' }) });
    const padding = 8 * 1024 * 1024 - 2;
    const fits = await send(server, { body: `"${'x'.repeat(padding)}"` });
    expect(fits).toMatchObject({ status: 422, body: 'read whole\n' });
    const tooLarge = await send(server, { body: `"${'x'.repeat(padding + 1)}"` });
    expect(tooLarge).toMatchObject({ status: 413, body: 'the body is larger than 8 MiB\n' });
  });

  test('says so in one line where the engine refuses', async () => {
    const { server } = await serve({
      answer: () => ({ kind: 'refused', status: 415, message: 'v1beta1 is\nnot\tspoken' }),
    });
    expect(await send(server, { body: '{}' })).toMatchObject({ status: 415, body: 'v1beta1 is not spoken\n' });
  });

  test('does not repeat the word at which clients delete, in an error either', async () => {
    const { server } = await serve({
      answer: () => ({ kind: 'refused', status: 503, message: 'not ready: example.com is immutable' }),
    });
    expect(await send(server, { body: '{}' })).toMatchObject({
      status: 503,
      body: 'not ready: example.com is [...]\n',
    });
  });

  test('sends whom it cannot answer yet to another connection, a second later', async () => {
    const { server } = await serve({ answer: () => ({ kind: 'refused', status: 503, message: 'not ready to judge' }) });
    const answer = await send(server, { body: '{}' });
    expect(answer).toMatchObject({ status: 503, body: 'not ready to judge\n' });
    expect(answer.headers).toMatchObject({ 'retry-after': '1', connection: 'close' });
  });

  test('keeps an internal error to itself, and logs and counts it', async () => {
    const { server, metrics, lines } = await serve({
      answer: () => {
        throw new TypeError('secret detail');
      },
    });
    const answer = await send(server, { body: '{}' });
    expect(answer.status).toBe(500);
    expect(answer.body).toBe('internal error; the log of the webhook has the details\n');
    const logged = lines.find(({ level }) => level === 50);
    expect(logged).toMatchObject({ msg: 'internal error', err: { message: 'secret detail' } });
    expect(JSON.stringify(logged)).toContain('statuses.test.ts');
    expect(await metric(metrics, 'sekisho_request_errors_total{reason="internal"}')).toBe(1);
    expect(await metric(metrics, 'sekisho_admission_inflight')).toBe(0);
  });

  test('sends no verdict that comes after the deadline', async () => {
    const { server, metrics } = await serve({
      answer: () => {
        const end = performance.now() + 850;
        while (performance.now() < end);
        return { kind: 'answered', body: '{"allowed":true}', record: { uid: 'late' } as never };
      },
    });
    const answer = await send(server, { path: '/validate?timeout=1s', body: '{}' });
    expect(answer.status).toBe(504);
    expect(answer.body).toBe('no verdict within 800 ms: the time was over before the verdict was found\n');
    expect(await metric(metrics, 'sekisho_request_errors_total{reason="deadline"}')).toBe(1);
    expect(await metric(metrics, 'sekisho_admission_duration_seconds_count')).toBe(0);
  });

  test.each(['1h', '-1s', 's', '', '1s;drop', '0s', '99999s', '%FF'])(
    'does not mind the timeout %j',
    async (timeout) => {
      const { server } = await serve();
      expect((await send(server, { path: `/validate?timeout=${timeout}`, body: '{}' })).status).toBe(200);
    },
  );
});

describe('what is not served', () => {
  test.each([
    ['GET', '/validate', 405, 'POST'],
    ['PUT', '/validate', 405, 'POST'],
    ['DELETE', '/validate?timeout=3s', 405, 'POST'],
    ['OPTIONS', '/validate', 405, 'POST'],
    ['POST', '/readyz', 405, 'GET, HEAD'],
    ['POST', '/livez', 405, 'GET, HEAD'],
    ['GET', '/', 404, undefined],
    ['POST', '/validate/', 404, undefined],
    ['POST', '/VALIDATE', 404, undefined],
    ['GET', '/metrics', 404, undefined],
    ['GET', '/..%2f..%2fetc/passwd', 404, undefined],
    ['GET', '/%', 404, undefined],
  ])('%s %s is %i', async (method, path, status, allow) => {
    const { server } = await serve();
    const answer = await send(server, { method, path });
    expect(answer.status).toBe(status);
    expect(answer.headers['allow']).toBe(allow);
    expect(answer.body).toMatch(sentence);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  });
});
