import type { KeeperTimes } from './keeper-times.ts';

/** A pair of files that somebody else keeps. `caFile` is looked at, if it is there. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile?: string;
}

/** Certificates of our own, by an authority that is kept in a Secret of the cluster. */
export interface SelfManagedCertificate {
  readonly secret: { readonly namespace: string; readonly name: string };
  /** Besides the names of the Service. */
  readonly hosts: readonly string[];
  readonly times: KeeperTimes;
}
