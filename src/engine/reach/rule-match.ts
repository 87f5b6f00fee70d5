import type { Direction, Peer, Policy, Rule } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { everyAddress, intersectAddresses, noAddresses, subtractAddresses } from '../sets/addresses.ts';
import {
  allTraffic,
  intersectTraffic,
  isNoTraffic,
  namedPorts,
  noTraffic,
  resolveNamedPorts,
  subtractTraffic,
  type Traffic,
  trafficKey,
  unionTraffic,
} from '../sets/traffic.ts';
import type { Match } from './fold.ts';
import { matchPeer, type PeerMatch, type ReachSettings, type Region } from './match.ts';
import type { Party } from './party.ts';
import { PortNames } from './port-names.ts';
import { ServiceMatcher } from './service-match.ts';
import type { UnknownReason } from './unknown-reason.ts';

/** The two ends of a flow, as the policies on one side see them. */
export interface RuleEnds {
  readonly direction: Direction;
  /** The end that the policies govern. */
  readonly near: Party;
  readonly far: Party;
}

/** Matches nothing. */
export const noMatch: Match = { must: noTraffic, may: noTraffic };

/** What two conditions on the traffic of a flow come to that must both hold. */
export function bothEnds(a: Match, b: Match): Match {
  const may = intersectTraffic(a.may, b.may);
  if (isNoTraffic(may)) return noMatch;
  return { must: intersectTraffic(a.must, b.must), may, doubt: a.doubt ?? b.doubt };
}

/**
 * Says what traffic between two ends a rule matches. Policies of Calico's own kinds are read as Calico reads them,
 * whatever the enforcer: the profile decides only what the Kubernetes API leaves open.
 *
 * What it says of one end is one and the same object for all parties that the rule treats alike.
 */
export class RuleMatcher {
  readonly #world: World;
  readonly #settings: ReachSettings;
  readonly #asCalico: ReachSettings;
  readonly #services: ServiceMatcher;
  readonly #names: PortNames;
  readonly #regions = new Map<Peer, Region>();
  readonly #once = new Map<Rule, Map<string, Match>>();

  constructor(world: World, settings: ReachSettings) {
    this.#world = world;
    this.#settings = settings;
    this.#asCalico = { ...settings, enforcer: 'calico' };
    this.#services = new ServiceMatcher(world, settings.cluster);
    this.#names = new PortNames(world, settings.cluster);
  }

  /** The traffic of the flow that the rule is certain to match, and that it may match. No named port is left in it. */
  match(policy: Policy, rule: Rule, { direction, near, far }: RuleEnds): Match {
    const farEnd = this.far(policy, rule, direction, far);
    return isNoTraffic(farEnd.may) ? noMatch : bothEnds(farEnd, this.near(policy, rule, direction, near));
  }

  /** What the rule says of the far end by itself. Ports belong to the destination, be it this one or the other. */
  far(policy: Policy, rule: Rule, direction: Direction, far: Party): Match {
    const to = direction === 'egress' ? far : undefined;
    const matches = rule.peers.map((peer) => this.#side(policy, peer, far));
    if (matches.every((match) => match === 'no')) return noMatch;
    if (isPlain(rule)) {
      const match = matches.includes('yes') ? 'yes' : (matches.find((one) => one !== 'no') ?? 'no');
      return this.#plain(policy, rule, match, to, this.#doubtOf(rule));
    }
    let found = noMatch;
    for (const [index, peer] of rule.peers.entries()) {
      const one = this.#at(policy, rule, peer, matches[index] ?? 'no', to);
      const service = peer.service === undefined ? undefined : this.#services.match(peer.service, direction, far);
      found = either(found, service === undefined ? one : bothEnds(one, service));
    }
    return this.#same(rule, unsure(found, this.#doubtOf(rule)));
  }

  /** What the rule says of the near end by itself. */
  near(policy: Policy, rule: Rule, direction: Direction, near: Party): Match {
    const to = direction === 'ingress' ? near : undefined;
    const match = rule.own === undefined ? 'yes' : this.#side(policy, rule.own, near);
    if (match === 'no') return noMatch;
    if (to === undefined || !hasNames(rule)) return this.#plain(policy, rule, match, to, undefined);
    return this.#same(rule, this.#at(policy, rule, rule.own, match, to));
  }

  #side(policy: Policy, peer: Peer, party: Party): PeerMatch {
    if (!isCalico(policy)) return matchPeer(peer, party, this.#settings);
    return matchPeer(peer, party, this.#asCalico, (one) => this.#regionOf(one));
  }

  #regionOf(peer: Peer): Region {
    const known = this.#regions.get(peer) ?? calicoRegion(this.#world, peer);
    this.#regions.set(peer, known);
    return known;
  }

  /** Why less may match than the rule seems to say. */
  #doubtOf(rule: Rule): UnknownReason | undefined {
    if (rule.unsure === true) return 'not-read';
    return rule.http === true && this.#settings.cluster.applicationLayer === true ? 'http-match' : undefined;
  }

