import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type GuardedCluster, startGuardedCluster } from '../cluster.ts';
import { type Helm, prepareHelm } from './helm.ts';
import { beforeTheGuardrails, pipeline, policiesOf, protectedPod, settings, stateOf } from './live.ts';
import { allowWeb, defaultDeny, documents, namespace, openWeb, refusal, wayOut, withLabels } from './objects.ts';
import { scenario } from './scenario.ts';

let root: string;
let cluster: GuardedCluster;
let helm: Helm;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-gitops-'));
  cluster = await startGuardedCluster({ config: settings(), users: [{ name: pipeline }] });
  helm = await prepareHelm(cluster, root);
});

afterAll(async () => {
  await cluster?.stop();
  await rm(root, { recursive: true, force: true });
});

const success = expect.objectContaining({ code: 0 });

/** The templates of a namespace with a default deny and an allow. */
const team = (ns: string, allow = allowWeb(ns), deny = defaultDeny(ns)) => ({ 'allow.yaml': allow, 'deny.yaml': deny });

/** A release in a namespace that helm makes. */
async function installed(ns: string): Promise<string> {
  const args = ['install', 'web', await helm.chart('web', team(ns)), '-n', ns, '--create-namespace'];
  expect(await helm.run(args)).toEqual(success);
  return ns;
}

