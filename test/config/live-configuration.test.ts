import { describe, expect, it } from 'vitest';
import type { Composition } from '../../src/config/composition.ts';
import { LiveConfiguration } from '../../src/config/live-configuration.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { stateOf, type Use, wantedStatus } from '../../src/config/status.ts';
import { dig } from '../../src/engine/json/read.ts';
import { registry } from './fake-registry.ts';

const now = Date.UTC(2026, 10, 21);
const day = 86_400_000;

interface Stored {
  readonly name: string;
  readonly spec: unknown;
  readonly generation?: number;
  readonly created?: string;
  readonly status?: unknown;
  readonly deleting?: true;
}

/** An object as the API server holds it. */
function stored({ name, spec, generation = 1, created = '2026-11-01T00:00:00Z', status, deleting }: Stored) {
  const metadata = {
    name,
    uid: `uid of ${name}`,
    generation,
    creationTimestamp: created,
    resourceVersion: '7',
    labels: { 'Any Label': 'x' },
    ...(deleting && { deletionTimestamp: '2026-11-20T00:00:00Z' }),
  };
  return { metadata, spec, ...(status !== undefined && { status }) };
}

const exempting = (changes: object = {}) => ({
  guardrails: ['keep-paths'],
  owner: 'o',
  reason: 'r',
  expires: '2026-11-30',
  ...changes,
});

function fromFiles(...documents: readonly object[]) {
  const text = documents.map((one) => JSON.stringify({ apiVersion: 'sekisho.dev/v1alpha1', ...one })).join('\n---\n');
  const loaded = loadConfiguration([{ file: 'f', text }], { registry, now });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded;
}

function open(...documents: readonly object[]) {
  const { written, set } = fromFiles(...documents);
  const composed: Composition[] = [];
  const live = new LiveConfiguration(written, { registry, language: 'en' }, (one) => composed.push(one));
  return { live, set, composed };
}

const fileSet = (spec: object) => ({ kind: 'GuardrailSet', metadata: { name: 'file' }, spec });
const fileExemption = (name: string, changes: object = {}) => ({
  kind: 'Exemption',
  metadata: { name },
  spec: exempting(changes),
});
const names = ({ set }: Composition) => set.exemptions.map(({ name }) => name);

describe('files alone', () => {
  it('make the set that they make without a cluster, of the same hash', () => {
    const { live, set } = open(fileSet({ enforcer: 'calico' }), fileExemption('b'), fileExemption('a'));
    const composition = live.current(now);
    expect(composition.set.hash).toBe(set.hash);
    expect(composition.set.enforcer).toBe('calico');
    expect(names(composition)).toEqual(['a', 'b']);
  });

  it('and the same documents in the cluster have the same hash', () => {
    const { live } = open();
    live.guardrailSets.replace([stored({ name: 'file', spec: { enforcer: 'calico' } })]);
    live.exemptions.replace(['b', 'a'].map((name) => stored({ name, spec: exempting() })));
    const { set } = open(fileSet({ enforcer: 'calico' }), fileExemption('b'), fileExemption('a'));
    expect(live.current(now).set.hash).toBe(set.hash);
  });
});

