import { resources } from '../engine/dialects/resources.ts';
import { asString, dig } from '../engine/json/read.ts';
import { type ObjectRef, refKey } from '../engine/model/object.ts';
import { World } from '../engine/model/world.ts';
import { type ClusterChoice, type Connection, connect } from './connection.ts';
import { PodEntry, PodStore, podEntry } from './pod-store.ts';
import { Reflector } from './reflector.ts';
import type { ReflectorOptions, Sink } from './reflector-settings.ts';
import type { ReflectorEvent } from './reflector-status.ts';
import type { ClusterResource } from './resource.ts';

/** What the World holds of one kind, and how fresh it is. */
export interface KindStatus {
  readonly kind: string;
  readonly objects: number;
  readonly synced: boolean;
  /** The last sign of life of its watch. */
  readonly lastContact: Date | undefined;
  readonly restarts: number;
}

interface WatchedKind extends ClusterResource {
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Pods come last: they are many, and the rest can be judged with before they are all there. */
const watchedKinds: readonly WatchedKind[] = [
  { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
  { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true },
  ...resources.filter((one) => one.group === 'networking.k8s.io'),
  { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true },
];

type Log = (event: object, message: string) => void;

/** The World of a running cluster. Each change that is seen makes a new snapshot; who holds an old one keeps it. */
export class LiveWorld {
  readonly server: string;
  readonly #connection: Connection;
  readonly #reflectors: readonly { readonly kind: string; readonly reflector: Reflector }[];
  readonly #pods = new PodStore();
  #world = World.empty('cluster');

  private constructor(connection: Connection, log: Log, options: Partial<ReflectorOptions>) {
    this.server = connection.server;
    this.#connection = connection;
    this.#reflectors = watchedKinds.map((watched) => ({
      kind: watched.kind,
      reflector: new Reflector({
        connection,
        resource: watched,
        sink: watched.kind === 'Pod' ? this.#podSink() : this.#objectSink(watched),
        ...(watched.kind === 'Pod' ? { transform: podEntry } : {}),
        options,
        onEvent: (event) => tell(watched.kind, event, log),
      }),
    }));
    for (const { reflector } of this.#reflectors) reflector.start();
  }

  /** @throws ConnectionProblem where the kubeconfig or the service account cannot be used; a server that is down is waited for */
  static async connect(choice: ClusterChoice, log: Log, options: Partial<ReflectorOptions> = {}): Promise<LiveWorld> {
    return new LiveWorld(await connect(choice), log, options);
  }

  current(): World {
    return this.#world;
  }

  /** True once everything was seen; until then, what is still missing. */
  condition(): true | string {
    const waiting = this.#reflectors.flatMap(({ kind, reflector }) => {
      const { synced, lastError } = reflector.status();
      return synced ? [] : [lastError === undefined ? kind : `${kind} (${lastError})`];
    });
    return waiting.length === 0 ? true : `not seen yet: ${waiting.join(', ')}`;
  }

  metrics(): readonly KindStatus[] {
    return this.#reflectors.map(({ kind, reflector }) => {
      const { objects, synced, lastContactAt, restarts } = reflector.status();
      const lastContact = lastContactAt === undefined ? undefined : new Date(lastContactAt);
      return { kind, objects: kind === 'Pod' ? this.#pods.size : (objects ?? 0), synced, lastContact, restarts };
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#reflectors.map(({ reflector }) => reflector.stop()));
    this.#connection.close();
  }

  #podSink(): Sink {
    const entries = (objects: readonly unknown[]) => objects.filter((object) => object instanceof PodEntry);
    return {
      replace: (objects) => {
        this.#world = this.#pods.replace(entries(objects), this.#world);
      },
      upsert: (object) => {
        for (const entry of entries([object])) this.#world = this.#pods.upsert(entry, this.#world);
      },
      remove: (object) => {
        for (const entry of entries([object])) this.#world = this.#pods.remove(entry.key, this.#world);
      },
    };
  }

  #objectSink(kind: WatchedKind): Sink {
    let known = new Map<string, ObjectRef>();
    return {
      replace: (objects) => {
        const seen = new Map<string, ObjectRef>();
        let world = this.#world;
        for (const object of objects) {
          const ref = refIn(kind, object);
          seen.set(refKey(ref), ref);
          world = world.with(object, ref);
        }
        for (const [key, ref] of known) if (!seen.has(key)) world = world.without(ref);
        known = seen;
        this.#world = world;
      },
      upsert: (object) => {
        const ref = refIn(kind, object);
        known.set(refKey(ref), ref);
        this.#world = this.#world.with(object, ref);
      },
      remove: (object) => {
        const ref = refIn(kind, object);
        known.delete(refKey(ref));
        this.#world = this.#world.without(ref);
      },
    };
  }
}

/** Items of a list do not say what they are: the list does. */
function refIn({ group, version, kind, namespaced }: WatchedKind, object: unknown): ObjectRef {
  const namespace = namespaced ? asString(dig(object, 'metadata', 'namespace')) : undefined;
  return { group, version, kind, namespace, name: asString(dig(object, 'metadata', 'name')) ?? '' };
}

/** Lists and watches that begin are the ordinary course of things; the log hears of the rest. */
function tell(kind: string, event: ReflectorEvent, log: Log): void {
  if (event.kind === 'listed' || event.kind === 'watching') return;
  const { message } = event;
  log({ watch: kind, event: event.kind }, `the watch of ${kind}: ${message}`);
}
