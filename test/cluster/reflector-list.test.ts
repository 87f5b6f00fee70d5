import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import { answerStatus, answerText, dropConnection, neverAnswer, streamThenDrop } from '../support/api-server-faults.ts';
import { FakeApiServer } from '../support/fake-api-server.ts';
import { HandClock } from './hand-clock.ts';
import { isMirror, mirrored, mirrorOf, nameOf, pausesFor, until, watching } from './mirrored.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

test('lists page by page and hands each page over as it comes', async () => {
  const mirror = await mirrored({ pageSize: 3 });
  for (const name of names) mirror.server.put(name);
  await watching(mirror);
  expect([...mirror.sink.content.keys()]).toEqual(names);
  expect(mirror.sink.completed).toBe(1);
  const [first] = mirror.server.of('list');
  expect(first?.url.searchParams.get('limit')).toBe('3');
  expect(first?.url.searchParams.has('resourceVersion')).toBe(false);
  expect(mirror.server.count('continue')).toBe(2);
  expect(mirror.reflector.status()).toMatchObject({ state: 'watching', synced: true, objects: 7, restarts: 0 });
  expect(mirror.events[0]).toMatchObject({ kind: 'listed', objects: 7, pages: 3 });
});

test('gives a listed object the same form as a watched one, without managed fields', async () => {
  const mirror = await mirrored();
  mirror.server.put('listed', { podSelector: {} });
  await watching(mirror);
  mirror.server.put('watched', { podSelector: {} });
  await until(() => isMirror(mirror));
  for (const name of ['listed', 'watched']) {
    expect(mirror.sink.content.get(name)).toEqual({
      kind: 'NetworkPolicy',
      apiVersion: 'networking.k8s.io/v1',
      metadata: { name, namespace: 'shop', resourceVersion: name === 'listed' ? '101' : '102' },
      spec: { podSelector: {} },
    });
  }
});

test('hands over what the transform makes of listed, changed and deleted objects', async () => {
  const log: string[] = [];
  const sink = {
    list: () => ({
      take: (object: unknown) => void log.push(`take ${object}`),
      complete: () => void log.push('complete'),
    }),
    upsert: (object: unknown) => void log.push(`upsert ${object}`),
    remove: (object: unknown) => void log.push(`remove ${object}`),
  };
  const mirror = await mirrored({}, { sink, transform: nameOf });
  mirror.server.put('a');
  await watching(mirror);
  mirror.server.put('a');
  mirror.server.remove('a');
  await until(() => log.length === 4);
  expect(log).toEqual(['take a', 'complete', 'upsert a', 'remove a']);
  expect(mirror.reflector.status().objects).toBe(0);
});

test('begins the list anew where the next page is too old', async () => {
  const mirror = await mirrored({ pageSize: 3 });
  for (const name of names) mirror.server.put(name);
  mirror.server.failNext('continue', (response, request) => {
    mirror.server.remove('a');
    answerStatus(410)(response, request);
  });
  await watching(mirror);
  expect([...mirror.sink.content.keys()]).toEqual(names.slice(1));
  expect(mirror.sink.completed).toBe(1);
  const lists = mirror.server.of('list');
  expect(lists).toHaveLength(2);
  expect(lists[1]?.url.searchParams.has('resourceVersion')).toBe(false);
  expect(mirror.reflector.status().restarts).toBe(1);
});

test('keeps the old content until a new list is complete', async () => {
  const mirror = await mirrored({ pageSize: 3 });
  for (const name of names) mirror.server.put(name);
  await watching(mirror);
  mirror.server.failAll(['continue'], neverAnswer);
  mirror.server.compact();
  mirror.server.failNext('watch', answerStatus(410));
  mirror.server.endWatches();
  await until(() => mirror.server.count('continue') === 3);
  mirror.server.remove('a');
  expect([...mirror.sink.content.keys()]).toEqual(names);
  expect(mirror.reflector.status()).toMatchObject({ state: 'listing', synced: true, objects: 7 });
});

test('does not follow pages that go round in a circle', async () => {
  const mirror = await mirrored();
  const circle = '{"kind":"List","metadata":{"resourceVersion":"5","continue":"again"},"items":[]}';
  mirror.server.failAll(['list', 'continue'], answerText(200, circle));
  mirror.reflector.start();
  await until(() => mirror.reflector.status().lastError !== undefined);
  expect(mirror.reflector.status().lastError).toContain('in a circle');
  expect(mirror.sink.completed).toBe(0);
  mirror.server.heal();
  await until(() => mirror.reflector.status().synced);
});

