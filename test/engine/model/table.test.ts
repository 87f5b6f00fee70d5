import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Names } from '../../../src/engine/model/names.ts';
import { Table } from '../../../src/engine/model/table.ts';

const step = fc.tuple(
  fc.integer({ min: 0, max: 200 }).map((n) => `k${n}`),
  fc.option(fc.integer()),
);

describe('a table', () => {
  it('is what a Map would be after the same changes, and every earlier one stays as it was', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        let table = Table.empty<number>();
        const map = new Map<string, number>();
        const kept: [Table<number>, Map<string, number>][] = [];
        for (const [key, value] of steps) {
          kept.push([table, new Map(map)]);
          table = table.change(key, value ?? undefined);
          if (value === null) map.delete(key);
          else map.set(key, value);
          expect([table.get(key), table.has(key), table.size]).toEqual([map.get(key), map.has(key), map.size]);
        }
        for (const [then, wanted] of [...kept, [table, map] as const]) {
          expect(then.size).toBe(wanted.size);
          expect(Object.fromEntries(then)).toEqual(Object.fromEntries(wanted));
          expect([...then.keys()].map((key) => then.get(key))).toEqual([...then.values()]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is after many changes at once what it is after one by one', () => {
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 150 }), { maxLength: 4 }), (rounds) => {
        let [table, one] = [Table.empty<number>(), Table.empty<number>()];
        let names = Names.of();
        for (const steps of rounds) {
          const earlier = new Map(table);
          const was = table;
          const changes = steps.map(([key, value]) => [key, value ?? undefined] as const);
          table = table.changed(changes);
          names = names.changed(changes.map(([key, value]) => [key, value !== undefined]));
          for (const [key, value] of changes) one = one.change(key, value);
          expect(new Map(table)).toEqual(new Map(one));
          expect(table.size).toBe(one.size);
          expect(new Map(was)).toEqual(earlier);
          expect([[...names].sort(), names.size]).toEqual([[...one.keys()].sort(), one.size]);
          for (const [key] of changes) expect(names.has(key)).toBe(one.has(key));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('knows what has changed since another one, whatever lies between', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.array(step, { maxLength: 300 }), (first, second) => {
        const build = (start: Table<number>, steps: typeof first) =>
          steps.reduce((table, [key, value]) => table.change(key, value ?? undefined), start);
        const before = build(Table.empty<number>(), first);
        const after = build(before, second);
        const keys = new Set([...before.keys(), ...after.keys()]);
        const different = [...keys].filter((key) => before.get(key) !== after.get(key)).sort();
        expect([...new Set(after.changedSince(before))].sort()).toEqual(different);
      }),
      { numRuns: 60 },
    );
  });

  it('holds names that objects have by themselves', () => {
    const table = Table.from([
      ['__proto__', 1],
      ['constructor', 2],
    ] as const);
    expect([table.get('__proto__'), table.get('constructor'), table.get('toString')]).toEqual([1, 2, undefined]);
  });
});
