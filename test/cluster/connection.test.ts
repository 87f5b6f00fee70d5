import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type IssuedCertificates, issueCertificates } from '../../src/certs/issue.ts';
import { type ClusterChoice, type Connection, connect } from '../../src/cluster/connection.ts';

interface Seen {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly client: string | undefined;
  readonly port: number | undefined;
}

let folder: string;
let certificates: IssuedCertificates;
let server: Server;
let url: string;
let seen: Seen[] = [];
let status = 200;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-'));
  certificates = await issueCertificates({ hosts: ['127.0.0.1'], now: new Date(), caDays: 2, leafDays: 1 });
  const { cert, key, ca } = certificates;
  server = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    const socket = request.socket as TLSSocket;
    const { fingerprint256 } = socket.getPeerCertificate();
    const { url = '', headers } = request;
    seen.push({ url, headers, client: fingerprint256, port: socket.remotePort });
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end('{"hello":"関所"}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  seen = [];
  status = 200;
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

async function connected(choice: ClusterChoice): Promise<Connection> {
  const connection = await connect(choice);
  onTestFinished(() => connection.close());
  return connection;
}

async function kubeconfig(user: unknown, cluster: unknown = {}): Promise<string> {
  const file = join(folder, 'config');
  const ca = Buffer.from(certificates.ca).toString('base64');
  await writeFile(
    file,
    JSON.stringify({
      'current-context': 'here',
      contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: url, 'certificate-authority-data': ca, ...(cluster as object) } }],
      users: [{ name: 'u', user }],
    }),
  );
  return file;
}

test('asks with the token, and trusts the authority of the kubeconfig', async () => {
  const connection = await connected({ kubeconfig: await kubeconfig({ token: 'secret' }) });
  expect(await connection.getJson('/api/v1/pods?limit=1')).toMatchObject({ status: 200, body: { hello: '関所' } });
  expect(seen[0]).toMatchObject({
    url: '/api/v1/pods?limit=1',
    headers: { authorization: 'Bearer secret', accept: 'application/json', 'user-agent': 'sekisho' },
  });
});

test('asks for another form where told to, and gives the body as a stream', async () => {
  const connection = await connected({ kubeconfig: await kubeconfig({}) });
  const answer = await connection.get('/version', { accept: 'text/plain' });
  expect(answer.headers['content-type']).toBe('application/json');
  expect((await answer.body.toArray()).join('')).toBe('{"hello":"関所"}');
  expect(seen[0]?.headers['accept']).toBe('text/plain');
});

test('does not trust a server of another authority', async () => {
  const other = await issueCertificates({ hosts: ['127.0.0.1'], now: new Date(), caDays: 2, leafDays: 1 });
  const ca = Buffer.from(other.ca).toString('base64');
  const file = await kubeconfig({ token: 'secret' }, { 'certificate-authority-data': ca });
  const connection = await connected({ kubeconfig: file });
  await expect(connection.get('/')).rejects.toThrow();
  expect(seen).toEqual([]);
});

test('trusts the authority where the context has no user', async () => {
  const file = await kubeconfig({});
  const config = JSON.parse(await readFile(file, 'utf8'));
  delete config.contexts[0].context.user;
  await writeFile(file, JSON.stringify(config));
  const connection = await connected({ kubeconfig: file });
  expect((await connection.getJson('/')).status).toBe(200);
});

test('asks below the path of a server that is behind one', async () => {
  const file = await kubeconfig({}, { server: `${url}/k8s/clusters/c-1/` });
  const connection = await connected({ kubeconfig: file });
  await connection.getJson('/version');
  expect(seen[0]?.url).toBe('/k8s/clusters/c-1/version');
});

