import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { issueCertificates } from '../../src/certs/issue.ts';

const hosts = ['localhost', '127.0.0.1'];
export const other = await issueCertificates({ hosts, now: new Date(), caDays: 10, leafDays: 7 });
export const expired = await issueCertificates({
  hosts,
  now: new Date('2020-01-01T00:00:00Z'),
  caDays: 10,
  leafDays: 5,
});

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sekisho-tls-'));
  folders.push(folder);
  return folder;
}

export async function put(folder: string, { cert, key }: { cert: string; key: string }): Promise<void> {
  await writeFile(join(folder, 'tls.key'), key);
  await writeFile(join(folder, 'tls.crt'), cert);
}

export function filesIn(folder: string) {
  return { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
}
