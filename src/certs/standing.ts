import type { OurAuthority } from './authority.ts';
import type { OurBundle } from './bundle.ts';
import type { KeeperTimes } from './keeper-times.ts';
import type { AuthoritySet, Leaf } from './plan.ts';

interface Entry {
  readonly name: string;
  readonly bundle: OurBundle | undefined;
}

/** What one replica knows of how its certificate stands: for its plans, its readiness and its metrics. */
export class Standing {
  readonly #times: KeeperTimes;
  readonly #clock: { now(): number; elapsed(): number };
  /** Since when an authority is in every entry, as seen by us. */
  readonly #liveSince = new Map<string, number>();
  #entries: readonly Entry[] | 'absent' | undefined;
  #leaf: Leaf | undefined;
  #current: OurAuthority | undefined;
  #believed = false;
  #offset = 0;
  /** What keeps us from looking or writing, in one sentence. */
  problem: string | undefined;

  constructor(times: KeeperTimes, clock: { now(): number; elapsed(): number }) {
    this.#times = times;
    this.#clock = clock;
  }

  /** By how many milliseconds the clock of the API server is ahead of ours; its header knows whole seconds. */
  get clockOffset(): number {
    return this.#offset;
  }

  serverTime(time: number): void {
    const offset = time - this.#clock.now();
    this.#offset = Math.abs(offset) < 2000 ? 0 : offset;
  }

  issued(leaf: Leaf): void {
    this.#leaf = leaf;
    this.#look();
  }

  authorities({ current }: AuthoritySet<OurAuthority>): void {
    this.#current = current;
  }

  /** @param entries undefined where there is no configuration */
  published(entries: readonly Entry[] | undefined): void {
    this.#entries = entries ?? 'absent';
    const live = this.#inEvery(entries ?? []);
    for (const id of this.#liveSince.keys()) if (!live.has(id)) this.#liveSince.delete(id);
    for (const id of live) if (!this.#liveSince.has(id)) this.#liveSince.set(id, this.#clock.elapsed());
    this.#look();
  }

  liveFor(id: string): number {
    const since = this.#liveSince.get(id);
    return since === undefined ? -1 : this.#clock.elapsed() - since;
  }

  /** How many entries do not hold the authority of our certificate; undefined where that is not known. */
  get entriesWithoutUs(): number | undefined {
    if (this.#entries === undefined || this.#entries === 'absent' || this.#leaf === undefined) return undefined;
    return this.#missing().length;
  }

  /** When the authority that signs expires. */
  get authorityExpires(): Date | undefined {
    return this.#current === undefined ? undefined : new Date(this.#current.notAfter);
  }

  /**
   * True from when on the API server can believe our certificate. It stays true when the bundle is taken away later: a
   * server that is not ready would not bring it back, and is missed the longer once it is there again.
   */
  condition(): true | string {
    if (this.#leaf !== undefined && this.#believed) return true;
    const missing = this.#leaf === undefined ? 'no certificate yet' : this.#unbelieved();
    return this.problem === undefined ? missing : `${missing}: ${this.problem}`;
  }

  note(): string | undefined {
    const unbelieved = this.#leaf === undefined || this.#isPublished() ? undefined : this.#unbelieved();
    const ahead = Math.abs(this.#offset) > this.#times.skew ? clockWords(this.#offset) : undefined;
    const notes = [unbelieved, ahead, this.problem].filter((one) => one !== undefined);
    return notes.length === 0 ? undefined : [...new Set(notes)].join('; ');
  }

  #look(): void {
    if (this.#isPublished()) this.#believed = true;
  }

  #isPublished(): boolean {
    return this.#leaf !== undefined && this.#liveSince.has(this.#leaf.authority.id);
  }

  #unbelieved(): string {
    if (this.#entries === undefined) return 'the webhook configuration was not read yet';
    if (this.#entries === 'absent') return 'the webhook is not registered yet: there is no such webhook configuration';
    if (this.#entries.length === 0) return 'the webhook configuration registers nothing';
    return `our authority is not in the caBundle of ${this.#missing().join(', ')}`;
  }

  #missing(): readonly string[] {
    const entries = this.#entries === undefined || this.#entries === 'absent' ? [] : this.#entries;
    const id = this.#leaf?.authority.id;
    return entries.filter(({ bundle }) => !bundle?.ours.some((one) => one.id === id)).map((one) => one.name);
  }

  #inEvery(entries: readonly Entry[]): ReadonlySet<string> {
    const [first, ...rest] = entries.map(({ bundle }) => new Set(bundle?.ours.map((one) => one.id)));
    return new Set([...(first ?? [])].filter((id) => rest.every((ids) => ids.has(id))));
  }
}

function clockWords(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / 60_000);
  return `the clock of this machine is ${minutes} minutes ${offset > 0 ? 'behind' : 'ahead of'} that of the API server`;
}
