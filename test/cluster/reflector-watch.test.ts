import { expect, test } from 'vitest';
import {
  answerStatus,
  answerText,
  dropConnection,
  neverAnswer,
  streamError,
  streamNothing,
  streamThenDrop,
  streamThenEnd,
} from '../support/api-server-faults.ts';
import { HandClock } from './hand-clock.ts';
import { fastClock, isMirror, mirrored, pausesFor, until, watching } from './mirrored.ts';

test('follows what is created, changed and deleted', async () => {
  const mirror = await mirrored();
  mirror.server.put('a');
  await watching(mirror);
  mirror.server.put('b');
  mirror.server.put('a', { changed: true });
  mirror.server.put('c');
  mirror.server.remove('b');
  await until(() => isMirror(mirror) && mirror.sink.content.size === 2);
  expect(mirror.reflector.status()).toMatchObject({ state: 'watching', objects: 2, restarts: 0 });
  expect(mirror.server.count('list')).toBe(1);
});

test('watches from the version of the list, for a random time, with bookmarks', async () => {
  const mirror = await mirrored({ random: () => 0.25 });
  mirror.server.put('a');
  await watching(mirror);
  expect(Object.fromEntries(mirror.server.of('watch')[0]?.url.searchParams ?? [])).toEqual({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: '101',
    timeoutSeconds: '300',
  });
  // On a connection of its own, which no list waits for.
  expect(mirror.server.of('watch')[0]?.headers.connection).toBe('close');
  expect(mirror.server.of('list')[0]?.headers.connection).toBe('keep-alive');
});

test('goes on from the last bookmark, so that a quiet resource does not grow too old', async () => {
  const mirror = await mirrored();
  mirror.server.put('a');
  await watching(mirror);
  mirror.server.advance(1_000);
  mirror.server.bookmark();
  const before = mirror.reflector.status().lastContactAt ?? 0;
  await until(() => (mirror.reflector.status().lastContactAt ?? 0) > before, 'contact by the bookmark');
  mirror.server.compact();
  mirror.server.endWatches();
  await until(() => mirror.server.openWatches === 1 && mirror.server.count('watch') === 2);
  expect(mirror.server.of('watch')[1]?.url.searchParams.get('resourceVersion')).toBe('1101');
  expect(mirror.server.count('list')).toBe(1);
});

test.each([
  ['an event', streamError(410)],
  ['the status of the answer', answerStatus(410)],
  [
    'a version of the future, after a restore from a backup',
    answerText(504, '{"code":504,"details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}}'),
  ],
])('lists anew where the version is refused by %s', async (_what, fault) => {
  const mirror = await mirrored();
  mirror.server.put('stays');
  mirror.server.put('goes');
  await watching(mirror);
  mirror.server.failNext('watch', (response, request) => {
    // Happens while nobody watches, and is never told to a watch.
    mirror.server.remove('goes');
    mirror.server.put('comes');
    mirror.server.compact();
    fault(response, request);
  });
  mirror.server.endWatches();
  await until(() => mirror.server.count('list') === 2 && mirror.server.openWatches === 1 && isMirror(mirror));
  expect([...mirror.sink.content.keys()].sort()).toEqual(['comes', 'stays']);
  expect(mirror.reflector.status()).toMatchObject({ objects: 2, restarts: 0 });
  expect(mirror.events.filter(({ kind }) => kind === 'expired')).toHaveLength(1);
});

test('does not hurry from list to list where the server calls every version too old', async () => {
  const clock = new HandClock();
  const mirror = await mirrored({ clock, random: () => 1, backoff: { first: 2_000, most: 16_000 } });
  mirror.server.failAll(['watch'], streamError(410));
  mirror.reflector.start();
  for (const [index, pause] of [2_000, 4_000, 8_000, 16_000, 16_000].entries()) {
    await pausesFor(pause, mirror, clock);
    await until(() => mirror.server.count('list') === index + 2);
  }
});