describe('Helm 4.3.1', () => {
  for (const [order, deny, allow] of [
    ['allow before deny', 'b', 'a'],
    ['deny before allow', 'a', 'b'],
  ] as const) {
    const templates = (ns: string) => ({
      [`${deny}.yaml`]: defaultDeny(ns, `${deny}-deny`),
      [`${allow}.yaml`]: allowWeb(ns, `${allow}-allow`),
    });
    const names = [`${allow}-allow`, `${deny}-deny`].sort();

    scenario(
      'comesUp',
      `\`install\`, the namespace in the chart, files and names that sort ${order}`,
      'comes up at once',
      async () => {
        const ns = `in-chart-${deny}`;
        const chart = await helm.chart('up', { 'namespace.yaml': namespace(ns), ...templates(ns) });
        expect(await helm.run(['install', ns, chart, '-n', 'default'])).toEqual(success);
        expect(await policiesOf(cluster, ns)).toEqual(names);
      },
    );

    scenario(
      'comesUp',
      `\`upgrade --install --create-namespace --rollback-on-failure\`, sorting ${order}`,
      'comes up at once',
      async () => {
        const ns = `created-${deny}`;
        const chart = await helm.chart('up', templates(ns));
        expect(
          await helm.run([
            'upgrade',
            '--install',
            'web',
            chart,
            '-n',
            ns,
            '--create-namespace',
            '--rollback-on-failure',
          ]),
        ).toEqual(success);
        expect(await policiesOf(cluster, ns)).toEqual(names);
      },
    );

    scenario('comesUp', `\`upgrade\` that adds both to a release, sorting ${order}`, 'comes up at once', async () => {
      const ns = `upgraded-${deny}`;
      const first = await helm.chart('up', { 'namespace.yaml': namespace(ns) });
      expect(await helm.run(['install', ns, first, '-n', 'default'])).toEqual(success);
      const second = await helm.chart('up', { 'namespace.yaml': namespace(ns), ...templates(ns) });
      expect(await helm.run(['upgrade', ns, second, '-n', 'default'])).toEqual(success);
      expect(await policiesOf(cluster, ns)).toEqual(names);
    });
  }

  for (const [index, flags] of [
    [],
    ['--rollback-on-failure'],
    ['--force-conflicts'],
    ['--server-side=false'],
    ['--server-side=false', '--force-replace'],
    ['--server-side=false', '--force-replace', '--rollback-on-failure'],
  ].entries()) {
    const command = `\`${['upgrade', ...flags].join(' ')}\``;
    const ns = `refused-${index}`;
    const upgrade = async (allow: string) =>
      helm.run(['upgrade', 'web', await helm.chart('web', team(ns, allow)), '-n', ns, ...flags]);

    scenario('refused', command, 'refused; untouched', async () => {
      await installed(ns);
      const before = [await stateOf(cluster, ns), await stateOf(cluster, ns, 'default-deny')];
      const { code, stderr } = await upgrade(openWeb(ns));
      expect(stderr).toContain(refusal(ns));
      expect(code).toBe(1);
      expect([await stateOf(cluster, ns), await stateOf(cluster, ns, 'default-deny')]).toEqual(before);
    });

    scenario('mended', command, 'goes through; same uid', async () => {
      const before = await stateOf(cluster, ns);
      expect(await upgrade(allowWeb(ns, 'allow-web', 9090))).toEqual(success);
      const after = await stateOf(cluster, ns);
      expect(after.uid).toBe(before.uid);
      expect(after.spec).toMatchObject({ ingress: [{ ports: [{ port: 9090 }] }] });
      expect((await helm.lastRevision('web', ns)).status).toBe('deployed');
    });
  }

  scenario(
    'readable',
    'standard error, and the description in `helm history`',
    'whole, with its line breaks',
    async () => {
      const ns = await installed('readable');
      const { stderr } = await helm.run(['upgrade', 'web', await helm.chart('web', team(ns, openWeb(ns))), '-n', ns]);
      const { status, description } = await helm.lastRevision('web', ns);
      expect(status).toBe('failed');
      for (const text of [stderr, description]) {
        expect(text).toContain(refusal(ns));
        expect(text).toContain(wayOut);
      }
    },
  );

  scenario(
    'refused',
    '`install --rollback-on-failure` of a refused policy',
    'refused; what came before it is removed again',
    async () => {
      const ns = 'fresh';
      const chart = await helm.chart('fresh', team(ns, openWeb(ns)));
      const install = ['install', 'web', chart, '-n', ns, '--create-namespace', '--rollback-on-failure'];
      const { code, stderr } = await helm.run(install);
      expect(code).toBe(1);
      expect(stderr).toContain(refusal(ns));
      expect(await policiesOf(cluster, ns)).toEqual([]);
      await helm.chart('fresh', team(ns));
      expect(await helm.run(install)).toEqual(success);
    },
  );

  scenario('mended', '`upgrade --install` over a first install that was refused', 'goes through', async () => {
    const ns = 'first-failed';
    const upgrade = async (allow: string) =>
      helm.run([
        'upgrade',
        '--install',
        'web',
        await helm.chart('web', team(ns, allow)),
        '-n',
        ns,
        '--create-namespace',
      ]);
    expect((await upgrade(openWeb(ns))).code).toBe(1);
    expect(await upgrade(allowWeb(ns))).toEqual(success);
    expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'default-deny']);
  });

  scenario(
    'renamed',
    '`upgrade` and `rollback` by a developer, while pods are protected',
    'the new one comes, then the old one goes',
    async () => {
      const ns = await installed('renamed');
      await protectedPod(cluster, ns);
      const renamed = await helm.chart('web', team(ns, allowWeb(ns), defaultDeny(ns, 'deny-all')));
      const upgraded = await helm.run(['upgrade', 'web', renamed, '-n', ns]);
      expect(upgraded.stderr).toBe('');
      expect(upgraded.code).toBe(0);
      expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'deny-all']);
      const back = await helm.run(['rollback', 'web', '1', '-n', ns]);
      expect(back.stderr).toBe('');
      expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'default-deny']);
    },
  );

  scenario('removed', '`uninstall` by a developer, while no pods are there', 'all gone', async () => {
    const ns = await installed('unused');
    expect(await helm.run(['uninstall', 'web', '-n', ns])).toEqual(success);
    expect(await policiesOf(cluster, ns)).toEqual([]);
  });

  scenario(
    'removed',
    '`uninstall` by a declared deployer, while pods are protected',
    'all gone, the namespace in the chart too',
    async () => {
      const ns = 'uninstalled';
      const chart = await helm.chart('up', { 'namespace.yaml': namespace(ns), ...team(ns) });
      expect(await helm.run(['install', ns, chart, '-n', 'default'])).toEqual(success);
      await protectedPod(cluster, ns);
      expect(await helm.run(['uninstall', ns, '-n', 'default', '--wait'], pipeline)).toEqual(success);
      expect((await cluster.kubectl(['get', 'namespace', ns])).stderr).toContain('not found');
    },
  );

  scenario(
    'removed',
    '`uninstall` by a developer, while pods are protected',
    'the last default deny stays, and Helm says why only with `--debug`; a declared deployer finishes it',
    async () => {
      const ns = await installed('kept');
      await protectedPod(cluster, ns);
      const { code, stderr } = await helm.run(['uninstall', 'web', '-n', ns, '--debug']);
      expect(code).toBe(1);
      expect(stderr).toContain('this takes away the last default deny of namespace kept');
      expect(await policiesOf(cluster, ns)).toEqual(['default-deny']);
      expect(await helm.run(['uninstall', 'web', '-n', ns], pipeline)).toEqual(success);
      expect(await policiesOf(cluster, ns)).toEqual([]);
    },
  );

  scenario(
    'adopted',
    '`upgrade`, and `rollback`, of a release with old violations, with new labels',
    'goes through; a new violation is refused alone',
    async () => {
      const ns = 'adopted';
      const old = { 'one.yaml': openWeb(ns), 'two.yaml': openWeb(ns, 'other') };
      await beforeTheGuardrails(cluster, async () => {
        expect(
          await helm.run(['install', 'web', await helm.chart('old', old), '-n', ns, '--create-namespace']),
        ).toEqual(success);
      });
      const labelled = Object.fromEntries(
        Object.entries(old).map(([name, text]) => [name, withLabels(text, { team: 'a' })]),
      );
      expect(await helm.run(['upgrade', 'web', await helm.chart('old', labelled), '-n', ns])).toEqual(success);
      expect(await helm.run(['rollback', 'web', '1', '-n', ns])).toEqual(success);
      const more = { ...labelled, 'three.yaml': openWeb(ns, 'third') };
      const added = await helm.run(['upgrade', 'web', await helm.chart('old', more), '-n', ns]);
      expect(added.code).toBe(1);
      expect(added.stderr).toContain(refusal(ns, 'third'));
      expect(added.stderr).not.toContain(refusal(ns, 'other'));
      expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'other']);
    },
  );

  scenario('adopted', '`install --take-ownership` of objects with old violations', 'goes through', async () => {
    const ns = 'taken';
    await beforeTheGuardrails(cluster, async () => {
      expect(
        await cluster.apply(documents(namespace(ns), openWeb(ns)), '--server-side', '--field-manager=helm'),
      ).toEqual(success);
    });
    const chart = await helm.chart('taken', { 'one.yaml': openWeb(ns), 'deny.yaml': defaultDeny(ns) });
    expect(await helm.run(['install', 'web', chart, '-n', ns, '--take-ownership'])).toEqual(success);
    expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'default-deny']);
  });
});
