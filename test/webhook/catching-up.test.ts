import { expect, test } from 'vitest';
import { echo, metric, send, serve } from './listening.ts';

/** A World that has to catch up until the test says that it has. */
function behind() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting: Promise<void> | undefined = promise;
  return {
    caughtUp: () => waiting,
    catchUp: () => {
      waiting = undefined;
      resolve();
    },
  };
}

test('a review is judged when the World has caught up', async () => {
  const { caughtUp, catchUp } = behind();
  let judged = 0;
  const { server, metrics } = await serve({
    caughtUp,
    answer: (...given) => {
      judged += 1;
      return echo(...given);
    },
  });
  const answer = send(server, { body: '{"a":1}' });
  await expect.poll(() => metric(metrics, 'sekisho_admission_inflight')).toBe(1);
  expect(judged).toBe(0);
  catchUp();
  expect((await answer).body).toBe('{"echoed":{"a":1}}');
  expect((await send(server, { body: '{"a":2}' })).body).toBe('{"echoed":{"a":2}}');
  expect(judged).toBe(2);
});

test('a World that does not catch up in time is an error, and judged by nobody later', async () => {
  const { caughtUp, catchUp } = behind();
  let judged = 0;
  const { server, metrics } = await serve({
    caughtUp,
    answer: (...given) => {
      judged += 1;
      return echo(...given);
    },
  });
  expect((await send(server, { path: '/validate?timeout=1s', body: '{}' })).status).toBe(504);
  catchUp();
  expect((await send(server, { body: '{}' })).status).toBe(200);
  expect(judged).toBe(1);
  expect(await metric(metrics, 'sekisho_admission_inflight')).toBe(0);
});
