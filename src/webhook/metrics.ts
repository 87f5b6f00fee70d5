import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DecisionRecord } from './answer.ts';

/** What the World knows of one kind of object. `lastContact`: the last sign of life of its watch. */
export interface WorldMetric {
  readonly kind: string;
  readonly objects: number;
  readonly synced: boolean;
  readonly lastContact: Date | undefined;
  /** Seconds since then, by a clock that nobody puts right. */
  readonly staleness: number | undefined;
  readonly restarts: number;
}

export interface MetricsOptions {
  /** The kinds that are judged: the values that the label `kind` may have, besides `other`. */
  readonly kinds: Iterable<string>;
  /** Asked at each scrape; none where there is no cluster. */
  readonly world?: () => readonly WorldMetric[];
}

/** Why a request got no verdict: the values of the label `reason`. */
export type RequestError =
  | 'method'
  | 'path'
  | 'content-encoding'
  | 'content-type'
  | 'too-large'
  | 'aborted'
  | 'empty'
  | 'encoding'
  | 'json'
  | 'depth'
  | 'refused'
  | 'deadline'
  | 'overload'
  | 'internal'
  | 'malformed'
  | 'tls'
  | 'connections';

/** Counts what the server does, in a registry of its own: two servers in one process do not share numbers. */
export interface Metrics {
  readonly registry: Registry;
  /** One answered review; `seconds` from the arrival of the request to its answer. */
  decided(record: DecisionRecord, seconds: number): void;
  requestFailed(reason: RequestError): void;
  inFlight(requests: number): void;
  handshake(): void;
  /** The pair that is served now, and whether the newest pair seen could be loaded. */
  certificate(expires: Date, lastReloadOk: boolean): void;
  /** A configuration is in force. */
  configLoaded(hash: string): void;
  /** A newer configuration could not be loaded; the one before stays in force. */
  configRejected(): void;
  /** Where to ask, at each scrape, for the worst lag since the scrape before. */
  eventLoopLag(worstSeconds: () => number): void;
}

const operations = new Set(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']);
const durationBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1];

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const kinds = new Set(options.kinds);

  const requests = new Counter({
    name: 'sekisho_admission_requests_total',
    help: 'Admission requests that got a verdict.',
    labelNames: ['kind', 'operation', 'decision', 'dry_run'],
    registers,
  });
  const duration = new Histogram({
    name: 'sekisho_admission_duration_seconds',
    help: 'Time from the arrival of an admission request to its verdict.',
    buckets: durationBuckets,
    registers,
  });
  const results = new Counter({
    name: 'sekisho_guardrail_results_total',
    help: 'Findings in verdicts, by what they did.',
    labelNames: ['guardrail', 'key', 'effect'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'sekisho_admission_inflight',
    help: 'Admission requests that are not answered yet.',
    registers,
  });
  const errors = new Counter({
    name: 'sekisho_request_errors_total',
    help: 'Requests that got no verdict, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const handshakes = new Counter({
    name: 'sekisho_tls_handshakes_total',
    help: 'TLS handshakes that were completed.',
    registers,
  });
  const expiry = new Gauge({
    name: 'sekisho_tls_certificate_expiry_timestamp_seconds',
    help: 'When the certificate that is served expires, in Unix time.',
    registers,
  });
  const certificateReload = new Gauge({
    name: 'sekisho_tls_last_reload_success',
    help: 'Whether the newest certificate seen could be loaded (1) or the one before is still served (0).',
    registers,
  });
  const configInfo = new Gauge({
    name: 'sekisho_config_info',
    help: 'The configuration in force, as the label hash.',
    labelNames: ['hash'],
    registers,
  });
  const configReload = new Gauge({
    name: 'sekisho_config_last_reload_success',
    help: 'Whether the newest configuration seen is in force (1) or the one before still is (0).',
    registers,
  });
  let worstLag = (): number => 0;
  new Gauge({
    name: 'sekisho_eventloop_lag_seconds',
    help: 'The longest time since the last scrape that the event loop was kept from turning.',
    registers,
    collect() {
      this.set(worstLag());
    },
  });
  if (options.world !== undefined) worldMetrics(registry, options.world);

  return {
    registry,
    decided(record, seconds) {
      requests.inc({
        kind: kinds.has(record.kind) ? record.kind : 'other',
        operation: operations.has(record.operation) ? record.operation : 'other',
        decision: record.decision,
        dry_run: String(record.dryRun),
      });
      duration.observe(seconds);
      const effects = { deny: record.denied, warn: record.warned, audit: record.audited };
      for (const [effect, findings] of Object.entries(effects)) {
        for (const finding of findings) results.inc({ ...guardrailAndKey(finding), effect });
      }
    },
    requestFailed: (reason) => errors.inc({ reason }),
    inFlight: (count) => inFlight.set(count),
    handshake: () => handshakes.inc(),
    certificate(expires, lastReloadOk) {
      expiry.set(expires.getTime() / 1000);
      certificateReload.set(lastReloadOk ? 1 : 0);
    },
    configLoaded(hash) {
      configInfo.reset();
      configInfo.set({ hash }, 1);
      configReload.set(1);
    },
    configRejected: () => configReload.set(0),
    eventLoopLag(worstSeconds) {
      worstLag = worstSeconds;
    },
  };
}

function guardrailAndKey(finding: string): { guardrail: string; key: string } {
  const slash = finding.indexOf('/');
  return slash < 0
    ? { guardrail: finding, key: '' }
    : { guardrail: finding.slice(0, slash), key: finding.slice(slash + 1) };
}

function worldMetrics(registry: Registry, world: () => readonly WorldMetric[]): void {
  const labelNames = ['kind'] as const;
  const registers = [registry];
  const gauge = (name: string, help: string, value: (metric: WorldMetric) => number | undefined): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const metric of world()) {
          const number = value(metric);
          if (number !== undefined) this.set({ kind: metric.kind }, number);
        }
      },
    });
  };
  gauge('sekisho_world_objects', 'Objects of the World.', ({ objects }) => objects);
  gauge('sekisho_world_synced', 'Whether the World knows all objects of a kind (1) or not yet (0).', ({ synced }) =>
    synced ? 1 : 0,
  );
  gauge(
    'sekisho_world_last_contact_timestamp_seconds',
    'When the watch of a kind last gave a sign of life, in Unix time.',
    ({ lastContact }) => (lastContact === undefined ? undefined : lastContact.getTime() / 1000),
  );
  gauge(
    'sekisho_world_staleness_seconds',
    'Time since the watch of a kind last gave a sign of life. Past --world-stale-after, nothing is judged by the World.',
    ({ staleness }) => staleness,
  );
  new Counter({
    name: 'sekisho_watch_restarts_total',
    help: 'How often the watch of a kind had to begin again.',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { kind, restarts } of world()) this.inc({ kind }, restarts);
    },
  });
}
