import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type GuardedCluster, startGuardedCluster } from '../cluster.ts';
import { beforeTheGuardrails, pipeline, policiesOf, protectedPod, settings, stateOf, writeFiles } from './live.ts';
import { allowWeb, defaultDeny, documents, namespace, openWeb, refusal, wayOut, withLabels } from './objects.ts';
import { scenario } from './scenario.ts';

let cluster: GuardedCluster;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-gitops-'));
  cluster = await startGuardedCluster({ config: settings(), users: [{ name: pipeline }] });
});

afterAll(async () => {
  await cluster?.stop();
  await rm(root, { recursive: true, force: true });
});

async function folder(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const path = join(root, name);
  await rm(path, { recursive: true, force: true });
  await writeFiles(path, files);
  return path;
}

/** A namespace with a default deny and an allow. */
async function team(name: string, ...flags: string[]): Promise<string> {
  const applied = await cluster.apply(documents(namespace(name), defaultDeny(name), allowWeb(name)), ...flags);
  expect(applied).toMatchObject({ code: 0 });
  return name;
}

describe('kubectl 1.36.3', () => {
  const serverSide = ['', '--server-side'];

  for (const flag of serverSide) {
    const apply = `\`apply${flag === '' ? '' : ` ${flag}`} -f FOLDER\``;
    for (const [order, deny, allow] of [
      ['allow before deny', '20-deny', '10-allow'],
      ['deny before allow', '10-deny', '20-allow'],
    ] as const) {
      scenario('comesUp', `${apply}, files that sort ${order}`, 'comes up at once, with warnings', async () => {
        const ns = `up${flag}-${deny}`.replace('--', '-');
        const path = await folder(ns, {
          '00-namespace.json': namespace(ns),
          [`${deny}.json`]: defaultDeny(ns),
          [`${allow}.json`]: allowWeb(ns),
        });
        const flags = flag === '' ? [] : [flag];
        expect(await cluster.kubectl(['apply', ...flags, '-f', path])).toMatchObject({ code: 0 });
        expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'default-deny']);
      });
    }
    scenario(
      'comesUp',
      `${apply}, the namespace sorts last`,
      'kubectl itself needs a second run; nothing is denied',
      async () => {
        const ns = `last${flag}`.replace('--', '-');
        const path = await folder(ns, {
          '10-allow.json': allowWeb(ns),
          '20-deny.json': defaultDeny(ns),
          '30-namespace.json': namespace(ns),
        });
        const flags = flag === '' ? [] : [flag];
        const first = await cluster.kubectl(['apply', ...flags, '-f', path]);
        expect(first.stderr).toContain(`namespaces "${ns}" not found`);
        expect(first.stderr).not.toContain('denied the request');
        expect(await cluster.kubectl(['apply', ...flags, '-f', path])).toMatchObject({ code: 0 });
        expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'default-deny']);
      },
    );
  }

  for (const [index, flags] of [
    ['apply'],
    ['apply', '--force'],
    ['apply', '--server-side'],
    ['apply', '--server-side', '--force-conflicts'],
    ['replace'],
  ].entries()) {
    const command = `\`${flags.join(' ')}\``;
    scenario('refused', command, 'refused; untouched', async () => {
      const ns = await team(`refused-${index}`, ...flags.filter((flag) => flag === '--server-side'));
      const before = await stateOf(cluster, ns);
      const { code, stderr } = await cluster.kubectl([...flags, '-f', '-'], { stdin: openWeb(ns) });
      expect(code).toBe(1);
      expect(stderr).toContain(refusal(ns));
      expect(await stateOf(cluster, ns)).toEqual(before);
    });
    scenario('mended', command, 'goes through; same uid', async () => {
      const ns = `refused-${index}`;
      const before = await stateOf(cluster, ns);
      const stdin = allowWeb(ns, 'allow-web', 9090);
      expect(await cluster.kubectl([...flags, '-f', '-'], { stdin })).toMatchObject({ code: 0 });
      const after = await stateOf(cluster, ns);
      expect(after.uid).toBe(before.uid);
      expect(after.spec).toMatchObject({ ingress: [{ ports: [{ port: 9090 }] }] });
    });
  }

  scenario(
    'refused',
    '`replace --force`',
    '**kubectl deletes first**: an allow is gone until it is mended, the last default deny stays',
    async () => {
      const ns = await team('replaced');
      const replace = ['replace', '--force', '-f', '-'];
      const refused = await cluster.kubectl(replace, { stdin: openWeb(ns) });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(refusal(ns));
      expect(await policiesOf(cluster, ns)).toEqual(['default-deny']);
      await protectedPod(cluster, ns);
      const before = await stateOf(cluster, ns, 'default-deny');
      const kept = await cluster.kubectl(replace, { stdin: openWeb(ns, 'default-deny') });
      expect(kept.code).toBe(1);
      expect(kept.stderr).toContain('this takes away the last default deny of namespace replaced');
      expect(await stateOf(cluster, ns, 'default-deny')).toEqual(before);
    },
  );

  scenario('readable', 'standard error', 'field, value, reason and fix, with their line breaks', async () => {
    const ns = await team('readable');
    const { stderr } = await cluster.apply(openWeb(ns));
    const [first = '', ...more] = stderr.slice(stderr.indexOf('admission webhook')).split('\n');
    expect(first).toBe(`${refusal(ns)} (spec.ingress[0].from[0].ipBlock.cidr = 0.0.0.0/0)`);
    expect(more.join('\n')).toContain(`  ${wayOut}`);
  });

  scenario(
    'renamed',
    '`apply --prune`, while pods are protected',
    'the new one comes, then the old one goes',
    async () => {
      const ns = 'renamed';
      const owned = { 'app.kubernetes.io/part-of': 'renamed' };
      const apply = [
        'apply',
        '--prune',
        '-l',
        'app.kubernetes.io/part-of=renamed',
        '--prune-allowlist=networking.k8s.io/v1/NetworkPolicy',
        '-n',
        ns,
        '-f',
        '-',
      ];
      expect(await cluster.apply(namespace(ns))).toMatchObject({ code: 0 });
      const first = documents(withLabels(defaultDeny(ns), owned), withLabels(allowWeb(ns), owned));
      expect(await cluster.kubectl(apply, { stdin: first })).toMatchObject({ code: 0 });
      await protectedPod(cluster, ns);
      const second = documents(withLabels(allowWeb(ns), owned), withLabels(defaultDeny(ns, 'deny-all'), owned));
      expect(await cluster.kubectl(apply, { stdin: second })).toMatchObject({ code: 0 });
      expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'deny-all']);
    },
  );

  scenario(
    'removed',
    '`apply --prune` of the last default deny, by a developer, while pods are protected',
    'refused, with the default deny to put in its place',
    async () => {
      const ns = await team('pruned');
      await protectedPod(cluster, ns);
      const owned = { 'app.kubernetes.io/part-of': 'pruned' };
      const all = documents(withLabels(defaultDeny(ns), owned), withLabels(allowWeb(ns), owned));
      expect(await cluster.apply(all)).toMatchObject({ code: 0 });
      const apply = [
        'apply',
        '--prune',
        '-l',
        'app.kubernetes.io/part-of=pruned',
        '--prune-allowlist=networking.k8s.io/v1/NetworkPolicy',
        '-n',
        ns,
        '-f',
        '-',
      ];
      const stdin = withLabels(allowWeb(ns), owned);
      const { code, stderr } = await cluster.kubectl(apply, { stdin });
      expect(code).toBe(1);
      expect(stderr).toContain('this takes away the last default deny of namespace pruned');
      expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'default-deny']);
      expect(await cluster.kubectl(apply, { stdin, user: pipeline })).toMatchObject({ code: 0 });
      expect(await policiesOf(cluster, ns)).toEqual(['allow-web']);
    },
  );

  scenario('removed', '`delete -f`, by a developer, while no pods are there', 'all gone', async () => {
    const ns = await team('unused');
    const stdin = documents(defaultDeny(ns), allowWeb(ns));
    expect(await cluster.kubectl(['delete', '-f', '-'], { stdin })).toMatchObject({ code: 0 });
    expect(await policiesOf(cluster, ns)).toEqual([]);
  });

  scenario(
    'removed',
    '`delete -f` by a declared deployer, while pods are protected',
    'all gone, with a warning',
    async () => {
      const ns = await team('uninstalled');
      await protectedPod(cluster, ns);
      const stdin = documents(defaultDeny(ns), allowWeb(ns));
      const { code, stderr } = await cluster.kubectl(['delete', '-f', '-'], { stdin, user: pipeline });
      expect(code).toBe(0);
      expect(stderr).toContain('Warning: uninstalled/default-deny: this takes away the last default deny');
      expect(await policiesOf(cluster, ns)).toEqual([]);
    },
  );

  scenario(
    'removed',
    '`delete --all`, by a developer, while pods are protected',
    'all gone but the last default deny',
    async () => {
      const ns = await team('all');
      await protectedPod(cluster, ns);
      const { code, stderr } = await cluster.kubectl(['delete', 'networkpolicy', '--all', '-n', ns]);
      expect(code).toBe(1);
      expect(stderr).toContain('this takes away the last default deny of namespace all');
      expect(await policiesOf(cluster, ns)).toEqual(['default-deny']);
    },
  );

  for (const flag of serverSide) {
    scenario(
      'adopted',
      `\`apply${flag === '' ? '' : ` ${flag}`}\` over old violations, with new labels`,
      'goes through; a new violation is refused alone',
      async () => {
        const ns = `adopted${flag}`.replace('--', '-');
        const flags = flag === '' ? [] : [flag, '--force-conflicts'];
        await beforeTheGuardrails(cluster, async () => {
          const stdin = documents(namespace(ns), openWeb(ns), openWeb(ns, 'other'));
          expect(await cluster.kubectl(['create', '-f', '-'], { stdin })).toMatchObject({ code: 0 });
        });
        const labelled = [openWeb(ns), openWeb(ns, 'other')].map((one) => withLabels(one, { team: 'a' }));
        for (let run = 0; run < 2; run += 1) {
          expect(await cluster.apply(documents(namespace(ns, { team: 'a' }), ...labelled), ...flags)).toMatchObject({
            code: 0,
          });
        }
        const added = await cluster.apply(documents(...labelled, openWeb(ns, 'third'), defaultDeny(ns)), ...flags);
        expect(added.code).toBe(1);
        expect(added.stderr).toContain(refusal(ns, 'third'));
        expect(added.stderr).not.toContain(refusal(ns, 'other'));
        expect(await policiesOf(cluster, ns)).toEqual(['allow-web', 'default-deny', 'other']);
        expect(await cluster.apply(allowWeb(ns), ...flags)).toMatchObject({ code: 0 });
        const back = await cluster.apply(openWeb(ns), ...flags);
        expect(back.code).toBe(1);
      },
    );
  }

  scenario(
    'other',
    'server-side apply against the fields of another manager',
    "the API server's conflict first; with `--force-conflicts` what is harmless goes through, what is not is refused",
    async () => {
      const ns = await team('conflict', '--server-side', '--field-manager=other');
      const before = await stateOf(cluster, ns);
      const narrower = allowWeb(ns, 'allow-web', 9090);
      for (const stdin of [narrower, openWeb(ns)]) {
        const { code, stderr } = await cluster.kubectl(['apply', '--server-side', '-f', '-'], { stdin });
        expect(code).toBe(1);
        expect(stderr).toContain('conflict with "other"');
      }
      const refused = await cluster.apply(openWeb(ns), '--server-side', '--force-conflicts');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(refusal(ns));
      expect(await stateOf(cluster, ns)).toEqual(before);
      expect(await cluster.apply(narrower, '--server-side', '--force-conflicts')).toMatchObject({ code: 0 });
    },
  );
});