describe('a GuardrailSet of the cluster', () => {
  it('takes the place of that of the files as a whole, and gives it back when it is deleted', () => {
    const { live } = open(fileSet({ enforcer: 'calico', exemptions: { maxDays: 30 } }));
    live.guardrailSets.upsert(stored({ name: 'acme', spec: { exemptions: { maxDays: 60 } } }));
    expect(live.current(now).set.enforcer).toBe('generic');
    live.guardrailSets.remove(stored({ name: 'acme', spec: {} }));
    expect(live.current(now).set.enforcer).toBe('calico');
  });

  it('is the oldest that can be used; of the same second, the first by name', () => {
    const { live } = open();
    live.guardrailSets.replace([
      stored({ name: 'b', spec: { enforcer: 'ovn' } }),
      stored({ name: 'c', spec: { enforcer: 'antrea' }, created: '2026-11-02T00:00:00Z' }),
      stored({ name: 'a', spec: { enforcer: 'weave' } }),
    ]);
    const { set, standings } = live.current(now);
    expect(set.enforcer).toBe('ovn');
    expect(standings.map((one) => [one.object.name, stateOf(one, now), one.supersededBy])).toEqual([
      ['a', 'Invalid', undefined],
      ['b', 'InForce', undefined],
      ['c', 'Superseded', 'b'],
    ]);
    expect(standings[0]?.faults).toEqual([expect.stringMatching(/^spec\.enforcer: /)]);
  });

  it('that is being deleted counts no longer', () => {
    const { live } = open();
    live.guardrailSets.upsert(stored({ name: 'a', spec: { enforcer: 'ovn' } }));
    expect(live.current(now).set.enforcer).toBe('ovn');
    live.guardrailSets.upsert(stored({ name: 'a', spec: { enforcer: 'ovn' }, deleting: true }));
    expect(live.current(now).set.enforcer).toBe('generic');
  });

  it('keeps its last good version while a newer one cannot be used', () => {
    const { live } = open(fileSet({ enforcer: 'calico' }));
    live.guardrailSets.upsert(stored({ name: 'a', spec: { enforcer: 'ovn' } }));
    live.current(now);
    live.guardrailSets.upsert(stored({ name: 'a', spec: { enforcer: 'weave' }, generation: 2 }));
    const { set, standings } = live.current(now);
    expect(set.enforcer).toBe('ovn');
    expect(standings[0]?.version?.generation).toBe(1);
  });

  it('keeps the last good version that another replica has written down', () => {
    const { live } = open();
    const status = { accepted: { generation: 1, spec: { enforcer: 'ovn' } } };
    live.guardrailSets.replace([stored({ name: 'a', spec: { enforcer: 'weave' }, generation: 2, status })]);
    expect(live.current(now).set.enforcer).toBe('ovn');
  });

  it('without a usable version is as if it were not there', () => {
    const { live } = open(fileSet({ enforcer: 'calico' }));
    const status = { accepted: { generation: 1, spec: { enforcer: 'also not' } } };
    live.guardrailSets.replace([stored({ name: 'a', spec: { enforcer: 'weave' }, status })]);
    expect(live.current(now).set.enforcer).toBe('calico');
  });
});

describe('exemptions', () => {
  it('of files and cluster add up; of two of one name that of the cluster counts, unless it cannot be used', () => {
    const { live } = open(fileExemption('a'), fileExemption('both', { owner: 'file' }), fileExemption('broken'));
    live.exemptions.replace([
      stored({ name: 'both', spec: exempting({ owner: 'cluster' }) }),
      stored({ name: 'broken', spec: exempting({ owner: ' ' }) }),
      stored({ name: 'z', spec: exempting() }),
    ]);
    const composition = live.current(now);
    expect(names(composition)).toEqual(['a', 'both', 'broken', 'z']);
    expect(composition.set.exemptions.map(({ owner }) => owner)).toEqual(['o', 'cluster', 'o', 'o']);
  });

  it('are held to the limits of the GuardrailSet in force, the last good version too', () => {
    const { live } = open(fileExemption('file'));
    live.exemptions.upsert(stored({ name: 'stored', spec: exempting() }));
    expect(names(live.current(now))).toEqual(['file', 'stored']);
    live.guardrailSets.upsert(stored({ name: 'strict', spec: { exemptions: { maxDays: 5 } } }));
    const { set, standings, problems } = live.current(now);
    expect(set.exemptions).toEqual([]);
    expect(standings[1]?.faults).toEqual([expect.stringMatching(/^spec\.expires: an exemption lasts at most 5 days/)]);
    expect(problems).toEqual([expect.stringMatching(/^Exemption file \(file\): spec\.expires: /)]);
  });

  it('may name a custom rule of the GuardrailSet in force, and no other', () => {
    const { live } = open();
    const spec = exempting({ guardrails: ['custom/mine'] });
    live.exemptions.upsert(stored({ name: 'a', spec }));
    expect(names(live.current(now))).toEqual([]);
    const custom = [{ name: 'mine', message: { en: 'stop' }, path: '$.a', condition: { exists: true } }];
    live.guardrailSets.upsert(stored({ name: 'set', spec: { custom } }));
    expect(names(live.current(now))).toEqual(['a']);
  });

  it('cost nothing when only the status changes', () => {
    const { live, composed } = open();
    live.exemptions.upsert(stored({ name: 'a', spec: exempting() }));
    const first = live.current(now);
    live.exemptions.upsert(stored({ name: 'a', spec: exempting(), status: { state: 'Active' } }));
    expect(live.current(now)).toBe(first);
    expect(composed).toHaveLength(1);
  });
});

