import type { LiveWorld } from '../cluster/live-world.ts';
import { placed, withoutMirrors } from '../engine/check/changes.ts';
import { gather } from '../engine/model/gather.ts';
import { World } from '../engine/model/world.ts';
import { served } from '../files/served.ts';
import { readSources } from '../files/sources.ts';
import { giveMemoryBack, growSlowly } from './memory.ts';
import type { WorldMetric } from './metrics.ts';
import type { ReadinessCondition } from './probes.ts';
import { StartProblem } from './start-problem.ts';

export type WorldChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'files'; readonly paths: readonly string[] }
  | { readonly kind: 'kubeconfig'; readonly file: string }
  | { readonly kind: 'in-cluster' };

/** Where the World of each request comes from. */
export interface WorldSource {
  /** In a sentence, for the log line at the start. */
  readonly description: string;
  /** Whether it is watched, and so changes by itself. */
  readonly isLive: boolean;
  current(): World;
  /** Resolves when what is known has caught up with what the API server knows; undefined where there is nothing to wait for. */
  caughtUp(): Promise<void> | undefined;
  /** Whether it is too old to be relied on. */
  isStale(): boolean;
  readonly conditions: readonly ReadinessCondition[];
  metrics(): readonly WorldMetric[];
  stop(): Promise<void>;
}

/** @param staleAfter milliseconds after which a kind of which nothing was heard makes the World stale */
export async function worldSource(
  choice: WorldChoice,
  log: (event: object, message: string) => void,
  staleAfter: number,
): Promise<WorldSource> {
  switch (choice.kind) {
    case 'none':
      return fixed(
        World.empty('none'),
        'without a cluster: what depends on other policies, namespaces or pods is not checked',
      );
    case 'files':
      return fixed(await fromFiles(choice.paths), `with the World of ${choice.paths.join(', ')}`);
    default: {
      // Loaded only here: the client costs 300 ms and 75 MB.
      const { LiveWorld } = await import('../cluster/live-world.ts');
      growSlowly();
      const live = await LiveWorld.connect(
        choice.kind === 'kubeconfig' ? { kubeconfig: choice.file } : { inCluster: true },
        log,
        { staleAfter },
      );
      let seen = false;
      const condition = () => {
        const answer = live.condition();
        if (answer === true && !seen) giveMemoryBack();
        seen ||= answer === true;
        return answer;
      };
      return {
        description: `watching ${live.server}`,
        isLive: true,
        current: () => live.current(),
        caughtUp: () => live.caughtUp(),
        isStale: () => live.stale().length > 0,
        conditions: [{ name: 'world', check: condition, note: () => worldNote(live) }],
        metrics: () => live.metrics(),
        stop: () => live.stop(),
      };
    }
  }
}

/** What is stale makes no replica unready: then nobody would answer at all. */
function worldNote(live: Pick<LiveWorld, 'stale' | 'notes'>): string | undefined {
  const stale = live.stale().map(({ kind, seconds, reason }) => {
    const heard = `${kind} is stale: nothing was heard of it for ${Math.round(seconds)} s`;
    return reason === undefined ? heard : `${heard} (${reason})`;
  });
  return [...stale, ...live.notes()].join('; ') || undefined;
}

function fixed(world: World, description: string): WorldSource {
  return {
    description,
    isLive: false,
    current: () => world,
    caughtUp: () => undefined,
    isStale: () => false,
    conditions: [],
    metrics: () => [],
    stop: async () => undefined,
  };
}

async function fromFiles(paths: readonly string[]): Promise<World> {
  const { entries, problems } = await readSources(paths);
  const [problem] = problems;
  if (problem !== undefined) throw new StartProblem(problem.message);
  const objects = entries.map((read) => {
    const entry = served(read, 'en');
    if (entry.kind === 'document') return placed(entry.value, undefined, 'default');
    const { message, line, column } = entry.error;
    throw new StartProblem(`the World cannot be read: ${entry.source.file}:${line}:${column}: ${message}`);
  });
  return gather(withoutMirrors(objects));
}
