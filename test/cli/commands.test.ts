import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/run.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-cli-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function sekisho(
  args: readonly string[],
  { stdin = '', env = {} }: { stdin?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  let out = '';
  let err = '';
  const io: Io = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    stdin: async () => Buffer.from(stdin),
    env,
    cwd: folder,
    outIsTerminal: false,
    now: () => Date.parse('2026-11-21T09:00:00Z'),
  };
  const serve = async () => 0 as const;
  return { code: await run(args, { serve }, io), out, err };
}

const policy = (name: string, spec: object, namespace = 'shop') =>
  `${JSON.stringify({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec })}\n`;
const open = policy('open', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{}] });
const narrow = policy('narrow', {
  podSelector: { matchLabels: { app: 'web' } },
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ podSelector: { matchLabels: { app: 'a' } } }], ports: [{ port: 80 }] }],
});

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

describe('check', () => {
  it.each([
    [
      'NetworkPolicy',
      undefined,
      { podSelector: {} },
      'this NetworkPolicy has no apiVersion: write apiVersion: networking.k8s.io/v1',
    ],
    [
      'NetworkPolicy',
      undefined,
      { selector: 'all()' },
      'this NetworkPolicy has no apiVersion: write apiVersion: projectcalico.org/v3',
    ],
    [
      'NetworkPolicy',
      '',
      {},
      'this NetworkPolicy has no apiVersion: write apiVersion: networking.k8s.io/v1 or projectcalico.org/v3',
    ],
    [
      'HostEndpoint',
      undefined,
      { node: 'n' },
      'this HostEndpoint has no apiVersion: write apiVersion: projectcalico.org/v3',
    ],
    [
      'NetworkPolicy',
      'networking.k8s.io/v1beta1',
      { podSelector: {} },
      'networking.k8s.io/v1beta1 has no NetworkPolicy: write apiVersion: networking.k8s.io/v1',
    ],
    [
      'NetworkPolicy',
      'extensions/v1beta1',
      { podSelector: {} },
      'extensions/v1beta1 has no NetworkPolicy: write apiVersion: networking.k8s.io/v1',
    ],
    ['NetworkPolicy', 'v1', { podSelector: {} }, 'v1 has no NetworkPolicy: write apiVersion: networking.k8s.io/v1'],
    [
      'Tier',
      'projectcalico.org/v2',
      { order: 1 },
      'projectcalico.org/v2 has no Tier: write apiVersion: projectcalico.org/v3',
    ],
    [
      'GlobalNetworkPolicy',
      'crd.projectcalico.org/v3',
      { selector: 'all()' },
      'crd.projectcalico.org/v3 has no GlobalNetworkPolicy: write apiVersion: projectcalico.org/v3',
    ],
    [
      'GlobalNetworkPolicy',
      'networking.k8s.io/v1',
      { selector: 'all()' },
      'networking.k8s.io/v1 has no GlobalNetworkPolicy: write apiVersion: projectcalico.org/v3',
    ],
    [
      'Networkpolicy',
      'networking.k8s.io/v1',
      { podSelector: {} },
      'networking.k8s.io/v1 has no kind Networkpolicy: write kind: NetworkPolicy',
    ],
  ])(
    'says of a %s in %s with %j that no API server takes it, and what to write',
    async (kind, apiVersion, spec, says) => {
      const wrong = `${narrow}---\n${JSON.stringify({ kind, apiVersion, metadata: { name: 'p' }, spec })}\n`;
      const { code, out, err } = await sekisho(['check', '-', '--format', 'json', '--fail-on', 'never'], {
        stdin: wrong,
      });
      const { summary, documents } = JSON.parse(out);
      expect([code, err, summary.judged, summary.errors, summary.ignored]).toEqual([2, '', 1, 1, 0]);
      expect(documents[1]).toMatchObject({ verdict: 'error', error: { message: says, line: 3 } });
      const japanese = await sekisho(['check', '-', '--lang', 'ja'], { stdin: wrong });
      expect(japanese.out).toContain('書いてください');
      for (const args of [
        ['describe', '-'],
        ['reach', '-'],
        ['check', '-', '--world', await file('wrong.yaml', wrong)],
      ]) {
        const other = await sekisho(args, { stdin: wrong });
        expect([other.code, other.out + other.err]).toEqual([2, expect.stringContaining(says)]);
      }
    },
  );

  it.each([
    ['NetworkPolicy', 'crd.antrea.io/v1beta1'],
    ['NetworkPolicy', 'policy.networking.k8s.io/v1alpha2'],
    ['Tier', 'crd.antrea.io/v1alpha2'],
    ['Profile', 'kubeflow.org/v1'],
    ['policy', 'v1'],
    ['profile', 'v1'],
  ])('leaves %s of %s to those whose it is', async (kind, apiVersion) => {
    const stdin = `${narrow}---\n${JSON.stringify({ kind, apiVersion, metadata: { name: 'p' }, spec: {} })}\n`;
    const { code, out } = await sekisho(['check', '-', '--format', 'json'], { stdin });
    expect([code, JSON.parse(out).documents[1].verdict]).toEqual([0, 'ignored']);
  });

  it('ends with 1 where something denies, 0 where nothing does, and 0 whatever there is with --fail-on never', async () => {
    expect((await sekisho(['check', '-'], { stdin: open })).code).toBe(1);
    expect((await sekisho(['check', '-'], { stdin: narrow })).code).toBe(0);
    expect((await sekisho(['check', '-', '--fail-on', 'warn'], { stdin: narrow })).code).toBe(1);
    expect((await sekisho(['check', '-', '--fail-on', 'never'], { stdin: open })).code).toBe(0);
  });

  it('ends with 2 where a document cannot be read, and still judges the others', async () => {
    const { code, out } = await sekisho(['check', '-', '--fail-on', 'never', '--format', 'json'], {
      stdin: `a: [\n---\n${open}`,
    });
    expect(code).toBe(2);
    const report = JSON.parse(out);
    expect(report.documents.map((one: { verdict: string }) => one.verdict)).toEqual(['error', 'deny']);
    expect(report.summary).toEqual({ documents: 2, judged: 1, ignored: 0, denied: 1, warned: 1, errors: 1 });
  });

  it('has nothing to judge in other kinds, unless that is allowed', async () => {
    const stdin = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';
    expect(await sekisho(['check', '-'], { stdin })).toMatchObject({
      code: 2,
      err: expect.stringContaining('--allow-empty'),
    });
    expect((await sekisho(['check', '-', '--allow-empty'], { stdin })).code).toBe(0);
  });

  it('judges a folder as one change: a default deny that comes along counts', async () => {
    const deny = policy('deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const alone = await sekisho(['check', '-', '--format', 'concise'], { stdin: narrow });
    expect(alone.out).toContain('require-default-deny/partial');
    const together = await sekisho(['check', '-', '--format', 'concise'], { stdin: narrow + deny });
    expect(together.out).not.toContain('require-default-deny');
  });

  it('takes an object that stands twice as created and then changed', async () => {
    const again = policy('open', {
      podSelector: { matchLabels: { app: 'web' } },
      ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
    });
    const { out } = await sekisho(['check', '-', '--format', 'json'], { stdin: open + again });
    const [first, second] = JSON.parse(out).documents;
    expect([first.operation, first.verdict, second.operation, second.verdict]).toEqual([
      'CREATE',
      'deny',
      'UPDATE',
      'allow',
    ]);
  });

  it('judges the removal of what it is given, in the World it is given', async () => {
    const deny = policy('deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const world = await file(
      'world.yaml',
      `apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\nspec: {containers: []}\n---\n${deny}`,
    );
    const removed = await sekisho(['check', '-', '--delete', '--world', world, '--format', 'json'], { stdin: deny });
    expect(removed.code).toBe(1);
    expect(JSON.parse(removed.out).documents[0]).toMatchObject({
      operation: 'DELETE',
      findings: [{ guardrail: 'require-default-deny', key: 'lost', effect: 'deny' }],
    });
    const byFlux = await sekisho(
      ['check', '-', '--delete', '--world', world, '--group', 'system:serviceaccounts:flux-system'],
      { stdin: deny },
    );
    expect(byFlux.code).toBe(0);
  });

  it('answers reviews with the bytes of the webhook, one a line', async () => {
    const review = (uid: string, object: unknown) => ({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: {
        uid,
        operation: 'CREATE',
        kind: { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy' },
        namespace: 'shop',
        object,
      },
    });
    const stdin = JSON.stringify(review('a', JSON.parse(open))) + JSON.stringify(review('b', JSON.parse(narrow)));
    const { code, out } = await sekisho(['check', '--review', '-'], { stdin });
    expect(code).toBe(1);
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).response);
    expect(answers.map(({ uid, allowed }: { uid: string; allowed: boolean }) => [uid, allowed])).toEqual([
      ['a', false],
      ['b', true],
    ]);
    expect(answers[0].status).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(await sekisho(['check', '--review', '-'], { stdin: '{"kind":"Pod"}' })).toMatchObject({ code: 2, out: '' });
  });

  it('prints the same bytes twice', async () => {
    const args = ['check', '-', '--format', 'json'];
    expect((await sekisho(args, { stdin: open + narrow })).out).toBe(
      (await sekisho(args, { stdin: open + narrow })).out,
    );
  });

  it('speaks the language it is asked for, else that of the environment', async () => {
    expect((await sekisho(['check', '-'], { stdin: open, env: { LANG: 'ja_JP.UTF-8' } })).out).toMatch(/接続できます/);
    expect(
      (await sekisho(['check', '-', '--lang', 'en'], { stdin: open, env: { LANG: 'ja_JP.UTF-8' } })).out,
    ).toContain('may connect');
    expect((await sekisho(['check', '-'], { stdin: open, env: { LANG: 'ja_JP.UTF-8', LC_ALL: 'C' } })).out).toContain(
      'may connect',
    );
  });
});