test('lists anew, after a pause, where the stream ends with another error', async () => {
  const mirror = await mirrored();
  mirror.server.put('a');
  mirror.server.failNext('watch', streamError(500));
  await watching(mirror);
  expect(mirror.server.count('list')).toBe(2);
  expect(mirror.events).toContainEqual(
    expect.objectContaining({
      kind: 'failed',
      message: 'The API server broke off the watch of networkpolicies.networking.k8s.io (500): status 500',
    }),
  );
  expect(mirror.reflector.status()).toMatchObject({ restarts: 1 });
});

test('takes a dropped connection up again where it was', async () => {
  const mirror = await mirrored();
  await watching(mirror);
  mirror.server.put('before');
  await until(() => isMirror(mirror));
  mirror.server.dropWatches();
  mirror.server.put('meanwhile');
  await until(() => isMirror(mirror));
  expect(mirror.server.of('watch')[1]?.url.searchParams.get('resourceVersion')).toBe('101');
  expect(mirror.server.count('list')).toBe(1);
  expect(mirror.reflector.status().restarts).toBe(1);
});

test.each([
  ['500', answerStatus(500)],
  ['429', answerStatus(429)],
  ['a cut connection', dropConnection],
  ['a connection cut in the middle of an event', streamThenDrop('{"type":"ADDED","obj')],
])('takes a watch up again that was answered with %s, without a new list', async (_what, fault) => {
  const mirror = await mirrored();
  for (let i = 0; i < 3; i += 1) mirror.server.failNext('watch', fault);
  await watching(mirror);
  mirror.server.put('a');
  await until(() => isMirror(mirror));
  expect(mirror.server.count('list')).toBe(1);
  expect(mirror.server.count('watch')).toBe(4);
});

test('says which verb is missing where it may list but not watch', async () => {
  const mirror = await mirrored();
  mirror.server.failAll(['watch'], answerStatus(403));
  mirror.reflector.start();
  await until(() => mirror.server.count('watch') >= 2);
  expect(mirror.reflector.status().lastError).toContain(
    'forbids to watch networkpolicies.networking.k8s.io (403): grant the verb watch on networkpolicies.networking.k8s.io',
  );
});

test('gives up a half-open connection and takes the watch up again', async () => {
  const mirror = await mirrored({ watchSeconds: { min: 10, max: 10 }, watchSilence: 10_000 });
  await watching(mirror);
  mirror.server.muteWatches();
  mirror.server.put('meanwhile');
  await until(() => isMirror(mirror));
  expect(mirror.server.count('list')).toBe(1);
  expect(mirror.events).toContainEqual(
    expect.objectContaining({
      message: 'The watch of networkpolicies.networking.k8s.io broke off: nothing came for 20 s',
    }),
  );
});

test.each([
  ['never answered', neverAnswer],
  ['opened and never filled', streamNothing],
])('gives up a watch that is %s', async (_what, fault) => {
  const mirror = await mirrored({ watchSeconds: { min: 10, max: 10 }, watchSilence: 10_000 });
  mirror.server.failNext('watch', fault);
  mirror.reflector.start();
  await until(() => mirror.server.openWatches === 1 && mirror.server.count('watch') >= 2);
  mirror.server.put('a');
  await until(() => isMirror(mirror));
});

test('does not give up a watch through which only bookmarks come', async () => {
  const clock = new HandClock();
  const mirror = await mirrored({ clock, watchSeconds: { min: 20, max: 20 }, watchSilence: 40_000 });
  await watching(mirror);
  for (let i = 0; i < 5; i += 1) {
    clock.advance(59_000);
    mirror.server.advance();
    mirror.server.bookmark();
    await until(() => mirror.reflector.status().lastContactAt === clock.now());
  }
  expect(mirror.server.count('watch')).toBe(1);
  clock.advance(60_000);
  await until(() => mirror.reflector.status().restarts === 1);
  expect(mirror.reflector.status().lastContactAt).toBe(5 * 59_000);
});

