import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CertificateProblem } from '../../src/certs/certificate-problem.ts';
import { developmentCertificates } from '../../src/certs/development.ts';
import { issueCertificates } from '../../src/certs/issue.ts';

const run = promisify(execFile);
const day = 24 * 60 * 60 * 1000;
const now = new Date();
const later = (days: number): Date => new Date(now.getTime() + days * day);

let parent = '';
let folder = '';
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sekisho-certs-'));
  folder = join(parent, 'deep', 'dev');
});
afterEach(async () => {
  await rm(parent, { recursive: true, force: true });
});

describe('new certificates', () => {
  test('stand up to a strict verifier', async () => {
    const made = await developmentCertificates(folder, ['host.example'], now);
    // Where there is no openssl, node:crypto is the verifier; either way something verifies.
    const openssl = await run('openssl', ['version']).then(
      () => true,
      () => false,
    );
    const hosts = ['localhost', 'host.example'];
    const addresses = ['127.0.0.1', '::1'];
    if (openssl) {
      const checks = [...hosts.map((host) => ['-verify_hostname', host]), ...addresses.map((ip) => ['-verify_ip', ip])];
      for (const check of checks) {
        const args = [
          'verify',
          '-x509_strict',
          '-purpose',
          'sslserver',
          '-CAfile',
          made.caFile,
          ...check,
          made.certFile,
        ];
        expect((await run('openssl', args)).stdout).toBe(`${made.certFile}: OK\n`);
      }
    }
    const ca = new X509Certificate(made.ca);
    const leaf = new X509Certificate(made.cert);
    expect([ca.ca, ca.verify(ca.publicKey), leaf.checkIssued(ca), leaf.verify(ca.publicKey)]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(leaf.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
    expect(leaf.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    for (const host of hosts) expect(leaf.checkHost(host)).toBe(host);
    for (const ip of addresses) expect(leaf.checkIP(ip)).toBe(ip);
    expect(leaf.checkHost('example.com')).toBeUndefined();
    const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);
    expect(seconds(ca.validToDate)).toBe(seconds(later(365)));
    expect(seconds(leaf.validToDate)).toBe(seconds(later(90)));
    expect(leaf.validFromDate.getTime()).toBeLessThan(now.getTime());
    expect(ca.publicKey.equals(leaf.publicKey)).toBe(false);
    expect(ca.serialNumber).not.toBe(leaf.serialNumber);
  });

  test('lie in a folder and a file that only their owner reads, and nothing else lies there', async () => {
    const made = await developmentCertificates(folder, [], now);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(made.keyFile)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    expect(await readFile(made.caFile, 'utf8')).toBe(made.ca);
    expect(await readFile(made.certFile, 'utf8')).toBe(made.cert);
    expect(await readFile(made.keyFile, 'utf8')).toBe(made.key);
    expect(made.made).toBe(true);
  });

  test('cover any name and address that is one', async () => {
    // Names of the right shape: the generator also makes some that no resolver takes.
    const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,10}){0,3}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(name, fc.ipV4(), fc.ipV6()), { maxLength: 4 }), async (hosts) => {
        const made = await developmentCertificates(folder, hosts, now);
        const again = await developmentCertificates(folder, hosts, now);
        expect(again).toEqual({ ...made, made: false });
      }),
      { numRuns: 25 },
    );
  });
});

describe('stored certificates', () => {
  test('are used again while they live', async () => {
    const made = await developmentCertificates(folder, ['a.example'], now);
    expect(await developmentCertificates(folder, ['A.example'], later(59))).toEqual({ ...made, made: false });
    expect(await developmentCertificates(folder, [], now)).toEqual({ ...made, made: false });
  });

  test.each<[string, () => Promise<unknown>, readonly string[], Date]>([
    ['have less than a third of their life left', async () => undefined, [], later(61)],
    ['have expired', async () => undefined, [], later(400)],
    ['come from the future', async () => undefined, [], later(-1)],
    ['do not cover a name', async () => undefined, ['new.example'], now],
    ['do not cover an address', async () => undefined, ['192.0.2.1'], now],
    ['lack their key', () => rm(join(folder, 'tls.key')), [], now],
    ['lack their authority', () => rm(join(folder, 'ca.crt')), [], now],
    ['are empty', () => writeFile(join(folder, 'tls.crt'), ''), [], now],
    ['are garbage', () => writeFile(join(folder, 'ca.crt'), Buffer.from([0, 255, 254])), [], now],
    [
      'are half written',
      async () => writeFile(join(folder, 'tls.crt'), (await readFile(join(folder, 'tls.crt'), 'utf8')).slice(0, 300)),
      [],
      now,
    ],
    ['are readable by others', () => chmod(join(folder, 'tls.key'), 0o640), [], now],
    ['lack all but one', () => rm(join(folder, 'ca.crt')).then(() => rm(join(folder, 'tls.key'))), [], now],
  ])('are made anew when they %s', async (_name, spoil, hosts, time) => {
    const before = await developmentCertificates(folder, [], now);
    await spoil();
    const after = await developmentCertificates(folder, hosts, time);
    expect(after.made).toBe(true);
    expect(after.cert).not.toBe(before.cert);
    expect(await developmentCertificates(folder, hosts, time)).toEqual({ ...after, made: false });
  });

  test.each(['ca', 'cert', 'key'] as const)('are made anew when the %s belongs to another set', async (part) => {
    const made = await developmentCertificates(folder, [], now);
    const other = await issueCertificates({ hosts: ['localhost', '127.0.0.1', '::1'], now, caDays: 365, leafDays: 90 });
    const file = { ca: made.caFile, cert: made.certFile, key: made.keyFile }[part];
    await writeFile(file, other[part]);
    const after = await developmentCertificates(folder, [], now);
    expect(after.made).toBe(true);
    expect(after.ca).not.toBe(made.ca);
  });

  test('agree when many processes make them at once', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => developmentCertificates(folder, [], now)));
    const last = await developmentCertificates(folder, [], now);
    expect(last.made).toBe(false);
    for (const { ca, cert } of all) {
      expect(new X509Certificate(cert).verify(new X509Certificate(ca).publicKey)).toBe(true);
    }
    expect((await readdir(folder)).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
  });
});

describe('what cannot be', () => {
  test.each([
    '',
    'a b',
    '-a',
    'a_b',
    'a..b',
    'https://a',
    'a:1',
    'fe80::1%eth0',
    '*.example',
    `${'a'.repeat(64)}.b`,
    'ホスト',
    'a\0b',
  ])('the host %j is refused in one sentence', async (host) => {
    const sentence = `${JSON.stringify(host)} is neither a DNS name nor an IP address`;
    await expect(developmentCertificates(folder, [host], now)).rejects.toEqual(new CertificateProblem(sentence));
    expect(await readdir(parent)).toEqual([]);
  });

  test('a folder that is a file', async () => {
    await mkdir(join(parent, 'deep'));
    await writeFile(folder, '');
    await expect(developmentCertificates(folder, [], now)).rejects.toEqual(
      new CertificateProblem(
        `development certificates cannot be kept in ${folder} (EEXIST); choose a folder that you may write to`,
      ),
    );
  });

  test('a folder where a file should be', async () => {
    await mkdir(join(folder, 'tls.crt'), { recursive: true });
    await expect(developmentCertificates(folder, [], now)).rejects.toThrow(CertificateProblem);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
