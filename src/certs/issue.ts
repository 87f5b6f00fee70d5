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
  // Loaded when needed: a server with certificates of its own never is. The polyfill has to be there first.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');

  const usage = x509.KeyUsageFlags;
  const caKeys = await newKeys();
  const leafKeys = await newKeys();
  const notBefore = new Date(now.getTime() - clockTolerance);

  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [caName] }],
    notBefore,
    notAfter: new Date(now.getTime() + caDays * day),
    keys: caKeys,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(usage.keyCertSign | usage.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [(hosts[0] ?? 'localhost').slice(0, 64)] }],
    issuer: ca.subject,
    notBefore,
    notAfter: new Date(now.getTime() + leafDays * day),
    publicKey: leafKeys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(usage.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(leafKeys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });

  const pkcs8 = await crypto.subtle.exportKey('pkcs8', leafKeys.privateKey);
  return {
    ca: `${ca.toString('pem')}\n`,
    cert: `${leaf.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
  };
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
