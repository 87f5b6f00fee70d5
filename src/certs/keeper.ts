import { amended, validityFrom } from './amend.ts';
import {
  newAuthority,
  type OurAuthority,
  publicPart,
  type ReadAuthorities,
  readAuthorities,
  writeAuthorities,
} from './authority.ts';
import { type OurBundle, readBundle, writeBundle } from './bundle.ts';
import { issueLeaf, type KeyedCertificate } from './issue.ts';
import type { KeeperTimes } from './keeper-times.ts';
import { type Action, type Change, type Leaf, plan, type View } from './plan.ts';
import { Standing } from './standing.ts';
import type { Store, StoreAnswer, Versioned, WebhookEntries } from './store.ts';

/** What happens, for log and metrics. */
export type KeeperEvent =
  | { readonly kind: 'leaf'; readonly message: string; readonly expires: Date }
  | { readonly kind: 'authorities'; readonly change: Change['kind']; readonly message: string }
  | { readonly kind: 'published'; readonly message: string }
  /** Something is wrong, in one sentence; told once, until something else is. */
  | { readonly kind: 'problem'; readonly message: string };

export interface KeeperOptions {
  readonly store: Store;
  readonly times: KeeperTimes;
  /** What the certificate is for; the first names it. */
  readonly hosts: readonly string[];
  /** Serves a pair from now on: true, or one sentence about why not. */
  readonly serve: (pair: KeyedCertificate) => true | string;
  readonly onEvent: (event: KeeperEvent) => void;
  readonly clock: {
    now(): number;
    /** Milliseconds that only grow, whatever is done to the clock. */
    elapsed(): number;
    after(milliseconds: number, run: () => void): () => void;
  };
  readonly random: () => number;
}

/** The keys of the Secret. Others in it are nobody's business here. */
export const authoritiesKey = 'authorities.json';
export const publicKey = 'ca.crt';

const noAuthorities: ReadAuthorities = {
  set: { current: undefined, next: undefined, previous: [] },
  problem: undefined,
};
/** One change leads to the next: a new Secret to a certificate, and that to a bundle. */
const mostRounds = 6;

