import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { DecisionRecord } from '../../src/webhook/answer.ts';
import { logDecision } from '../../src/webhook/decision-log.ts';
import { send, serve, someRecord } from './listening.ts';

function logged(record: DecisionRecord, level = 'debug', traceparent?: string): string[] {
  const texts: string[] = [];
  logDecision(
    pino({ level, base: null }, { write: (text: string) => void texts.push(text) }),
    record,
    0.0123456,
    traceparent,
  );
  return texts;
}

const denial: DecisionRecord = {
  ...someRecord,
  decision: 'deny',
  dryRun: true,
  denied: ['forbid-broad-peers/everyone'],
  warned: ['keep-dns/blocked'],
};

test('a denial is one line at info', () => {
  const texts = logged(denial, 'info');
  expect(texts).toHaveLength(1);
  const { time, ...line } = JSON.parse(texts[0] ?? '');
  expect(time).toEqual(expect.any(Number));
  expect(line).toEqual({
    level: 30,
    uid: 'u-1',
    kind: 'NetworkPolicy',
    namespace: 'shop',
    name: 'web',
    operation: 'CREATE',
    user: 'kim',
    dry_run: true,
    decision: 'deny',
    guardrails: ['forbid-broad-peers/everyone', 'keep-dns/blocked'],
    duration_ms: 12.346,
    config_hash: 'abc',
    msg: 'denied',
  });
});

test('an allow is one line at debug', () => {
  expect(logged(someRecord, 'info')).toEqual([]);
  expect(JSON.parse(logged(someRecord)[0] ?? '')).toMatchObject({ level: 20, msg: 'allowed', decision: 'allow' });
});

test('an allow by an exemption is one line at info: without it there would have been something to say', () => {
  const exempted = { ...someRecord, audited: ['a/b'], exemptions: ['until-march'] };
  expect(JSON.parse(logged(exempted, 'info')[0] ?? '')).toMatchObject({ level: 30, msg: 'allowed' });
});

test('what came of exemptions and of missing knowledge is in the line', () => {
  const record = {
    ...someRecord,
    audited: ['a/b'],
    notChecked: ['keep-dns: no-namespaces'],
    exemptions: ['until-march'],
  };
  expect(JSON.parse(logged(record)[0] ?? '')).toMatchObject({
    audit: ['a/b'],
    not_checked: ['keep-dns: no-namespaces'],
    exemptions: ['until-march'],
  });
});

test('nothing from outside can break the line or fill the disk', () => {
  const texts = logged({
    ...denial,
    name: 'a\nb\u001b[2J"}\u009b\u2028\u202e',
    user: `${'x'.repeat(255)}\u{1f600}${'y'.repeat(10_000_000)}`,
    denied: Array.from({ length: 1000 }, (_, n) => `g/${n}`),
  });
  expect(texts).toHaveLength(1);
  const text = texts[0] ?? '';
  expect(text.indexOf('\n')).toBe(text.length - 1);
  expect(text.length).toBeLessThan(3000);
  expect(text.trimEnd()).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
  const line = JSON.parse(text);
  expect(line.name).toBe('a\nb\u001b[2J"}\ufffd\ufffd\ufffd');
  expect(line.user).toBe(`${'x'.repeat(255)}\ufffd`);
});

test('the trace of the API server is in the line, and only if it is one', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const { server, lines } = await serve({ answer: () => ({ kind: 'answered', body: '{}', record: denial }) });
  await send(server, { body: '{"secret":"body"}', headers: { traceparent } });
  await send(server, { body: '{}', headers: { traceparent: `${traceparent}; drop` } });
  const denials = lines.filter(({ msg }) => msg === 'denied');
  expect(denials.map((line) => line['traceparent'])).toEqual([traceparent, undefined]);
  expect(JSON.stringify(lines)).not.toContain('secret');
});
