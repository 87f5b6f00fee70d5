import { describe, expect, test } from 'vitest';
import type { AnswerReview } from '../../src/webhook/answer.ts';
import { metric, send, serve, someRecord } from './listening.ts';

/** Gives one decision after another, the last one for ever, and counts. */
function deciding(operation: string, ...decisions: readonly ('allow' | 'deny')[]) {
  let asked = 0;
  const answer: AnswerReview = () => {
    const decision = decisions[Math.min(asked, decisions.length - 1)] ?? 'deny';
    asked += 1;
    return { kind: 'answered', body: JSON.stringify({ decision }), record: { ...someRecord, operation, decision } };
  };
  return { answer, asked: () => asked };
}

describe('a deletion that would be denied', () => {
  test('is judged once more, by what the watch has brought meanwhile', async () => {
    const { answer, asked } = deciding('DELETE', 'deny', 'allow');
    const { server, metrics, lines } = await serve({ answer });
    expect((await send(server, { body: '{}' })).body).toBe('{"decision":"allow"}');
    expect(asked()).toBe(2);
    expect(lines.filter((line) => line['decision'] !== undefined)).toMatchObject([{ decision: 'allow' }]);
    expect(await metric(metrics, 'sekisho_admission_inflight')).toBe(0);
  });

  test('is denied after that', async () => {
    const { answer, asked } = deciding('DELETE', 'deny');
    const { server } = await serve({ answer });
    expect((await send(server, { body: '{}' })).body).toBe('{"decision":"deny"}');
    expect(asked()).toBe(2);
  });

  test('holds its place among the requests being answered', async () => {
    const { answer } = deciding('DELETE', 'deny');
    const { server } = await serve({ answer, inFlight: { requests: 1, bytes: 1024 } });
    const waiting = send(server, { body: '{}' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await send(server, { body: '{}' })).status).toBe(429);
    expect((await waiting).status).toBe(200);
    expect((await send(server, { body: '{}' })).status).toBe(200);
  });
});

test.each([
  ['CREATE', 'deny'],
  ['UPDATE', 'deny'],
  ['DELETE', 'allow'],
] as const)('%s with %s is answered at once', async (operation, decision) => {
  const { answer, asked } = deciding(operation, decision);
  const { server } = await serve({ answer });
  expect((await send(server, { body: '{}' })).body).toBe(JSON.stringify({ decision }));
  expect(asked()).toBe(1);
});
