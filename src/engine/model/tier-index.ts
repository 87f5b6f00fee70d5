import { decidesIn, type Gist } from './governing.ts';
import { type Direction, directions } from './policy.ts';
import { type StoredPolicy, tierOf } from './policy-shelf.ts';
import { Table } from './table.ts';
import { defaultTier } from './tier.ts';

/** What some policy of a tier may do. Where nothing is kept of one but that it is there, it may do all of it. */
type Deed =
  | `${'decides' | 'allows' | 'denies' | 'passes'} ${Direction}`
  | `settles ${Direction}`
  | `settles ${Direction} by-sets`
  /** A policy that lives in a namespace, of which more is to be looked at there. */
  | 'own decides egress'
  | 'own speaks of dns';

const everyDeed: readonly Deed[] = [
  ...directions.flatMap((direction): Deed[] => [
    ...(['decides', 'allows', 'denies', 'passes'] as const).map((verb): Deed => `${verb} ${direction}`),
    `settles ${direction}`,
  ]),
  'own decides egress',
  'own speaks of dns',
];

function deedsOf({ ref, outline, cluster }: StoredPolicy): readonly Deed[] {
  const gist: Gist | undefined = outline ?? cluster;
  const isOwn = ref.namespace !== undefined;
  if (gist === undefined) return isOwn ? everyDeed : everyDeed.filter((deed) => !deed.startsWith('own'));
  const found: Deed[] = [];
  for (const direction of directions) {
    if (!decidesIn(gist, direction)) continue;
    found.push(`decides ${direction}`);
    if (gist.rules[direction].allow) found.push(`allows ${direction}`);
    if (gist.rules[direction].deny) found.push(`denies ${direction}`);
    if (gist.passes[direction]) found.push(`passes ${direction}`);
    const settles = gist.settles[direction];
    if (settles === 'yes') found.push(`settles ${direction}`);
    if (settles === 'by-sets') found.push(`settles ${direction} by-sets`);
  }
  if (isOwn && decidesIn(gist, 'egress')) {
    found.push('own decides egress');
    if (gist.dns) found.push('own speaks of dns');
  }
  return found;
}

function isPassing(deed: Deed): boolean {
  return deed.startsWith('passes');
}

function settlesDns({ outline, cluster }: StoredPolicy): boolean {
  const gist = outline ?? cluster;
  return gist === undefined || (decidesIn(gist, 'egress') && gist.settles.dns);
}

interface Tally {
  readonly counts: ReadonlyMap<Deed, number>;
  /** Those that may do more about DNS than pass it on. */
  readonly dns: Table<StoredPolicy>;
}

const none: Tally = { counts: new Map(), dns: Table.empty() };

/**
 * What the policies of each tier do, counted, so that a question about thousands of them is one look. Those of `default`
 * are most, and of what they do only passing on is counted. Immutable.
 */
export class TierIndex {
  readonly #tallies: Table<Tally>;

  private constructor(tallies: Table<Tally>) {
    this.#tallies = tallies;
  }

  static empty(): TierIndex {
    return new TierIndex(Table.empty());
  }

  exchanged(key: string, old: StoredPolicy | undefined, now: StoredPolicy | undefined): TierIndex {
    const tallies = counted(counted(this.#tallies, key, old, -1), key, now, 1);
    return tallies === this.#tallies ? this : new TierIndex(tallies);
  }

  /** The tiers that policies stand in. */
  names(): Iterable<string> {
    return this.#tallies.keys();
  }

  /** Whether some policy of the tier does it, or may. */
  does(tier: string, deed: Deed): boolean {
    return (this.#tallies.get(tier)?.counts.get(deed) ?? 0) > 0;
  }

  /** The policies of the tier that may allow or deny DNS. */
  settlingDns(tier: string): Iterable<StoredPolicy> {
    return (this.#tallies.get(tier) ?? none).dns.values();
  }
}

function counted(
  tallies: Table<Tally>,
  key: string,
  stored: StoredPolicy | undefined,
  difference: 1 | -1,
): Table<Tally> {
  if (stored === undefined) return tallies;
  const own = tierOf(stored);
  const deeds = own === undefined ? deedsOf(stored).filter(isPassing) : deedsOf(stored);
  if (own === undefined && deeds.length === 0) return tallies;
  const tier = own ?? defaultTier;
  const { counts, dns } = tallies.get(tier) ?? none;
  const changed = new Map(counts);
  for (const deed of deeds) changed.set(deed, (changed.get(deed) ?? 0) + difference);
  const settling =
    own !== undefined && settlesDns(stored) ? dns.change(key, difference === 1 ? stored : undefined) : dns;
  return tallies.with(tier, { counts: changed, dns: settling });
}
