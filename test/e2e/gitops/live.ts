/** What the tests of all clients ask of the cluster, and do to it. */

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { type GuardedCluster, until } from '../cluster.ts';
import { openWeb, pod } from './objects.ts';

/** The service account of a pipeline that is declared as a deployer. */
export const pipeline = 'system:serviceaccount:ci:pipeline';

const usualDeployers = { groups: ['system:serviceaccounts:flux-system', 'system:serviceaccounts:argocd'] };

/** The usual settings, but for the pipeline. */
export function settings(spec: object = {}): string {
  return JSON.stringify({
    apiVersion: 'sekisho.dev/v1alpha1',
    kind: 'GuardrailSet',
    metadata: { name: 'e2e' },
    spec: { deployers: { ...usualDeployers, users: [pipeline] }, ...spec },
  });
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** What nobody has touched keeps all three. */
export async function stateOf(
  cluster: GuardedCluster,
  space: string,
  name = 'allow-web',
  kind = 'networkpolicy',
): Promise<{ readonly uid: string; readonly resourceVersion: string; readonly spec: unknown }> {
  const { stdout, stderr } = await cluster.plane.kubectl(['get', kind, '-n', space, name, '-o', 'json']);
  expect(stderr).toBe('');
  const { metadata, spec } = JSON.parse(stdout);
  return { uid: metadata.uid, resourceVersion: metadata.resourceVersion, spec };
}

interface Listed {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
}

/**
 * The names of the policies of a namespace. One that is being deleted is gone: what Argo CD deletes waits for a garbage
 * collector, which no test runs.
 */
export async function policiesOf(
  cluster: GuardedCluster,
  space: string,
  kind = 'networkpolicy',
): Promise<readonly string[]> {
  const { stdout } = await cluster.plane.kubectl(['get', kind, '-n', space, '-o', 'json']);
  const items: readonly Listed[] = JSON.parse(stdout).items;
  const kept = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return kept.map(({ metadata }) => metadata.name).sort();
}

/** A pod that a lost default deny would open; resolves when the webhook knows of it and of the default deny. */
export async function protectedPod(cluster: GuardedCluster, space: string, deny = 'default-deny'): Promise<void> {
  expect(await cluster.apply(pod(space))).toMatchObject({ code: 0 });
  const deletion = ['delete', 'networkpolicy', '-n', space, deny, '--dry-run=server'];
  await until(async () => (await cluster.kubectl(deletion)).stderr.includes('[require-default-deny/lost]'));
}

/** Does something in a cluster that has no guardrails yet, and then switches them on. */
export async function beforeTheGuardrails(cluster: GuardedCluster, work: () => Promise<void>): Promise<void> {
  const probe = async () =>
    (await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], { stdin: openWeb('default', 'probe') })).code;
  await cluster.configure(settings({ guardrails: { 'forbid-broad-peers': { mode: 'off' } } }));
  await until(async () => (await probe()) === 0);
  await work();
  await cluster.configure(settings());
  await until(async () => (await probe()) === 1);
}
