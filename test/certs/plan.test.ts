import { describe, expect, it } from 'vitest';
import { usualTimes as times } from '../../src/certs/keeper-times.ts';
import { type Authority, plan, type View } from '../../src/certs/plan.ts';

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const now = Date.UTC(2026, 0, 1);
const authority = (id: string): Authority => ({ id, notBefore: now - day, notAfter: now + 364 * day });
const [a, b, c] = [authority('a'), authority('b'), authority('c')];
const bundle = (...ours: Authority[]) => ({ ours, others: [], rubbish: false });
const leaf = { authority: a, issued: now - hour, expires: now + 6 * day, jitter: 0 };

function view(more: Partial<View>): View {
  const authorities = { current: a, next: undefined, previous: [] };
  return { authorities, fresh: true, bundles: [bundle(a)], liveFor: () => 0, leaf, ...more };
}

describe('a bundle', () => {
  it('is left alone where all is well', () => {
    expect(plan(view({}), now, times)).toEqual([]);
  });

  it('that has to grow keeps what would have to go, until the next write', () => {
    const previous = [{ authority: c, until: now - 3 * hour }];
    const authorities = { current: a, next: b, previous };
    const bundles = [bundle(a, c), bundle(a, b, c)];
    expect(plan(view({ authorities, bundles }), now, times)).toEqual([
      { do: 'publish', entries: [['a', 'b', 'c'], undefined] },
    ]);
    expect(plan(view({ authorities, bundles: [bundle(a, b, c), bundle(a, b)] }), now, times)).toEqual([
      { do: 'publish', entries: [['a', 'b'], undefined] },
    ]);
  });

  it('keeps what another clock does not take for over yet', () => {
    const authorities = { current: a, next: undefined, previous: [{ authority: c, until: now - hour }] };
    expect(plan(view({ authorities, bundles: [bundle(a, c)] }), now, times)).toEqual([]);
  });

  it('holds the authority of our certificate, whatever the Secret says', () => {
    const authorities = { current: b, next: undefined, previous: [] };
    expect(plan(view({ authorities, bundles: [bundle(b)] }), now, times)).toEqual([
      { do: 'publish', entries: [['a', 'b']] },
    ]);
  });

  it('loses rubbish and what has expired', () => {
    expect(plan(view({ bundles: [{ ...bundle(a), rubbish: true }] }), now, times)).toEqual([
      { do: 'publish', entries: [['a']] },
    ]);
    const expired = { ...b, notAfter: now - 1 };
    expect(plan(view({ bundles: [bundle(a, expired)] }), now, times)).toEqual([{ do: 'publish', entries: [['a']] }]);
  });
});

describe('what is not known for certain', () => {
  it('is never written', () => {
    expect(plan(view({ fresh: false, bundles: [bundle()] }), now, times)).toEqual([]);
    expect(plan(view({ authorities: undefined, fresh: false, leaf: undefined }), now, times)).toEqual([]);
    expect(plan(view({ bundles: undefined }), now, times)).toEqual([]);
  });
});
