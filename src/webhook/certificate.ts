import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

/** A certificate chain, leaf first, and the key of the leaf, both as PEM text. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

/** A pair that a TLS server can serve. */
export interface Certificate extends PemPair {
  readonly validFrom: Date;
  readonly expires: Date;
  /** SHA-256 over both texts. */
  readonly digest: string;
}

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The value, or one sentence about why there is none. */
export type Loaded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Old clients and servers may offer less; the API server itself asks for 1.2 at least. */
export const tlsVersions = { minVersion: 'TLSv1.2' } as const;

const largestFile = 1024 * 1024;

/** Reads the two files, without a look at what they hold. */
export async function readPair(files: CertificateFiles): Promise<Loaded<PemPair>> {
  const cert = await readPem(files.certFile, 'certificate');
  if (!cert.ok) return cert;
  const key = await readPem(files.keyFile, 'key');
  if (!key.ok) return key;
  return { ok: true, value: { cert: cert.value, key: key.value } };
}

async function readPem(file: string, what: string): Promise<Loaded<string>> {
  try {
    // A pipe would never end, and a device could fill the memory.
    const status = await stat(file);
    if (!status.isFile()) return problem(`the TLS ${what} file ${file} is not a file`);
    if (status.size > largestFile) return problem(`the TLS ${what} file ${file} is larger than 1 MiB`);
    return { ok: true, value: await readFile(file, 'utf8') };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return problem(`the TLS ${what} file ${file} does not exist`);
    if (code === 'EACCES' || code === 'EPERM') return problem(`the TLS ${what} file ${file} may not be read`);
    return problem(`the TLS ${what} file ${file} cannot be read (${code ?? String(error)})`);
  }
}

/** SHA-256 over both texts of a pair. */
export function digestOf(pair: PemPair): string {
  return createHash('sha256').update(pair.cert).update('\0').update(pair.key).digest('hex');
}

/**
 * Whether a TLS server can serve the pair, and would be believed: both can be parsed, belong together, and the
 * certificate has not expired. One that is not valid yet passes: two clocks are seldom the same.
 */
export function inspectPair(pair: PemPair, now: Date): Loaded<Certificate> {
  const leaf = attempt(() => new X509Certificate(pair.cert));
  if (leaf === undefined) return problem('the TLS certificate is not a PEM certificate');
  const key = attempt(() => createPrivateKey(pair.key));
  if (key === undefined) return problem(keyProblem(pair.key));
  if (!belongs(leaf, key)) {
    return problem('the TLS key does not belong to the (first) TLS certificate');
  }
  const expires = new Date(leaf.validTo);
  if (expires <= now) return problem(`the TLS certificate expired at ${expires.toISOString()}`);
  try {
    createSecureContext({ cert: pair.cert, key: pair.key, ...tlsVersions });
  } catch (error) {
    return problem(`the TLS certificate cannot be served (${codeOf(error) ?? String(error)})`);
  }
  const validFrom = new Date(leaf.validFrom);
  return { ok: true, value: { cert: pair.cert, key: pair.key, validFrom, expires, digest: digestOf(pair) } };
}

/** What the readiness of a server says about the certificate it serves. */
export function certificateCondition(certificate: Certificate, now: Date): true | string {
  if (certificate.expires <= now) return `the certificate expired at ${certificate.expires.toISOString()}`;
  if (certificate.validFrom > now) return `the certificate is not valid before ${certificate.validFrom.toISOString()}`;
  return true;
}

function keyProblem(key: string): string {
  return /ENCRYPTED/.test(key)
    ? 'the TLS key is encrypted; give one without a passphrase'
    : 'the TLS key is not a PEM private key';
}

function belongs(leaf: X509Certificate, key: KeyObject): boolean {
  return attempt(() => leaf.checkPrivateKey(key)) === true;
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function problem(text: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem: text };
}
