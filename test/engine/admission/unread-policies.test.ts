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
        'shop/deny-all: require-default-deny: policies, or what they hang on, may not be read, and could make a difference',
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

  describe('and what they hang on', () => {
    const calico = (kind: string, name: string, spec: object, namespace?: string) => ({
      apiVersion: 'projectcalico.org/v3',
      kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      spec,
    });
    const withAll = (...objects: readonly object[]) =>
      objects.reduce<World>((now, one) => now.with(one, refOf(one)), known);
    const judged = (world: World, object: object, operation: 'CREATE' | 'DELETE' = 'CREATE') => {
      const ref = refOf(object);
      const isGone = operation === 'DELETE';
      const before = isGone ? world.with(object, ref) : world;
      const after = isGone ? world : world.with(object, ref);
      const change = {
        operation,
        ref,
        object: isGone ? undefined : object,
        oldObject: isGone ? object : undefined,
        user: { name: 'jane', groups: [] },
        dryRun: false,
      } as const;
      const { findings, notChecked } = judge({ change, before, after, alone: true }, usual, 0);
      return {
        denied: findings.filter(({ effect }) => effect === 'deny').map(({ guardrail, key }) => `${guardrail}/${key}`),
        unread: notChecked.filter(({ reason }) => reason === 'unread-policies').map(({ guardrail }) => guardrail),
      };
    };
    const tier = ['Tier.projectcalico.org'];
    const staged = calico('NetworkPolicy', 'early', { tier: 'early', types: ['Ingress'] }, 'shop');

    it('are tiers, where some policy stands in one that only its object tells of', () => {
      expect(judged(known.notSeeing(tier).without(refOf(denyAll)), denyAll, 'DELETE')).toEqual({
        denied: ['require-default-deny/lost'],
        unread: [],
      });
      const other = withAll(staged).without(refOf(denyAll)).notSeeing(tier);
      const { denied, unread } = judged(other, denyAll, 'DELETE');
      expect(denied).toEqual([]);
      expect(unread).toContain('require-default-deny');
      expect(unread).toContain('keep-dns');
    });

    const out = calico(
      'NetworkPolicy',
      'out',
      {
        selector: 'all()',
        types: ['Egress'],
        egress: [{ action: 'Allow', destination: { selector: "net == 'dns'" } }],
      },
      'shop',
    );

    it.each(['NetworkSet.projectcalico.org', 'GlobalNetworkSet.projectcalico.org'])(
      'are network sets: without %s nobody says where the DNS is let through, or whom a selector chooses',
      (kind) => {
        const world = withAll(staged).without(refOf(denyAll));
        expect(judged(world, out).unread).toEqual([]);
        expect(judged(world.notSeeing([kind]), out).unread).toContain('keep-dns');
        const { notChecked } = judge(
          {
            change: {
              operation: 'CREATE',
              ref: refOf(out),
              object: out,
              oldObject: undefined,
              user: { name: 'jane', groups: [] },
              dryRun: false,
            },
            before: world.notSeeing([kind]),
            after: world.notSeeing([kind]).with(out, refOf(out)),
          },
          usual,
          0,
        );
        expect(notChecked).toContainEqual({ guardrail: 'forbid-broad-peers', reason: 'no-network-sets' });
      },
    );

    const ofHosts = calico('GlobalNetworkPolicy', 'hosts', {
      selector: "role == 'node'",
      types: ['Ingress'],
      ingress: [{ action: 'Allow', protocol: 'TCP', destination: { ports: [22] } }],
    });
    const ofPods = calico('GlobalNetworkPolicy', 'pods', {
      namespaceSelector: "kubernetes.io/metadata.name == 'shop'",
      selector: "has(projectcalico.org/namespace) && app == 'web'",
      types: ['Ingress'],
      ingress: [{ action: 'Allow', protocol: 'TCP', source: { selector: "app == 'a'" } }],
    });
    const host = {
      ...calico('HostEndpoint', 'node1', {
        node: 'node1',
        interfaceName: 'eth0',
        expectedIPs: ['192.0.2.1'],
        profiles: ['projectcalico-default-allow'],
      }),
      metadata: { name: 'node1', labels: { role: 'node' } },
    };

    const other = {
      ...calico('HostEndpoint', 'node2', {
        node: 'node2',
        interfaceName: 'eth0',
        expectedIPs: ['192.0.2.2'],
        profiles: ['projectcalico-default-allow'],
      }),
      metadata: { name: 'node2', labels: { role: 'control' } },
    };

    it('are host endpoints: where they may not be read, a policy that may select some is not checked', () => {
      const world = known.notSeeing(['HostEndpoint.projectcalico.org']);
      expect(judged(known, ofHosts).unread).toEqual([]);
      expect(judged(world, ofHosts).unread).toContain('keep-hosts-reachable');
      expect(judged(world, ofHosts, 'DELETE').unread).toContain('keep-hosts-reachable');
      expect(judged(world, ofPods).unread).not.toContain('keep-hosts-reachable');
      expect(judged(world, calico('Tier', 'early', { order: 1 })).unread).toContain('keep-hosts-reachable');
      expect(judged(world, policy('web', { podSelector: {} })).unread).not.toContain('keep-hosts-reachable');
    });

    it('hold hosts too: what policies of theirs may not be read can cut them off, or keep them reachable', () => {
      const world = withAll(host, other).notSeeing(['GlobalNetworkPolicy.projectcalico.org']);
      expect(judged(withAll(host, other), ofHosts)).toEqual({
        denied: expect.arrayContaining(['keep-hosts-reachable/cut-off']),
        unread: [],
      });
      const { denied, unread } = judged(world, ofHosts);
      expect(denied).not.toContain('keep-hosts-reachable/cut-off');
      expect(unread).toContain('keep-hosts-reachable');
      expect(judged(world, ofHosts, 'DELETE').unread).toContain('keep-hosts-reachable');
      const without = known.notSeeing(['GlobalNetworkPolicy.projectcalico.org']);
      expect(judged(without, ofHosts).unread).not.toContain('keep-hosts-reachable');
    });
  });

  it('are no matter of kinds that nobody watches', () => {
    const other = known.notSeeing(['CiliumNetworkPolicy.cilium.io']);
    expect(answer(other, 'DELETE', denyAll).denied).toEqual(['require-default-deny/lost']);
  });
});
