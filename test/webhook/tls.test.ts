import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { IssuedCertificates } from '../../src/certs/issue.ts';
import type { RunningServer } from '../../src/webhook/server.ts';
import { eventually, issued, metric, send, serve } from './listening.ts';
import { expired, filesIn, newFolder, other, put } from './pair-files.ts';

/** The certificate that a new connection gets, as PEM. */
function served(server: RunningServer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: server.address.port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.toString().trim() ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

async function serves(server: RunningServer, pair: IssuedCertificates): Promise<boolean> {
  return (await served(server)) === pair.cert.trim();
}

describe('a new pair in the folder', () => {
  test('is served from the next handshake on, and open connections live on', async () => {
    const folder = await newFolder();
    await put(folder, issued);
    const { server, metrics, lines } = await serve({ tls: { files: filesIn(folder) } });
    expect(await serves(server, issued)).toBe(true);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const before = await send(server, { body: '{}', agent });

    await put(folder, other);
    await eventually(() => serves(server, other));
    const after = await send(server, { body: '{}', agent });
    expect(after).toMatchObject({ status: 200, localPort: before.localPort });
    expect((await send(server, { body: '{}', ca: other.ca })).status).toBe(200);
    agent.destroy();

    const expiry = await metric(metrics, 'sekisho_tls_certificate_expiry_timestamp_seconds');
    expect(expiry).toBe(server.certificate().expires.getTime() / 1000);
    expect(await metric(metrics, 'sekisho_tls_last_reload_success')).toBe(1);
    expect(lines.filter(({ msg }) => msg === 'a new TLS certificate is served')).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('PRIVATE KEY');
  });

  test('is seen where the kubelet swaps the link to a mounted Secret', async () => {
    const folder = await newFolder();
    for (const [version, pair] of [
      ['..v1', issued],
      ['..v2', other],
    ] as const) {
      await mkdir(join(folder, version));
      await put(join(folder, version), pair);
    }
    await symlink('..v1', join(folder, '..data'));
    for (const name of ['tls.crt', 'tls.key']) await symlink(join('..data', name), join(folder, name));
    const { server } = await serve({ tls: { files: filesIn(folder) } });
    expect(await serves(server, issued)).toBe(true);

    await symlink('..v2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await eventually(() => serves(server, other));
  });

  test('is found by looking, where nobody tells', async () => {
    const folder = await newFolder();
    await put(folder, issued);
    // No change is ever quiet for so long as this, so that only the poll can find it.
    const watch = { debounce: 3_600_000, poll: 50 };
    const { server } = await serve({ tls: { files: filesIn(folder), watch } });
    await put(folder, other);
    await eventually(() => serves(server, other));
  });

  test('is found in a folder that was deleted and made again', async () => {
    const parent = await newFolder();
    const folder = join(parent, 'tls');
    await mkdir(folder);
    await put(folder, issued);
    const { server } = await serve({ tls: { files: filesIn(folder), watch: { debounce: 20, poll: 50 } } });
    await rm(folder, { recursive: true });
    await new Promise((resolve) => setTimeout(resolve, 120));
    await mkdir(folder);
    await put(folder, other);
    await eventually(() => serves(server, other));
  });

  test.each([
    ['garbage', { cert: 'garbage', key: 'garbage' }, 'the TLS certificate is not a PEM certificate'],
    [
      'a foreign key',
      { cert: other.cert, key: issued.key },
      'the TLS key does not belong to the (first) TLS certificate',
    ],
    ['half a key', { cert: other.cert, key: other.key.slice(0, 80) }, 'the TLS key is not a PEM private key'],
    ['an expired one', expired, 'the TLS certificate expired at 2020-01-06T00:00:00.000Z'],
  ])('keeps the old one when it is %s, says so once, and takes a good one later', async (_name, bad, sentence) => {
    const folder = await newFolder();
    await put(folder, issued);
    const watch = { debounce: 20, poll: 40 };
    const { server, metrics, lines } = await serve({ tls: { files: filesIn(folder), watch } });
    await put(folder, bad);
    const said = (): number => lines.filter(({ msg }) => msg === `${sentence}; the one before is still served`).length;
    await eventually(() => said() === 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(said()).toBe(1);
    expect(await serves(server, issued)).toBe(true);
    expect(await metric(metrics, 'sekisho_tls_last_reload_success')).toBe(0);
    expect((await send(server, { body: '{}' })).status).toBe(200);

    await put(folder, other);
    await eventually(() => serves(server, other));
    expect(await metric(metrics, 'sekisho_tls_last_reload_success')).toBe(1);
  });

  test('keeps the old one when the files are gone', async () => {
    const folder = await newFolder();
    await put(folder, issued);
    const files = filesIn(folder);
    const { server, lines } = await serve({ tls: { files, watch: { debounce: 20, poll: 40 } } });
    await rm(files.keyFile);
    const sentence = `the TLS key file ${files.keyFile} does not exist; the one before is still served`;
    await eventually(() => lines.some(({ msg }) => msg === sentence));
    expect(await serves(server, issued)).toBe(true);
  });
});

describe('a pair from the caller', () => {
  test('is replaced by a good one only', async () => {
    const { server } = await serve();
    expect(server.replaceCertificate({ cert: 'no', key: 'no' })).toBe('the TLS certificate is not a PEM certificate');
    expect(await serves(server, issued)).toBe(true);
    expect(server.replaceCertificate(other)).toBe(true);
    expect(await serves(server, other)).toBe(true);
    expect(server.replaceCertificate(other)).toBe(true);
  });

  test('that is not valid yet is served, and makes the server not ready', async () => {
    const { server } = await serve({ clock: () => new Date('2020-01-01T00:00:00Z') });
    const answer = await send(server, { method: 'GET', path: '/readyz' });
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('[-]certificate: the certificate is not valid before ');
  });

  test('that has expired since the start makes the server not ready', async () => {
    let now = new Date();
    const { server } = await serve({ clock: () => now });
    expect((await send(server, { method: 'GET', path: '/readyz' })).status).toBe(200);
    now = new Date(server.certificate().expires.getTime() + 1);
    const answer = await send(server, { method: 'GET', path: '/readyz' });
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('[-]certificate: the certificate expired at ');
  });
});
