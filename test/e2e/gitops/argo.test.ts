import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type GuardedCluster, startGuardedCluster } from '../cluster.ts';
import { type Argo, argoAccount, prepareArgo } from './argo.ts';
import { beforeTheGuardrails, policiesOf, protectedPod, settings, stateOf } from './live.ts';
import { allowWeb, defaultDeny, documents, namespace, openWeb, refusal, wayOut, withLabels } from './objects.ts';
import { scenario } from './scenario.ts';

let root: string;
let cluster: GuardedCluster;
let argo: Argo;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-gitops-'));
  cluster = await startGuardedCluster({ config: settings(), users: [{ name: argoAccount }] });
  argo = await prepareArgo(cluster, root);
});

afterAll(async () => {
  await cluster?.stop();
  await rm(root, { recursive: true, force: true });
});

/** The object with options for the sync of it alone. */
function withOptions(manifest: string, options: string): string {
  if (options === '') return manifest;
  const object = JSON.parse(manifest) as { metadata: object };
  const annotations = { 'argocd.argoproj.io/sync-options': options };
  return JSON.stringify({ ...object, metadata: { ...object.metadata, annotations } });
}

/** The namespace, a default deny and an allow. */
const team = (ns: string, allow = allowWeb(ns), deny = defaultDeny(ns)) => ({
  'allow.yaml': allow,
  'deny.yaml': deny,
  'namespace.yaml': namespace(ns),
});

describe('Argo CD (gitops-engine c9c369e)', () => {
  for (const [order, deny, allow] of [
    ['allow before deny', 'z-deny', 'a-allow'],
    ['deny before allow', 'a-deny', 'z-allow'],
  ] as const) {
    scenario('comesUp', `objects whose names sort ${order}`, 'comes up at once', async () => {
      const ns = `up-${deny}`;
      expect(await argo.sync(ns, team(ns, allowWeb(ns, allow), defaultDeny(ns, deny)))).not.toContain('denied');
      expect(await policiesOf(cluster, ns)).toEqual([allow, deny].sort());
    });
  }

  for (const [index, options] of ['', 'Force=true'].entries()) {
    const how = options === '' ? 'no options' : `\`${options}\``;
    const ns = `refused-${index}`;
    const sync = (allow: string) => argo.sync(ns, team(ns, withOptions(allow, options)));

    scenario('refused', how, 'refused; untouched', async () => {
      expect(await sync(allowWeb(ns))).not.toContain('denied');
      const before = [await stateOf(cluster, ns), await stateOf(cluster, ns, 'default-deny')];
      expect(await sync(openWeb(ns))).toContain(refusal(ns));
      expect([await stateOf(cluster, ns), await stateOf(cluster, ns, 'default-deny')]).toEqual(before);
    });

    scenario('mended', how, 'goes through; same uid', async () => {
      const before = await stateOf(cluster, ns);
      expect(await sync(allowWeb(ns, 'allow-web', 9090))).not.toContain('denied');
      const after = await stateOf(cluster, ns);
      expect(after.uid).toBe(before.uid);
      expect(after.spec).toMatchObject({ ingress: [{ ports: [{ port: 9090 }] }] });
    });
  }

  scenario('readable', 'the result of the resource', 'whole, with its line breaks', async () => {
    const ns = 'refused-0';
    const results = await argo.sync(ns, team(ns, openWeb(ns)));
    expect(results).toContain(refusal(ns));
    expect(results).toContain(wayOut);
  });

  scenario(
    'renamed',
    'one revision, while pods are protected',
    'pruned first and created then, as a declared deployer may',
    async () => {
      const ns = 'renamed';
      expect(await argo.sync(ns, team(ns))).not.toContain('denied');
      await protectedPod(cluster, ns);
      const results = await argo.sync(ns, team(ns, allowWeb(ns), defaultDeny(ns, 'deny-all')));
      expect(results).not.toContain('denied');
      expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'deny-all']);
    },
  );

  scenario('removed', 'an empty revision, while pods are protected and the namespace stays', 'all gone', async () => {
    const ns = 'uninstalled';
    expect(await cluster.apply(namespace(ns))).toMatchObject({ code: 0 });
    const { 'namespace.yaml': _namespace, ...policies } = team(ns);
    expect(await argo.sync(ns, policies)).not.toContain('denied');
    await protectedPod(cluster, ns);
    expect(await argo.sync(ns, {})).not.toContain('denied');
    expect(await policiesOf(cluster, ns)).toEqual([]);
  });

  scenario('adopted', 'old violations, with new labels', 'goes through; a new violation is refused alone', async () => {
    const ns = 'adopted';
    await beforeTheGuardrails(cluster, async () => {
      const old = documents(namespace(ns), openWeb(ns), openWeb(ns, 'other'));
      expect(await cluster.apply(old)).toMatchObject({ code: 0 });
    });
    const labelled = (name: string) => withLabels(openWeb(ns, name), { team: 'a' });
    const files = { 'one.yaml': labelled('allow-web'), 'two.yaml': labelled('other') };
    for (let run = 0; run < 2; run += 1) expect(await argo.sync(ns, files)).not.toContain('denied');
    const results = await argo.sync(ns, { ...files, 'three.yaml': openWeb(ns, 'third') });
    expect(results).toContain(refusal(ns, 'third'));
    expect(results).not.toContain(refusal(ns, 'other'));
    expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'other']);
  });
});
