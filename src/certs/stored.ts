import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { caName, type IssuedCertificates } from './issue.ts';

/**
 * Whether stored development certificates can still be used: the three belong together, cover every host, and both
 * certificates have more than a third of their life left. Anything else (garbage, half a set, certificates of
 * somebody else) is not usable, and never a throw.
 */
export function areUsable(stored: IssuedCertificates, hosts: readonly string[], now: Date): boolean {
  try {
    const ca = new X509Certificate(stored.ca);
    const leaf = new X509Certificate(stored.cert);
    const key = createPrivateKey(stored.key);
    return (
      ca.subject === `CN=${caName}` &&
      ca.ca &&
      ca.verify(ca.publicKey) &&
      leaf.checkIssued(ca) &&
      leaf.verify(ca.publicKey) &&
      leaf.checkPrivateKey(key) &&
      hosts.every((host) => covers(leaf, host)) &&
      isFresh(ca, now) &&
      isFresh(leaf, now)
    );
  } catch {
    return false;
  }
}

function covers(leaf: X509Certificate, host: string): boolean {
  return (isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host)) !== undefined;
}

function isFresh(certificate: X509Certificate, now: Date): boolean {
  const from = certificate.validFromDate.getTime();
  const to = certificate.validToDate.getTime();
  return from <= now.getTime() && to - now.getTime() > (to - from) / 3;
}