test.each([
  ['text', 'hello'],
  ['an empty body', ''],
  ['half of a list', '{"metadata":{"resourceVersion":"7"},"items":[{}'],
  ['null', 'null'],
  ['an object without items', '{"kind":"List","metadata":{"resourceVersion":"7"}}'],
  ['a list without a version', '{"kind":"List","metadata":{},"items":[]}'],
  ['items that are no list', '{"kind":"List","metadata":{"resourceVersion":"7"},"items":{"length":0}}'],
])('does not take %s for an empty list', async (_what, body) => {
  const mirror = await mirrored();
  mirror.server.put('a');
  mirror.server.failNext('list', answerText(200, body));
  await watching(mirror);
  expect(mirror.events[0]).toMatchObject({ kind: 'failed' });
  expect(mirror.sink.completed).toBe(1);
  expect(isMirror(mirror)).toBe(true);
});

test('takes null items for none, as Go writes an empty list', async () => {
  const mirror = await mirrored();
  mirror.server.failNext('list', answerText(200, '{"metadata":{"resourceVersion":"100"},"items":null}'));
  await watching(mirror);
  expect(mirror.reflector.status()).toMatchObject({ objects: 0, restarts: 0 });
});

test('survives 500, 503 and a cut connection, and says in the meantime what is wrong', async () => {
  const mirror = await mirrored();
  mirror.server.put('a');
  mirror.server.failAll(['list'], answerStatus(500, 'etcdserver: leader changed'));
  mirror.reflector.start();
  await until(() => mirror.server.count('list') >= 3);
  expect(mirror.reflector.status()).toMatchObject({ synced: false });
  expect(mirror.reflector.status().lastError).toBe(
    'The API server answered 500 to list networkpolicies.networking.k8s.io: etcdserver: leader changed',
  );
  mirror.server.heal();
  mirror.server.failNext('list', answerStatus(503));
  mirror.server.failNext('list', dropConnection);
  await until(() => mirror.reflector.status().state === 'watching');
  expect(isMirror(mirror)).toBe(true);
  expect(mirror.reflector.status()).not.toHaveProperty('lastError');
});

test('forgets the error as soon as a list is complete', async () => {
  const mirror = await mirrored();
  mirror.server.failNext('list', answerStatus(500));
  mirror.server.failNext('watch', neverAnswer);
  mirror.reflector.start();
  await until(() => mirror.server.count('watch') === 1);
  expect(mirror.reflector.status()).toMatchObject({ synced: true, restarts: 1 });
  expect(mirror.reflector.status()).not.toHaveProperty('lastError');
});

test('leaves a busy server alone for as long as it asks, each time', async () => {
  const clock = new HandClock();
  const mirror = await mirrored({ clock, random: () => 0 });
  mirror.server.failAll(['list'], answerStatus(429, 'slow down', { 'retry-after': '20' }));
  mirror.reflector.start();
  for (const refused of [1, 2, 3]) {
    await until(() => mirror.reflector.status().restarts === refused);
    if (refused === 3) mirror.server.heal();
    await pausesFor(20_000, mirror, clock);
  }
  await until(() => mirror.reflector.status().state === 'watching');
  expect(mirror.server.count('list')).toBe(4);
});

test.each(['list', 'continue'] as const)('does not take a %s that is cut in the middle for the whole', async (cut) => {
  const mirror = await mirrored({ pageSize: 3 });
  for (const name of names) mirror.server.put(name);
  await watching(mirror);
  mirror.server.remove('a');
  mirror.server.compact();
  const half =
    '{"kind":"NetworkPolicyList","metadata":{"resourceVersion":"900"},"items":[{"metadata":{"name":"half"}},';
  mirror.server.failNext('watch', answerStatus(410));
  mirror.server.failNext(cut, streamThenDrop(half));
  mirror.server.endWatches();
  await until(() => mirror.sink.completed === 2 && mirror.reflector.status().state === 'watching');
  const failures = mirror.events.filter((event) => event.kind === 'failed');
  expect(failures.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^Could not list networkpolicies\.networking\.k8s\.io: /),
  ]);
  expect([...mirror.sink.content.keys()]).toEqual(names.slice(1));
});

