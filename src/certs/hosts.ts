import { isIP } from 'node:net';
import { CertificateProblem } from './certificate-problem.ts';

const dnsName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/**
 * The hosts of a certificate in one spelling each, and each once.
 *
 * @throws CertificateProblem, one sentence, where one of them cannot be certified
 */
export function certifiedHosts(hosts: readonly string[]): readonly string[] {
  const wrong = hosts.find((host) => !isAddress(host) && (host.length > 253 || !dnsName.test(host)));
  if (wrong !== undefined) {
    throw new CertificateProblem(`${JSON.stringify(wrong)} is neither a DNS name nor an IP address`);
  }
  return [...new Set(hosts.map(canonical))];
}

/** The names by which a Service is called; the API server uses the first. */
export function serviceHosts({
  namespace,
  name,
}: {
  readonly namespace: string;
  readonly name: string;
}): readonly string[] {
  return [`${name}.${namespace}.svc`, `${name}.${namespace}`, name];
}

/** An address with a zone (`fe80::1%eth0`) has no place in a certificate. */
function isAddress(host: string): boolean {
  return isIP(host) !== 0 && !host.includes('%');
}

/** One spelling an address: IPv6 has many, and not every encoder reads them all. URLs know the canonical one. */
function canonical(host: string): string {
  return isIP(host) === 6 ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host;
}
