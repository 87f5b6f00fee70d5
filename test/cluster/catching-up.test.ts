import { describe, expect, test } from 'vitest';
import { CatchingUp } from '../../src/cluster/catching-up.ts';
import { systemClock } from '../../src/cluster/clock.ts';
import { answerStatus } from '../support/api-server-faults.ts';
import { isMirror, type Mirrored, mirrored, until, watching } from './mirrored.ts';

/** A pause that would outlast every test, so that only waking helps. */
const longPause = { random: () => 1, backoff: { first: 1e9, most: 1e9 } };

async function broken(): Promise<{ readonly mirror: Mirrored; readonly catchingUp: CatchingUp }> {
  const mirror = await mirrored(longPause);
  mirror.server.put('a');
  await watching(mirror);
  const catchingUp = new CatchingUp(() => [mirror.reflector], systemClock);
  expect(catchingUp.wait()).toBeUndefined();
  await mirror.server.down();
  await until(() => mirror.reflector.isBehind);
  return { mirror, catchingUp };
}

describe('a watch that broke with the API server', () => {
  test('is taken up again when a request shows that it is back, and waited for', async () => {
    const { mirror, catchingUp } = await broken();
    mirror.server.remove('a');
    mirror.server.put('b');
    await mirror.server.up();
    expect(mirror.reflector.status().state).toBe('waiting');
    await catchingUp.wait();
    expect(mirror.reflector.status().state).toBe('watching');
    expect(isMirror(mirror)).toBe(true);
    expect(catchingUp.wait()).toBeUndefined();
  });

  test('is waited for by all requests together', async () => {
    const { mirror, catchingUp } = await broken();
    await mirror.server.up();
    const one = catchingUp.wait();
    expect(catchingUp.wait()).toBe(one);
    await one;
    expect(mirror.server.count('watch')).toBe(2);
  });

  test('is waited for until it has a new list, where the server forgot the version', async () => {
    const { mirror, catchingUp } = await broken();
    mirror.server.put('b');
    mirror.server.advance(1_000);
    mirror.server.compact();
    await mirror.server.up();
    await catchingUp.wait();
    expect(isMirror(mirror)).toBe(true);
    expect(mirror.server.count('list')).toBe(2);
  });

  test('is waited for again after a time without requests: an API server that stops ends its watches first', async () => {
    const { mirror, catchingUp } = await broken();
    await catchingUp.wait();
    expect(catchingUp.wait()).toBeUndefined();
    mirror.server.put('b');
    await mirror.server.up();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await catchingUp.wait();
    expect(isMirror(mirror)).toBe(true);
  });

  test('is waited for in vain once while requests go on, and again after it was there', async () => {
    const { mirror, catchingUp } = await broken();
    await catchingUp.wait();
    expect(mirror.reflector.isBehind).toBe(true);
    expect(catchingUp.wait()).toBeUndefined();
    await mirror.server.up();
    mirror.reflector.wake();
    await until(() => !mirror.reflector.isBehind);
    expect(catchingUp.wait()).toBeUndefined();
    await mirror.server.down();
    await until(() => mirror.reflector.isBehind);
    expect(catchingUp.wait()).toBeDefined();
  });
});

test('a pause that the API server has asked for is kept for a second', async () => {
  const mirror = await mirrored({ random: () => 0, clock: systemClock, spacing: 0 });
  mirror.server.put('a');
  await watching(mirror);
  mirror.server.failNext('watch', answerStatus(429, 'too many requests', { 'retry-after': '3600' }));
  const before = performance.now();
  mirror.server.endWatches();
  await until(() => mirror.reflector.status().lastError !== undefined);
  const asked = mirror.server.count('watch');
  await until(() => {
    mirror.reflector.wake();
    return mirror.server.count('watch') > asked;
  });
  expect(performance.now() - before).toBeGreaterThan(1000);
});

test('who was never complete is not behind: that is said otherwise', async () => {
  const mirror = await mirrored(longPause);
  mirror.server.failNext('list', answerStatus(500));
  mirror.reflector.start();
  await until(() => mirror.reflector.status().lastError !== undefined);
  expect(mirror.reflector.isBehind).toBe(false);
});