test('waits for a list that is slow, as long as it goes on', async () => {
  const clock = new HandClock();
  const mirror = await mirrored({ clock, listSilence: 20_000 });
  const pieces = ['{"kind":"List","metadata":', '{"resourceVersion":"100"},', '"items":', '[]', '}'];
  let answering: ServerResponse | undefined;
  mirror.server.failNext('list', (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    answering = response;
    response.write(' ');
  });
  // The pieces are waited for where they arrive; the clock stands still until then.
  const heard = vi.spyOn(clock, 'after');
  mirror.reflector.start();
  await until(() => answering !== undefined && heard.mock.calls.length >= 2);
  for (const piece of pieces) {
    clock.advance(19_000);
    const before = heard.mock.calls.length;
    answering?.write(piece);
    await until(() => heard.mock.calls.length > before);
  }
  answering?.end();
  await until(() => mirror.reflector.status().state === 'watching');
  expect(mirror.reflector.status()).toMatchObject({ objects: 0, restarts: 0 });
  expect(mirror.server.count('list')).toBe(1);
});

test.each([
  [
    403,
    'The API server forbids to list networkpolicies.networking.k8s.io (403): grant the verb list on networkpolicies.networking.k8s.io to the user who asks, by a ClusterRole with the rule {apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [list, watch]}',
  ],
  [401, 'The API server does not know who asks to list networkpolicies.networking.k8s.io (401)'],
])('says on %d what is missing, and goes on once it is given', async (code, sentence) => {
  const mirror = await mirrored();
  mirror.server.put('a');
  mirror.server.failAll(['list'], answerStatus(code));
  mirror.reflector.start();
  await until(() => mirror.server.count('list') >= 2);
  expect(mirror.reflector.status()).toMatchObject({ synced: false });
  expect(mirror.reflector.status().lastError).toContain(sentence);
  mirror.server.heal();
  await until(() => mirror.reflector.status().state === 'watching');
  expect(isMirror(mirror)).toBe(true);
});

test('takes a resource that is not served for an empty one, until it appears', async () => {
  const mirror = await mirrored();
  mirror.server.put('a');
  mirror.server.failAll(['list', 'watch'], answerText(404, '404 page not found'));
  mirror.reflector.start();
  await until(() => mirror.server.count('list') >= 4);
  expect(mirror.reflector.status()).toMatchObject({ state: 'absent', synced: true, objects: 0, restarts: 0 });
  expect(mirror.sink.completed).toBe(1);
  expect(mirror.events.map(({ kind }) => kind)).toEqual(['absent']);
  mirror.server.heal();
  await until(() => mirror.reflector.status().state === 'watching');
  expect(isMirror(mirror)).toBe(true);
});

test('believes that a resource with objects is gone only when told twice', async () => {
  const mirror = await mirrored();
  mirror.server.put('a');
  await watching(mirror);
  mirror.server.advance();
  mirror.server.compact();
  mirror.server.failNext('list', answerStatus(404));
  mirror.server.endWatches();
  await until(() => mirror.server.count('list') === 3 && mirror.reflector.status().state === 'watching');
  expect(mirror.events.some(({ kind }) => kind === 'absent')).toBe(false);
  expect(isMirror(mirror)).toBe(true);

  mirror.server.failAll(['list', 'watch'], answerStatus(404));
  mirror.server.endWatches();
  await until(() => mirror.reflector.status().state === 'absent');
  expect(mirror.sink.content.size).toBe(0);
});

test('gives up a list that falls silent', async () => {
  const mirror = await mirrored({ listSilence: 20_000 });
  mirror.server.put('a');
  mirror.server.failNext('list', neverAnswer);
  mirror.server.failNext('list', (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"kind":');
  });
  await watching(mirror);
  const failures = mirror.events.filter((event) => event.kind === 'failed');
  expect(failures.map(({ message }) => message).slice(0, 2)).toEqual([
    'Could not list networkpolicies.networking.k8s.io: nothing came for 20 s',
    'Could not list networkpolicies.networking.k8s.io: nothing came for 20 s',
  ]);
  expect(isMirror(mirror)).toBe(true);
});

test('waits for a server that is not up yet, ever longer', async () => {
  const server = await FakeApiServer.reserve();
  const mirror = await mirrorOf(server, { random: () => 1, backoff: { first: 500, most: 4_000 } });
  onTestFinished(mirror.end);
  mirror.reflector.start();
  await until(() => mirror.events.length >= 6);
  const waits = mirror.events.map((event) => (event.kind === 'failed' ? event.retryIn : 0));
  expect(waits.slice(0, 6)).toEqual([500, 1_000, 2_000, 4_000, 4_000, 4_000]);
  expect(mirror.reflector.status()).toMatchObject({ synced: false, restarts: mirror.events.length });
  expect(mirror.reflector.status().lastError).toContain('the connection was refused (ECONNREFUSED)');
  await server.up();
  await until(() => mirror.reflector.status().state === 'watching');
});
