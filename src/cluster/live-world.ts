import { calicoGroup } from '../engine/dialects/calico/stored.ts';
import { groupKind } from '../engine/model/object.ts';
import { World } from '../engine/model/world.ts';
import { CalicoWatch } from './calico-watch.ts';
import { CatchingUp } from './catching-up.ts';
import { type ClusterChoice, type Connection, connect } from './connection.ts';
import { ObjectSink } from './object-sink.ts';
import { PodEntry, PodStore, podEntry } from './pod-store.ts';
import { Reflector } from './reflector.ts';
import { defaultReflectorOptions, type Listing, type ReflectorOptions, type Sink } from './reflector-settings.ts';
import type { ReflectorEvent } from './reflector-status.ts';
import type { ClusterResource } from './resource.ts';
import { alwaysWatched, neverWatched, type WatchedKind } from './watched-kinds.ts';

/** A kind of which nothing has been heard for too long. */
export interface StaleKind {
  readonly kind: string;
  /** Since the last sign of life. */
  readonly seconds: number;
  /** Why, where it is known. */
  readonly reason: string | undefined;
}

/** What the World holds of one kind, and how fresh it is. */
export interface KindStatus {
  /** Its kind; Calico's carry their group, as two kinds of policy share a name. */
  readonly kind: string;
  readonly objects: number;
  readonly synced: boolean;
  /** The last sign of life of its watch. */
  readonly lastContact: Date | undefined;
  /** Seconds since then. */
  readonly staleness: number | undefined;
  readonly restarts: number;
}

type Log = (event: object, message: string) => void;

export interface LiveOptions extends Partial<ReflectorOptions> {
  /** Milliseconds between two looks at which of Calico's kinds there are. */
  readonly discoverEvery?: number;
  /** Milliseconds after which a kind of which nothing was heard is no longer relied on. */
  readonly staleAfter?: number;
}

/** A watch that died without a word is given up after eight and a half minutes: only what is wrong beyond that is told. */
export const usualStaleAfter = 600_000;

interface Watch {
  readonly name: string;
  readonly kind: WatchedKind;
  readonly reflector: Reflector;
}

/** The World of a running cluster. Each change that is seen makes a new snapshot; who holds an old one keeps it. */
export class LiveWorld {
  readonly server: string;
  readonly #connection: Connection;
  readonly #log: Log;
  readonly #options: LiveOptions;
  readonly #watches = new Map<string, Watch>();
  readonly #sinks = new Map<string, ObjectSink>();
  readonly #calico: CalicoWatch;
  readonly #pods = new PodStore();
  readonly #catchingUp: CatchingUp;
  readonly #holder = { world: World.empty('cluster').notSeeing(neverWatched) };
  #unseen = '';