describe('the status', () => {
  const statusOf = (one: Stored, at = now, use?: Use, before: readonly Stored[] = []) => {
    const { live } = open();
    for (const earlier of before) {
      live.exemptions.upsert(stored(earlier));
      live.current(now);
    }
    live.exemptions.upsert(stored(one));
    const [standing] = live.current(now).standings;
    if (standing === undefined) throw new Error('there is no standing');
    return wantedStatus(standing, use, at, 'en');
  };
  const use: Use = { at: now, user: 'jane', operation: 'CREATE', object: 'NetworkPolicy shop/web' };

  it('of one in force says so, since when, and which version', () => {
    expect(statusOf({ name: 'a', spec: exempting(), generation: 3 })).toEqual({
      state: 'Active',
      observedGeneration: 3,
      conditions: [
        {
          type: 'Accepted',
          status: 'True',
          observedGeneration: 3,
          lastTransitionTime: '2026-11-21T00:00:00Z',
          reason: 'Accepted',
          message: 'It can be read.',
        },
        {
          type: 'Ready',
          status: 'True',
          observedGeneration: 3,
          lastTransitionTime: '2026-11-21T00:00:00Z',
          reason: 'Active',
          message: 'It is in force.',
        },
      ],
      accepted: { generation: 3, spec: exempting() },
    });
  });

  it('is not wanted a second time, and keeps the time of what stays as it was', () => {
    const first = statusOf({ name: 'a', spec: exempting() });
    expect(statusOf({ name: 'a', spec: exempting(), status: first }, now + day)).toBeUndefined();
    const expired = statusOf({ name: 'a', spec: exempting(), status: first }, now + 20 * day);
    expect(expired).toMatchObject({
      state: 'Expired',
      conditions: [
        { type: 'Accepted', lastTransitionTime: '2026-11-21T00:00:00Z' },
        { type: 'Ready', status: 'False', reason: 'Expired', lastTransitionTime: '2026-12-11T00:00:00Z' },
      ],
    });
  });

  it('follows the clock alone: the last day counts to its last millisecond', () => {
    const at = (moment: number) =>
      dig(statusOf({ name: 'a', spec: exempting({ notBefore: '2026-11-22' }) }, moment), 'state');
    expect(at(now + day - 1)).toBe('NotYet');
    expect(at(now + day)).toBe('Active');
    expect(at(Date.UTC(2026, 11, 1) - 1)).toBe('Active');
    expect(at(Date.UTC(2026, 11, 1))).toBe('Expired');
  });

  it('of one that cannot be used names each fault with its field, and what stays in force', () => {
    const bad = { name: 'a', spec: exempting({ owner: ' ', expires: '2026-02-30' }), generation: 2 };
    expect(statusOf(bad)).toMatchObject({
      state: 'Invalid',
      conditions: [
        {
          status: 'False',
          reason: 'Invalid',
          message: expect.stringMatching(/^spec\.owner: .*; spec\.expires: .*\. Nothing of it is in force\.$/),
        },
        { status: 'False', reason: 'Invalid' },
      ],
    });
    expect(statusOf(bad, now, undefined, [{ name: 'a', spec: exempting() }])).toMatchObject({
      state: 'Invalid',
      conditions: [
        { status: 'False', message: expect.stringMatching(/Generation 1 stays in force\.$/) },
        { status: 'True', reason: 'LastAccepted' },
      ],
      accepted: { generation: 1, spec: exempting() },
    });
  });

  it('tells of the last use, once a minute, and never goes back', () => {
    const first = statusOf({ name: 'a', spec: exempting() }, now, use);
    expect(dig(first, 'lastUsed')).toEqual({
      time: '2026-11-21T00:00:00Z',
      user: 'jane',
      operation: 'CREATE',
      object: 'NetworkPolicy shop/web',
    });
    const again = (at: number) => statusOf({ name: 'a', spec: exempting(), status: first }, at, { ...use, at });
    expect(again(now + 59_000)).toBeUndefined();
    expect(again(now - 59_000)).toBeUndefined();
    expect(dig(again(now + 60_000), 'lastUsed', 'time')).toBe('2026-11-21T00:01:00Z');
  });
});
