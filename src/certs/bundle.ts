import { X509Certificate } from 'node:crypto';
import { type OurAuthority, readAuthority } from './authority.ts';
import type { Bundle } from './plan.ts';

/** The caBundle of one entry of the configuration. */
export interface OurBundle extends Bundle<OurAuthority> {
  readonly others: readonly { readonly notAfter: number; readonly cert: string }[];
}

const largestBundle = 512 * 1024;
/** Of authorities that are not ours, so many are kept. */
const mostOthers = 16;

/** The PEM certificates of a text, each as it stands there. */
export function certificatesIn(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

/** Reads the PEM text of a caBundle; never throws. */
export function readBundle(text: string): OurBundle {
  if (text.length > largestBundle) return { ours: [], others: [], rubbish: true };
  const certificates = certificatesIn(text);
  const ours: OurAuthority[] = [];
  const others: { notAfter: number; cert: string }[] = [];
  for (const one of certificates) {
    const authority = readAuthority(one);
    if (authority !== undefined) {
      ours.push(authority);
      continue;
    }
    const notAfter = expiryOf(one);
    if (notAfter !== undefined && others.length < mostOthers) others.push({ notAfter, cert: one });
  }
  const beside = certificates.reduce((rest, one) => rest.replace(one, ''), text).trim();
  return { ours, others, rubbish: ours.length + others.length < certificates.length || beside !== '' };
}

/** The PEM text of a bundle that holds these authorities of ours, and those of others that are still valid. */
export function writeBundle(ours: readonly OurAuthority[], { others }: OurBundle, now: number): string {
  const kept = others.filter((one) => one.notAfter > now).map((one) => `${one.cert}\n`);
  return [...ours.map((one) => one.cert), ...kept].join('');
}

function expiryOf(pem: string): number | undefined {
  try {
    return new X509Certificate(pem).validToDate.getTime();
  } catch {
    return undefined;
  }
}
