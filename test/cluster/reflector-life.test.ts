import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AskOptions } from '../../src/cluster/connection.ts';
import type { Listing } from '../../src/cluster/reflector-settings.ts';
import { answerStatus, neverAnswer } from '../support/api-server-faults.ts';
import { isMirror, mirrored, NamedObjects, nameOf, until, watching } from './mirrored.ts';

class Fragile extends NamedObjects {
  fault: string | undefined;

  override list(): Listing {
    const { take, complete } = super.list();
    return {
      take,
      complete: () => {
        if (this.fault === 'complete') throw new Error('no room');
        complete();
      },
    };
  }

  override upsert(object: unknown): void {
    if (this.fault === nameOf(object)) throw new Error('no room');
    super.upsert(object);
  }
}

test('outlives a sink that throws on an event, and gives it everything anew', async () => {
  const sink = new Fragile();
  const mirror = await mirrored({}, { sink });
  await watching(mirror);
  sink.fault = 'poison';
  mirror.server.put('a');
  mirror.server.put('poison');
  mirror.server.put('b');
  await until(() => isMirror({ ...mirror, sink }));
  expect(sink.completed).toBe(2);
  expect(mirror.events).toContainEqual(
    expect.objectContaining({
      kind: 'sink-error',
      message: 'What is known of networkpolicies.networking.k8s.io could not be updated: no room',
    }),
  );
});

test('outlives a sink that throws on a list, ever slower, and is not synced by it', async () => {
  const sink = new Fragile();
  sink.fault = 'complete';
  const mirror = await mirrored({ random: () => 1 }, { sink });
  mirror.server.put('a');
  mirror.reflector.start();
  await until(() => mirror.events.length === 4);
  expect(mirror.events.map((event) => event.kind === 'sink-error' && event.retryIn)).toEqual([
    500, 1_000, 2_000, 4_000,
  ]);
  expect(mirror.reflector.status()).toMatchObject({ state: 'waiting', synced: false });
  sink.fault = undefined;
  await until(() => isMirror({ ...mirror, sink }));
});

test('outlives a transform that throws', async () => {
  let broken = true;
  const transform = (object: unknown) => {
    if (broken) throw new TypeError('not of this world');
    return object;
  };
  const mirror = await mirrored({}, { transform });
  mirror.server.put('a');
  mirror.reflector.start();
  await until(() => mirror.reflector.status().restarts === 2);
  expect(mirror.reflector.status().lastError).toContain('not of this world');
  broken = false;
  await until(() => isMirror(mirror));
  broken = true;
  mirror.server.put('b');
  await until(() => mirror.reflector.status().restarts === 3);
  broken = false;
  await until(() => isMirror(mirror));
});

test('outlives a listener that throws', async () => {
  const onEvent = () => {
    throw new Error('the log is full');
  };
  const mirror = await mirrored({}, { onEvent });
  mirror.server.failNext('list', answerStatus(500));
  mirror.server.failNext('watch', answerStatus(410));
  await watching(mirror);
  mirror.server.put('a');
  await until(() => isMirror(mirror));
});

test('outlives a connection that rejects with what is no error', async () => {
  let asked = 0;
  const connection = {
    get: () => {
      asked += 1;
      return Promise.reject(asked === 1 ? undefined : { code: 'ENOENT' });
    },
  };
  const mirror = await mirrored({}, { connection });
  mirror.reflector.start();
  await until(() => asked >= 3);
  expect(mirror.reflector.status().lastError).toContain('there is no such file (ENOENT)');
});

test('tells how it begins', async () => {
  const { reflector } = await mirrored();
  expect(reflector.status()).toEqual({ state: 'starting', synced: false, restarts: 0 });
});

test('starts once, however often it is told to', async () => {
  const mirror = await mirrored();
  mirror.reflector.start();
  await watching(mirror);
  mirror.reflector.start();
  expect(mirror.server.count('list')).toBe(1);
  expect(mirror.server.count('watch')).toBe(1);
});

test('stops while it watches: closes the connection and calls the sink no more', async () => {
  const mirror = await mirrored();
  mirror.server.put('a');
  await watching(mirror);
  await mirror.reflector.stop();
  await until(() => mirror.server.openWatches === 0);
  mirror.server.put('b');
  mirror.reflector.start();
  await sleep(50);
  expect([...mirror.sink.content.keys()]).toEqual(['a']);
  expect(mirror.server.count('watch')).toBe(1);
  expect(mirror.reflector.status()).toMatchObject({ state: 'stopped', synced: true, objects: 1 });
});

test('stops while it lists, without handing over a part', async () => {
  const mirror = await mirrored({ pageSize: 1 });
  mirror.server.put('a');
  mirror.server.put('b');
  mirror.server.failNext('continue', neverAnswer);
  mirror.reflector.start();
  await until(() => mirror.server.count('continue') === 1);
  await mirror.reflector.stop();
  expect(mirror.sink.completed).toBe(0);
  expect(mirror.reflector.status()).toEqual({ state: 'stopped', synced: false, restarts: 0 });
});

test('has stopped only when the last request is over', async () => {
  let over = false;
  const connection = {
    async get(_path: string, options: AskOptions = {}) {
      await new Promise((done) => options.signal?.addEventListener('abort', done));
      await sleep(20);
      over = true;
      throw new Error('given up');
    },
  };
  const mirror = await mirrored({}, { connection });
  mirror.reflector.start();
  await mirror.reflector.stop();
  expect(over).toBe(true);
  expect(mirror.reflector.status()).toEqual({ state: 'stopped', synced: false, restarts: 0 });
});

test('stops while it waits, without waiting', async () => {
  const mirror = await mirrored({ random: () => 1, backoff: { first: 1e9, most: 1e9 } });
  mirror.server.failAll(['list'], answerStatus(500));
  mirror.reflector.start();
  await until(() => mirror.reflector.status().state === 'waiting');
  await mirror.reflector.stop();
  expect(mirror.reflector.status().state).toBe('stopped');
});

test('stops before it starts, and then never starts', async () => {
  const mirror = await mirrored();
  await mirror.reflector.stop();
  mirror.reflector.start();
  await sleep(50);
  expect(mirror.server.requests).toEqual([]);
  expect(mirror.reflector.status().state).toBe('stopped');
});