  private constructor(connection: Connection, log: Log, options: LiveOptions) {
    this.server = connection.server;
    this.#connection = connection;
    this.#log = log;
    this.#options = options;
    const { clock = defaultReflectorOptions.clock } = options;
    this.#catchingUp = new CatchingUp(() => this.#reflectors(), clock);
    for (const kind of alwaysWatched) {
      if (kind.kind === 'Pod') this.#start(kind, this.#podSink(), podEntry);
      else this.#start(kind, new ObjectSink(this.#holder, kind), kind.keep);
    }
    this.#calico = new CalicoWatch({
      connection,
      watcher: { watch: (kind) => this.#watchCalico(kind), forget: (kind) => this.#forgetCalico(kind) },
      clock,
      every: options.discoverEvery ?? 30_000,
      onProblem: (message) => log({ watch: calicoGroup, event: 'failed' }, message),
    });
    this.#calico.start();
  }

  /** @throws ConnectionProblem where the kubeconfig or the service account cannot be used; a server that is down is waited for */
  static async connect(choice: ClusterChoice, log: Log, options: LiveOptions = {}): Promise<LiveWorld> {
    return new LiveWorld(await connect(choice), log, options);
  }

  current(): World {
    const unseen = [...this.#watches.values()].filter(isUnseen).map(({ kind }) => kindOf(kind));
    const text = unseen.join();
    if (text !== this.#unseen) {
      this.#unseen = text;
      this.#holder.world = this.#holder.world.notSeeing([...neverWatched, ...unseen]);
    }
    return this.#holder.world;
  }

  /**
   * To be asked when the API server has been heard of: where watches are broken they are taken up again now, and it
   * resolves when they have caught up, or after two seconds. Undefined where there is nothing to wait for.
   */
  caughtUp(): Promise<void> | undefined {
    return this.#catchingUp.wait();
  }

  /** True once everything that there is was seen, or may not be; until then, what is still missing. */
  condition(): true | string {
    const calico = this.#calico.condition();
    const waiting = [...this.#watches.values()].flatMap((watch) => {
      const { synced, lastError } = watch.reflector.status();
      if (synced || isUnseen(watch)) return [];
      return [lastError === undefined ? watch.name : `${watch.name} (${lastError})`];
    });
    if (calico !== true) waiting.push(`${calicoGroup} (${calico})`);
    return waiting.length === 0 ? true : `not seen yet: ${waiting.join(', ')}`;
  }

  /** The kinds of which nothing has been heard for too long; what may not be read is not among them. */
  stale(): readonly StaleKind[] {
    const limit = this.#options.staleAfter ?? usualStaleAfter;
    return [...this.#watches.values()].flatMap((watch) => {
      const { lastError, staleness: seconds } = watch.reflector.status();
      if (seconds === undefined || isUnseen(watch) || seconds * 1000 <= limit) return [];
      return [{ kind: watch.name, seconds, reason: lastError }];
    });
  }

  /** What cannot be known for want of a right, in a sentence each; nothing is missing where there is none. */
  notes(): readonly string[] {
    return [...this.#watches.values()]
      .filter(isUnseen)
      .map(
        ({ name, reflector }) => `${name} counts as unknown: ${reflector.status().lastError ?? 'it may not be read'}`,
      );
  }

  /** Whether waiting longer is of no use: everything was seen, or may not be read. */
  settled(): boolean {
    const watches = [...this.#watches.values()].map(({ reflector }) => reflector.status());
    return this.#calico.condition() === true && watches.every(({ synced, forbidden }) => synced || forbidden === true);
  }

  /** The resources that the user who asks may not read. */
  unreadable(): readonly ClusterResource[] {
    const forbidden = [...this.#watches.values()].filter(({ reflector }) => reflector.status().forbidden === true);
    return forbidden.map(({ kind }) => kind);
  }

  metrics(): readonly KindStatus[] {
    return [...this.#watches.values()].map(({ name, reflector }) => {
      const { objects, synced, lastContactAt, staleness, restarts } = reflector.status();
      return {
        kind: name,
        objects: name === 'Pod' ? this.#pods.size : (objects ?? 0),
        synced,
        lastContact: lastContactAt === undefined ? undefined : new Date(lastContactAt),
        staleness,
        restarts,
      };
    });
  }

  async stop(): Promise<void> {
    await this.#calico.stop();
    await Promise.all([...this.#watches.values()].map(({ reflector }) => reflector.stop()));
    this.#connection.close();
  }

  *#reflectors(): IterableIterator<Reflector> {
    for (const { reflector } of this.#watches.values()) yield reflector;
  }

  #start(kind: WatchedKind, sink: Sink, transform: ((object: unknown) => unknown) | undefined): void {
    const name = nameOf(kind);
    const reflector = new Reflector({
      connection: this.#connection,
      resource: kind,
      sink,
      ...(transform === undefined ? {} : { transform }),
      options: this.#options,
      onEvent: (event) => tell(name, event, this.#log),
    });
    this.#watches.set(name, { name, kind, reflector });
    reflector.start();
  }

  /** The objects that are known stay while the form changes: they are the same ones. */
  async #watchCalico(kind: WatchedKind): Promise<void> {
    const name = nameOf(kind);
    await this.#watches.get(name)?.reflector.stop();
    const sink = this.#sinks.get(name) ?? new ObjectSink(this.#holder, kind);
    sink.setKind(kind);
    this.#sinks.set(name, sink);
    this.#start(kind, sink, undefined);
  }

  async #forgetCalico(kind: string): Promise<void> {
    const name = `${kind}.${calicoGroup}`;
    await this.#watches.get(name)?.reflector.stop();
    this.#watches.delete(name);
    this.#sinks.get(name)?.list().complete();
    this.#sinks.delete(name);
  }

  #podSink(): Sink {
    const upsert = (object: unknown) => {
      if (object instanceof PodEntry) this.#holder.world = this.#pods.upsert(object, this.#holder.world);
    };
    const remove = (object: unknown) => {
      if (object instanceof PodEntry) this.#holder.world = this.#pods.remove(object.key, this.#holder.world);
    };
    const list = (): Listing => {
      const listed = new Set<string>();
      return {
        take: (object) => {
          if (object instanceof PodEntry) listed.add(object.key);
          upsert(object);
        },
        complete: () => {
          this.#holder.world = this.#pods.retain(listed, this.#holder.world);
        },
      };
    };
    return { list, upsert, remove };
  }
}

/** The kind as the World is asked about it: Calico's by the name of the user's API, whatever form is watched. */
function kindOf(kind: WatchedKind): string {
  return isCalicos(kind) ? `${kind.kind}.${calicoGroup}` : groupKind(kind);
}

function nameOf(kind: WatchedKind): string {
  return isCalicos(kind) ? kindOf(kind) : kind.kind;
}

function isCalicos({ group }: WatchedKind): boolean {
  return group.endsWith(calicoGroup);
}

/** What can be done without is not waited for where it may not be read. */
function isUnseen({ kind, reflector }: Watch): boolean {
  return kind.optional === true && reflector.status().forbidden === true;
}

/** Lists and watches that begin are the ordinary course of things; the log hears of the rest. */
function tell(name: string, event: ReflectorEvent, log: Log): void {
  if (event.kind === 'listed' || event.kind === 'watching') return;
  const { message } = event;
  log({ watch: name, event: event.kind }, `the watch of ${name}: ${message}`);
}
