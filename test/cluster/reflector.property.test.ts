import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
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
import { FakeApiServer } from '../support/fake-api-server.ts';
import { isMirror, mirrorOf, until } from './mirrored.ts';

const faults = {
  'status 500': answerStatus(500),
  'status 410': answerStatus(410),
  'status 404': answerStatus(404),
  'status 429': answerStatus(429, 'slow down', { 'retry-after': '1' }),
  'status 403': answerStatus(403),
  text: answerText(200, 'hello'),
  'no answer': neverAnswer,
  'cut connection': dropConnection,
  'empty stream': streamThenEnd(),
  'silent stream': streamNothing,
  'stream with 410': streamError(410),
  'stream with 500': streamError(500),
  'garbage stream': streamThenEnd('{"type":"ADDED","object":{"metadata":{"na\n'),
  'stream cut in an event': streamThenDrop('{"type":"ADDED","object":{'),
};

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('put' as const), name, spec: fc.nat(9) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('remove' as const), name }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      on: fc.constantFrom('list' as const, 'continue' as const, 'watch' as const),
      fault: fc.constantFrom(...(Object.keys(faults) as (keyof typeof faults)[])),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pause' as const), milliseconds: fc.nat(12) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('split' as const), bytes: fc.integer({ min: 1, max: 64 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'advance' as const,
        'bookmark' as const,
        'compact' as const,
        'endWatches' as const,
        'dropWatches' as const,
        'muteWatches' as const,
        'garbage' as const,
        'restart' as const,
      ),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function apply(server: FakeApiServer, taken: Step): Promise<void> {
  switch (taken.kind) {
    case 'put':
      return server.put(taken.name, { value: taken.spec, note: '関所' });
    case 'remove':
      return server.remove(taken.name);
    case 'fault':
      return server.failNext(taken.on, faults[taken.fault]);
    case 'pause':
      return sleep(taken.milliseconds);
    case 'split':
      return server.splitInto(taken.bytes);
    case 'garbage':
      return server.sendRaw('}\n');
    case 'restart':
      await server.down();
      return server.up();
    default:
      return server[taken.kind]();
  }
}

test('whatever happens and goes wrong, in the end the sink holds what the server does', async () => {
  const run = async (steps: readonly Step[]) => {
    const server = await FakeApiServer.start();
    const mirror = await mirrorOf(server, {
      pageSize: 2,
      watchSeconds: { min: 1, max: 2 },
      watchSilence: 8_000,
      listSilence: 8_000,
      backoff: { first: 200, most: 2_000 },
      spacing: 200,
    });
    try {
      mirror.reflector.start();
      for (const taken of steps) await apply(server, taken);
      server.heal();
      await until(() => isMirror(mirror) && mirror.reflector.status().state === 'watching', 'the mirror');
      server.put('last');
      await until(() => isMirror(mirror), 'the last change');
      expect([...mirror.sink.content.values()].map(withoutManagement)).toEqual(
        [...mirror.sink.content.keys()].map((key) => withoutManagement(server.content().get(key))),
      );
      expect(mirror.reflector.status().objects).toBe(server.content().size);
    } finally {
      await mirror.end();
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), run), {
    numRuns: 40,
    endOnFailure: true,
  });
});

/** The content of an object as the mirror should hold it. */
function withoutManagement(object: unknown): unknown {
  const { metadata, ...rest } = object as { metadata: Record<string, unknown> };
  const { managedFields: _dropped, ...kept } = metadata;
  return { ...rest, metadata: kept };
}
