import type { CertificateFacts, CertificateFinding } from '../certs/inspect.ts';
import type { Language } from '../engine/words/language.ts';

/** What `certs` was asked for, as commander reads it. */
export interface CertsFlags {
  readonly ca?: string;
  readonly host: string[];
  readonly service?: string;
  readonly kubeconfig?: string;
  readonly inCluster?: true;
  readonly failOn: 'error' | 'warn' | 'never';
  readonly format: 'text' | 'json';
  readonly lang?: Language;
}

/** What was looked at, and what is wrong with it. */
export interface CertificateReport {
  readonly source: string;
  /** Undefined where there is no server certificate to be seen. */
  readonly certificate: CertificateFacts | undefined;
  readonly findings: readonly CertificateFinding[];
}
