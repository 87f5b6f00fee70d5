import pino from 'pino';
import { answerReview } from '../engine/admission/answer.ts';
import { judgedResources } from '../engine/dialects/resources.ts';
import type { EnforcerProfile } from '../engine/model/cluster-facts.ts';
import type { Language } from '../engine/words/language.ts';
import { type CertificateOptions, chooseCertificate } from './choose-certificate.ts';
import { openConfiguration } from './configuration.ts';
import { DefaultDenyAudit } from './default-deny-audit.ts';
import { drain } from './drain.ts';
import { createMetrics } from './metrics.ts';
import { type RunningServer, startServer } from './server.ts';
import { worldSource } from './world-source.ts';

export interface ServeOptions extends CertificateOptions {
  readonly listen: string;
  readonly metricsListen: string | undefined;
  /** Milliseconds. */
  readonly worldStaleAfter: number;
  readonly config: readonly string[];
  readonly profile: EnforcerProfile | undefined;
  readonly logLevel: string;
  readonly language: Language;
}

interface Surroundings {
  out(text: string): void;
  err(text: string): void;
  readonly cwd: string;
  now(): number;
}

/**
 * Puts the pieces together, serves until SIGTERM or SIGINT, and drains. Resolves with the exit code.
 *
 * @throws StartProblem and its like, one sentence, where it cannot begin
 */
export async function serve(options: ServeOptions, around: Surroundings): Promise<0> {
  const log = pino({ level: options.logLevel, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  const world = await worldSource(options.world, (event, message) => log.warn(event, message), options.worldStaleAfter);
  const metrics = createMetrics({
    kinds: ['Namespace', ...new Set(judgedResources.map((one) => one.kind))],
    world: () => [...world.metrics(), ...configuration.metrics()],
  });
  const configuration = await openConfiguration(options, { log, metrics, now: around.now });
  const certificates = await chooseCertificate(options, { log, metrics, cwd: around.cwd, now: around.now });
  const missing = () =>
    [...world.conditions, configuration.condition].map(({ check }) => check()).find((answer) => answer !== true);
  const server = await startServer({
    listen: options.listen,
    ...(options.metricsListen === undefined ? {} : { metricsListen: options.metricsListen }),
    tls: certificates.tls,
    caughtUp: () => world.caughtUp(),
    answer: (review, now, caller) => {
      // A World that is not complete yet would say of what it has not seen that it is not there.
      const unseen = missing();
      if (unseen !== undefined) return { kind: 'refused', status: 503, message: `not ready to judge: ${unseen}` };
      const judgement = {
        world: world.current(),
        isStale: world.isStale(),
        set: configuration.current(),
        language: options.language,
        caller,
      };
      return answerReview(review, judgement, now.getTime());
    },
    metrics: {
      ...metrics,
      decided(record, seconds) {
        metrics.decided(record, seconds);
        configuration.decided(record);
      },
    },
    log,
    conditions: [...certificates.conditions, ...world.conditions, configuration.condition],
    clock: () => new Date(around.now()),
  });
  certificates.keep(server);
  const audit = world.isLive
    ? new DefaultDenyAudit({
        world: () => (missing() === undefined && !world.isStale() ? world.current() : undefined),
        set: () => configuration.current(),
        language: options.language,
        log,
        registry: metrics.registry,
      })
    : undefined;
  audit?.start();
  greet(server, world.description, certificates.developmentCa, around);
  log.info(
    { url: server.url, metrics: server.metricsUrl, config_hash: configuration.current().hash },
    world.description,
  );

  const hurry = new AbortController();
  await stopSignal(hurry);
  await drain(server, { hurry: hurry.signal, log });
  audit?.stop();
  await configuration.stop();
  await certificates.stop();
  await world.stop();
  return 0;
}

/** What a person at a terminal wants to know; the log has the rest. */
function greet(server: RunningServer, world: string, caFile: string | undefined, around: Surroundings): void {
  around.err(`sekisho answers on ${server.url}/validate, ${world}.\n`);
  if (caFile !== undefined) {
    around.err(`Its development CA is ${caFile}. Try it, in another terminal: npm run try\n`);
  }
}

/** Resolves at the first signal to stop; the second one hurries. */
function stopSignal(hurry: AbortController): Promise<void> {
  return new Promise((stop) => {
    const heard = () => {
      stop();
      process.on('SIGTERM', () => hurry.abort());
      process.on('SIGINT', () => hurry.abort());
    };
    process.once('SIGTERM', heard);
    process.once('SIGINT', heard);
  });
}
