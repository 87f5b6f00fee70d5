import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CertificateStore } from '../../src/cluster/certificate-store.ts';
import { type Connection, connect } from '../../src/cluster/connection.ts';
import { answerJson, answerStatus, answerText, dropConnection, type Fault } from '../support/api-server-faults.ts';

const secret = { namespace: 'sekisho-system', name: 'sekisho-ca' };
const open: { server: Server; connection: Connection }[] = [];
afterEach(() => {
  for (const { server, connection } of open.splice(0)) {
    connection.close();
    server.closeAllConnections();
    server.close();
  }
});

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly type: string;
  readonly body: unknown;
}

async function against(answer: Fault): Promise<{ store: CertificateStore; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString();
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        type: request.headers['content-type'] ?? '',
        body,
      });
      answer(response, request);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const kubeconfig = join(tmpdir(), `sekisho-store-${process.pid}-${port}.json`);
  const cluster = { name: 'fake', cluster: { server: `http://127.0.0.1:${port}` } };
  const context = { name: 'fake', context: { cluster: 'fake' } };
  await writeFile(kubeconfig, JSON.stringify({ clusters: [cluster], contexts: [context], 'current-context': 'fake' }));
  const connection = await connect({ kubeconfig });
  open.push({ server, connection });
  return { store: new CertificateStore(connection, secret, 'sekisho'), seen };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('what is written', () => {
  it('starts from a version, and touches nothing else', async () => {
    const { store, seen } = await against((response) =>
      answerJson(response, 200, { metadata: { resourceVersion: '8' }, data: {}, webhooks: [] }),
    );
    await store.updateSecret('7', new Map([['a', 'b']]));
    const value = [
      { name: 'one', caBundle: '' },
      { name: 'two', caBundle: '' },
    ];
    await store.updateBundles({ version: '7', value }, [undefined, 'pem']);
    expect(seen).toEqual([
      {
        method: 'PATCH',
        url: '/api/v1/namespaces/sekisho-system/secrets/sekisho-ca?fieldManager=sekisho',
        type: 'application/merge-patch+json',
        body: { metadata: { resourceVersion: '7' }, data: { a: base64('b') } },
      },
      {
        method: 'PATCH',
        url: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/sekisho?fieldManager=sekisho',
        type: 'application/json-patch+json',
        body: [
          { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
          { op: 'test', path: '/webhooks/1/name', value: 'two' },
          { op: 'add', path: '/webhooks/1/clientConfig/caBundle', value: base64('pem') },
        ],
      },
    ]);
  });
});

describe('what the API server says', () => {
  it('is read, whatever shape it has', async () => {
    const webhooks = [{ name: 'one', clientConfig: { caBundle: base64('pem') } }, null, { clientConfig: 7 }];
    const { store } = await against((response) =>
      answerJson(response, 200, { metadata: { resourceVersion: '8' }, data: { a: base64('b'), c: 7 }, webhooks }),
    );
    expect(await store.readSecret()).toMatchObject({
      object: {
        version: '8',
        value: new Map([
          ['a', 'b'],
          ['c', ''],
        ]),
      },
    });
    const entries = await store.readEntries();
    expect(entries).toMatchObject({
      object: {
        value: [
          { name: 'one', caBundle: 'pem' },
          { name: '', caBundle: '' },
          { name: '', caBundle: '' },
        ],
      },
    });
    expect(entries.kind === 'ok' && Math.abs((entries.serverTime ?? 0) - Date.now())).toBeLessThan(2000);
  });

  it.each([
    ['404', answerStatus(404), { kind: 'absent' }],
    ['409', answerStatus(409), { kind: 'conflict' }],
    ['429', answerStatus(429, 'too many', { 'retry-after': '3' }), { kind: 'failed', retryAfter: 3000 }],
    [
      '500',
      answerStatus(500, 'etcd\nis slow'),
      {
        kind: 'failed',
        message: 'could not get the Secret sekisho-system/sekisho-ca: the API server answered 500: etcd is slow',
      },
    ],
    ['401', answerStatus(401), { kind: 'failed', message: expect.stringContaining('the token is missing or expired') }],
    ['nonsense', answerText(200, 'hello'), { kind: 'failed', message: expect.stringContaining('no such object') }],
    ['nothing', dropConnection, { kind: 'failed', message: expect.stringContaining('could not get') }],
  ])('%s is an answer, and never a throw', async (_name, fault, expected) => {
    const { store } = await against(fault);
    expect(await store.readSecret()).toMatchObject(expected);
  });

  it('403 names the rule to add, in one sentence', async () => {
    const { store } = await against(answerStatus(403));
    expect(await store.readSecret()).toMatchObject({
      message:
        'may not get the Secret sekisho-system/sekisho-ca (403): add to the Role of the account in namespace sekisho-system ' +
        'the rule {apiGroups: [""], resources: [secrets], resourceNames: [sekisho-ca], verbs: [get]}',
    });
    expect(await store.createSecret(new Map())).toMatchObject({
      message: expect.stringContaining('the rule {apiGroups: [""], resources: [secrets], verbs: [create]}'),
    });
  });

  it('404 to a create is no absence: the namespace is missing', async () => {
    const { store } = await against(answerStatus(404, 'namespaces "sekisho-system" not found'));
    expect(await store.createSecret(new Map())).toMatchObject({ kind: 'failed' });
  });
});
