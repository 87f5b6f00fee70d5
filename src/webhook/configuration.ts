import type { Logger } from 'pino';
import type { Composition } from '../config/composition.ts';
import { exemptions, guardrailSets } from '../config/custom-resource-names.ts';
import { LiveConfiguration } from '../config/live-configuration.ts';
import { type ConfigProblem, formatProblem } from '../config/problem.ts';
import { ConfigurationWatcher } from '../config/reload.ts';
import { exemptionStates, stateOf, type Use } from '../config/status.ts';
import type { DecisionRecord } from '../engine/admission/answer.ts';
import type { GuardrailSet } from '../engine/guardrails/guardrail-set.ts';
import { registry } from '../engine/guardrails/registry.ts';
import type { EnforcerProfile } from '../engine/model/cluster-facts.ts';
import type { Language } from '../engine/words/language.ts';
import { configurationMetrics } from './configuration-metrics.ts';
import { logText } from './decision-log.ts';
import { FolderWatch } from './folder-watch.ts';
import type { Metrics, WorldMetric } from './metrics.ts';
import type { ReadinessCondition } from './probes.ts';
import { StartProblem } from './start-problem.ts';
import { statusWrites } from './status-writes.ts';
import type { WorldChoice } from './world-source.ts';

export interface ConfigurationOptions {
  /** Files and folders. */
  readonly config: readonly string[];
  /** Where a cluster is watched, its custom resources are configuration as well. */
  readonly world: WorldChoice;
  readonly profile: EnforcerProfile | undefined;
  readonly service: { readonly namespace: string; readonly name: string } | undefined;
  readonly language: Language;
}

interface Surroundings {
  readonly log: Logger;
  readonly metrics: Metrics;
  now(): number;
}

/** The guardrails and exemptions in force, wherever they come from. */
export interface Configuration {
  current(): GuardrailSet;
  readonly condition: ReadinessCondition;
  /** A request was answered; takes down which exemptions it got by with. */
  decided(record: DecisionRecord): void;
  metrics(): readonly WorldMetric[];
  stop(): Promise<void>;
}

/** @throws StartProblem, ConnectionProblem: one sentence where it cannot begin */
export async function openConfiguration(options: ConfigurationOptions, around: Surroundings): Promise<Configuration> {
  const { log, metrics, now } = around;
  const told = new Told(log, metrics);
  const shared = { registry, ownNamespace: options.service?.namespace, ownService: options.service?.name };
  let live: LiveConfiguration | undefined;
  const opened = await ConfigurationWatcher.open({
    ...shared,
    paths: options.config,
    enforcerOverride: options.profile,
    language: options.language,
    clock: now,
    watch: (files, look) => new FolderWatch(files, look),
    onLoaded: ({ written, warnings }) => {
      told.files([]);
      told.warnings(warnings);
      live?.useFiles(written);
      live?.current(now());
    },
    onProblems: (problems) => told.files(problems.map(formatProblem)),
  });
  if (!opened.ok) {
    throw new StartProblem(`the configuration cannot be used: ${opened.problems.map(formatProblem).join('; ')}`);
  }
  told.warnings(opened.loaded.warnings);
  const { watcher } = opened;
  // The files may have changed since they were loaded; the watcher knows.
  live = new LiveConfiguration(
    watcher.written(),
    { ...shared, enforcer: options.profile, language: options.language },
    (composition) => told.composed(composition),
  );
  live.current(now());
  const uses = new Map<string, Use>();
  const { used } = configurationMetrics(metrics.registry, () => exemptionCounts(live.current(now()), now()));
  const cluster = await watchedCluster(options, around, live, uses);
  return {
    current: () => live.current(now()).set,
    condition: {
      name: 'configuration',
      check: () => cluster?.watch.condition() ?? true,
      note: () => {
        live.current(now());
        return [...told.problems(), ...(cluster?.watch.notes() ?? [])].join('; ') || undefined;
      },
    },
    decided(record) {
      if (record.dryRun) return;
      const { user, operation, kind, namespace, name } = record;
      const object = logText(`${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`);
      for (const exemption of record.exemptions) {
        used(exemption);
        uses.set(exemption, { at: now(), user: logText(user), operation, object });
      }
    },
    metrics: () => cluster?.watch.metrics() ?? [],
    async stop() {
      watcher.stop();
      await cluster?.stop();
    },
  };
}

