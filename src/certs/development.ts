import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CertificateProblem } from './certificate-problem.ts';
import { certifiedHosts } from './hosts.ts';
import { type IssuedCertificates, issueCertificates } from './issue.ts';
import { areUsable } from './stored.ts';

export interface DevelopmentCertificates extends IssuedCertificates {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Whether they were made now, or found in the folder. */
  readonly made: boolean;
}

const ownHosts = ['localhost', '127.0.0.1', '::1'];
const caDays = 365;
const leafDays = 90;
const attempts = 10;

/**
 * The certificates of a server on the machine of a developer: `ca.crt`, `tls.crt` and `tls.key` in `folder`. They are
 * made where they are missing, and made anew where they are damaged, are not ours, do not cover a host or have less
 * than a third of their life left.
 *
 * @param hosts DNS names and IP addresses besides `localhost`, `127.0.0.1` and `::1`
 * @throws CertificateProblem, one sentence, where a host cannot be certified or the folder cannot be used
 */
export async function developmentCertificates(
  folder: string,
  hosts: readonly string[],
  now: Date,
): Promise<DevelopmentCertificates> {
  const wanted = certifiedHosts([...ownHosts, ...hosts]);
  const files = filesIn(folder);
  const look = async (): Promise<IssuedCertificates | undefined> => {
    const stored = await readStored(files);
    return stored !== undefined && areUsable(stored, wanted, now) ? stored : undefined;
  };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const found = await look();
    if (found !== undefined) return { ...files, ...found, made: false };
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      await store(files, await issueCertificates({ hosts: wanted, now, caDays, leafDays }));
      // What counts is what lies in the folder in the end: another process may be writing its own set right now. Then
      // both step back, for different times, and take what the other has written.
      const stored = (await look()) ?? (await pause(50 + Math.random() * 200).then(look));
      if (stored !== undefined) return { ...files, ...stored, made: true };
    }
  } catch (error) {
    throw cannotBeKept(folder, reasonOf(error));
  }
  throw cannotBeKept(folder, 'its files change all the time');
}

function cannotBeKept(folder: string, reason: string): CertificateProblem {
  return new CertificateProblem(
    `development certificates cannot be kept in ${folder} (${reason}); choose a folder that you may write to`,
  );
}

type StoredFiles = Pick<DevelopmentCertificates, 'caFile' | 'certFile' | 'keyFile'>;

function filesIn(folder: string): StoredFiles {
  return { caFile: join(folder, 'ca.crt'), certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
}

async function readStored(files: StoredFiles): Promise<IssuedCertificates | undefined> {
  try {
    // A key that others could read is no secret any more. (Windows has no such modes.)
    if (process.platform !== 'win32' && ((await stat(files.keyFile)).mode & 0o077) !== 0) return undefined;
    const [ca, cert, key] = await Promise.all(
      [files.caFile, files.certFile, files.keyFile].map((file) => readFile(file, 'utf8')),
    );
    return ca === undefined || cert === undefined || key === undefined ? undefined : { ca, cert, key };
  } catch {
    return undefined;
  }
}

/** Each file appears whole or not at all; a set that is torn by a crash in between does not belong together, and shows. */
async function store(files: StoredFiles, issued: IssuedCertificates): Promise<void> {
  await writeWhole(files.keyFile, issued.key, 0o600);
  await writeWhole(files.certFile, issued.cert, 0o644);
  await writeWhole(files.caFile, issued.ca, 0o644);
}

async function writeWhole(file: string, text: string, mode: number): Promise<void> {
  const unfinished = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(unfinished, text, { mode, flag: 'wx' });
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
