import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type GuardedCluster, startGuardedCluster, until } from '../cluster.ts';
import { type Flux, startFlux } from './flux.ts';
import { beforeTheGuardrails, policiesOf, protectedPod, settings, stateOf } from './live.ts';
import { allowWeb, defaultDeny, documents, namespace, openWeb, refusal, wayOut, withLabels } from './objects.ts';
import { scenario } from './scenario.ts';

let root: string;
let cluster: GuardedCluster;
let flux: Flux;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-gitops-'));
  cluster = await startGuardedCluster({ config: settings() });
  flux = await startFlux(cluster, root);
});

afterAll(async () => {
  await flux?.stop();
  await cluster?.stop();
  await rm(root, { recursive: true, force: true });
});

/** The namespace, a default deny and an allow. */
const team = (ns: string, allow = allowWeb(ns), deny = defaultDeny(ns)) => ({
  'allow.yaml': allow,
  'deny.yaml': deny,
  'namespace.yaml': namespace(ns),
});

const ready = expect.objectContaining({ status: 'True' });

/** A Kustomization whose first revision has come up. */
async function deployed(ns: string, force = false): Promise<string> {
  await flux.create(ns, { force });
  expect(await flux.commit(ns, team(ns))).toEqual(ready);
  return ns;
}

describe('Flux (kustomize-controller 1.9.5)', () => {
  for (const [order, deny, allow] of [
    ['allow before deny', 'z-deny', 'a-allow'],
    ['deny before allow', 'a-deny', 'z-allow'],
  ] as const) {
    scenario('comesUp', `objects whose names sort ${order}`, 'comes up at once', async () => {
      const ns = `up-${deny}`;
      await flux.create(ns);
      expect(await flux.commit(ns, team(ns, allowWeb(ns, allow), defaultDeny(ns, deny)))).toEqual(ready);
      expect(await policiesOf(cluster, ns)).toEqual([allow, deny].sort());
    });

    scenario(
      'comesUp',
      `in a namespace that has pods already, names that sort ${order}`,
      'comes up at once',
      async () => {
        const ns = `old-${deny}`;
        await flux.create(ns);
        expect(await flux.commit(ns, { 'namespace.yaml': namespace(ns) })).toEqual(ready);
        expect(await cluster.apply(documents(defaultDeny(ns, 'by-hand')))).toMatchObject({ code: 0 });
        await protectedPod(cluster, ns, 'by-hand');
        expect(await flux.commit(ns, team(ns, allowWeb(ns, allow), defaultDeny(ns, deny)))).toEqual(ready);
        expect(await policiesOf(cluster, ns)).toEqual([allow, 'by-hand', deny].sort());
      },
    );
  }

  for (const force of [false, true]) {
    const how = `\`force: ${force}\``;
    const ns = `refused-${force}`;

    scenario('refused', how, 'refused; untouched, on every attempt', async () => {
      await deployed(ns, force);
      const before = [await stateOf(cluster, ns), await stateOf(cluster, ns, 'default-deny')];
      for (const answer of [await flux.commit(ns, team(ns, openWeb(ns))), await flux.reconcile(ns)]) {
        expect(answer.status).toBe('False');
        expect(answer.message).toContain(refusal(ns));
      }
      expect([await stateOf(cluster, ns), await stateOf(cluster, ns, 'default-deny')]).toEqual(before);
    });

    scenario('mended', how, 'goes through; same uid', async () => {
      const before = await stateOf(cluster, ns);
      expect(await flux.commit(ns, team(ns, allowWeb(ns, 'allow-web', 9090)))).toEqual(ready);
      const after = await stateOf(cluster, ns);
      expect(after.uid).toBe(before.uid);
      expect(after.spec).toMatchObject({ ingress: [{ ports: [{ port: 9090 }] }] });
    });
  }

  scenario(
    'readable',
    'the Ready condition of the Kustomization',
    'whole, the same bytes on every attempt',
    async () => {
      const ns = await deployed('readable');
      const first = await flux.commit(ns, team(ns, openWeb(ns)));
      expect(first.reason).toBe('ReconciliationFailed');
      expect(first.message).toContain(`NetworkPolicy/${ns}/allow-web dry-run failed (Forbidden): ${refusal(ns)}`);
      expect(first.message).toContain(wayOut);
      const second = await flux.reconcile(ns);
      expect(second.message).toBe(first.message);
    },
  );

  scenario(
    'renamed',
    'one revision, while pods are protected',
    'the new one comes, then the old one is pruned',
    async () => {
      const ns = await deployed('renamed');
      await protectedPod(cluster, ns);
      expect(await flux.commit(ns, team(ns, allowWeb(ns), defaultDeny(ns, 'deny-all')))).toEqual(ready);
      expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'deny-all']);
    },
  );

  scenario(
    'removed',
    'the default deny is taken out of the revision, while pods are protected',
    'pruned, as a declared deployer may',
    async () => {
      const ns = await deployed('pruned');
      await protectedPod(cluster, ns);
      const { 'deny.yaml': _deny, ...rest } = team(ns);
      expect(await flux.commit(ns, rest)).toEqual(ready);
      expect(await policiesOf(cluster, ns)).toEqual(['allow-web']);
    },
  );

  scenario(
    'removed',
    'the Kustomization is deleted, while pods are protected and the namespace stays',
    'all gone, the Kustomization too',
    async () => {
      const ns = 'uninstalled';
      expect(await cluster.apply(namespace(ns))).toMatchObject({ code: 0 });
      await flux.create(ns);
      const { 'namespace.yaml': _namespace, ...policies } = team(ns);
      expect(await flux.commit(ns, policies)).toEqual(ready);
      await protectedPod(cluster, ns);
      await flux.remove(ns);
      await flux.removed(ns);
      expect(await policiesOf(cluster, ns)).toEqual([]);
    },
  );

  scenario('removed', 'the Kustomization is deleted, the namespace in it', 'all gone, the namespace too', async () => {
    const ns = await deployed('gone');
    await protectedPod(cluster, ns);
    await flux.remove(ns);
    await flux.removed(ns);
    expect(await cluster.kubectl(['wait', '--for=delete', '--timeout=60s', 'namespace', ns])).toMatchObject({
      code: 0,
    });
  });

  scenario(
    'removed',
    'the Kustomization acts as an account that is not declared as a deployer',
    '**stays in its finalizer**, with an event that names no reason and the reason in the log of the controller, until the account is declared; then it goes by itself',
    async () => {
      const ns = 'undeclared';
      expect(await cluster.apply(documents(namespace(ns), namespace('tenants')))).toMatchObject({ code: 0 });
      await cluster.plane.kubectl(['create', 'serviceaccount', 'team', '-n', 'tenants']);
      await flux.create(ns, { space: 'tenants', serviceAccountName: 'team' });
      const { 'namespace.yaml': _namespace, ...policies } = team(ns);
      expect(await flux.commit(ns, policies)).toEqual(ready);
      await protectedPod(cluster, ns);
      await flux.remove(ns);
      await until(async () => flux.log().includes('this takes away the last default deny of namespace undeclared'));
      await until(async () => (await flux.events(ns)).includes('pruning for deleted resource failed'));
      expect(await policiesOf(cluster, ns)).toContain('default-deny');
      await cluster.configure(settings({ deployers: { users: ['system:serviceaccount:tenants:team'] } }));
      await flux.removed(ns);
      expect(await policiesOf(cluster, ns)).toEqual([]);
      await cluster.configure(settings());
    },
  );

  for (const force of [false, true]) {
    scenario(
      'adopted',
      `a revision over old violations, with new labels, \`force: ${force}\``,
      'goes through; with a new violation the revision is refused whole, and nothing is touched',
      async () => {
        const ns = `adopted-${force}`;
        const old = documents(openWeb(ns), openWeb(ns, 'other'));
        await beforeTheGuardrails(cluster, async () => {
          expect(await cluster.apply(documents(namespace(ns), old))).toMatchObject({ code: 0 });
        });
        const files = {
          'namespace.yaml': namespace(ns, { team: 'a' }),
          'one.yaml': withLabels(openWeb(ns), { team: 'a' }),
          'two.yaml': withLabels(openWeb(ns, 'other'), { team: 'a' }),
        };
        const { uid } = await stateOf(cluster, ns);
        await flux.create(ns, { force });
        expect(await flux.commit(ns, files)).toEqual(ready);
        expect(await flux.reconcile(ns)).toEqual(ready);
        const before = await stateOf(cluster, ns);
        expect(before.uid).toBe(uid);
        const refused = await flux.commit(ns, { ...files, 'three.yaml': openWeb(ns, 'third') });
        expect(refused.status).toBe('False');
        expect(refused.message).toContain(refusal(ns, 'third'));
        expect(await stateOf(cluster, ns)).toEqual(before);
        expect(await flux.commit(ns, { ...files, 'deny.yaml': defaultDeny(ns), 'one.yaml': allowWeb(ns) })).toEqual(
          ready,
        );
        expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'default-deny', 'other']);
      },
    );
  }
});
