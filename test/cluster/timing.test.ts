import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffDelay } from '../../src/cluster/backoff.ts';
import { pause } from '../../src/cluster/clock.ts';
import { watchSilence } from '../../src/cluster/silence.ts';
import { HandClock } from './hand-clock.ts';

const range = { first: 500, most: 30_000 };

test('the bound of the back-off doubles up to the most', () => {
  const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 5_000].map((failures) => backoffDelay(failures, range, 1));
  expect(bounds).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  expect(backoffDelay(0, range, 1)).toBe(0);
});

test('the back-off draws from the whole range up to the bound', () => {
  fc.assert(
    fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const delay = backoffDelay(failures, range, random);
      expect(delay).toBe(random * backoffDelay(failures, range, 1));
    }),
  );
});

test('a pause ends with its time, or with the signal, and leaves no timer behind', async () => {
  const clock = new HandClock();
  const stop = new AbortController();
  let ended = 0;
  const count = () => {
    ended += 1;
  };
  const first = pause(clock, 1_000, stop.signal).then(count);
  clock.advance(999);
  await Promise.resolve();
  expect(ended).toBe(0);
  clock.advance(1);
  await first;
  const second = pause(clock, 1_000, stop.signal).then(count);
  stop.abort();
  await second;
  await pause(clock, 1_000, stop.signal);
  await pause(clock, 0, new AbortController().signal);
  expect(ended).toBe(2);
  expect(clock.waiting).toBe(0);
});

test('silence is what comes after the last word', () => {
  const clock = new HandClock();
  const watch = watchSilence(clock, 60_000, new AbortController().signal);
  clock.advance(59_999);
  watch.heard();
  clock.advance(59_999);
  expect(watch.signal.aborted).toBe(false);
  clock.advance(1);
  expect(watch).toMatchObject({ fellSilent: true });
  expect(watch.signal.aborted).toBe(true);
  watch.heard();
  watch.end();
  expect(clock.waiting).toBe(0);
});

test('a signal from outside is no silence', () => {
  const clock = new HandClock();
  const stop = new AbortController();
  const watch = watchSilence(clock, 60_000, stop.signal);
  stop.abort();
  expect(watch.signal.aborted).toBe(true);
  expect(watch.fellSilent).toBe(false);
  watch.end();
  expect(clock.waiting).toBe(0);
  expect(watchSilence(clock, 1, stop.signal).signal.aborted).toBe(true);
});