/** Keeps the certificate of one replica, its authorities and what is published of them as they should be. */
export class CertificateKeeper {
  readonly #options: KeeperOptions;
  readonly standing: Standing;
  #authorities: ReadAuthorities | undefined;
  #bundles: readonly OurBundle[] | undefined;
  #leaf: Leaf | undefined;
  #callOff: () => void = () => undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;
  #failures = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.standing = new Standing(options.times, options.clock);
  }

  /** Begins to look, now and then again and again. */
  start(): void {
    this.#callOff();
    if (this.#stopped) return;
    this.#looking = this.look().then((pause) => {
      if (!this.#stopped) this.#callOff = this.#options.clock.after(pause, () => this.start());
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#callOff();
    await this.#looking;
  }

  /** Looks once, and does what is to be done. Never rejects. Resolves with the milliseconds to wait. */
  async look(): Promise<number> {
    const { times, random } = this.#options;
    let retryAfter = 0;
    try {
      const problem = await this.#rounds();
      this.#tell(problem?.message);
      this.#failures = problem === undefined ? 0 : this.#failures + 1;
      retryAfter = problem?.retryAfter ?? 0;
    } catch (thrown) {
      this.#failures += 1;
      this.#tell(`certificates could not be kept: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
    const slower = Math.min(2 ** Math.max(0, this.#failures - 1), 12);
    return Math.max(retryAfter, times.poll * slower * (0.8 + 0.4 * random()));
  }

  async #rounds(): Promise<Failure | undefined> {
    for (let round = 0; round < mostRounds; round += 1) {
      const outcome = await this.#round();
      if (outcome !== 'again') return outcome;
    }
    return undefined;
  }

  /** The configuration is read before the Secret: what others have published was in the Secret before. */
  async #round(): Promise<Failure | 'again' | undefined> {
    const { store, times } = this.#options;
    const entries = await store.readEntries();
    const secret = await store.readSecret();
    const readEntries = this.#see(entries);
    const version = this.#remember(secret);
    const now = this.#now();
    const actions = plan(this.#view(secret, readEntries !== undefined), now, times);
    for (const action of actions) {
      const outcome = await this.#carryOut(action, version, readEntries, now);
      if (outcome !== undefined) return outcome;
    }
    return failureOf(secret) ?? failureOf(entries);
  }

  async #carryOut(
    action: Action,
    version: string | undefined,
    entries: Versioned<WebhookEntries> | undefined,
    now: number,
  ): Promise<Failure | 'again' | undefined> {
    switch (action.do) {
      case 'change-authorities':
        return this.#change(action.change, version, now);
      case 'issue-leaf':
        return this.#issue(action.by, now);
      case 'publish':
        return entries === undefined ? undefined : this.#publish(action.entries, entries, now);
    }
  }

  async #change(change: Change, version: string | undefined, now: number): Promise<Failure | 'again'> {
    const { store, times, onEvent } = this.#options;
    const made = change.kind === 'create' || change.kind === 'add-next' ? await newAuthority(now, times) : undefined;
    const around = { fresh: made, known: (id: string) => this.#find(id) };
    const set = amended((this.#authorities ?? noAuthorities).set, change, around, now, times);
    const texts = new Map([
      [authoritiesKey, writeAuthorities(set)],
      [publicKey, publicPart(set)],
    ]);
    const answer = await (version === undefined ? store.createSecret(texts) : store.updateSecret(version, texts));
    const failure = failureOf(answer);
    if (failure !== undefined) return failure;
    if (answer.kind === 'ok') {
      const because = this.#authorities?.problem;
      const message = `${changeWords[change.kind]}${because === undefined ? '' : ` (in the Secret ${because})`}`;
      onEvent({ kind: 'authorities', change: change.kind, message });
    }
    return 'again';
  }

  async #issue(by: string, now: number): Promise<Failure | undefined> {
    const { hosts, times, serve, onEvent, random } = this.#options;
    const authority = this.#find(by);
    if (authority?.key === undefined) return undefined;
    const { from, to } = validityFrom(now, times.leafLife, times);
    const expires = Math.min(to, authority.notAfter);
    const pair = await issueLeaf({ cert: authority.cert, key: authority.key }, hosts, { from, to: expires });
    const served = serve(pair);
    if (served !== true) return { message: served, retryAfter: 0 };
    this.#leaf = { authority, issued: now, expires, jitter: random() };
    this.standing.issued(this.#leaf);
    onEvent({ kind: 'leaf', message: 'a new certificate was made', expires: new Date(expires) });
    return undefined;
  }

  async #publish(
    wanted: readonly (readonly string[] | undefined)[],
    entries: Versioned<WebhookEntries>,
    now: number,
  ): Promise<Failure | 'again'> {
    const bundles = wanted.map((ids, at) => {
      const bundle = this.#bundles?.[at];
      if (ids === undefined || bundle === undefined) return undefined;
      return writeBundle(
        ids.flatMap((id) => this.#find(id) ?? []),
        bundle,
        now,
      );
    });
    const answer = await this.#options.store.updateBundles(entries, bundles);
    const failure = failureOf(answer);
    if (failure !== undefined) return failure;
    if (answer.kind === 'ok') {
      const named = entries.value.filter((_, at) => bundles[at] !== undefined).map((one) => one.name);
      this.#options.onEvent({ kind: 'published', message: `the bundle was written into ${named.join(', ')}` });
    }
    return 'again';
  }

  /** The time as the API server has it: it is the one that the certificates have to convince. */
  #now(): number {
    return this.#options.clock.now() + this.standing.clockOffset;
  }

  #see(answer: StoreAnswer<WebhookEntries>): Versioned<WebhookEntries> | undefined {
    if (answer.kind === 'failed' || answer.kind === 'conflict') return undefined;
    if (answer.serverTime !== undefined) this.standing.serverTime(answer.serverTime);
    if (answer.kind === 'absent') {
      this.#bundles = undefined;
      this.standing.published(undefined);
      return undefined;
    }
    this.#bundles = answer.object.value.map((one) => readBundle(one.caBundle));
    this.standing.published(answer.object.value.map((one, at) => ({ name: one.name, bundle: this.#bundles?.[at] })));
    return answer.object;
  }

  /** @returns the version of the Secret, where there is one */
  #remember(answer: Awaited<ReturnType<Store['readSecret']>>): string | undefined {
    if (answer.kind === 'absent') {
      this.#authorities = { ...noAuthorities, problem: 'there was nothing' };
      return undefined;
    }
    if (answer.kind !== 'ok') return undefined;
    const text = answer.object.value.get(authoritiesKey);
    this.#authorities =
      text === undefined ? { ...noAuthorities, problem: `there was no ${authoritiesKey}` } : readAuthorities(text);
    this.standing.authorities(this.#authorities.set);
    return answer.object.version;
  }

  #view(secret: Awaited<ReturnType<Store['readSecret']>>, entriesRead: boolean): View<OurAuthority> {
    return {
      authorities: this.#authorities?.set,
      fresh: secret.kind === 'ok' || secret.kind === 'absent',
      bundles: entriesRead ? this.#bundles : undefined,
      liveFor: (id) => this.standing.liveFor(id),
      leaf: this.#leaf,
    };
  }

  #find(id: string): OurAuthority | undefined {
    const { current, next, previous } = (this.#authorities ?? noAuthorities).set;
    const known = [
      current,
      next,
      ...previous.map((one) => one.authority),
      ...(this.#bundles ?? []).flatMap((one) => one.ours),
    ];
    const found = known.find((one) => one?.id === id);
    const own = this.#leaf?.authority;
    return found ?? (own?.id === id && isOurs(own) ? own : undefined);
  }

  #tell(problem: string | undefined): void {
    const { onEvent } = this.#options;
    if (problem !== undefined && problem !== this.standing.problem) onEvent({ kind: 'problem', message: problem });
    this.standing.problem = problem;
  }
}

interface Failure {
  readonly message: string;
  readonly retryAfter: number;
}

function failureOf(answer: StoreAnswer<unknown>): Failure | undefined {
  return answer.kind === 'failed' ? answer : undefined;
}

function isOurs(authority: Leaf['authority']): authority is OurAuthority {
  return 'cert' in authority;
}

const changeWords: Record<Change['kind'], string> = {
  create: 'a new authority was made',
  'add-next': 'the next authority was made; it signs once it has been published for long enough',
  'promote-next': 'the next authority signs from now on; the one before stays published for its certificates',
  'drop-next': 'the next authority cannot be used and was dropped',
  adopt: 'an authority that is published but was not in the Secret is kept for the certificates it may have signed',
  forget: 'an authority whose certificates have all expired was forgotten',
};
