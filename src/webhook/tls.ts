import type { Server } from 'node:https';
import type { Logger } from 'pino';
import {
  type Certificate,
  type CertificateFiles,
  certificateCondition,
  digestOf,
  inspectPair,
  type PemPair,
  readPair,
  tlsVersions,
} from './certificate.ts';
import { FolderWatch, type FolderWatchOptions } from './folder-watch.ts';
import type { Metrics } from './metrics.ts';
import { StartProblem } from './start-problem.ts';

/** Where the pair comes from: two files, which are watched, or the caller, who replaces it where needed. */
export type TlsSource =
  | { readonly files: CertificateFiles; readonly watch?: FolderWatchOptions }
  /** `clock`: the time by which the pair is judged, where that is not the time of this machine. */
  | { readonly pair: PemPair; readonly clock?: () => Date };

/** @throws StartProblem where there is no pair to start with, as one sentence */
export async function loadCertificate(source: TlsSource, now: Date): Promise<Certificate> {
  const read = 'files' in source ? await readPair(source.files) : ({ ok: true, value: source.pair } as const);
  if (!read.ok) throw new StartProblem(read.problem);
  const certificate = inspectPair(read.value, now);
  if (!certificate.ok) throw new StartProblem(`${certificate.problem}${fileNames(source)}`);
  return certificate.value;
}

function fileNames(source: TlsSource): string {
  return 'files' in source ? ` (certificate ${source.files.certFile}, key ${source.files.keyFile})` : '';
}

/** The certificate of a running server. */
export class ServingCertificate {
  readonly #server: Server;
  readonly #source: TlsSource;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #clock: () => Date;
  #current: Certificate;
  #lastProblem = '';
  #watch: FolderWatch | undefined;

  constructor(
    server: Server,
    current: Certificate,
    source: TlsSource,
    around: { readonly log: Logger; readonly metrics: Metrics; readonly clock: () => Date },
  ) {
    this.#server = server;
    this.#current = current;
    this.#source = source;
    this.#log = around.log;
    this.#metrics = around.metrics;
    this.#clock = 'pair' in source ? (source.clock ?? around.clock) : around.clock;
    this.#metrics.certificate(current.expires, true);
  }

  get current(): Certificate {
    return this.#current;
  }

  condition(): true | string {
    return certificateCondition(this.#current, this.#clock());
  }

  /** Watches the files, where the pair comes from files. */
  watchFiles(): void {
    if (!('files' in this.#source)) return;
    const { files, watch } = this.#source;
    this.#watch = new FolderWatch([files.certFile, files.keyFile], () => this.#reload(files), watch);
    this.#watch.start();
    // What happened between the loading and the watching was told to nobody.
    void this.#reload(files);
  }

  /**
   * Serves another pair from the next handshake on; connections that are open stay so. A pair that cannot be served
   * changes nothing but the log and the metrics.
   *
   * @returns true, or one sentence about what is wrong with the pair
   */
  replace(pair: PemPair): true | string {
    if (digestOf(pair) === this.#current.digest) {
      this.#settle(this.#current);
      return true;
    }
    const next = inspectPair(pair, this.#clock());
    if (!next.ok) return this.#keep(next.problem);
    try {
      this.#server.setSecureContext({ cert: pair.cert, key: pair.key, ...tlsVersions });
    } catch (error) {
      return this.#keep(`the TLS certificate cannot be served (${String(error)})`);
    }
    this.#settle(next.value);
    this.#log.info({ expires: next.value.expires.toISOString() }, 'a new TLS certificate is served');
    return true;
  }

  close(): void {
    this.#watch?.close();
  }

  async #reload(files: CertificateFiles): Promise<void> {
    const read = await readPair(files);
    if (read.ok) this.replace(read.value);
    else this.#keep(read.problem);
  }

  #settle(certificate: Certificate): void {
    this.#current = certificate;
    this.#lastProblem = '';
    this.#metrics.certificate(certificate.expires, true);
  }

  #keep(problem: string): string {
    this.#metrics.certificate(this.#current.expires, false);
    // The poll meets the same broken pair every minute; the log hears of it once.
    if (problem !== this.#lastProblem) this.#log.warn(`${problem}; the one before is still served`);
    this.#lastProblem = problem;
    return problem;
  }
}
