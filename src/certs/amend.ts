import type { Authority, AuthoritySet, Change, Retired, Times } from './plan.ts';

/**
 * The authorities after a change. `fresh` is a new one, where the change needs it: `create` and `add-next`.
 *
 * @param known finds an authority of the bundles by its id
 */
export function amended<A extends Authority>(
  set: AuthoritySet<A>,
  change: Change,
  around: { readonly fresh: A | undefined; readonly known: (id: string) => A | undefined },
  now: number,
  times: Times,
): AuthoritySet<A> {
  // A certificate is signed for `leafLife` from a clock that may be ahead, while ours is behind and others compare.
  const until = now + times.leafLife + 4 * times.skew;
  const retire = (ids: readonly string[]): Retired<A>[] =>
    ids.flatMap((id) => {
      const authority = around.known(id);
      return authority === undefined ? [] : [{ authority, until }];
    });
  const { current, next, previous } = set;
  switch (change.kind) {
    case 'create': {
      const kept = change.keep.map((one) => one.id);
      return { current: around.fresh, next: undefined, previous: [...without(previous, kept), ...retire(kept)] };
    }
    case 'add-next':
      return { ...set, next: around.fresh };
    case 'promote-next':
      return {
        current: next,
        next: undefined,
        previous: current === undefined ? previous : [...previous, { authority: current, until }],
      };
    case 'drop-next':
      return { ...set, next: undefined };
    case 'adopt':
      return { ...set, previous: [...without(previous, change.ids), ...retire(change.ids)] };
    case 'forget':
      return { ...set, previous: without(previous, change.ids) };
  }
}

function without<A extends Authority>(previous: readonly Retired<A>[], ids: readonly string[]): readonly Retired<A>[] {
  return previous.filter(({ authority }) => !ids.includes(authority.id));
}

/** From when to when a new authority or certificate is valid: others' clocks may be behind ours, and ours ahead of the time. */
export function validityFrom(now: number, life: number, times: Times): { readonly from: number; readonly to: number } {
  return { from: now - 3 * times.skew, to: now + life };
}
