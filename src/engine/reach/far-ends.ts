import { admitsFreshPod } from '../model/box-parts.ts';
import type { Peer, Rule } from '../model/policy.ts';
import { isWide } from '../model/speaks-of-many.ts';
import type { World } from '../model/world.ts';
import {
  type AddressSet,
  containsAddresses,
  everyAddress,
  everyIPv4,
  intersectAddresses,
  noAddresses,
  partitionAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { matchesBox } from '../sets/labels.ts';
import { addressPieces } from './address-pieces.ts';
import { RememberedByFacts } from './remembered-by-facts.ts';

/**
 * An end of which nothing is known that a rule could list: a pod without labels in a namespace that carries its name
 * only, or any address of a range wider than anybody lists. A pod has an address of IPv4 and nobody knows which; where
 * rules between them refuse all of these, it is one pod for each piece that they cut them into.
 */
export type FarEnd =
  | { readonly kind: 'pod'; readonly addresses: AddressSet | undefined }
  | { readonly kind: 'addresses'; readonly addresses: AddressSet };

/** More ranges than this come of no policy that anybody wrote by hand. */
const mostRanges = 16;

/** The ends that none of the rules tells apart; undefined where they are too many. */
export function farEnds(
  spoken: Iterable<{ readonly world: World; readonly rules: Iterable<Rule> }>,
): readonly FarEnd[] | undefined {
  const sets: AddressSet[] = [];
  const refused: AddressSet[] = [];
  for (const { world, rules } of spoken) {
    const spokenOf = spokenIn(world);
    for (const rule of rules) {
      const { addresses, tellsApart } = spokenOf(rule);
      if (tellsApart) sets.push(addresses);
      if (rule.action === 'deny' || rule.action === 'pass') refused.push(wherePodsAreMeant(rule));
    }
  }
  const ranges = partitionAddresses(sets).filter(({ range }) => isWide(range));
  if (ranges.length > mostRanges) return undefined;
  const pieces = addressPieces(refused, everyIPv4);
  return [
    ...pieces.map((addresses) => ({ kind: 'pod', addresses }) as const),
    ...ranges.map(({ range }) => ({ kind: 'addresses', addresses: range }) as const),
  ];
}

/** Whether a rule speaks of such an end. What it lists one by one does not count, be it to allow or to deny it. */
export function speakingOf(end: FarEnd, world: World): (rule: Rule) => boolean {
  if (end.kind === 'pod') {
    const { addresses: at } = end;
    // A rule that allows some addresses lists them, and the pods there with them.
    const refuses = (rule: Rule) => rule.action !== 'allow' && at !== undefined;
    return (rule) =>
      speaksOfFreshPod(rule) || (refuses(rule) && containsAddresses(wherePodsAreMeant(rule), at ?? everyIPv4));
  }
  const spokenOf = spokenIn(world);
  return (rule) => {
    const { addresses } = spokenOf(rule);
    return addresses === everyAddress || containsAddresses(addresses, end.addresses);
  };
}

/** The addresses by which a rule knows its far end, and whether there are ends that they tell apart. */
interface Spoken {
  readonly addresses: AddressSet;
  readonly tellsApart: boolean;
}

/** Each rule is looked at once while the sets that it may choose stay as they are. */
const knownSpoken = new RememberedByFacts<WeakMap<Rule, Spoken>>();

function spokenIn(world: World): (rule: Rule) => Spoken {
  const known = knownSpoken.of(world.lineage, world.factsOfSets, () => new WeakMap());
  return (rule) => {
    let spoken = known.get(rule);
    if (spoken === undefined) {
      const addresses = addressesOf(rule, world);
      spoken = { addresses, tellsApart: addresses !== everyAddress && isWide(addresses) };
      known.set(rule, spoken);
    }
    return spoken;
  };
}

/** What rules say does not change. */
const knownOfFreshPod = new WeakMap<Rule, boolean>();

function speaksOfFreshPod(rule: Rule): boolean {
  const known = knownOfFreshPod.get(rule) ?? rule.peers.some(admitsFreshPodAs);
  knownOfFreshPod.set(rule, known);
  return known;
}

function admitsFreshPodAs(peer: Peer): boolean {
  return isOfFreshPods(peer) && (peer.addresses === 'any' || containsAddresses(peer.addresses, everyIPv4));
}

function isOfFreshPods({ endpoints, except, service }: Peer): boolean {
  if (service !== undefined || except?.some(admitsFreshPod) === true) return false;
  return endpoints === 'any' || endpoints.some(admitsFreshPod);
}

const knownWhere = new WeakMap<Rule, AddressSet>();

/** The addresses of IPv4 at which a rule speaks of pods without labels. */
function wherePodsAreMeant(rule: Rule): AddressSet {
  const known = knownWhere.get(rule) ?? findWherePodsAreMeant(rule);
  knownWhere.set(rule, known);
  return known;
}

function findWherePodsAreMeant({ peers }: Rule): AddressSet {
  const ranges = peers.filter(isOfFreshPods).map(({ addresses }) => (addresses === 'any' ? everyAddress : addresses));
  return intersectAddresses(unionAllAddresses(ranges), everyIPv4);
}

/** Those of a host, or of a set that is no wider than a list, are left out. */
function addressesOf({ peers }: Rule, world: World): AddressSet {
  const all = peers.map((peer) => {
    if (peer.service !== undefined) return noAddresses;
    const byNets = peer.addresses === 'any' ? everyAddress : peer.addresses;
    return peer.endpoints === 'any' ? byNets : intersectAddresses(byNets, ofSets(peer, world));
  });
  return all.length === 1 ? (all[0] ?? noAddresses) : unionAllAddresses(all);
}

function ofSets({ endpoints }: Peer, world: World): AddressSet {
  if (endpoints === 'any') return everyAddress;
  const found = world.wideSets.filter((set) => {
    const attributes = world.attributesOfSet(set);
    return endpoints.some((box) => matchesBox(box, attributes));
  });
  return found.length === 0 ? noAddresses : unionAllAddresses(found.map(({ addresses }) => addresses));
}
