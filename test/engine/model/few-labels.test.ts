import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FewLabels } from '../../../src/engine/model/few-labels.ts';

describe('few labels', () => {
  it('answer as the map does that they stand for', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 2 }), fc.string({ maxLength: 2 }))), (labels) => {
        const map = new Map(labels);
        const few = new FewLabels(map);
        expect(few.size).toBe(map.size);
        expect([...few]).toEqual([...map]);
        expect([...few.keys()]).toEqual([...map.keys()]);
        expect([...few.values()]).toEqual([...map.values()]);
        for (const key of [...map.keys(), 'absent', '__proto__']) {
          expect(few.get(key)).toBe(map.get(key));
          expect(few.has(key)).toBe(map.has(key));
        }
        const seen = new Map<string, string>();
        few.forEach((value, key) => void seen.set(key, value));
        expect(seen).toEqual(map);
      }),
    );
  });
});
