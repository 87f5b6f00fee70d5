import { describe, expect, test } from 'vitest';
import { builtInSet } from '../../src/config/resolve.ts';
import { answerReview } from '../../src/engine/admission/answer.ts';
import { placed } from '../../src/engine/check/changes.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { gather } from '../../src/engine/model/gather.ts';
import type { AnswerReview } from '../../src/webhook/answer.ts';
import { metric, send, serve, someRecord } from './listening.ts';

/** Gives one decision after another, the last one for ever, and counts. */
function deciding(unsettled: boolean, ...decisions: readonly ('allow' | 'deny')[]) {
  let asked = 0;
  const answer: AnswerReview = () => {
    const decision = decisions[Math.min(asked, decisions.length - 1)] ?? 'deny';
    asked += 1;
    return { kind: 'answered', body: JSON.stringify({ decision }), record: { ...someRecord, unsettled, decision } };
  };
  return { answer, asked: () => asked };
}

describe('a denial that hangs on what else there is', () => {
  test('is judged once more, by what the watch has brought meanwhile', async () => {
    const { answer, asked } = deciding(true, 'deny', 'allow');
    const { server, metrics, lines } = await serve({ answer });
    expect((await send(server, { body: '{}' })).body).toBe('{"decision":"allow"}');
    expect(asked()).toBe(2);
    expect(lines.filter((line) => line['decision'] !== undefined)).toMatchObject([{ decision: 'allow' }]);
    expect(await metric(metrics, 'sekisho_admission_inflight')).toBe(0);
  });

  test('is denied after that', async () => {
    const { answer, asked } = deciding(true, 'deny');
    const { server } = await serve({ answer });
    expect((await send(server, { body: '{}' })).body).toBe('{"decision":"deny"}');
    expect(asked()).toBe(2);
  });

  test('holds its place among the requests being answered', async () => {
    const { answer } = deciding(true, 'deny');
    const { server } = await serve({ answer, inFlight: { requests: 1, bytes: 1024 } });
    const waiting = send(server, { body: '{}' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await send(server, { body: '{}' })).status).toBe(429);
    expect((await waiting).status).toBe(200);
    expect((await send(server, { body: '{}' })).status).toBe(200);
  });
});

test.each(['deny', 'allow'] as const)('any other %s is answered at once', async (decision) => {
  const { answer, asked } = deciding(false, decision);
  const { server } = await serve({ answer });
  expect((await send(server, { body: '{}' })).body).toBe(JSON.stringify({ decision }));
  expect(asked()).toBe(1);
});

const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } } };
const everything = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
const narrowed = { ...everything, podSelector: { matchLabels: { app: 'db' } } };
const toEveryone = { podSelector: {}, ingress: [{}], egress: [{}] };

function policy(name: string, spec: object) {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'shop' },
    spec,
  };
}

function review(operation: 'CREATE' | 'UPDATE' | 'DELETE', object: object | null, oldObject: object | null) {
  const kind = { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' };
  const request = { uid: 'u', kind, namespace: 'shop', name: 'old', operation, object, oldObject, userInfo: {} };
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
}

const placedIn = (objects: readonly object[]) => objects.map((one) => placed(one, undefined, 'shop'));

/** Judges in a World that holds the replacement of the default deny from the second look on. */
function lagging() {
  let looks = 0;
  const old = policy('old', everything);
  const answer: AnswerReview = (body, now) => {
    looks += 1;
    const seen = looks === 1 ? [namespace, pod, old] : [namespace, pod, old, policy('new', everything)];
    const judgement = {
      world: gather(placedIn(seen), 'cluster'),
      set: builtInSet({ registry }),
      language: 'en',
    } as const;
    return answerReview(body, judgement, now.getTime());
  };
  return { answer, looks: () => looks };
}

describe('a default deny whose replacement the watch brings a moment later', () => {
  const old = policy('old', everything);
  test.each([
    ['deleted', review('DELETE', null, old)],
    ['narrowed', review('UPDATE', policy('old', narrowed), old)],
    ['left with one of its directions', review('UPDATE', policy('old', { podSelector: {} }), old)],
  ])('may be %s', async (_what, body) => {
    const { answer, looks } = lagging();
    const { server } = await serve({ answer });
    const { response } = JSON.parse((await send(server, { body: JSON.stringify(body) })).body);
    expect(response.allowed).toBe(true);
    expect(looks()).toBe(2);
  });

  test('may not be opened to everyone, which is said at once', async () => {
    const { answer, looks } = lagging();
    const { server } = await serve({ answer });
    const body = review('UPDATE', policy('old', toEveryone), old);
    const { response } = JSON.parse((await send(server, { body: JSON.stringify(body) })).body);
    expect(response.status.message).toContain('forbid-broad-peers/everyone');
    expect(looks()).toBe(1);
  });
});
