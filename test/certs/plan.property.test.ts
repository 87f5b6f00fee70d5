import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amended, validityFrom } from '../../src/certs/amend.ts';
import {
  type Authority,
  type AuthoritySet,
  type Bundle,
  type Leaf,
  plan,
  type Times,
  type View,
} from '../../src/certs/plan.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const times: Times = { leafLife: 7 * day, authorityLife: 365 * day, settle: 10 * minute, skew: hour };
/** How long an API server may go on with a bundle that was replaced. */
const lag = 10 * minute;

interface Replica {
  readonly skew: number;
  leaf: Leaf | undefined;
  readonly liveSince: Map<string, number>;
  /** Whether the authority of its leaf was once seen in the bundle: only then it answers anybody. */
  ready: boolean;
  /** Whether it had nothing to serve, or nothing for much longer, when it made its leaf. */
  eager: boolean;
}

/** A cluster in which everything happens that may happen, but vandalism. */
class Cluster {
  now = Date.UTC(2026, 0, 1);
  secret: { version: number; set: AuthoritySet | undefined } = { version: 0, set: undefined };
  configuration: { version: number; entries: string[][] } = { version: 0, entries: [[], [], []] };
  /** What the configuration was, and until when. */
  past: { until: number; entries: string[][] }[] = [];
  readonly authorities = new Map<string, Authority>();
  readonly replicas: Replica[];
  readonly began = this.now;
  /** When an authority was published for the first time: until every API server can have it, nobody is believed. */
  published: number | undefined;
  /** Since when an authority is in every entry without a break. */
  readonly publishedSince = new Map<string, number>();
  promotions = 0;
  renewals = 0;

  constructor(skews: readonly number[]) {
    this.replicas = skews.map((skew) => ({ skew, leaf: undefined, liveSince: new Map(), ready: false, eager: true }));
  }

  fresh(localNow: number): Authority {
    const { from, to } = validityFrom(localNow, times.authorityLife, times);
    const authority = { id: `ca${this.authorities.size + 1}`, notBefore: from, notAfter: to };
    this.authorities.set(authority.id, authority);
    return authority;
  }

  write(entries: string[][]): void {
    this.past = this.past.filter(({ until }) => until >= this.now - lag);
    this.published ??= this.now;
    this.past.push({ until: this.now, entries: this.configuration.entries });
    this.configuration = { version: this.configuration.version + 1, entries };
    for (const id of this.authorities.keys()) {
      if (!entries.every((ids) => ids.includes(id))) this.publishedSince.delete(id);
      else if (!this.publishedSince.has(id)) this.publishedSince.set(id, this.now);
    }
  }

  /** One look of one replica. `stall`: time that passes between reading and writing. `lost`: what is written gets lost. */
  tick(replica: Replica, { stall, lost, jitter }: { stall: number; lost: boolean; jitter: number }): void {
    const read = { configuration: this.configuration, secret: this.secret, at: this.now };
    const localNow = this.now + replica.skew;
    const bundles = read.configuration.entries.map(
      (ids): Bundle => ({
        ours: ids.flatMap((id) => this.authorities.get(id) ?? []),
        others: [],
        rubbish: false,
      }),
    );
    const live = (id: string) => read.configuration.entries.every((ids) => ids.includes(id));
    for (const id of this.authorities.keys()) {
      if (!live(id)) replica.liveSince.delete(id);
      else if (!replica.liveSince.has(id)) replica.liveSince.set(id, read.at);
    }
    if (replica.leaf !== undefined && live(replica.leaf.authority.id)) replica.ready = true;
    const view: View = {
      authorities: read.secret.set ?? { current: undefined, next: undefined, previous: [] },
      fresh: true,
      bundles,
      liveFor: (id) => (replica.liveSince.has(id) ? read.at - (replica.liveSince.get(id) ?? 0) : -1),
      leaf: replica.leaf,
    };
    this.now += stall;
    for (const action of plan(view, localNow, times)) {
      if (action.do === 'change-authorities') {
        if (lost || read.secret.version !== this.secret.version) return;
        const { change } = action;
        const needsFresh = change.kind === 'create' || change.kind === 'add-next';
        const fresh = needsFresh ? this.fresh(localNow) : undefined;
        const known = (id: string) => this.authorities.get(id);
        const set = amended(view.authorities ?? expect.fail(), change, { fresh, known }, localNow, times);
        if (change.kind === 'promote-next') this.promotions += 1;
        this.secret = { version: this.secret.version + 1, set };
      } else if (action.do === 'issue-leaf') {
        const authority = this.authorities.get(action.by) ?? expect.fail();
        const expires = Math.min(localNow + times.leafLife, authority.notAfter);
        const left = (replica.leaf?.expires ?? 0) - localNow;
        replica.eager = left <= 2 * times.skew + times.settle;
        replica.leaf = { authority, issued: localNow, expires, jitter };
        this.renewals += 1;
        if (live(authority.id)) replica.ready = true;
      } else {
        if (lost || read.configuration.version !== this.configuration.version) return;
        const before = this.configuration.entries;
        const after = before.map((ids, at) => [...(action.entries[at] ?? ids)]);
        after.forEach((ids, at) => {
          const grows = ids.some((id) => !before[at]?.includes(id));
          const shrinks = before[at]?.some((id) => !ids.includes(id)) ?? false;
          if (grows && shrinks) expect.fail(`grew and shrank: ${before[at]} -> ${ids}`);
        });
        this.write(after);
      }
    }
  }