test.each([
  ['at once', 1, streamThenEnd(), [1_000, 1_000, 2_000, 4_000, 8_000]],
  [
    'after an event',
    0,
    streamThenEnd(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '1000' } } })}\n`),
    [1_000, 1_000, 1_000, 1_000, 1_000],
  ],
])('does not hurry where the server ends every watch %s', async (_what, luck, fault, pauses) => {
  const clock = new HandClock();
  const mirror = await mirrored({ clock, random: () => luck });
  mirror.server.failAll(['watch'], fault);
  mirror.reflector.start();
  for (const [index, pause] of pauses.entries()) {
    await pausesFor(pause, mirror, clock);
    await until(() => mirror.server.count('watch') === index + 2);
  }
  expect(mirror.server.count('list')).toBe(1);
  expect(mirror.reflector.status().restarts).toBe(0);
});

test('leaves a busy server alone for as long as it asks, each time, and lists nothing anew', async () => {
  const clock = new HandClock();
  const mirror = await mirrored({ clock, random: () => 0 });
  mirror.server.failAll(['watch'], answerStatus(429, 'slow down', { 'retry-after': '7' }));
  mirror.reflector.start();
  for (const refused of [1, 2, 3]) {
    await until(() => mirror.reflector.status().restarts === refused);
    if (refused === 3) mirror.server.heal();
    await pausesFor(7_000, mirror, clock);
  }
  await until(() => mirror.reflector.status().state === 'watching');
  expect(mirror.server.count('watch')).toBe(4);
  expect(mirror.server.count('list')).toBe(1);
});

test('begins the next watch without a pause where one lasted its time', async () => {
  const mirror = await mirrored({ random: () => 1, backoff: { first: 1e9, most: 1e9 } });
  await watching(mirror);
  for (let i = 2; i < 5; i += 1) {
    const openedAt = fastClock.now();
    await until(() => fastClock.now() - openedAt > 7_000);
    mirror.server.endWatches();
    await until(() => mirror.server.count('watch') === i && mirror.server.openWatches === 1);
  }
  expect(mirror.reflector.status()).toMatchObject({ state: 'watching', restarts: 0 });
});

test('starts its back-off over once a watch has lasted', async () => {
  const clock = new HandClock();
  const mirror = await mirrored({ clock, random: () => 1 });
  mirror.server.failAll(['list'], answerStatus(500));
  mirror.reflector.start();
  for (let failures = 1; failures <= 3; failures += 1) {
    await until(() => mirror.events.length === failures && clock.waiting === 1);
    if (failures === 3) mirror.server.heal();
    clock.advance(60_000);
  }
  await watching(mirror);
  clock.advance(5_000);
  mirror.server.dropWatches();
  await until(() => mirror.reflector.status().restarts === 4);
  expect(mirror.events.flatMap((event) => (event.kind === 'failed' ? event.retryIn : []))).toEqual([
    500, 1_000, 2_000, 500,
  ]);
});

test.each([
  ['text', 'hello\n'],
  ['half of an event', '{"type":"ADDED","object":{"metadata":{"name":"x"\n'],
  ['an unknown kind of event', '{"type":"RENAMED","object":{"metadata":{"name":"x","resourceVersion":"999"}}}\n'],
  ['an event without an object', '{"type":"ADDED"}\n'],
  ['an event whose object is a list', '{"type":"ADDED","object":[]}\n'],
  ['an event without a version', '{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n'],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a])],
])('lists anew where the stream holds %s', async (_what, data) => {
  const mirror = await mirrored();
  mirror.server.put('a');
  await watching(mirror);
  mirror.server.sendRaw(data);
  await until(() => mirror.server.count('list') === 2 && mirror.server.openWatches === 1);
  mirror.server.put('b');
  await until(() => isMirror(mirror));
  expect([...mirror.sink.content.keys()]).toEqual(['a', 'b']);
});

test('lists anew where the versions go back', async () => {
  const mirror = await mirrored();
  mirror.server.put('a');
  mirror.server.put('b');
  await watching(mirror);
  mirror.server.rewind(50);
  mirror.server.bookmark();
  await until(() => mirror.server.count('list') === 2);
  expect(mirror.events).toContainEqual({
    kind: 'expired',
    message: 'The versions of networkpolicies.networking.k8s.io went back from 102 to 50',
  });
});

test('lists anew where not even a bookmark comes for five minutes, as of a version of the future', async () => {
  const clock = new HandClock();
  const mirror = await mirrored({ clock });
  mirror.server.put('a');
  mirror.server.put('b');
  await watching(mirror);
  mirror.server.rewind(50);
  for (let i = 2; i <= 3; i += 1) {
    clock.advance(149_000);
    mirror.server.endWatches();
    await until(() => mirror.server.count('watch') === i && mirror.server.openWatches === 1);
  }
  expect(mirror.server.count('list')).toBe(1);
  // A watch that was taken on is no sign of freshness.
  expect(mirror.reflector.status().lastContactAt).toBe(0);
  clock.advance(2_000);
  mirror.server.dropWatches();
  await until(() => mirror.reflector.status().restarts === 1 && clock.waiting === 1);
  clock.advance(1_000);
  await until(() => mirror.server.openWatches === 1);
  expect(mirror.server.count('list')).toBe(2);
  clock.advance(300_000);
  mirror.server.endWatches();
  await until(() => mirror.server.count('list') === 3 && mirror.server.openWatches === 1);
  expect(mirror.reflector.status()).toMatchObject({ restarts: 1, lastContactAt: clock.now() });
});

test('reads events that come in pieces of one byte, with characters of several', async () => {
  const mirror = await mirrored();
  await watching(mirror);
  mirror.server.splitInto(1);
  mirror.server.put('関所', { note: '通行手形 🚪' });
  await until(() => isMirror(mirror));
  expect(mirror.sink.content.get('関所')).toMatchObject({ spec: { note: '通行手形 🚪' } });
});

test('reads an event of nine megabytes', async () => {
  const mirror = await mirrored();
  await watching(mirror);
  const note = '関'.repeat(3 * 1024 * 1024);
  mirror.server.put('huge', { note });
  await until(() => isMirror(mirror));
  expect((mirror.sink.content.get('huge') as { spec: { note: string } }).spec.note === note).toBe(true);
});

test('outlives a restart of the API server and learns what happened meanwhile', async () => {
  const mirror = await mirrored();
  mirror.server.put('a');
  await watching(mirror);
  await mirror.server.down();
  mirror.server.remove('a');
  mirror.server.put('b');
  await until(() => mirror.reflector.status().restarts >= 4);
  expect(mirror.reflector.status()).toMatchObject({ state: 'waiting', synced: true, objects: 1 });
  expect(mirror.reflector.status().lastError).toContain('ECONNREFUSED');
  await mirror.server.up();
  await until(() => isMirror(mirror) && mirror.reflector.status().state === 'watching');
  expect(mirror.server.count('list')).toBe(1);
});

test('lists at once after an outage in which the server forgot the version', async () => {
  let luck = 0;
  const mirror = await mirrored({ random: () => luck, backoff: { first: 1e9, most: 1e9 } });
  mirror.server.put('a');
  await watching(mirror);
  await mirror.server.down();
  await until(() => mirror.reflector.status().restarts >= 3);
  mirror.server.put('b');
  mirror.server.compact();
  mirror.server.failNext('watch', (response, request) => {
    // From here on a back-off would outlast the test.
    luck = 1;
    streamError(410)(response, request);
  });
  // The list is long ago.
  await until(() => fastClock.now() - (mirror.began('list')[0] ?? 0) > 6_000);
  await mirror.server.up();
  await until(() => isMirror(mirror));
  expect(mirror.events.slice(-3).map(({ kind }) => kind)).toContain('expired');
});