describe('sekisho manifests --crds', () => {
  it('prints the definitions of both kinds, as deploy/ has them', async () => {
    const { code, out } = await sekisho(['manifests', '--crds']);
    expect(code).toBe(0);
    expect(out).toBe(await readFile(resolve(import.meta.dirname, '../../deploy/base/crds.yaml'), 'utf8'));
    expect(out.match(/^kind: CustomResourceDefinition$/gm)).toHaveLength(2);
  });
});

describe('a mistake at the keyboard', () => {
  it.each([
    [['check', 'no-such-file'], 'there is no file or folder'],
    [['check', '--nonsense', '-'], "unknown option '--nonsense'"],
    [['check', '-', '--fail-on', 'perhaps'], "argument 'perhaps' is invalid"],
    [['check', '-', '--now', 'yesterday'], '--now is a time such as'],
    [['check', '-', '--config', 'no-such-config'], 'no-such-config'],
    [['check', '-', '--world', 'no-such-world'], 'there is no file or folder'],
    [['check', '-', '--namespace', 'My Shop'], 'Namespaces are named with small letters'],
    [['check', '-', '--namespace', ''], 'Namespaces are named with small letters'],
    [['reach'], "missing required argument 'path'"],
    [['explain', 'forbid-broad-pears'], 'did you mean forbid-broad-peers?'],
    [['manifests', '--url', 'http://a'], 'https://'],
    [['manifests', '--url', 'https://a', '--service', 'a/b'], 'not both'],
    [['manifests', '--ca', 'no-such-ca'], 'cannot be read'],
    [['serve', '--tls-cert', 'a'], 'go together'],
    [['serve', '--certs', 'a', '--tls-cert', 'a', '--tls-key', 'b'], 'there is one certificate'],
    [['serve', '--certs', 'secret:a'], 'secret:NAMESPACE/NAME'],
    [['serve', '--certs', 'secret:A/b', '--in-cluster'], 'secret:NAMESPACE/NAME'],
    [['serve', '--certs', ''], 'and not empty'],
    [['serve', '--certs', 'secret:a/b'], 'give --in-cluster or --kubeconfig'],
    [['serve', '--certs', 'secret:a/b', '--world', 'c'], 'give --in-cluster or --kubeconfig'],
    [
      ['serve', '--certs', 'secret:a/b', '--in-cluster', '--certs-times', 'leaf=1'],
      '--certs-times: "leaf=1" is no time',
    ],
    [['serve', '--certs', 'a', '--certs-host', 'b'], 'are for --certs secret:'],
    [['certs', 'no-such-folder'], 'is no folder, no secret:NAMESPACE/NAME and no HOST:PORT'],
    [['certs', 'secret:a'], 'secret:NAMESPACE/NAME'],
    [['certs', '127.0.0.1:1'], 'no certificate could be got from 127.0.0.1:1'],
    [['certs', 'a:1', '--host', 'no host'], 'neither a DNS name nor an IP address'],
    [['serve', '--kubeconfig', 'a', '--in-cluster'], 'there is one World'],
    [['serve', '--service', 'a'], 'NAMESPACE/NAME'],
    [['nonsense'], "unknown command 'nonsense'"],
  ])('%j is told in a sentence and ends with 2', async (args, sentence) => {
    const { code, err, out } = await sekisho(args, { stdin: open });
    expect(code).toBe(2);
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/^\s+at /m);
    expect(out).not.toContain('undefined');
  });

  it('in a configuration is told with its place and the nearest name', async () => {
    const config = await file(
      'broken.yaml',
      'apiVersion: sekisho.dev/v1alpha1\nkind: GuardrailSet\nmetadata: {name: a}\nspec:\n  guardrail: {}\n',
    );
    const { code, err } = await sekisho(['check', '-', '--config', config], { stdin: open });
    expect(code).toBe(2);
    expect(err).toContain('broken.yaml:5:3');
    expect(err).toContain('guardrails');
  });
});

