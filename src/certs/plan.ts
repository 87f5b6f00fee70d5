/**
 * What a replica that makes its own certificate has to do next: a pure function of what it sees and the time. Nobody
 * leads; every replica plans for itself, and the versions of the Secret and of the configuration settle who was first.
 *
 * What must hold at every moment: the certificate that a replica serves is signed by an authority that is in every
 * bundle which an API server may still hold. So an authority is published long before anything is signed with it, and
 * stays published until the last certificate that it may have signed has expired.
 */

/** An authority, as far as plans depend on it. Times are milliseconds since 1970. */
export interface Authority {
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly id: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** What the Secret holds. */
export interface AuthoritySet<A extends Authority = Authority> {
  /** Signs; undefined where the Secret holds none that can. */
  readonly current: A | undefined;
  /** Is published already, and will sign. */
  readonly next: A | undefined;
  /** Have signed. They stay in the bundle until then. */
  readonly previous: readonly Retired<A>[];
}

export interface Retired<A extends Authority = Authority> {
  readonly authority: A;
  /** When the last certificate that it signed has expired on every clock. */
  readonly until: number;
}

export interface Leaf {
  readonly authority: Authority;
  readonly issued: number;
  readonly expires: number;
  /** Drawn once, from 0 to 1, so that replicas do not renew together. */
  readonly jitter: number;
}

/** What a replica sees. The configuration was read before the Secret: whatever is published was in the Secret before. */
export interface View<A extends Authority = Authority> {
  /** Undefined as long as it could not be read. */
  readonly authorities: AuthoritySet<A> | undefined;
  /** Whether it is of now; else it is what was last read, and nothing may be written on its ground. */
  readonly fresh: boolean;
  /** For each entry of the configuration what its bundle holds; undefined where there is no configuration or none was read. */
  readonly bundles: readonly Bundle<A>[] | undefined;
  /** For how long, in milliseconds, this replica has seen an authority in every entry without a break. */
  readonly liveFor: (id: string) => number;
  readonly leaf: Leaf | undefined;
}

export interface Bundle<A extends Authority = Authority> {
  /** Authorities that are ours by their name, readable and well signed. */
  readonly ours: readonly A[];
  /** Authorities of others: pods from before we made our own certificates may still need them. They stay until they expire. */
  readonly others: readonly { readonly notAfter: number }[];
  /** Whether there is anything else in it, such as text that is no certificate. */
  readonly rubbish: boolean;
}

/** Milliseconds. */
export interface Times {
  readonly leafLife: number;
  readonly authorityLife: number;
  /** How long an authority has to be in the bundle before it signs: API servers may hold older ones that long. */
  readonly settle: number;
  /** By how much two clocks may differ. */
  readonly skew: number;
}

/** A change of the Secret. */
export type Change =
  /** A new authority signs from now on, since none can; those that may have signed are kept. */
  | { readonly kind: 'create'; readonly keep: readonly Authority[] }
  | { readonly kind: 'add-next' }
  | { readonly kind: 'promote-next' }
  | { readonly kind: 'drop-next' }
  /** Authorities of ours that are published but not in the Secret, as after a restore from a backup: kept for a full term. */
  | { readonly kind: 'adopt'; readonly ids: readonly string[] }
  | { readonly kind: 'forget'; readonly ids: readonly string[] };

export type Action =
  | { readonly do: 'change-authorities'; readonly change: Change }
  | { readonly do: 'issue-leaf'; readonly by: string }
  /** For each entry which of our authorities its bundle is to hold; undefined leaves the entry as it is. */
  | { readonly do: 'publish'; readonly entries: readonly (readonly string[] | undefined)[] };

/** More are never adopted: whoever writes the configuration could have a Secret of any size made. */
const mostPrevious = 8;

/** What to do now, in this order. After a change of the Secret it has to be read again before anything else is done. */
export function plan<A extends Authority>(view: View<A>, now: number, times: Times): readonly Action[] {
  const change = view.fresh ? changeOfAuthorities(view, now, times) : undefined;
  if (change !== undefined) return [{ do: 'change-authorities', change }];
  const leaf = leafToIssue(view, now, times);
  const publish = view.fresh ? toPublish(view, leaf, now, times) : undefined;
  return [
    ...(leaf === undefined ? [] : [{ do: 'issue-leaf', by: leaf.id } as const]),
    ...(publish === undefined ? [] : [{ do: 'publish', entries: publish } as const]),
  ];
}

function changeOfAuthorities<A extends Authority>(view: View<A>, now: number, times: Times): Change | undefined {
  const { authorities, bundles } = view;
  if (authorities === undefined) return undefined;
  const { current, next, previous } = authorities;
  const published = distinct((bundles ?? []).flatMap(({ ours }) => ours));
  if (current === undefined || !canSign(current, now, times)) {
    if (next !== undefined && canSign(next, now, times)) return { kind: 'promote-next' };
    const known = [current, next, view.leaf?.authority, ...published].filter((one) => one !== undefined);
    return {
      kind: 'create',
      keep: distinct(known)
        .filter((one) => one.notAfter > now)
        .slice(0, mostPrevious),
    };
  }
  if (next !== undefined && !canSign(next, now, times)) return { kind: 'drop-next' };
  if (next === undefined && now >= dueAt(current.notBefore, current.notAfter)) return { kind: 'add-next' };
  if (next !== undefined && view.liveFor(next.id) >= times.settle) return { kind: 'promote-next' };
  const known = new Set([current, next, ...previous.map((one) => one.authority)].map((one) => one?.id));
  const strays = published.filter((one) => !known.has(one.id) && one.notAfter > now);
  const room = mostPrevious - previous.length;
  if (strays.length > 0 && room > 0) return { kind: 'adopt', ids: strays.slice(0, room).map((one) => one.id) };
  const own = previous.find(({ authority }) => authority.id === view.leaf?.authority.id);
  // A Secret put back from a backup may say of an authority that it is over, although it has signed again since.
  if (own !== undefined && view.leaf !== undefined && view.leaf.expires > now && own.until < view.leaf.expires) {
    return { kind: 'adopt', ids: [own.authority.id] };
  }
  const over = previous.filter(
    ({ authority, until }) =>
      (isOver(until, now, times) || authority.notAfter <= now) && !published.some((one) => one.id === authority.id),
  );
  // Without a look at the bundles nobody knows whether it is still in one.
  if (over.length > 0 && bundles !== undefined) return { kind: 'forget', ids: over.map((one) => one.authority.id) };
  return undefined;
}

function leafToIssue<A extends Authority>(view: View<A>, now: number, times: Times): A | undefined {
  const current = view.authorities?.current;
  if (current === undefined || !canSign(current, now, times)) return undefined;
  const { leaf, fresh } = view;
  // A clock that was put back makes a certificate of the future; one that was put forward, or a long sleep, one of the past.
  if (leaf === undefined || leaf.expires <= now || leaf.issued > now + times.skew) return current;
  const life = leaf.expires - leaf.issued;
  const age = now - leaf.issued;
  // The Secret cannot be read, and there is not much time left: what was known last is better than nothing.
  if (!fresh) return age >= (life * 5) / 6 ? current : undefined;
  if (leaf.authority.id !== current.id) {
    const last = leaf.expires - now <= 2 * times.skew + times.settle;
    return last || view.liveFor(current.id) >= times.settle ? current : undefined;
  }
  return age >= life * (2 / 3 - leaf.jitter / 10) ? current : undefined;
}

function toPublish<A extends Authority>(
  view: View<A>,
  issuing: A | undefined,
  now: number,
  times: Times,
): readonly (readonly string[] | undefined)[] | undefined {
  const { authorities, bundles, leaf } = view;
  if (authorities === undefined || bundles === undefined) return undefined;
  const { current, next, previous } = authorities;
  const retired = previous.filter(({ authority }) => authority.notAfter > now);
  const required = idsOf([
    current,
    next,
    ...retired.filter(({ until }) => now < until).map((one) => one.authority),
    issuing,
    leaf !== undefined && leaf.expires > now ? leaf.authority : undefined,
  ]);
  // Between the two, what another replica with another clock put there is left alone.
  const tolerated = idsOf(retired.filter(({ until }) => !isOver(until, now, times)).map((one) => one.authority));
  const held = bundles.map(({ ours }) => ours.filter((one) => one.notAfter > now).map((one) => one.id));
  const grown = held.map((ids) => distinctIds([...required, ...ids]));
  // Never both at once: who holds the bundle before this write or the one after it must find the same authorities in it.
  if (grown.some((ids, entry) => ids.length > (held[entry]?.length ?? 0))) {
    return grown.map((ids, entry) => (ids.length > (held[entry]?.length ?? 0) ? ids : undefined));
  }
  const allowed = new Set([...required, ...tolerated]);
  const shrunk = bundles.map(({ ours, others, rubbish }) => {
    const kept = distinctIds(ours.filter((one) => allowed.has(one.id)).map((one) => one.id));
    return rubbish || kept.length < ours.length || others.some((one) => one.notAfter <= now) ? kept : undefined;
  });
  return shrunk.some((ids) => ids !== undefined) ? shrunk : undefined;
}

function canSign({ notBefore, notAfter }: Authority, now: number, { skew }: Times): boolean {
  return notBefore <= now + skew && now < notAfter - skew;
}

function dueAt(from: number, to: number): number {
  return from + ((to - from) * 2) / 3;
}

function isOver(until: number, now: number, { skew }: Times): boolean {
  return now >= until + 2 * skew;
}

function distinct<A extends Authority>(authorities: readonly A[]): readonly A[] {
  return [...new Map(authorities.map((one) => [one.id, one])).values()];
}

function idsOf(authorities: readonly (Authority | undefined)[]): readonly string[] {
  return distinctIds(authorities.flatMap((one) => (one === undefined ? [] : [one.id])));
}

function distinctIds(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].sort();
}
