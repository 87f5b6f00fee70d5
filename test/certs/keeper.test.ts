import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readAuthorities } from '../../src/certs/authority.ts';
import type { KeyedCertificate } from '../../src/certs/issue.ts';
import { CertificateKeeper, type KeeperEvent } from '../../src/certs/keeper.ts';
import { usualTimes } from '../../src/certs/keeper-times.ts';
import type { Store, StoreAnswer, WebhookEntries } from '../../src/certs/store.ts';

const day = 24 * 60 * 60 * 1000;

/** The two objects, with versions, and with the faults of a server in trouble. */
class Objects implements Store {
  secret: { version: number; texts: Map<string, string> } | undefined;
  entries = { version: 1, value: ['policies', 'deletes'].map((name) => ({ name, caBundle: '' })) };
  serverTime = Date.UTC(2026, 0, 1);
  failure: { message: string; retryAfter: number } | undefined;
  writes = 0;

  #answer<T>(give: () => StoreAnswer<T>): Promise<StoreAnswer<T>> {
    return Promise.resolve(this.failure === undefined ? give() : { kind: 'failed', ...this.failure });
  }

  readSecret = () =>
    this.#answer((): StoreAnswer<ReadonlyMap<string, string>> => {
      const { secret, serverTime } = this;
      if (secret === undefined) return { kind: 'absent', serverTime };
      return { kind: 'ok', object: { version: String(secret.version), value: new Map(secret.texts) }, serverTime };
    });

  createSecret = (texts: ReadonlyMap<string, string>) =>
    this.#answer((): StoreAnswer<ReadonlyMap<string, string>> => {
      if (this.secret !== undefined) return { kind: 'conflict' };
      this.writes += 1;
      this.secret = { version: 1, texts: new Map(texts) };
      return { kind: 'ok', object: { version: '1', value: texts }, serverTime: this.serverTime };
    });

  updateSecret = (from: string, texts: ReadonlyMap<string, string>) =>
    this.#answer((): StoreAnswer<ReadonlyMap<string, string>> => {
      if (this.secret === undefined || String(this.secret.version) !== from) return { kind: 'conflict' };
      this.writes += 1;
      this.secret = { version: this.secret.version + 1, texts: new Map([...this.secret.texts, ...texts]) };
      return {
        kind: 'ok',
        object: { version: String(this.secret.version), value: texts },
        serverTime: this.serverTime,
      };
    });

  readEntries = () =>
    this.#answer((): StoreAnswer<WebhookEntries> => {
      const { version, value } = this.entries;
      return { kind: 'ok', object: { version: String(version), value }, serverTime: this.serverTime };
    });

  updateBundles: Store['updateBundles'] = (from, bundles) =>
    this.#answer((): StoreAnswer<WebhookEntries> => {
      if (from.version !== String(this.entries.version)) return { kind: 'conflict' };
      const value = this.entries.value.map((one, at) => ({ ...one, caBundle: bundles[at] ?? one.caBundle }));
      this.writes += 1;
      this.entries = { version: this.entries.version + 1, value };
      return { kind: 'ok', object: { version: from.version, value }, serverTime: this.serverTime };
    });

  get set() {
    return readAuthorities(this.secret?.texts.get('authorities.json') ?? '').set;
  }
}

function keeperOf(store: Objects, ahead = 0) {
  const served: KeyedCertificate[] = [];
  const events: KeeperEvent[] = [];
  const keeper = new CertificateKeeper({
    store,
    times: usualTimes,
    hosts: ['sekisho.sekisho-system.svc'],
    serve: (pair) => {
      served.push(pair);
      return true;
    },
    onEvent: (event) => void events.push(event),
    clock: { now: () => store.serverTime + ahead, elapsed: () => store.serverTime, after: () => () => undefined },
    random: () => 0.5,
  });
  return { keeper, served, events };
}

