import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { certificatesIn } from './bundle.ts';

/** What was found of a certificate. Texts are PEM. */
export interface Inspected {
  /** The chain, leaf first. */
  readonly chain: string;
  /** Undefined where it cannot be seen, as at an endpoint. */
  readonly key: string | undefined;
  /** The authorities that clients believe; undefined where none were given. */
  readonly bundle: string | undefined;
  /** What the certificate has to be for. */
  readonly hosts: readonly string[];
}

/** One thing that is wrong, or soon will be. `key` and `severity` are stable, words are the command line's. */
export type CertificateFinding =
  | { readonly key: 'no-certificate' | 'no-key' | 'key-mismatch' | 'empty-bundle'; readonly severity: 'error' }
  | { readonly key: 'not-in-bundle'; readonly severity: 'error'; readonly issuer: string }
  | { readonly key: 'wrong-host'; readonly severity: 'error'; readonly host: string; readonly names: readonly string[] }
  | {
      readonly key: 'expired' | 'not-yet-valid';
      readonly severity: 'error';
      readonly what: Subject;
      readonly at: number;
    }
  /** Of a Secret of our own authorities: it is healed by the next replica that looks. */
  | { readonly key: 'secret-unusable'; readonly severity: 'error'; readonly problem: string }
  | { readonly key: 'not-registered'; readonly severity: 'warn' }
  | { readonly key: 'entry-lacks'; readonly severity: 'error'; readonly entry: string }
  | { readonly key: 'expires-soon'; readonly severity: 'warn'; readonly what: Subject; readonly at: number };

/** Which certificate a finding is of. */
export type Subject = 'certificate' | 'authority';

export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
}

const day = 24 * 60 * 60 * 1000;

/** What is wrong with a certificate, the worst first. Never throws: what cannot be read is a finding. */
export function inspect(
  { chain, key, bundle, hosts }: Inspected,
  now: number,
): { readonly facts: CertificateFacts | undefined; readonly findings: readonly CertificateFinding[] } {
  const certificates = readAll(chain);
  const [leaf] = certificates;
  if (leaf === undefined) return { facts: undefined, findings: [{ key: 'no-certificate', severity: 'error' }] };
  const facts = factsOf(leaf);
  const findings: CertificateFinding[] = [...timesOf(leaf, 'certificate', now)];
  for (const host of hosts) {
    if (!covers(leaf, host)) findings.push({ key: 'wrong-host', severity: 'error', host, names: facts.names });
  }
  if (key !== undefined) findings.push(...keyFindings(leaf, key));
  if (bundle !== undefined) findings.push(...bundleFindings(certificates, bundle, now));
  const worst = { error: 0, warn: 1 };
  return { facts, findings: findings.toSorted((a, b) => worst[a.severity] - worst[b.severity]) };
}

/** What is wrong with the authority that signs. */
export function inspectAuthority(pem: string, now: number): readonly CertificateFinding[] {
  const [authority] = readAll(pem);
  return authority === undefined
    ? [{ key: 'no-certificate', severity: 'error' }]
    : timesOf(authority, 'authority', now);
}

function timesOf(certificate: X509Certificate, what: Subject, now: number): readonly CertificateFinding[] {
  const { notBefore, notAfter } = factsOf(certificate);
  if (notAfter <= now) return [{ key: 'expired', severity: 'error', what, at: notAfter }];
  if (notBefore > now) return [{ key: 'not-yet-valid', severity: 'error', what, at: notBefore }];
  // Who renews in time does so with a third of the life left; a fifth says that nobody did. A long life is no excuse.
  const soon = Math.min((notAfter - notBefore) / 5, 30 * day);
  return notAfter - now < soon ? [{ key: 'expires-soon', severity: 'warn', what, at: notAfter }] : [];
}

function keyFindings(leaf: X509Certificate, pem: string): readonly CertificateFinding[] {
  try {
    return leaf.checkPrivateKey(createPrivateKey(pem)) ? [] : [{ key: 'key-mismatch', severity: 'error' }];
  } catch {
    return [{ key: 'no-key', severity: 'error' }];
  }
}

/** Whether the leaf leads to an authority of the bundle, over the intermediate ones that the server sends. */
function bundleFindings(chain: readonly X509Certificate[], bundle: string, now: number): readonly CertificateFinding[] {
  const roots = readAll(bundle);
  if (roots.length === 0) return [{ key: 'empty-bundle', severity: 'error' }];
  let at = chain[0];
  for (let step = 0; step <= chain.length && at !== undefined; step += 1) {
    const of: X509Certificate = at;
    const found = roots.filter((root) => root.raw.equals(of.raw) || issued(root, of));
    if (found.length > 0) {
      // One that is valid is enough.
      const each = found.map((root) => timesOf(root, 'authority', now));
      return each.find((findings) => findings.length === 0) ?? each[0] ?? [];
    }
    at = chain.find((one) => one !== of && issued(one, of));
  }
  return [{ key: 'not-in-bundle', severity: 'error', issuer: oneLine(chain[0]?.issuer ?? '') }];
}

function issued(by: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(by) && certificate.verify(by.publicKey);
  } catch {
    return false;
  }
}

function covers(leaf: X509Certificate, host: string): boolean {
  return (isIP(host) === 0 ? leaf.checkHost(host, { subject: 'never' }) : leaf.checkIP(host)) !== undefined;
}

function factsOf(certificate: X509Certificate): CertificateFacts {
  const alternatives = certificate.subjectAltName?.split(', ') ?? [];
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: alternatives.map((one) => one.replace(/^(DNS|IP Address):/, '')),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  };
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}

function readAll(text: string): readonly X509Certificate[] {
  return certificatesIn(text).flatMap((pem) => {
    try {
      return [new X509Certificate(pem)];
    } catch {
      return [];
    }
  });
}
