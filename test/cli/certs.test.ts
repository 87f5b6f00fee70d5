import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueCertificates } from '../../src/certs/issue.ts';
import { run } from '../../src/cli/run.ts';
import type { ServeFlags } from '../../src/cli/serve.ts';

const now = Date.UTC(2026, 10, 21);
const day = 24 * 60 * 60 * 1000;
const hosts = ['localhost', 'sekisho.sekisho-system.svc'];
const good = await issueCertificates({ hosts, now: new Date(now), caDays: 365, leafDays: 90 });
const other = await issueCertificates({ hosts, now: new Date(now), caDays: 365, leafDays: 90 });

let folder: string;
let server: Server;
let port: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-certs-'));
  await writeFile(join(folder, 'tls.crt'), good.cert);
  await writeFile(join(folder, 'tls.key'), good.key);
  await writeFile(join(folder, 'ca.crt'), good.ca);
  await writeFile(join(folder, 'other.crt'), other.ca);
  server = createServer({ cert: good.cert, key: good.key });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  port = typeof address === 'object' ? (address?.port ?? 0) : 0;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function sekisho(args: readonly string[], at = now, env: Record<string, string> = {}) {
  const result = { code: -1, out: '', err: '', served: undefined as ServeFlags | undefined };
  const serve = async (flags: ServeFlags) => {
    result.served = flags;
    return 0 as const;
  };
  const io = {
    out: (text: string) => void (result.out += text),
    err: (text: string) => void (result.err += text),
    stdin: async () => Buffer.alloc(0),
    env,
    cwd: folder,
    outIsTerminal: false,
    now: () => at,
  };
  result.code = await run(args, { serve }, io);
  return result;
}

describe('certs', () => {
  it('finds nothing wrong with a good pair', async () => {
    const { code, out } = await sekisho(['certs', folder, '--service', 'sekisho-system/sekisho']);
    expect(out).toContain('nothing is wrong');
    expect(out).toContain('for localhost, sekisho.sekisho-system.svc');
    expect(code).toBe(0);
  });

  it('says what is wrong and what to do, in both languages', async () => {
    const args = ['certs', folder, '--ca', join(folder, 'other.crt'), '--host', 'sekisho.other.svc'];
    const english = await sekisho(args);
    expect(english.code).toBe(1);
    expect(english.out).toContain('error: the certificate is not for sekisho.other.svc, only for localhost');
    expect(english.out).toContain('error: the bundle does not hold the authority that signed the certificate');
    expect(english.out).toContain('Fix: ');
    const japanese = await sekisho([...args, '--lang', 'ja']);
    expect(japanese.out).toContain('証明書は sekisho.other.svc 用ではありません');
    expect(japanese.out).toContain('対処: ');
  });

  it('warns of what expires soon, and fails for it where asked to', async () => {
    const soon = now + 80 * day;
    expect(await sekisho(['certs', folder], soon)).toMatchObject({
      code: 0,
      out: expect.stringContaining('warning: '),
    });
    expect((await sekisho(['certs', folder, '--fail-on', 'warn'], soon)).code).toBe(1);
    expect((await sekisho(['certs', folder], now + 91 * day)).code).toBe(1);
    expect((await sekisho(['certs', folder, '--fail-on', 'never'], now + 91 * day)).code).toBe(0);
  });

  it('looks at a running server, and answers in JSON', async () => {
    const args = ['certs', `127.0.0.1:${port}`, '--ca', join(folder, 'other.crt'), '--format', 'json'];
    const { code, out } = await sekisho(args);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      apiVersion: 'sekisho.dev/v1alpha1',
      kind: 'CertificateReport',
      certificate: { names: hosts, notAfter: new Date(now + 90 * day).toISOString() },
      findings: [{ key: 'not-in-bundle', severity: 'error' }],
    });
    expect((await sekisho(['certs', `127.0.0.1:${port}`, '--ca', join(folder, 'ca.crt')])).code).toBe(0);
  });
});

describe('serve --certs', () => {
  it('is a folder', async () => {
    const { served } = await sekisho(['serve', '--certs', '/etc/tls']);
    expect(served?.tls).toEqual({
      certFile: '/etc/tls/tls.crt',
      keyFile: '/etc/tls/tls.key',
      caFile: '/etc/tls/ca.crt',
    });
    expect(served?.selfManaged).toBeUndefined();
  });

  it('or a Secret, by flag or by environment', async () => {
    const secret = { namespace: 'a', name: 'b.c' };
    const { served } = await sekisho(['serve', '--in-cluster', '--certs-host', '192.0.2.1'], now, {});
    expect(served).toBeUndefined();
    const flags = ['serve', '--in-cluster', '--certs', 'secret:a/b.c', '--certs-host', '192.0.2.1'];
    expect((await sekisho(flags)).served).toMatchObject({
      tls: undefined,
      selfManaged: { secret, hosts: ['192.0.2.1'] },
    });
    process.env['SEKISHO_CERTS'] = 'secret:a/b.c';
    try {
      expect((await sekisho(['serve', '--in-cluster'])).served?.selfManaged).toMatchObject({ secret });
    } finally {
      delete process.env['SEKISHO_CERTS'];
    }
  });
});
