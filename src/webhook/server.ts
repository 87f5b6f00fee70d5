import { createServer as createPlainServer, type Server as PlainServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { Logger } from 'pino';
import { type Address, listen, readAddress, showAddress } from './address.ts';
import type { AnswerReview } from './answer.ts';
import { admissionApp, metricsApp } from './app.ts';
import { type Certificate, type PemPair, tlsVersions } from './certificate.ts';
import { Connections, connectionTimes, handshakeTimeout } from './connections.ts';
import { watchEventLoop } from './event-loop.ts';
import { InFlight, type InFlightLimits, usualInFlightLimits } from './in-flight.ts';
import type { Metrics } from './metrics.ts';
import { OpenResponses } from './open-responses.ts';
import type { ReadinessCondition } from './probes.ts';
import { loadCertificate, ServingCertificate, type TlsSource } from './tls.ts';
import { largestBody, validate } from './validate.ts';

export interface ServerOptions {
  /** `HOST:PORT`, `[IPv6]:PORT` or `:PORT`; port 0 lets the system choose. */
  readonly listen: string;
  /** Where `/metrics` is served without TLS; nowhere by default. */
  readonly metricsListen?: string;
  readonly tls: TlsSource;
  readonly answer: AnswerReview;
  /** What to wait for before a review that has arrived is judged; nothing by default. */
  readonly caughtUp?: () => Promise<void> | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** What must hold besides a valid certificate and not being about to stop. */
  readonly conditions?: readonly ReadinessCondition[];
  readonly inFlight?: InFlightLimits;
  /** The time for verdicts and certificates; the system's by default. */
  readonly clock?: () => Date;
}

export interface RunningServer {
  /** Such as `https://127.0.0.1:8443`. */
  readonly url: string;
  readonly address: Address;
  /** Such as `http://127.0.0.1:9090`, where metrics are served. */
  readonly metricsUrl: string | undefined;
  /** The pair that new connections get. */
  certificate(): Certificate;
  /** Serves another pair from the next handshake on: true, or one sentence about why the one before stays. */
  replaceCertificate(pair: PemPair): true | string;
  /** Readiness fails from now on, and every answer asks its client to leave the connection. */
  beginDrain(): void;
  /** Takes no new connections; resolves when the last one has ended. */
  stopListening(): Promise<void>;
  /** Ends the connections on which no request is under way, those never used among them. */
  closeIdleConnections(): void;
  /** Stops everything at once. May be called at any time, and twice. */
  close(): Promise<void>;
}

/**
 * Starts the HTTPS server and, where asked for, the one for metrics.
 *
 * @throws StartProblem, one sentence, where an address or the certificate cannot be used
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { answer, caughtUp = () => undefined, metrics, log, clock = () => new Date() } = options;
  const address = readAddress(options.listen, '--listen');
  const metricsAddress =
    options.metricsListen === undefined ? undefined : readAddress(options.metricsListen, '--metrics-listen');
  const first = await loadCertificate(options.tls, clock());

  let draining = false;
  const open = new OpenResponses();
  const inFlight = new InFlight(options.inFlight ?? usualInFlightLimits, largestBody);
  const conditions: ReadinessCondition[] = [
    { name: 'serving', check: () => (draining ? 'about to stop' : true) },
    { name: 'certificate', check: () => certificate.condition() },
    ...(options.conditions ?? []),
  ];
  const appOptions = { conditions, metrics, log };
  const app = admissionApp(appOptions, validate({ answer, caughtUp, metrics, log, clock, inFlight }));
  const respond: RequestListener = (request, response) => {
    open.track(request, response);
    app(request, response);
  };

  const server = createServer(
    {
      cert: first.cert,
      key: first.key,
      ...tlsVersions,
      ...connectionTimes,
      handshakeTimeout,
      // The API server speaks HTTP/1.1 to webhooks on purpose, and nothing here depends on the name it calls us by.
      ALPNProtocols: ['http/1.1'],
      requireHostHeader: false,
    },
    respond,
  );
  const connections = new Connections(server, open, metrics);
  const certificate = new ServingCertificate(server, first, options.tls, { log, metrics, clock });
  const metricsServer = metricsAddress && createPlainServer(connectionTimes, metricsApp(appOptions));
  const loop = watchEventLoop();
  metrics.eventLoopLag(loop.worstSeconds);

  const stopAll = async (): Promise<void> => {
    certificate.close();
    loop.stop();
    const ended = [stopped(server), metricsServer && stopped(metricsServer)];
    connections.cut();
    metricsServer?.closeAllConnections();
    await Promise.all(ended);
  };

  try {
    const taken = await listen(server, address, '--listen');
    const metricsTaken =
      metricsServer && metricsAddress && (await listen(metricsServer, metricsAddress, '--metrics-listen'));
    certificate.watchFiles();
    // Without a listener, an error of a listening server (no file descriptors left, say) would end the process.
    server.on('error', (error) => log.error({ err: error }, 'the HTTPS server reports an error'));
    metricsServer?.on('error', (error) => log.error({ err: error }, 'the metrics server reports an error'));
    return {
      url: `https://${showAddress(taken)}`,
      address: taken,
      metricsUrl: metricsTaken && `http://${showAddress(metricsTaken)}`,
      certificate: () => certificate.current,
      replaceCertificate: (pair) => certificate.replace(pair),
      beginDrain() {
        draining = true;
        open.closeAfterAnswers();
      },
      stopListening: () => stopped(server),
      closeIdleConnections: () => connections.closeIdle(),
      close: stopAll,
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** Resolves when a server has ended, one that never listened or had ended before included. */
function stopped(server: PlainServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
