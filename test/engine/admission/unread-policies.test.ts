import { describe, expect, it } from 'vitest';
import { builtInSet, resolve } from '../../../src/config/resolve.ts';
import { answerReview } from '../../../src/engine/admission/answer.ts';
import { keepFlows } from '../../../src/engine/guardrails/keep-flows.ts';
import { protectWebhook } from '../../../src/engine/guardrails/protect-webhook.ts';
import { registry } from '../../../src/engine/guardrails/registry.ts';
import { judge } from '../../../src/engine/judge.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { World } from '../../../src/engine/model/world.ts';

const policy = (name: string, spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec,
});
const denyAll = policy('deny-all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
const everyone = policy('everyone', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{}] });
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } } };
const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
const known = [namespace, denyAll, pod].reduce((now, one) => now.with(one, refOf(one)), World.empty('cluster'));
const global = known.notSeeing(['GlobalNetworkPolicy.projectcalico.org']);

function answer(world: World, operation: 'CREATE' | 'DELETE', object: ReturnType<typeof policy>, set = usual) {
  const { name } = object.metadata;
  const request = {
    uid: 'u',
    operation,
    kind: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
    namespace: 'shop',
    name,
    userInfo: { username: 'jane' },
    [operation === 'DELETE' ? 'oldObject' : 'object']: object,
  };
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
  const answered = answerReview(review, { world, set, language: 'en' }, 0);
  if (answered.kind !== 'answered') throw new Error(answered.message);
  const { response } = JSON.parse(answered.body) as { response: { warnings?: string[] } };
  return { ...answered.record, warnings: response.warnings ?? [] };
}

const usual = builtInSet({ registry });

describe('policies that may not be read', () => {
  it.each(['GlobalNetworkPolicy.projectcalico.org', 'NetworkPolicy.projectcalico.org'])(
    'could isolate as well: without %s no loss is told, and it is said aloud',
    (kind) => {
      expect(answer(known, 'DELETE', denyAll).denied).toEqual(['require-default-deny/lost']);
      const unsure = answer(known.notSeeing([kind]), 'DELETE', denyAll);
      expect(unsure.decision).toBe('allow');
      expect(unsure.notChecked).toContain('require-default-deny: unread-policies');
      expect(unsure.warnings).toContain(
        'shop/deny-all: require-default-deny: policies that may not be read could make a difference',
      );
    },
  );

  it('could open as well: that nothing was found is not enough', () => {
    const allow = policy('allow', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] });
    expect(answer(known, 'CREATE', allow).notChecked).toEqual([]);
    expect(answer(global, 'CREATE', allow).notChecked).toContain('require-default-deny: unread-policies');
  });

  it('take away nothing that a change says by itself', () => {
    expect(answer(global, 'CREATE', everyone).denied).toEqual(['forbid-broad-peers/everyone']);
  });

  it('do not have the webhook cut off, which could then judge no repair', () => {
    const labels = { 'app.kubernetes.io/name': 'sekisho' };
    const ports = [{ name: 'webhook', containerPort: 8443 }];
    const own = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'sekisho-system' } },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'sekisho', namespace: 'sekisho-system', labels },
        spec: { containers: [{ name: 'sekisho', ports }] },
      },
    ];
    const world = own.reduce((now, one) => now.with(one, refOf(one)), World.empty('cluster'));
    const apiServers = [{ cidr: '192.0.2.10/32', port: 6443 }];
    const set = resolve(
      { spec: { enforcer: 'calico', cluster: { apiServers } }, exemptions: [], source: {} },
      { registry: [protectWebhook] },
    );
    const deny = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalNetworkPolicy',
      metadata: { name: 'deny-untrusted' },
      spec: {
        namespaceSelector: 'all()',
        types: ['Ingress'],
        ingress: [{ action: 'Deny', source: { nets: ['192.0.2.0/24'] } }],
      },
    };
    const one = {
      change: {
        operation: 'CREATE' as const,
        ref: refOf(deny),
        object: deny,
        oldObject: undefined,
        user: { name: 'jane', groups: [] },
        dryRun: false,
      },
      alone: true,
    };
    for (const before of [world, world.notSeeing(['NetworkPolicy.projectcalico.org'])]) {
      const { allowed, findings } = judge({ ...one, before, after: before.with(deny, refOf(deny)) }, set, 0);
      expect([allowed, findings.map(({ key }) => key)]).toEqual([false, ['cut-off']]);
    }
  });

  it('are missed where a flow must be kept', () => {
    const flow = { name: 'web', from: { namespace: 'shop' }, to: { namespace: 'shop' } };
    const set = builtInSet({ registry: [keepFlows] });
    const guardrails = set.guardrails.map((one) => ({ ...one, configured: keepFlows.configure({ flows: [flow] }) }));
    const { notChecked } = answer(global, 'DELETE', denyAll, { ...set, guardrails });
    expect(notChecked).toContain('keep-flows: unread-policies');
    expect(answer(known, 'DELETE', denyAll, { ...set, guardrails }).notChecked).toEqual([]);
  });

  it('are no matter of kinds that nobody watches', () => {
    const other = known.notSeeing(['CiliumNetworkPolicy.cilium.io']);
    expect(answer(other, 'DELETE', denyAll).denied).toEqual(['require-default-deny/lost']);
  });
});