test('shows the client certificate, from files beside the kubeconfig, as it is now', async () => {
  await writeFile(join(folder, 'client.crt'), certificates.cert);
  await writeFile(join(folder, 'client.key'), certificates.key);
  const file = await kubeconfig({ 'client-certificate': 'client.crt', 'client-key': './client.key' });
  const connection = await connected({ kubeconfig: file });
  await connection.getJson('/');
  const next = await issueCertificates({ hosts: ['next'], now: new Date(), caDays: 2, leafDays: 1 });
  await writeFile(join(folder, 'client.crt'), next.cert);
  await writeFile(join(folder, 'client.key'), next.key);
  await connection.getJson('/');
  const shown = seen.map(({ client }) => client);
  expect(shown).toHaveLength(2);
  expect(shown[0]).toBeTypeOf('string');
  expect(shown[1]).toBeTypeOf('string');
  expect(shown[1]).not.toBe(shown[0]);
});

test('asks with a token file, however it ends, and reads it anew', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  await writeFile(join(folder, 'token'), 'first\n');
  const file = await kubeconfig({ token: 'older', tokenFile: 'token' });
  const connection = await connected({ kubeconfig: file });
  await connection.getJson('/');
  await writeFile(join(folder, 'token'), 'second\n');
  vi.setSystemTime(Date.now() + 61_000);
  await connection.getJson('/');
  expect(seen.map(({ headers }) => headers['authorization'])).toEqual(['Bearer first', 'Bearer second']);
});

test('reads the token file anew after a 401, without waiting for its minute', async () => {
  await writeFile(join(folder, 'token'), 'first');
  const connection = await connected({ kubeconfig: await kubeconfig({ tokenFile: 'token' }) });
  await connection.getJson('/');
  await writeFile(join(folder, 'token'), 'second');
  status = 401;
  expect((await connection.getJson('/')).status).toBe(401);
  status = 200;
  await connection.getJson('/');
  expect(seen.map(({ headers }) => headers['authorization'])).toEqual([
    'Bearer first',
    'Bearer first',
    'Bearer second',
  ]);
});

test('a token file that is away fails the request, not the connection', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  await writeFile(join(folder, 'token'), 'first');
  const connection = await connected({ kubeconfig: await kubeconfig({ tokenFile: 'token' }) });
  await connection.getJson('/');
  await rm(join(folder, 'token'));
  vi.setSystemTime(Date.now() + 61_000);
  await expect(connection.get('/')).rejects.toThrow('ENOENT');
  await writeFile(join(folder, 'token'), 'second');
  await connection.getJson('/');
  expect(seen.map(({ headers }) => headers['authorization'])).toEqual(['Bearer first', 'Bearer second']);
});

test('asks as the service account of the pod, whose token and authority may change', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const root = join(folder, 'pod');
  const account = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
  await mkdir(account, { recursive: true });
  await writeFile(join(account, 'token'), 'first');
  await writeFile(join(account, 'ca.crt'), certificates.ca);
  const { hostname, port } = new URL(url);
  vi.stubEnv('KUBERNETES_SERVICE_HOST', hostname);
  vi.stubEnv('KUBERNETES_SERVICE_PORT', port);
  const connection = await connected({ inCluster: true, root });
  expect(connection.server).toBe(url);
  await connection.getJson('/');
  await writeFile(join(account, 'token'), 'second');
  vi.setSystemTime(Date.now() + 61_000);
  await connection.getJson('/');
  expect(seen.map(({ headers }) => headers['authorization'])).toEqual(['Bearer first', 'Bearer second']);
  const other = await issueCertificates({ hosts: ['127.0.0.1'], now: new Date(), caDays: 2, leafDays: 1 });
  await writeFile(join(account, 'ca.crt'), other.ca);
  await expect(connection.get('/')).rejects.toThrow();
});

