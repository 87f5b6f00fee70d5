import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { connect } from '../../src/cluster/connection.ts';
import { ConnectionProblem } from '../../src/cluster/connection-problem.ts';
import { readKubeconfig } from '../../src/cluster/kubeconfig.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function config(cluster: unknown, user: unknown = {}): unknown {
  return {
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
  };
}

const server = 'https://127.0.0.1:6443';
const garbage = Buffer.from('garbage').toString('base64');

test.each([
  ['no YAML', 'a: [', 'is not YAML: '],
  ['a tab', 'a:\n\t- b', 'at 2:1'],
  ['text', 'hello', 'is not a kubeconfig'],
  ['nothing', '', 'is not a kubeconfig'],
  ['a list', '[]', 'is not a kubeconfig'],
  ['an empty object', '{}', 'has no current-context; choose one with: kubectl config use-context NAME'],
  ['a context that is a number', '{"current-context": 7}', 'has no current-context'],
  [
    'an unknown context',
    { 'current-context': 'there', contexts: [{ name: 'here', context: {} }, null, 7] },
    'The current-context "there" is not among the contexts of ',
  ],
  ['no contexts at all', { 'current-context': 'there' }, 'it has no contexts'],
  [
    'an unknown cluster',
    { 'current-context': 'here', contexts: [{ name: 'here', context: { cluster: 'lost' } }] },
    'The cluster of context here, "lost" is not among the clusters of ',
  ],
  [
    'an unknown user',
    {
      'current-context': 'here',
      contexts: [{ name: 'here', context: { cluster: 'c', user: 'lost' } }],
      clusters: [{ name: 'c', cluster: { server } }],
      users: 'none',
    },
    'The user of context here, "lost" is not among the users of ',
  ],
  ['no server', config({}), 'is not a URL of http or https: ""'],
  ['a server without a scheme', config({ server: '127.0.0.1:6443' }), 'is not a URL of http or https'],
  ['a server of another scheme', config({ server: 'ftp://host' }), 'is not a URL of http or https: "ftp://host"'],
  ['a missing authority', config({ server, 'certificate-authority': 'none.crt' }), 'there is no such file (ENOENT)'],
  ['a missing certificate', config({ server }, { 'client-certificate': 'none' }), 'The client-certificate '],
  ['a missing token', config({ server }, { tokenFile: 'none' }), 'The tokenFile '],
  ['a garbled authority', config({ server, 'certificate-authority-data': garbage }), 'cannot be used: '],
  ['a garbled key', config({ server }, { 'client-key-data': garbage }), 'The certificates or the key of '],
])('a kubeconfig with %s is refused in one sentence', async (_what, content, sentence) => {
  const kubeconfig = await file('broken', content);
  const problem = await connect({ kubeconfig }).catch((thrown: unknown) => thrown);
  expect(problem).toBeInstanceOf(ConnectionProblem);
  expect((problem as Error).message).toContain(sentence);
  expect((problem as Error).message).toContain(kubeconfig);
  expect((problem as Error).message).not.toMatch(/\n/);
});

test('whatever a kubeconfig holds, it is read or refused', async () => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc.jsonValue().map((value) => JSON.stringify(config({ server, 'certificate-authority': value }, value))),
    fc.jsonValue().map((value) => JSON.stringify({ 'current-context': 'a', contexts: [value], users: value })),
  );
  await fc.assert(
    fc.asyncProperty(anything, async (text) => {
      const kubeconfig = await file('anything', text);
      await readKubeconfig(kubeconfig).catch((thrown: unknown) => expect(thrown).toBeInstanceOf(ConnectionProblem));
    }),
  );
});

test('a missing file and a folder are refused by name', async () => {
  const missing = join(folder, 'missing');
  await expect(connect({ kubeconfig: missing })).rejects.toThrow(
    `There is no kubeconfig at ${missing}; name one with --kubeconfig or KUBECONFIG`,
  );
  await expect(connect({ kubeconfig: folder })).rejects.toThrow('cannot be read: it is a folder (EISDIR)');
});

test('broken entries that are not in use are in nobody’s way', async () => {
  const content = config({ server: `${server}/` }) as Record<string, unknown[]>;
  content['clusters']?.unshift(null, { name: 'other' }, { cluster: {} });
  content['users']?.unshift({ name: 'other', user: { tokenFile: '/nowhere' } });
  const connection = await connect({ kubeconfig: await file('partly', content) });
  expect(connection.server).toBe(server);
});

test('without a file, those of KUBECONFIG are read, the first to name something wins, and missing ones are passed over', async () => {
  const one = await file('one', { ...(config({ server: 'https://one' }) as object), 'current-context': '' });
  const two = await file('two', config({ server: 'https://two' }));
  vi.stubEnv('KUBECONFIG', [join(folder, 'missing'), one, two].join(':'));
  expect((await connect({})).server).toBe('https://one');
  vi.stubEnv('KUBECONFIG', [two, one].join(':'));
  expect((await connect({})).server).toBe('https://two');
  vi.stubEnv('KUBECONFIG', join(folder, 'missing'));
  await expect(connect({})).rejects.toThrow('There is no kubeconfig at');
});

test('without KUBECONFIG, the one of the home folder is read', async () => {
  const home = join(folder, 'home');
  await mkdir(join(home, '.kube'), { recursive: true });
  await writeFile(join(home, '.kube', 'config'), JSON.stringify(config({ server: 'https://home' })));
  vi.stubEnv('KUBECONFIG', '');
  vi.stubEnv('HOME', home);
  expect((await connect({})).server).toBe('https://home');
});

test('outside of a pod, the service account is refused with the way out', async () => {
  vi.stubEnv('KUBERNETES_SERVICE_HOST', '');
  await expect(connect({ inCluster: true })).rejects.toThrow('This is not a pod of a cluster');
  await expect(connect({ inCluster: true })).rejects.toThrow('use --kubeconfig');
  vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.0.0.1');
  vi.stubEnv('KUBERNETES_SERVICE_PORT', '443');
  const problem = await connect({ inCluster: true, root: join(folder, 'no-pod') }).catch((thrown: unknown) => thrown);
  expect(problem).toBeInstanceOf(ConnectionProblem);
  expect((problem as Error).message).toContain('set automountServiceAccountToken: true');
});
