import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { listen, readAddress, showAddress } from '../../src/webhook/address.ts';
import { createMetrics } from '../../src/webhook/metrics.ts';
import { StartProblem } from '../../src/webhook/start-problem.ts';
import { send, serve } from './listening.ts';

describe('readAddress', () => {
  test.each([
    ['127.0.0.1:8443', '127.0.0.1', 8443, '127.0.0.1:8443'],
    ['0.0.0.0:1', '0.0.0.0', 1, '0.0.0.0:1'],
    ['localhost:0', 'localhost', 0, 'localhost:0'],
    ['webhook-1.example.com.:65535', 'webhook-1.example.com.', 65_535, 'webhook-1.example.com.:65535'],
    ['[::1]:9090', '::1', 9090, '[::1]:9090'],
    ['[::]:9090', '::', 9090, '[::]:9090'],
    [':9090', undefined, 9090, 'localhost:9090'],
  ])('reads %s', (text, host, port, shown) => {
    const address = readAddress(text, '--listen');
    expect(address).toEqual({ host, port });
    expect(showAddress(address)).toBe(shown);
  });

  test.each([
    '',
    ':',
    '8443',
    'localhost',
    'localhost:',
    ':-1',
    ':65536',
    ':1e3',
    ':0x50',
    ': 80',
    '::1:9090',
    '[::1]',
    '[::1]9090',
    '[127.0.0.1]:80',
    '[]:80',
    '256.1.1.1:80',
    '010.0.0.1:80',
    '127.1:80',
    'a b:80',
    'https://a:80',
    '-a:80',
    'a..b:80',
    `${'a.'.repeat(200)}b:80`,
    'ホスト:80',
  ])('refuses %j with the way out', (text) => {
    const given = JSON.stringify(text.slice(0, 100));
    const sentence = `--metrics-listen ${given} is not an address to listen on; write HOST:PORT, [IPV6]:PORT or :PORT, such as 127.0.0.1:8443`;
    expect(() => readAddress(text, '--metrics-listen')).toThrow(new StartProblem(sentence));
  });
});

describe('listen', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function problem(host: string, port: number): Promise<unknown> {
    const server = createServer();
    servers.push(server);
    return listen(server, { host, port }, '--listen').then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  test('says that a port is in use', async () => {
    const first = createServer();
    servers.push(first);
    const { port } = await listen(first, { host: '127.0.0.1', port: 0 }, '--listen');
    expect(await problem('127.0.0.1', port)).toEqual(
      new StartProblem(`port ${port} on 127.0.0.1 is already in use; choose another with --listen`),
    );
  });

  test('says that an address is not of this machine', async () => {
    expect(await problem('192.0.2.1', 0)).toEqual(
      new StartProblem('192.0.2.1 is not an address of this machine; choose another with --listen'),
    );
  });

  test('says that a name is unknown', async () => {
    expect(await problem('no-such-host.invalid', 0)).toEqual(
      new StartProblem('the host no-such-host.invalid of --listen has no address; choose another with --listen'),
    );
  });

  test.each([
    ['EACCES', 'port 443 on 127.0.0.1 may not be used by this user; choose another with --listen, above 1023'],
    ['ESTRANGE', 'cannot listen on port 443 on 127.0.0.1 (ESTRANGE); choose another with --listen'],
  ])('says what %s means', async (code, sentence) => {
    // Whether a low port is forbidden depends on the machine, so the system's answer is given by hand.
    const server = createServer();
    server.listen = (() => {
      queueMicrotask(() => server.emit('error', Object.assign(new Error('no'), { code })));
      return server;
    }) as never;
    const listening = listen(server, { host: '127.0.0.1', port: 443 }, '--listen');
    await expect(listening).rejects.toEqual(new StartProblem(sentence));
  });

  test('takes every address of the machine where no host is given', async () => {
    const { server } = await serve({ listen: ':0' });
    expect(server.url).toBe(`https://localhost:${server.address.port}`);
    for (const host of ['127.0.0.1', 'localhost']) {
      const answer = await send({ ...server, url: `https://${host}:${server.address.port}` }, { body: '{}' });
      expect(answer.status).toBe(200);
    }
  });

  test('leaves nothing open where the metrics port is taken', async () => {
    const taken = createServer();
    servers.push(taken);
    const { port } = await listen(taken, { host: '127.0.0.1', port: 0 }, '--listen');
    const free = createServer();
    const main = await listen(free, { host: '127.0.0.1', port: 0 }, '--listen');
    await new Promise((resolve) => free.close(resolve));
    const metrics = createMetrics({ kinds: [] });
    await expect(serve({ listen: showAddress(main), metricsListen: `127.0.0.1:${port}`, metrics })).rejects.toEqual(
      new StartProblem(`port ${port} on 127.0.0.1 is already in use; choose another with --metrics-listen`),
    );
    const { server } = await serve({ listen: showAddress(main), metrics });
    expect(server.url).toBe(`https://127.0.0.1:${main.port}`);
  });
});
