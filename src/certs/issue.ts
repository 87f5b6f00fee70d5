import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate authority and one server certificate that it signed, as PEM text. The authority's key is gone. */
export interface IssuedCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface IssueOptions {
  /** DNS names and IP addresses, at least one; the first names the certificate. */
  readonly hosts: readonly string[];
  readonly now: Date;
  readonly caDays: number;
  readonly leafDays: number;
}

/** A certificate and its key, as PEM text. */
export interface KeyedCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Times in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly to: number;
}

export const caName = 'Sekisho development CA';

const day = 24 * 60 * 60 * 1000;
/** Another machine's clock may be a little behind. */
const clockTolerance = 5 * 60 * 1000;
const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;

/**
 * Makes a new authority, signs one server certificate with it, and forgets the authority's key: whoever finds the files
 * later can sign nothing with them, even where somebody has come to trust the authority.
 */
export async function issueCertificates({ hosts, now, caDays, leafDays }: IssueOptions): Promise<IssuedCertificates> {
  const from = now.getTime() - clockTolerance;
  const authority = await issueAuthority(caName, { from, to: now.getTime() + caDays * day });
  const leaf = await issueLeaf(authority, hosts, { from, to: now.getTime() + leafDays * day });
  return { ca: authority.cert, cert: leaf.cert, key: leaf.key };
}

/** Makes a new authority that signs itself. Only server certificates can be below it, no further authority. */
export async function issueAuthority(name: string, validity: Validity): Promise<KeyedCertificate> {
  const x509 = await library();
  const keys = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [name] }],
    notBefore: new Date(validity.from),
    notAfter: new Date(validity.to),
    keys,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${ca.toString('pem')}\n`, key: await pemOf(keys.privateKey) };
}

/**
 * Makes a new key, and a certificate for it that the authority signs. Rejects where the authority's key is no EC P-256
 * key in PKCS #8, which it always is where `issueAuthority` made it.
 *
 * @param hosts DNS names and IP addresses, at least one; the first names the certificate
 */
export async function issueLeaf(
  authority: KeyedCertificate,
  hosts: readonly string[],
  validity: Validity,
): Promise<KeyedCertificate> {
  const x509 = await library();
  const ca = new x509.X509Certificate(authority.cert);
  const pkcs8 = x509.PemConverter.decodeFirst(authority.key);
  const signingKey = await crypto.subtle.importKey('pkcs8', pkcs8, keyAlgorithm, false, ['sign']);
  const keys = await newKeys();
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [(hosts[0] ?? 'localhost').slice(0, 64)] }],
    issuer: ca.subjectName,
    notBefore: new Date(validity.from),
    notAfter: new Date(validity.to),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
    ],
  });
  return { cert: `${leaf.toString('pem')}\n`, key: await pemOf(keys.privateKey) };
}

/** Loaded when needed: a server with certificates of its own never is. The polyfill has to be there first. */
async function library() {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const { PemConverter } = await library();
  return `${PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

function newKeys() {
  return crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
}

/** 16 random bytes in hexadecimal; the first bit is cleared, and the second set, so it is positive and of full length. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