  /** What is wrong now, if anything. */
  fault(spoiled = false): string | undefined {
    if (this.published === undefined || this.now - this.published <= lag) return undefined;
    const held = [
      this.configuration.entries,
      ...this.past.filter(({ until }) => until >= this.now - lag).map((one) => one.entries),
    ];
    for (const [at, { leaf, ready, eager, skew }] of this.replicas.entries()) {
      if (leaf === undefined || !ready || leaf.expires <= this.now + skew) continue;
      // Who starts on a spoiled Secret has nothing but a new authority, and that takes its time to be known.
      const since = this.publishedSince.get(leaf.authority.id);
      if (spoiled && eager && since !== undefined && this.now - since <= lag) continue;
      for (const entries of held) {
        for (const ids of entries) {
          if (!ids.includes(leaf.authority.id)) return `replica ${at}: ${leaf.authority.id} is not in [${ids}]`;
        }
      }
      // Whoever verifies may have a clock that is an hour off.
      for (const clock of [-hour, hour]) {
        if (leaf.authority.notBefore > this.now + clock) return `${leaf.authority.id} is not valid yet`;
        if (leaf.authority.notAfter <= this.now + clock) return `${leaf.authority.id} has expired`;
      }
    }
    return undefined;
  }
}

const step = fc.record({
  who: fc.nat(4),
  pause: fc.oneof(
    { arbitrary: fc.constantFrom(5_000, minute, 3 * minute, 11 * minute), weight: 3 },
    { arbitrary: fc.integer({ min: hour, max: 30 * hour }), weight: 4 },
  ),
  stall: fc.oneof(
    { arbitrary: fc.constant(0), weight: 6 },
    { arbitrary: fc.integer({ min: 1, max: 40 * minute }), weight: 1 },
  ),
  lost: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
  restart: fc.integer({ min: 0, max: 19 }).map((one) => one === 0),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const skewsOf = fc.array(fc.integer({ min: -hour, max: hour }), { minLength: 1, maxLength: 3 });
const stepsOf = fc.array(step, { minLength: 120, maxLength: 120 });

/** Lets replicas look in turn until the time is over; the same steps, in another order each time round. */
function live(cluster: Cluster, steps: readonly Step[], time: number, each: (at: number) => void): void {
  for (let at = 0; cluster.now - cluster.began < time; at += 1) {
    const one = steps[(at * 7 + Math.floor(at / steps.length)) % steps.length] ?? expect.fail();
    cluster.now += one.pause;
    const replica = cluster.replicas[(one.who + at) % cluster.replicas.length] ?? expect.fail();
    if (one.restart) Object.assign(replica, { leaf: undefined, ready: false, liveSince: new Map() });
    cluster.tick(replica, one);
    // A replica that is alive looks often; what was lost is tried again.
    for (let again = 0; again < 3; again += 1) cluster.tick(replica, { ...one, stall: 0, lost: false });
    each(at);
  }
}

describe('the plan', () => {
  it('keeps every certificate in use believed by every API server, through three years', () => {
    let promotions = 0;
    let renewals = 0;
    fc.assert(
      fc.property(skewsOf, stepsOf, (skews, steps) => {
        const cluster = new Cluster(skews);
        live(cluster, steps, 3 * 365 * day, () => {
          const fault = cluster.fault();
          if (fault !== undefined) expect.fail(`after ${(cluster.now - cluster.began) / day} days: ${fault}`);
        });
        promotions += cluster.promotions;
        renewals += cluster.renewals;
        // Nothing is kept for ever.
        expect(cluster.secret.set?.previous.length).toBeLessThanOrEqual(2);
        expect(Math.max(...cluster.configuration.entries.map((ids) => ids.length))).toBeLessThanOrEqual(3);
      }),
      { numRuns: 25, endOnFailure: true },
    );
    expect(promotions).toBeGreaterThan(25);
    expect(renewals).toBeGreaterThan(1000);
  });

  it('keeps them believed even where the Secret is lost, spoiled or put back from a backup now and then', () => {
    fc.assert(
      fc.property(
        skewsOf,
        stepsOf,
        fc.array(fc.constantFrom('lost', 'backup'), { minLength: 7 }),
        (skews, steps, blows) => {
          const cluster = new Cluster(skews);
          const backups: (AuthoritySet | undefined)[] = [];
          live(cluster, steps, 2 * 365 * day, (at) => {
            const fault = cluster.fault(true);
            if (fault !== undefined) expect.fail(`after ${(cluster.now - cluster.began) / day} days: ${fault}`);
            if (at % 40 === 0) backups.push(cluster.secret.set);
            if (at % 101 !== 100) return;
            const blow = blows[at % blows.length];
            const backup = backups[Math.floor(backups.length / 2)];
            // A backup that takes the authority in use for one that is over is believed: it cannot be told from the truth.
            const inUse = new Set(cluster.replicas.map(({ leaf }) => leaf?.authority.id));
            const misleads = backup?.previous.some(({ authority }) => inUse.has(authority.id)) ?? false;
            const set = blow === 'backup' && !misleads ? backup : undefined;
            cluster.secret = { version: cluster.secret.version + 1, set };
          });
          // Where the last thing that happened is that the Secret was lost, nothing is kept.
          expect(cluster.secret.set?.previous.length ?? 0).toBeLessThanOrEqual(8);
        },
      ),
      { numRuns: 25, endOnFailure: true },
    );
  });
});