test('runs the exec plugin once for requests that begin together, and again after a 401', async () => {
  const runs = join(folder, 'runs');
  const script = `require('fs').appendFileSync(${JSON.stringify(runs)}, 'x');
    const token = 'run-' + require('fs').readFileSync(${JSON.stringify(runs)}, 'utf8').length;
    process.stdout.write(JSON.stringify({ kind: 'ExecCredential', status: { token } }));`;
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: ['-e', script] };
  const connection = await connected({ kubeconfig: await kubeconfig({ exec }) });
  await Promise.all([1, 2, 3].map(() => connection.getJson('/')));
  expect(seen.map(({ headers }) => headers['authorization'])).toEqual(['Bearer run-1', 'Bearer run-1', 'Bearer run-1']);
  status = 401;
  expect((await connection.getJson('/')).status).toBe(401);
  status = 200;
  await connection.getJson('/');
  expect(seen.at(-1)?.headers['authorization']).toBe('Bearer run-2');
});

test('an exec plugin that fails or hangs fails the request, not the connection', async () => {
  const failing = { command: process.execPath, args: ['-e', 'console.error("log in first"); process.exit(1)'] };
  const first = await connected({ kubeconfig: await kubeconfig({ exec: failing }) });
  await expect(first.get('/')).rejects.toThrow('log in first');

  const hanging = { command: process.execPath, args: ['-e', 'setTimeout(() => {}, 1000)'] };
  const second = await connected({ kubeconfig: await kubeconfig({ exec: hanging }) });
  await expect(second.get('/', { signal: AbortSignal.timeout(20) })).rejects.toThrow('given up');
});

test('keeps the connection for lists, and gives a watch one of its own', async () => {
  const connection = await connected({ kubeconfig: await kubeconfig({}) });
  await connection.getJson('/');
  await connection.getJson('/');
  const probed = vi.spyOn(Socket.prototype, 'setKeepAlive');
  onTestFinished(() => probed.mockRestore());
  await connection.getJson('/', { longLived: true });
  expect(probed).toHaveBeenCalledWith(true, 30_000);
  await connection.getJson('/');
  const [first, second, watch, third] = seen.map(({ port }) => port);
  expect(second).toBe(first);
  expect(third).toBe(first);
  expect(watch).not.toBe(first);
});

test('asks again where the server has closed the kept connection meanwhile', async () => {
  let answered = 0;
  const closing = createHttpServer((request, response) => {
    // The second request on a connection finds it closed, as if the server had just given up waiting for it.
    const { socket } = request;
    if ('used' in socket) {
      socket.destroy();
      return;
    }
    Object.assign(socket, { used: true });
    answered += 1;
    response.end('{}');
  });
  await new Promise<void>((done) => closing.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    closing.closeAllConnections();
    closing.close();
  });
  const plain = `http://127.0.0.1:${(closing.address() as AddressInfo).port}`;
  const connection = await connected({ kubeconfig: await kubeconfig({}, { server: plain }) });
  for (let i = 0; i < 3; i += 1) expect((await connection.getJson('/')).body).toEqual({});
  expect(answered).toBe(3);
});

test('sends no secret over plain HTTP', async () => {
  let authorization: string | undefined = 'not asked';
  const plain = createHttpServer((request, response) => {
    authorization = request.headers.authorization;
    response.end('no JSON');
  });
  await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    plain.closeAllConnections();
    plain.close();
  });
  const address = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
  const connection = await connected({ kubeconfig: await kubeconfig({ token: 'secret' }, { server: address }) });
  expect(await connection.getJson('/')).toMatchObject({ status: 200, body: undefined });
  expect(authorization).toBeUndefined();
});

test('a request that is given up ends, before and in its answer, and ends nothing else', async () => {
  const slow = createHttpServer((request, response) => {
    if (request.url === '/body') response.write('{"half":');
  });
  await new Promise<void>((done) => slow.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    slow.closeAllConnections();
    slow.close();
  });
  const address = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
  const connection = await connected({ kubeconfig: await kubeconfig({}, { server: address }) });
  await expect(connection.get('/', { signal: AbortSignal.abort() })).rejects.toThrow();
  await expect(connection.get('/', { signal: AbortSignal.timeout(20) })).rejects.toThrow();
  await expect(connection.getJson('/body', { signal: AbortSignal.timeout(200) })).rejects.toThrow();
  const unread = await connection.get('/body');
  unread.body.destroy(new Error('nobody reads this'));
});