describe('where there is nothing', () => {
  const nothing = 'kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n';

  it.each([
    ['check', 'en', 'there is nothing to judge here: no policy, and nothing that policies hang on'],
    ['check', 'ja', '判定するものがありません'],
    ['describe', 'en', 'there is nothing to describe here'],
    ['describe', 'ja', '説明するものがありません'],
    ['reach', 'en', 'there is nothing here to tell of'],
    ['reach', 'ja', '対象がありません'],
  ])('%s says so in one sentence (%s)', async (command, lang, sentence) => {
    const stdin = command === 'check' ? nothing : '';
    const { code, out, err } = await sekisho([command, '-', '--lang', lang, '--format', 'text'], { stdin });
    expect(code).toBe(2);
    expect(err).toContain(sentence);
    expect(err.trim().split('\n')).toHaveLength(1);
    if (command !== 'check') expect(out).toBe('');
  });

  it.each(['check', 'describe', 'reach'])('%s says of a path that is not there only that', async (command) => {
    const { code, err } = await sekisho([command, 'no-such-file']);
    expect({ code, err }).toEqual({ code: 2, err: 'sekisho: there is no file or folder "no-such-file"\n' });
  });
});

describe('the other commands', () => {
  it('describe says what policies mean, as facts and in sentences', async () => {
    const { code, out } = await sekisho(['describe', '-', '--format', 'json'], { stdin: open });
    expect(code).toBe(0);
    expect(JSON.parse(out).policies[0].ingress).toMatchObject({
      applies: true,
      allowsEveryone: true,
      allowsEveryoneAnyPort: true,
    });
    expect((await sekisho(['describe', '-'], { stdin: 'a: b' })).code).toBe(2);
  });

  it('reach tells of workloads without any policy, and answers probes', async () => {
    const pods = ['web', 'db']
      .map((name) =>
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name, namespace: 'shop', labels: { app: name } },
          spec: { containers: [] },
        }),
      )
      .join('\n');
    const world = await file('pods.json', pods);
    const report = await sekisho(['reach', world, '--format', 'json']);
    expect(report.code).toBe(0);
    expect(JSON.parse(report.out).connections).toContainEqual({
      from: 'shop/db[Pod]',
      to: 'shop/web[Pod]',
      all: true,
      TCP: [],
      UDP: [],
      SCTP: [],
      other: [],
    });
    const probes = await sekisho(['reach', world, '--probes', '-'], {
      stdin: '{"from":"shop/web","to":"shop/db","port":5432}\n',
    });
    expect(JSON.parse(probes.out)).toMatchObject({ verdict: 'allow' });
    expect((await sekisho(['reach', world, '--probes', '-'], { stdin: 'nonsense\n' })).code).toBe(2);
  });

  it.each([
    ['that is not there', 'no-such-file', 'there is no file or folder "no-such-file"'],
    ['of which a part cannot be read', undefined, 'the World cannot be read: '],
  ])('reach tells no difference from a World %s', async (_, missing, message) => {
    const before = missing ?? (await file('half.yaml', `${open}---\na: [b\n`));
    const { code, out, err } = await sekisho(['reach', '-', '--before', before], { stdin: open });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  it('reach knows a workload by the name of one of its pods', async () => {
    const owner = (kind: string, name: string) => [{ apiVersion: 'apps/v1', kind, name, controller: true }];
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [] } };
    const world = await file(
      'owned.json',
      [
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' }, spec: { template } },
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          metadata: { name: 'web-1', namespace: 'shop', ownerReferences: owner('Deployment', 'web') },
          spec: { template },
        },
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: {
            name: 'web-1-x',
            namespace: 'shop',
            labels: { app: 'web' },
            ownerReferences: owner('ReplicaSet', 'web-1'),
          },
          spec: { containers: [] },
          status: { phase: 'Running', podIP: '10.0.0.1' },
        },
      ]
        .map((one) => JSON.stringify(one))
        .join('\n'),
    );
    const { code, out } = await sekisho(['reach', world, '--probes', '-'], {
      stdin: '{"from":"192.0.2.1","to":"shop/web-1-x","port":80}\n',
    });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ verdict: 'allow' });
  });

  it('explain tells of a guardrail and of one of its keys, in both languages', async () => {
    expect((await sekisho(['explain'])).out).toContain('forbid-broad-peers');
    expect((await sekisho(['explain', 'require-default-deny/lost', '--lang', 'ja'])).out).toContain(
      'require-default-deny/lost (拒否)',
    );
  });

  it('version prints one', async () => {
    expect((await sekisho(['version'])).out).toMatch(/^sekisho \d+\.\d+\.\d+\n$/);
  });
});