/** Milliseconds between two looks at what the custom resources say of themselves. */
const statusEvery = 2000;

/** Follows the custom resources and keeps their status; undefined where no cluster is watched. */
async function watchedCluster(
  { world, language }: ConfigurationOptions,
  { log, now }: Surroundings,
  live: LiveConfiguration,
  uses: ReadonlyMap<string, Use>,
) {
  if (world.kind !== 'kubeconfig' && world.kind !== 'in-cluster') return undefined;
  // Loaded only here: the client costs 300 ms and 75 MB.
  const [{ connect }, { ConfigurationWatch }, { StatusKeeper }, { systemClock }] = await Promise.all([
    import('../cluster/connection.ts'),
    import('../cluster/configuration-watch.ts'),
    import('../cluster/status-keeper.ts'),
    import('../cluster/clock.ts'),
  ]);
  const connection = await connect(world.kind === 'kubeconfig' ? { kubeconfig: world.file } : { inCluster: true });
  const kinds = [
    { kind: 'GuardrailSet', resource: guardrailSets, sink: live.guardrailSets },
    { kind: 'Exemption', resource: exemptions, sink: live.exemptions },
  ];
  const watch = new ConfigurationWatch(connection, kinds, (event, message) => log.warn(event, message));
  const keeper = new StatusKeeper({
    connection,
    wanted: () => (watch.condition() === true ? statusWrites(live, uses, language, now()) : []),
    clock: { now, after: systemClock.after },
    every: statusEvery,
    onProblem: (message) => log.warn(message),
  });
  keeper.start();
  return {
    watch,
    async stop() {
      await Promise.all([watch.stop(), keeper.stop()]);
      connection.close();
    },
  };
}

function exemptionCounts({ set, standings }: Composition, now: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>(exemptionStates.map((state) => [state, 0]));
  const add = (state: string) => counts.set(state, (counts.get(state) ?? 0) + 1);
  const stored = standings.filter(({ kind }) => kind === 'Exemption');
  for (const one of stored) add(stateOf(one, now));
  const names = new Set(stored.flatMap(({ exemption }) => exemption?.name ?? []));
  for (const { name, notBefore, expires } of set.exemptions) {
    if (!names.has(name)) add(now < notBefore ? 'NotYet' : now > expires ? 'Expired' : 'Active');
  }
  return counts;
}

/** What was said of the configuration so far, in log and metrics: each thing once. */
class Told {
  readonly #log: Logger;
  readonly #metrics: Metrics;
  #hash: string | undefined;
  #ofFiles: readonly string[] = [];
  #ofObjects: readonly string[] = [];

  constructor(log: Logger, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  problems(): readonly string[] {
    const files =
      this.#ofFiles.length === 0
        ? []
        : [`the newest cannot be used, the one before is in force: ${this.#ofFiles.join('; ')}`];
    return [...files, ...this.#ofObjects];
  }

  files(problems: readonly string[]): void {
    this.#ofFiles = problems;
    if (problems.length === 0) return;
    this.#metrics.configRejected();
    this.#log.error({ problems }, 'the new configuration cannot be used; the one before stays in force');
  }

  warnings(warnings: readonly ConfigProblem[]): void {
    for (const warning of warnings) this.#log.warn(formatProblem(warning));
  }

  composed({ set, standings, problems }: Composition): void {
    if (this.#hash !== undefined && this.#hash !== set.hash) {
      this.#log.info({ config_hash: set.hash }, 'a new configuration is in force');
    }
    this.#hash = set.hash;
    const now = [
      ...standings
        .filter(({ faults }) => faults.length > 0)
        .map(({ kind, object, faults, version }) => {
          const instead =
            version === undefined ? 'nothing of it is in force' : `generation ${version.generation} stays in force`;
          return `${kind} ${object.name} cannot be used, ${instead}: ${faults.join('; ')}`;
        }),
      ...problems,
    ];
    for (const one of now) if (!this.#ofObjects.includes(one)) this.#log.error(one);
    this.#ofObjects = now;
    this.#metrics.configLoaded(set.hash);
    if (this.problems().length > 0) this.#metrics.configRejected();
  }
}
