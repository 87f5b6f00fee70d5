import { expect, test } from 'vitest';
import { readiness } from '../../src/webhook/probes.ts';
import { send, serve } from './listening.ts';

test('readyz is short while everything holds, and lists on demand', async () => {
  const { server } = await serve({ conditions: [{ name: 'world', check: () => true }] });
  const short = await send(server, { method: 'GET', path: '/readyz' });
  expect(short).toMatchObject({ status: 200, body: 'ok\n' });
  const long = await send(server, { method: 'GET', path: '/readyz?verbose' });
  expect(long).toMatchObject({
    status: 200,
    body: '[+]serving ok\n[+]certificate ok\n[+]world ok\nreadyz check passed\n',
  });
  expect(long.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(await send(server, { method: 'HEAD', path: '/readyz' })).toMatchObject({ status: 200, body: '' });
});

test('readyz names what is missing, and livez does not care', async () => {
  const world = { name: 'world', check: (): true | string => 'Pod is not\nsynced' };
  const { server } = await serve({ conditions: [world, { name: 'config', check: () => true }] });
  for (const path of ['/readyz', '/readyz?verbose=1']) {
    expect(await send(server, { method: 'GET', path })).toMatchObject({
      status: 503,
      body: '[+]serving ok\n[+]certificate ok\n[-]world: Pod is not synced\n[+]config ok\nreadyz check failed\n',
    });
  }
  expect(await send(server, { method: 'GET', path: '/livez' })).toMatchObject({ status: 200, body: 'ok\n' });
});

test('a check that throws is a condition that does not hold', () => {
  const broken = {
    name: 'broken',
    check: () => {
      throw new Error('oops');
    },
  };
  expect(readiness([broken], false)).toEqual({
    status: 503,
    lines: ['[-]broken: the check itself failed: oops', 'readyz check failed'],
  });
});
