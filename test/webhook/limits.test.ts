import { describe, expect, test } from 'vitest';
import { deadlineOf } from '../../src/webhook/deadline.ts';
import { InFlight } from '../../src/webhook/in-flight.ts';

describe('deadlineOf', () => {
  test.each([
    ['/validate', 9800],
    ['/validate?timeout=1s', 800],
    ['/validate?timeout=10s', 9800],
    ['/validate?other=1&timeout=3s', 2800],
    ['/validate?timeout=30s', 29_800],
    ['/validate?timeout=31s', 29_800],
    ['/validate?timeout=0s', 9800],
    ['/validate?timeout=', 9800],
    ['/validate?timeout=5', 9800],
    ['/validate?timeout=-5s', 9800],
    ['/validate?timeout=5s&timeout=1s', 4800],
    ['/validate?timeout=99999999999999999999s', 9800],
    ['/validate?timeout=%00', 9800],
  ])('%s leaves %i ms', (url, milliseconds) => {
    expect(deadlineOf(url)).toBe(milliseconds);
  });
});

describe('InFlight', () => {
  test('counts requests and bytes, and forgets them once', () => {
    const inFlight = new InFlight({ requests: 3, bytes: 100 }, 80);
    const first = inFlight.enter('60');
    expect(inFlight.enter('41')).toBeUndefined();
    const second = inFlight.enter('40');
    expect(inFlight.enter('1')).toBeUndefined();
    first?.();
    first?.();
    expect(inFlight.requests).toBe(1);
    expect(inFlight.enter('61')).toBeUndefined();
    expect(inFlight.enter('60')).toBeDefined();
    second?.();
    expect(inFlight.requests).toBe(1);
  });

  test('lets in no more requests than it may, however small', () => {
    const inFlight = new InFlight({ requests: 2, bytes: 100 }, 80);
    expect([inFlight.enter('0'), inFlight.enter('0'), inFlight.enter('0')].map((leave) => leave !== undefined)).toEqual(
      [true, true, false],
    );
  });

  test('takes a body of unknown size for the largest, and never shuts out one that is alone', () => {
    const inFlight = new InFlight({ requests: 9, bytes: 100 }, 80);
    const unknown = inFlight.enter(undefined);
    expect(unknown).toBeDefined();
    expect(inFlight.enter('21')).toBeUndefined();
    unknown?.();
    const tight = new InFlight({ requests: 0, bytes: 0 }, 80);
    const alone = tight.enter('99999999');
    expect(alone).toBeDefined();
    expect(tight.enter('0')).toBeUndefined();
  });
});
