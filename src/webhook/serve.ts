import pino, { type Logger } from 'pino';
import { ConfigurationWatcher } from '../config/reload.ts';
import { answerReview } from '../engine/admission/answer.ts';
import { judgedResources } from '../engine/dialects/resources.ts';
import type { Language } from '../engine/guardrails/define.ts';
import { registry } from '../engine/guardrails/registry.ts';
import type { EnforcerProfile } from '../engine/model/cluster-facts.ts';
import { type CertificateOptions, chooseCertificate } from './choose-certificate.ts';
import { DefaultDenyAudit } from './default-deny-audit.ts';
import { drain } from './drain.ts';
import { FolderWatch } from './folder-watch.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { type RunningServer, startServer } from './server.ts';
import { StartProblem } from './start-problem.ts';
import { worldSource } from './world-source.ts';

export interface ServeOptions extends CertificateOptions {
  readonly listen: string;
  readonly metricsListen: string | undefined;
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
  const world = await worldSource(options.world, (event, message) => log.warn(event, message));
  const metrics = createMetrics({
    kinds: ['Namespace', ...new Set(judgedResources.map((one) => one.kind))],
    world: () => world.metrics(),
  });
  const configuration = await openConfiguration(options, around, log, metrics);
  const certificates = await chooseCertificate(options, { log, metrics, cwd: around.cwd, now: around.now });
  const missing = () => world.conditions.map(({ check }) => check()).find((answer) => answer !== true);
  const server = await startServer({
    listen: options.listen,
    ...(options.metricsListen === undefined ? {} : { metricsListen: options.metricsListen }),
    tls: certificates.tls,
    caughtUp: () => world.caughtUp(),
    answer: (review, now, caller) => {
      // A World that is not complete yet would say of what it has not seen that it is not there.
      const unseen = missing();
      if (unseen !== undefined) return { kind: 'refused', status: 503, message: `not ready to judge: ${unseen}` };
      const judgement = { world: world.current(), set: configuration.current(), language: options.language, caller };
      return answerReview(review, judgement, now.getTime());
    },
    metrics,
    log,
    conditions: [
      ...certificates.conditions,
      ...world.conditions,
      { name: 'configuration', check: () => true, note: () => configurationNote(configuration) },
    ],
    clock: () => new Date(around.now()),
  });
  certificates.keep(server);
  const audit = world.isLive
    ? new DefaultDenyAudit({
        world: () => (missing() === undefined ? world.current() : undefined),
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
  configuration.stop();
  await certificates.stop();
  await world.stop();
  return 0;
}

async function openConfiguration(
  options: ServeOptions,
  around: Surroundings,
  log: Logger,
  metrics: Metrics,
): Promise<ConfigurationWatcher> {
  const opened = await ConfigurationWatcher.open({
    paths: options.config,
    registry,
    ownNamespace: options.service?.namespace,
    ownService: options.service?.name,
    enforcerOverride: options.profile,
    language: options.language,
    clock: around.now,
    watch: (files, look) => new FolderWatch(files, look),
    onLoaded: ({ set }) => {
      metrics.configLoaded(set.hash);
      log.info({ config_hash: set.hash }, 'a new configuration is in force');
    },
    onProblems: (problems) => {
      metrics.configRejected();
      log.error(
        { problems: problems.map(problemText) },
        'the new configuration cannot be used; the one before stays in force',
      );
    },
  });
  if (!opened.ok)
    throw new StartProblem(`the configuration cannot be used: ${opened.problems.map(problemText).join('; ')}`);
  metrics.configLoaded(opened.loaded.set.hash);
  for (const warning of opened.loaded.warnings) log.warn(problemText(warning));
  return opened.watcher;
}

/** An older configuration in force is no reason to stop serving, and one to say so. */
function configurationNote(configuration: ConfigurationWatcher): string | undefined {
  const { ok, problems } = configuration.status();
  return ok
    ? undefined
    : `the newest cannot be used, the one before is in force: ${problems.map(problemText).join('; ')}`;
}

function problemText({
  file,
  line,
  column,
  message,
}: {
  file: string;
  line: number;
  column: number;
  message: string;
}): string {
  return `${file}:${line}:${column}: ${message}`;
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
