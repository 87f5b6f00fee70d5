import { describe, expect, it } from 'vitest';
import type { Guardrail } from '../../../src/engine/guardrails/define.ts';
import { forbidAmbiguousPeers } from '../../../src/engine/guardrails/forbid-ambiguous-peers.ts';
import { forbidBroadPorts } from '../../../src/engine/guardrails/forbid-broad-ports.ts';
import { forbidBroadSubjects } from '../../../src/engine/guardrails/forbid-broad-subjects.ts';
import { forbidDeadRules } from '../../../src/engine/guardrails/forbid-dead-rules.ts';
import { forbidSpoofableTrust } from '../../../src/engine/guardrails/forbid-spoofable-trust.ts';
import { registry } from '../../../src/engine/guardrails/registry.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { renderResponse } from '../../../src/engine/render/admission.ts';
import { ingress, namespace, pod, policy, type Trial, tried } from './trial.ts';

/** Flux and `kubectl --force` delete the live object when a refusal says this. */
const word = /immutable/i;

const mine: readonly Guardrail[] = [
  forbidAmbiguousPeers,
  forbidBroadPorts,
  forbidBroadSubjects,
  forbidDeadRules,
  forbidSpoofableTrust,
];

describe('the word that makes clients delete', () => {
  it('stands in no text that a guardrail holds ready', () => {
    for (const guardrail of new Set([...registry, ...mine])) {
      const { name, summary, keys, settings } = guardrail;
      expect(JSON.stringify({ name, summary, keys, settings })).not.toMatch(word);
    }
  });

  it('leaves in no answer, whatever the labels are called', () => {
    const labels = { immutable: 'Immutable', 'example.com/is-immutable': 'true' };
    const selector = { matchLabels: labels };
    const from = [
      { namespaceSelector: selector },
      { podSelector: selector },
      { namespaceSelector: {}, podSelector: selector },
    ];
    const world = [namespace('immutable', labels), pod('shop/x', { immutabel: 'Immutable' })];
    const never = {
      matchExpressions: [
        { key: 'immutable', operator: 'Exists' },
        { key: 'immutable', operator: 'DoesNotExist' },
      ],
    };
    const objects = [
      ingress([{ from }], {}),
      ingress([{ from }, { from: [{ podSelector: never }] }], { matchLabels: { immutable: 'x' } }),
      policy({ podSelector: selector, egress: [{ to: from }] }, 'shop/immutable'),
    ];
    let answers = 0;
    for (const guardrail of mine) {
      for (const object of objects) answers += answered(guardrail, { object }, { world });
    }
    const old = namespace('shop');
    answers += answered(forbidSpoofableTrust, { old, object: namespace('shop', labels) }, { world: objects });
    expect(answers).toBeGreaterThan(12);
  });
});

/** How many findings were put into words, in both languages. */
function answered(
  guardrail: Guardrail,
  pair: { readonly old?: unknown; readonly object: unknown },
  trial: Trial,
): number {
  const verdict = tried(guardrail, pair, { ...trial, echoes: true });
  const denied = {
    ...verdict,
    allowed: false,
    findings: verdict.findings.map((one) => ({ ...one, effect: 'deny' as const })),
  };
  const ref = refOf(pair.object);
  const change = {
    operation: 'CREATE' as const,
    ref,
    object: pair.object,
    oldObject: pair.old,
    user: { name: 'dev', groups: [] },
    dryRun: false,
  };
  for (const language of ['en', 'ja'] as const) {
    for (const one of [verdict, denied]) expect(renderResponse('uid', change, one, 'hash', language)).not.toMatch(word);
  }
  return verdict.findings.length;
}