  #plain(policy: Policy, rule: Rule, match: PeerMatch, to: Party | undefined, doubt: UnknownReason | undefined): Match {
    const key = `${to === undefined ? 'any' : 'its'} ${match} ${doubt ?? ''}`;
    const kept = this.#kept(rule);
    const known = kept.get(key) ?? unsure(this.#at(policy, rule, undefined, match, to), doubt);
    kept.set(key, known);
    return known;
  }

  /** @param to the party itself where it is the destination, whose ports the rule speaks of */
  #at(policy: Policy, rule: Rule, side: Peer | undefined, match: PeerMatch, to: Party | undefined): Match {
    if (match === 'no') return noMatch;
    if (to === undefined) return over(match, allTraffic, allTraffic, undefined);
    const names = isCalico(policy) ? this.#names.asCalico(to, side?.endpoints ?? 'any') : this.#names.ofPods(to);
    const must = resolveNamedPorts(rule.traffic, (protocol, name) => names(protocol, name).sure);
    const may = resolveNamedPorts(rule.traffic, (protocol, name) => names(protocol, name).all);
    const { exceptNamed } = rule;
    const doubt = namedPorts(rule.traffic)
      .concat(exceptNamed === undefined ? [] : namedPorts(exceptNamed))
      .map(({ protocol, name }) => names(protocol, name).doubt)
      .find((one) => one !== undefined);
    if (exceptNamed === undefined) return over(match, must, may, doubt);
    const outAtMost = resolveNamedPorts(exceptNamed, (protocol, name) => names(protocol, name).all);
    const outAtLeast = resolveNamedPorts(exceptNamed, (protocol, name) => names(protocol, name).sure);
    return over(match, subtractTraffic(must, outAtMost), subtractTraffic(may, outAtLeast), doubt);
  }

  #same(rule: Rule, match: Match): Match {
    const key = `${trafficKey(match.must)} ${trafficKey(match.may)} ${match.doubt ?? ''}`;
    const kept = this.#kept(rule);
    const known = kept.get(key) ?? match;
    kept.set(key, known);
    return known;
  }

  #kept(rule: Rule): Map<string, Match> {
    const known = this.#once.get(rule) ?? new Map<string, Match>();
    this.#once.set(rule, known);
    return known;
  }
}

/** Where a peer of a Calico policy matches. */
export function calicoRegion(world: World, { endpoints, addresses, except }: Peer): Region {
  const within = addresses === 'any' ? everyAddress : addresses;
  const left = except === undefined ? within : subtractAddresses(within, world.addressesKnownAs(except));
  const others = endpoints === 'any' ? noAddresses : intersectAddresses(world.addressesKnownAs(endpoints), left);
  return { chosen: left === everyAddress ? 'any' : left, others };
}

/** Whether a policy is one of Calico's own kinds. */
export function isCalico(policy: Policy): boolean {
  return policy.ref.group === 'projectcalico.org';
}

/** Whether the traffic of a rule hangs on the names that the destination gives its ports. */
export function hasNames(rule: Rule): boolean {
  return rule.exceptNamed !== undefined || namedPorts(rule.traffic).length > 0;
}

function isPlain(rule: Rule): boolean {
  return !hasNames(rule) && rule.peers.every((peer) => peer.service === undefined);
}

function over(match: PeerMatch, must: Traffic, may: Traffic, doubt: UnknownReason | undefined): Match {
  if (match === 'no' || isNoTraffic(may)) return noMatch;
  if (match !== 'yes') return { must: noTraffic, may, doubt: match };
  return doubt === undefined ? { must, may } : { must, may, doubt };
}

function either(a: Match, b: Match): Match {
  if (a === noMatch) return b;
  if (b === noMatch) return a;
  return { must: unionTraffic(a.must, b.must), may: unionTraffic(a.may, b.may), doubt: a.doubt ?? b.doubt };
}

function unsure(match: Match, doubt: UnknownReason | undefined): Match {
  return doubt === undefined || match === noMatch ? match : { must: noTraffic, may: match.may, doubt };
}
