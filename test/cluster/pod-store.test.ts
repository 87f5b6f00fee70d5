import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PodStore, podEntry } from '../../src/cluster/pod-store.ts';
import { World } from '../../src/engine/model/world.ts';

const pod = (namespace: string, name: string, app: string, phase: string) => ({
  metadata: { name, namespace, labels: { app } },
  spec: { containers: [] },
  status: { phase },
});

type Step = readonly [namespace: string, name: string, app: string | null, phase: string];
const step = fc.tuple(
  fc.constantFrom('shop', 'bank'),
  fc.constantFrom('p0', 'p1', 'p2', 'p3', 'p4'),
  fc.option(fc.constantFrom('web', 'db')),
  fc.constantFrom('Running', 'Succeeded'),
);

/** Pods of a World by namespace, labels and whether they run, counted. */
function counted(world: World): Map<string, number> {
  const counts = new Map<string, number>();
  for (const namespace of ['shop', 'bank']) {
    for (const { labels, running, count } of world.podsOf(namespace)) {
      const key = `${namespace} ${labels.get('app')} ${running}`;
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  return counts;
}

function expected(pods: ReadonlyMap<string, Step>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [namespace, , app, phase] of pods.values()) {
    const key = `${namespace} ${app} ${phase === 'Running'}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

const entryOf = ([namespace, name, app, phase]: Step) => podEntry(pod(namespace, name, app ?? '', phase));

describe('the store of pods', () => {
  it('keeps the classes of the World equal to the pods that there are, however they come and go', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(step, { maxLength: 8 }), (steps, relisted) => {
        const store = new PodStore();
        const pods = new Map<string, Step>();
        let world = World.empty('cluster');
        for (const one of steps) {
          const key = `${one[0]}/${one[1]}`;
          const entry = one[2] === null ? undefined : entryOf(one);
          world = entry === undefined ? store.remove(key, world) : store.upsert(entry, world);
          if (entry === undefined) pods.delete(key);
          else pods.set(key, one);
          expect(counted(world)).toEqual(expected(pods));
          expect(world.podCount).toBe(pods.size);
        }
        const present = new Map(relisted.filter((one) => one[2] !== null).map((one) => [`${one[0]}/${one[1]}`, one]));
        for (const one of present.values()) {
          const entry = entryOf(one);
          if (entry !== undefined) world = store.upsert(entry, world);
        }
        world = store.retain(new Set(present.keys()), world);
        expect(counted(world)).toEqual(expected(present));
        expect(store.size).toBe(present.size);
      }),
      { numRuns: 80 },
    );
  });

  it('takes nothing that is no pod', () => {
    expect([null, 'pod', {}, { metadata: { name: 'a' } }].map(podEntry)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
