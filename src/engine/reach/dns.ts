import { distinctBoxes } from '../model/box-parts.ts';
import type { DnsServer } from '../model/cluster-facts.ts';
import type { Rule } from '../model/policy.ts';
import { RememberedByWorld } from '../model/remembered-by-world.ts';
import type { World } from '../model/world.ts';
import { type AddressSet, containsAddresses, isNoAddress, overlapAddresses } from '../sets/addresses.ts';
import { intersectBoxes, isEmptyBox, type LabelBox } from '../sets/labels.ts';
import { containsTraffic, isNoTraffic } from '../sets/traffic.ts';
import { addressPieces } from './address-pieces.ts';
import { type DnsDoubt, type DnsSettings, dnsTraffic, type Lead, leadsTowards, whereServerIs } from './dns-leads.ts';
import { type Budget, type FarFold, PodFold, type Take } from './pod-fold.ts';
import { isCalico } from './rule-match.ts';

/** Pods of a namespace that may reach the cluster's DNS. A rule that may lead there counts, and one that may refuse it does not. */
export interface DnsReach {
  readonly udp: readonly LabelBox[];
  readonly tcp: readonly LabelBox[];
  /** By rules alone that lead there, or refuse it, for certain. */
  readonly certain: { readonly udp: readonly LabelBox[]; readonly tcp: readonly LabelBox[] };
  readonly doubts: readonly DnsDoubt[];
}

/**
 * Which of the pods reach one of the servers, by the fold of all tiers: an early Deny keeps them from it, and who is not
 * isolated gets there. Undefined when the budget is spent.
 */
export function dnsReach(
  world: World,
  namespace: string,
  pods: readonly LabelBox[],
  settings: DnsSettings,
  budget: Budget,
): DnsReach | undefined {
  const folds = rememberedFolds(world, namespace, settings);
  const open = (): Reached => ({ udp: [], tcp: [] });
  const reach = { ...open(), certain: open() };
  const doubts = new Set<DnsDoubt>();
  const reachBy = (fold: FarFold<DnsDoubt>): Reached | undefined => {
    const found: Reached = { udp: [], tcp: [] };
    if (pods.length > 0) budget.left -= fold.cost;
    for (const some of pods) {
      const shares = fold.shares(some, budget, doubts);
      if (shares === undefined) return undefined;
      for (const share of shares) {
        const allowed = share.decided.filter((one) => one.allowed);
        for (const name of protocols) {
          if (allowed.some(({ traffic }) => containsTraffic(traffic, dnsTraffic[name]))) found[name].push(share.pods);
        }
      }
    }
    return found;
  };
  for (const { possible, certain } of folds) {
    const [reached, surely] = [possible.map(reachBy), certain.map(reachBy)];
    if (reached.includes(undefined) || surely.includes(undefined)) return undefined;
    for (const name of protocols) {
      for (const found of reached) reach[name].push(...(found?.[name] ?? []));
      // Wherever the server is.
      reach.certain[name].push(...surely.map((found): readonly LabelBox[] => found?.[name] ?? []).reduce(inBoth));
    }
  }
  return { ...reach, doubts: [...doubts].sort() };
}

interface Reached {
  readonly udp: LabelBox[];
  readonly tcp: LabelBox[];
}

const protocols = ['udp', 'tcp'] as const;

function inBoth(some: readonly LabelBox[], others: readonly LabelBox[]): readonly LabelBox[] {
  return distinctBoxes(
    some.flatMap((box) => others.map((other) => intersectBoxes(box, other)).filter((both) => !isEmptyBox(both))),
  );
}

/** The folds towards one server: one, or one for each piece of the addresses that it may have where rules tell these apart. */
interface ServerFolds {
  /** Where a rule that may lead there counts as one that does, and one that may refuse it as one that does not. */
  readonly possible: readonly FarFold<DnsDoubt>[];
  /** The reverse. */
  readonly certain: readonly FarFold<DnsDoubt>[];
}

interface NamespaceFolds {
  readonly settings: DnsSettings;
  readonly folds: readonly ServerFolds[];
}

/** Some of a World, as `check` asks about thousands of policies of a few namespaces in one. */
const remembered = new RememberedByWorld<NamespaceFolds>(16);

function rememberedFolds(world: World, namespace: string, settings: DnsSettings): readonly ServerFolds[] {
  const make = () => {
    const fold = new PodFold(world, namespace, 'egress', ({ dns }) => dns);
    return { settings, folds: settings.servers.map((server) => foldsTo(server, fold, world, settings)) };
  };
  const found = remembered.of(world, namespace, make);
  const { servers, enforcer, podAddresses } = found.settings;
  const isAlike =
    servers === settings.servers && enforcer === settings.enforcer && podAddresses === settings.podAddresses;
  return isAlike ? found.folds : make().folds;
}

function foldsTo(server: DnsServer, fold: PodFold, world: World, settings: DnsSettings): ServerFolds {
  const leadsOf = leadsTowards(server, world, settings);
  const take =
    (isSure: boolean, piece: AddressSet | undefined): Take =>
    (rule) => {
      const { traffic, isSure: isCertain, addresses } = leadsOf(rule);
      if (isNoTraffic(traffic)) return undefined;
      if (isCertain) return { traffic, doubted: false };
      if (piece !== undefined && !overlapAddresses(addresses.some, piece)) return undefined;
      const sure = told.get(rule);
      if (piece !== undefined && sure !== undefined && containsAddresses(sure, piece))
        return { traffic, doubted: false };
      // Where everything hangs on it, it lets through in one reading and refuses in the other.
      return (rule.action === 'deny') === isSure ? { traffic, doubted: false } : undefined;
    };
  const doubtOf = (rule: Rule) => {
    const { to, traffic } = leadsOf(rule);
    return to === 'yes' || to === 'no' || isNoTraffic(traffic) ? undefined : to;
  };
  const told = toldByAddress(fold, leadsOf, settings);
  const pieces = addressPieces([...told.values()], whereServerIs(server, world, settings));
  return {
    possible: pieces.map((piece) => fold.towards(take(false, piece), doubtOf)),
    certain: pieces.map((piece) => fold.towards(take(true, piece), doubtOf)),
  };
}

/** The rules that lead, or refuse, to whatever is at some addresses, with these: whether a range means pods is for the enforcer to say. */
function toldByAddress(
  fold: PodFold,
  leadsOf: (rule: Rule) => Lead,
  { enforcer }: DnsSettings,
): ReadonlyMap<Rule, AddressSet> {
  const told = new Map<Rule, AddressSet>();
  for (const policy of fold.policies()) {
    if (!isCalico(policy) && enforcer !== 'calico') continue;
    for (const rule of policy.egress.rules) {
      const { isSure, traffic, addresses } = leadsOf(rule);
      if (rule.action !== 'log' && !isSure && !isNoTraffic(traffic) && !isNoAddress(addresses.sure))
        told.set(rule, addresses.sure);
    }
  }
  return told;
}
