import { expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/load.ts';
import { answerReview } from '../../src/engine/admission/answer.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { World } from '../../src/engine/model/world.ts';

/** What the organisation writes, answers repeat; and at this word clients delete the live object. */
const now = Date.UTC(2026, 10, 21);

const document = (kind: string, spec: object, name = 'acme') =>
  JSON.stringify({ apiVersion: 'sekisho.dev/v1alpha1', kind, metadata: { name }, spec });
const load = (text: string) => loadConfiguration([{ file: 'f.yaml', text }], { registry, now });

const rule = { name: 'mine', message: { en: 'stop' }, path: '$.spec', condition: { exists: false } };
const custom = (more: object) => document('GuardrailSet', { custom: [{ ...rule, ...more }] });
const flow = { name: 'f', from: { everyone: true }, to: { everyone: true } };
const settings = (guardrail: string, value: object) =>
  document('GuardrailSet', { guardrails: { [guardrail]: { settings: value } } });
const exemption = { guardrails: ['keep-dns'], owner: 'a@example.com', reason: 'why', expires: '2027-01-31' };

it.each([
  ['the name of an exemption', document('Exemption', exemption, 'immutable-things')],
  ['the name of a rule of its own', custom({ name: 'immutable' })],
  ['the message of one', custom({ message: { en: 'this is Immutable' } })],
  ['the Japanese message of one', custom({ message: { en: 'stop', ja: 'IMMUTABLE です' } })],
  ['the fix of one', custom({ fix: '{immutable: true}' })],
  ['the name of a flow to keep', settings('keep-flows', { flows: [{ ...flow, name: 'is immutable' }] })],
  ['the name of a flow to forbid', settings('forbid-flows', { flows: [{ ...flow, name: 'is immutable' }] })],
  ['the name of a reserved tier', settings('reserve-tiers', { tiers: ['immutable'] })],
])('is refused in every text that an answer may repeat: %s', (_what, text) => {
  const loaded = load(text);
  const problems = loaded.ok ? [] : loaded.problems.map(({ message }) => message);
  expect(problems.join()).toContain('the word "immutable" must not stand in an answer');
});

it('may stand in what a rule looks at, and does not come out of it', () => {
  const loaded = load(custom({ path: '$.spec.immutable', condition: { in: ['immutable'] } }));
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join());
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      operation: 'CREATE',
      kind: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
      namespace: 'shop',
      name: 'p',
      object: { metadata: { name: 'p', namespace: 'shop' }, spec: { podSelector: {}, immutable: 'is immutable' } },
    },
  };
  const answer = answerReview(review, { world: World.empty('files'), set: loaded.set, language: 'en' }, now);
  if (answer.kind !== 'answered') throw new Error(answer.message);
  expect(answer.record.denied).toContain('custom/mine/violated');
  expect(answer.body).not.toMatch(/immutable/i);
});
