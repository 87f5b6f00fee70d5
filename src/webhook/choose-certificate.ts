import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { developmentCertificates } from '../certs/development.ts';
import { inspect } from '../certs/inspect.ts';
import type { CertificateFiles, SelfManagedCertificate } from '../certs/wanted.ts';
import type { CertificateSource, CertificateSurroundings } from './certificate-source.ts';
import { selfManaged } from './self-managed.ts';
import type { WorldChoice } from './world-source.ts';

/** Which certificate to serve. */
export interface CertificateOptions {
  readonly listen: string;
  /** They are followed. */
  readonly tls: CertificateFiles | undefined;
  /** Kept in the cluster that `world` names. */
  readonly selfManaged: SelfManagedCertificate | undefined;
  readonly world: WorldChoice;
  readonly service: { readonly namespace: string; readonly name: string } | undefined;
}

/** @throws CertificateProblem, ConnectionProblem: one sentence where it cannot begin */
export async function chooseCertificate(
  options: CertificateOptions,
  around: CertificateSurroundings,
): Promise<CertificateSource> {
  if (options.selfManaged !== undefined) return selfManaged({ ...options, ...options.selfManaged }, around);
  const made = options.tls === undefined ? await developmentFiles(around, options.listen) : undefined;
  if (options.tls?.caFile !== undefined) await compare(options.tls.certFile, options.tls.caFile, around);
  const { certFile, keyFile } = made ?? options.tls ?? { certFile: '', keyFile: '' };
  return {
    tls: { files: { certFile, keyFile } },
    ...(made && { developmentCa: made.caFile }),
    conditions: [],
    // The server follows files by itself.
    keep: () => undefined,
    stop: async () => undefined,
  };
}

/** A folder in which `ca.crt` did not sign `tls.crt` is most likely one where half of a renewal is missing. */
async function compare(certFile: string, caFile: string, { log, now }: CertificateSurroundings): Promise<void> {
  const [chain, bundle] = await Promise.all(
    [certFile, caFile].map((file) => readFile(file, 'utf8').catch(() => undefined)),
  );
  if (chain === undefined || bundle === undefined) return;
  const { findings } = inspect({ chain, key: undefined, bundle, hosts: [] }, now());
  if (findings.some((one) => one.key === 'not-in-bundle')) {
    log.warn(`${caFile} does not hold the authority that signed ${certFile}; sekisho certs says more`);
  }
}

function developmentFiles(around: CertificateSurroundings, listen: string) {
  const host = listen.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const hosts = host === '' || host === '0.0.0.0' || host === '::' ? [] : [host];
  return developmentCertificates(join(around.cwd, 'certs', 'dev'), hosts, new Date(around.now()));
}
