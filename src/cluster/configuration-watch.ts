import type { Connection } from './connection.ts';
import type { KindStatus } from './live-world.ts';
import { Reflector } from './reflector.ts';
import { defaultReflectorOptions, type ReflectorOptions, type Sink } from './reflector-settings.ts';
import type { ReflectorEvent } from './reflector-status.ts';
import { type ClusterResource, resourceName } from './resource.ts';

/** A kind of custom resource that holds configuration, and where its objects go. */
export interface ConfigurationKind {
  readonly kind: string;
  readonly resource: ClusterResource;
  readonly sink: Sink;
}

type Log = (event: object, message: string) => void;

interface Watched extends ConfigurationKind {
  readonly reflector: Reflector;
}

/** A CustomResourceDefinition that is installed later is found within this many milliseconds. */
const definitionsEvery = 10_000;

/**
 * Watches the custom resources that hold configuration. That they are not installed, or may not be read, is no fault:
 * there is none of them then, which the log says.
 */
export class ConfigurationWatch {
  readonly #watched: readonly Watched[];
  readonly #log: Log;
  readonly #told = new Map<string, string>();

  constructor(
    connection: Pick<Connection, 'get'>,
    kinds: readonly ConfigurationKind[],
    log: Log,
    options: Partial<ReflectorOptions> = {},
  ) {
    this.#log = log;
    const backoff = { ...defaultReflectorOptions.backoff, most: definitionsEvery };
    this.#watched = kinds.map((one) => ({
      ...one,
      reflector: new Reflector({
        connection,
        resource: one.resource,
        sink: one.sink,
        options: { backoff, ...options },
        onEvent: (event) => this.#tell(one.kind, event),
      }),
    }));
    for (const { reflector } of this.#watched) reflector.start();
  }

  /** True once it is known what there is, or that it may not be known; until then, what is still missing. */
  condition(): true | string {
    const waiting = this.#watched.flatMap(({ resource, reflector }) => {
      const { synced, forbidden, lastError } = reflector.status();
      if (synced || forbidden === true) return [];
      const name = resourceName(resource);
      return [lastError === undefined ? name : `${name} (${lastError})`];
    });
    return waiting.length === 0 ? true : `not seen yet: ${waiting.join(', ')}`;
  }

  /** What may not be read, with the rule that would mend it, in a sentence each. */
  notes(): readonly string[] {
    return this.#watched
      .filter(({ reflector }) => reflector.status().forbidden === true)
      .map(({ resource, reflector }) => unreadable(resource, reflector.status().synced));
  }

  /** How fresh what is known is, of what may be read. */
  metrics(): readonly KindStatus[] {
    return this.#watched.flatMap(({ kind, reflector }) => {
      const { forbidden, objects = 0, synced, lastContactAt, staleness, restarts } = reflector.status();
      if (forbidden === true && !synced) return [];
      const lastContact = lastContactAt === undefined ? undefined : new Date(lastContactAt);
      return [{ kind, objects, synced, lastContact, staleness, restarts }];
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#watched.map(({ reflector }) => reflector.stop()));
  }

  /** Each state once: the same refusal comes again with every try. */
  #tell(kind: string, event: ReflectorEvent): void {
    if (event.kind === 'watching') return;
    if (event.kind === 'listed') {
      this.#told.delete(kind);
      return;
    }
    const message = this.#messageOf(kind, event);
    if (this.#told.get(kind) === message) return;
    this.#told.set(kind, message);
    this.#log({ watch: kind, event: event.kind }, message);
  }

  #messageOf(kind: string, event: Exclude<ReflectorEvent, { kind: 'watching' | 'listed' }>): string {
    const watched = this.#watched.find((one) => one.kind === kind);
    if (watched !== undefined && event.kind === 'absent') {
      return `${resourceName(watched.resource)} is not installed, so no ${kind} of the cluster counts; it is looked for again and again`;
    }
    const { forbidden, synced = false } = watched?.reflector.status() ?? {};
    if (watched !== undefined && forbidden === true) return unreadable(watched.resource, synced);
    return `the watch of ${kind}: ${event.message}`;
  }
}

function unreadable(resource: ClusterResource, known: boolean): string {
  const { group, plural } = resource;
  const until = known ? 'what was known of them stays in force' : 'those in the cluster count for nothing';
  return (
    `may not list and watch ${resourceName(resource)} (403): add to the ClusterRole of the account the rule ` +
    `{apiGroups: [${group}], resources: [${plural}], verbs: [get, list, watch]}; until then ${until}`
  );
}