describe('a keeper', () => {
  it('makes everything that is missing in one look, and then writes nothing more', async () => {
    const store = new Objects();
    const { keeper, served } = keeperOf(store);
    expect(keeper.standing.condition()).toBe('no certificate yet');
    await keeper.look();
    expect(keeper.standing.condition()).toBe(true);
    expect(served).toHaveLength(1);
    expect(
      new X509Certificate(served[0]?.cert ?? '').checkIssued(new X509Certificate(store.set.current?.cert ?? '')),
    ).toBe(true);
    expect(store.entries.value.map(({ caBundle }) => caBundle)).toEqual([
      store.set.current?.cert,
      store.set.current?.cert,
    ]);
    const { writes } = store;
    for (let at = 0; at < 5; at += 1) await keeper.look();
    expect(store.writes).toBe(writes);
    expect(served).toHaveLength(1);
  });

  it('is one of several that begin at once, with one authority', async () => {
    const store = new Objects();
    const all = [1, 2, 3, 4].map(() => keeperOf(store));
    await Promise.all(all.map(({ keeper }) => keeper.look()));
    for (const { keeper } of all) await keeper.look();
    expect(all.map(({ keeper }) => keeper.standing.condition())).toEqual([true, true, true, true]);
    expect(store.set).toMatchObject({ previous: [], next: undefined });
    expect(store.entries.value[0]?.caBundle).toBe(store.set.current?.cert);
  });

  it('sets everything right at once after a sleep of more than a year', async () => {
    const store = new Objects();
    const { keeper, served } = keeperOf(store);
    await keeper.look();
    const before = store.set.current?.id;
    store.serverTime += 500 * day;
    await keeper.look();
    expect(store.set.current?.id).not.toBe(before);
    expect(served).toHaveLength(2);
    expect(store.entries.value[0]?.caBundle).toBe(store.set.current?.cert);
  });

  it.each([-3650, 3650])('believes the clock of the API server, where its own is %d days ahead', async (days) => {
    const store = new Objects();
    const right = keeperOf(store);
    await right.keeper.look();
    const { version } = store.secret ?? expect.fail();
    const wrong = keeperOf(store, days * day);
    await wrong.keeper.look();
    expect(store.secret?.version).toBe(version);
    expect(wrong.keeper.standing.condition()).toBe(true);
    expect(wrong.keeper.standing.note()).toMatch(
      /the clock of this machine is \d+ minutes (behind|ahead of) that of the API server/,
    );
    const { validFromDate, validToDate } = new X509Certificate(wrong.served[0]?.cert ?? '');
    expect(validFromDate.getTime()).toBeLessThan(store.serverTime);
    expect(validToDate.getTime()).toBeGreaterThan(store.serverTime);
  });

  it('tells of a problem once, keeps what it has, and waits as long as it is asked to', async () => {
    const store = new Objects();
    const { keeper, events } = keeperOf(store);
    await keeper.look();
    store.failure = { message: 'the API server answered 429', retryAfter: 30_000 };
    expect(await keeper.look()).toBeGreaterThanOrEqual(30_000);
    await keeper.look();
    expect(events.filter(({ kind }) => kind === 'problem')).toHaveLength(1);
    expect(keeper.standing.condition()).toBe(true);
    expect(keeper.standing.note()).toBe('the API server answered 429');
    store.failure = undefined;
    await keeper.look();
    expect(keeper.standing.note()).toBeUndefined();
  });

  it('renews its leaf after two thirds of its life', async () => {
    const store = new Objects();
    const { keeper, served } = keeperOf(store);
    await keeper.look();
    store.serverTime += 4 * day;
    await keeper.look();
    expect(served).toHaveLength(1);
    store.serverTime += day;
    await keeper.look();
    expect(served).toHaveLength(2);
  });

  it('signs on with what it knows where the Secret cannot be read for too long', async () => {
    const store = new Objects();
    const { keeper, served } = keeperOf(store);
    await keeper.look();
    store.failure = { message: 'may not get the Secret', retryAfter: 0 };
    store.serverTime += 5 * day;
    await keeper.look();
    expect(served).toHaveLength(1);
    store.serverTime += day;
    await keeper.look();
    expect(served).toHaveLength(2);
  });

  it('never says a key', async () => {
    const store = new Objects();
    const { keeper, events } = keeperOf(store);
    store.secret = { version: 1, texts: new Map([['authorities.json', '{"version":1,"current":{"key":"SECRET"}}']]) };
    await keeper.look();
    expect(JSON.stringify(events)).not.toMatch(/SECRET|PRIVATE/);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'authorities', change: 'create' }));
  });
});
