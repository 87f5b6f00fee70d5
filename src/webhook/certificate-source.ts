import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';
import type { ReadinessCondition } from './probes.ts';
import type { RunningServer } from './server.ts';
import type { TlsSource } from './tls.ts';

/** Where the certificate of the server comes from. */
export interface CertificateSource {
  readonly tls: TlsSource;
  /** The file of the authority that was made for this machine, where it was. */
  readonly developmentCa?: string;
  readonly conditions: readonly ReadinessCondition[];
  /** Keeps the certificate of the server as it should be from now on. */
  keep(server: RunningServer): void;
  stop(): Promise<void>;
}

/** What a source needs of the process. */
export interface CertificateSurroundings {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly cwd: string;
  now(): number;
}
