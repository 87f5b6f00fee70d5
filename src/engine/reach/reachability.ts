import type { Direction, Policy } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import {
  allTraffic,
  equalTraffic,
  intersectTraffic,
  isNoTraffic,
  noTraffic,
  type Traffic,
  trafficKey,
  unionTraffic,
} from '../sets/traffic.ts';
import { byFamily, type FamilyPair } from './families.ts';
import type { Decision, Outcome } from './fold.ts';
import { type Gate, Gates } from './gate.ts';
import { type HostSide, HostSides } from './host/host-sides.ts';
import type { ReachSettings } from './match.ts';
import type { HostParty, Party } from './party.ts';
import { Passages } from './passages.ts';
import { RuleMatcher } from './rule-match.ts';
import { joinReasons, type UnknownReason } from './unknown-reason.ts';

/** The traffic of one party to another, and why some of it is only possible. Without named ports: these are resolved. */
export interface Flows {
  readonly allowed: Traffic;
  readonly possible: Traffic;
  /** Empty where everything possible is certain. */
  readonly reasons: readonly UnknownReason[];
}

/**
 * What parties can send one another in one World. Remembers what it has worked out: of a hundred thousand pairs, few
 * differ in anything that a policy looks at.
 */
export class Reachability {
  readonly #cluster: ReachSettings['cluster'];
  readonly #gates: Gates;
  readonly #matcher: RuleMatcher;
  readonly #hosts: HostSides;
  readonly #hasHosts: boolean;
  /** Kubernetes has no rules that deny. */
  readonly #allowOnly: boolean;
  readonly #passages = new Map<Gate, Passages<Flows>>();
  readonly #pairs = new Map<Flows, Map<Flows, Flows>>();
  readonly #flows = new Map<string, Flows>();
  readonly #open = this.#interned(allTraffic, allTraffic, []);
  readonly #untold = this.#interned(noTraffic, allTraffic, ['not-read']);
  readonly #unpoliced = this.#interned(noTraffic, allTraffic, ['host-endpoint']);

  /** `known`: the policies that can govern anybody of a namespace who is asked about; else all are looked through. */
  constructor(world: World, settings: ReachSettings, known?: (namespace: string) => readonly Policy[]) {
    this.#cluster = settings.cluster;
    this.#gates = new Gates(world, settings, known);
    this.#matcher = new RuleMatcher(world, settings);
    this.#allowOnly = !world.holdsCalico;
    this.#hosts = new HostSides(world, this.#matcher, settings);
    this.#hasHosts = world.countOf('hostEndpoints') > 0;
  }

  /**
   * What gets from one party to the other: what leaves the first and is let in by the second. Both sides must agree, and
   * for one and the same family of addresses: a packet is of one only.
   */
  between(from: Party, to: Party): Flows {
    const [first, second] = this.inFamilies(from, to).map((pair) => ({
      ...pair,
      flows: this.#betweenIn(pair.from, pair.to),
    }));
    if (first === undefined || second === undefined) return first?.flows ?? this.#open;
    const [one, other] = [first.flows, second.flows];
    const allowed =
      first.sure === second.sure
        ? (first.sure ? unionTraffic : intersectTraffic)(one.allowed, other.allowed)
        : (first.sure ? one : other).allowed;
    const doubts = first.sure && second.sure ? [] : ['family-unknown' as const];
    return this.#interned(
      allowed,
      unionTraffic(one.possible, other.possible),
      joinReasons(one.reasons, other.reasons, doubts),
    );
  }

  /** The two by each family over which they may meet. */
  inFamilies(from: Party, to: Party): readonly FamilyPair[] {
    return byFamily(from, to, this.#cluster, this.#allowOnly);
  }

  #betweenIn(from: Party, to: Party): Flows {
    const leaving = this.side('egress', from, to);
    if (isNoTraffic(leaving.possible)) return leaving;
    const entering = this.side('ingress', from, to);
    const known = this.#pairs.get(leaving);
    const pair = known?.get(entering);
    if (pair !== undefined) return pair;
    const both = this.#interned(
      intersectTraffic(leaving.allowed, entering.allowed),
      intersectTraffic(leaving.possible, entering.possible),
      joinReasons(leaving.reasons, entering.reasons),
    );
    if (known === undefined) this.#pairs.set(leaving, new Map([[entering, both]]));
    else known.set(entering, both);
    return both;
  }

  /** What gets from pods or addresses under one name to those under another. */
  betweenAll(from: readonly Party[], to: readonly Party[]): Flows {
    const [sender, ...senders] = from;
    const [receiver, ...receivers] = to;
    if (sender === undefined || receiver === undefined) return this.#interned(noTraffic, noTraffic, []);
    if (senders.length === 0 && receivers.length === 0) return this.between(sender, receiver);
    return this.#merged(
      from.flatMap((one) => to.map((other) => this.between(one, other))),
      'pods-differ',
    );
  }

  /** Whether all of these pods are certain to be isolated. */
  isolates(parties: readonly Party[], direction: Direction): boolean {
    return parties.every((party) => {
      const gate = this.gate(direction, party);
      return gate?.isolates === true && gate.certain && gate.doubt === undefined;
    });
  }

  /** What one side says of the flows between two parties. No policy is asked on the side of an address. */
  side(direction: Direction, from: Party, to: Party): Flows {
    const [near, far] = direction === 'egress' ? [from, to] : [to, from];
    if (near.kind === 'host') {
      const { allowed, possible, doubts } = this.host(direction, near, far);
      return this.#interned(allowed, possible, doubts);
    }
    if (this.onUnknownHost(near)) return this.#unpoliced;
    const own = this.#ofPolicies(direction, near, far);
    const passing = this.passing(direction, near, far);
    return passing === undefined
      ? own
      : this.#interned(intersectTraffic(own.allowed, passing), own.possible, [...own.reasons, 'forwarded']);
  }

  #ofPolicies(direction: Direction, near: Party, far: Party): Flows {
    const gate = this.gate(direction, near);
    if (gate?.doubt === 'not-read') return this.#untold;
    if (gate === undefined || gate.tiers.length === 0) return this.#open;
    const passages = this.#passages.get(gate) ?? new Passages(gate, this.#matcher);
    this.#passages.set(gate, passages);
    return passages.between(near, far, (outcome) => this.#through(gate, outcome));
  }

  /** Whether the traffic of a party is that of a host, where hosts have policies of their own. */
  isHost(party: Party): boolean {
    return party.kind === 'host' || this.onUnknownHost(party);
  }

  /** Whether the traffic of a party is that of a host of which it is not known which it is, and hosts have policies of their own. */
  onUnknownHost(party: Party): boolean {
    return party.kind === 'pod' && party.pod.hostNetwork && this.#hasHosts;
  }

  /** What the policies of a host endpoint say of its own traffic. */
  host(direction: Direction, near: HostParty, far: Party): HostSide {
    return this.#hosts.local(direction, near, far);
  }

  /** What of a pod's flows no host endpoint on the way can drop; undefined where none may drop any. */
  passing(direction: Direction, near: Party, far: Party): Traffic | undefined {
    return near.kind !== 'pod' || near.pod.hostNetwork || !this.#hasHosts
      ? undefined
      : this.#hosts.passing(direction, near, far);
  }

  /** The policies on one side; undefined for addresses, which no policy governs. */
  gate(direction: Direction, subject: Party): Gate | undefined {
    return subject.kind === 'pod' ? this.#gates.of(subject, direction) : undefined;
  }

  /** What a gate has to decide about the flows between two parties. */
  decision(gate: Gate, from: Party, to: Party): Decision {
    const { direction, tiers } = gate;
    const [near, far] = direction === 'egress' ? [from, to] : [to, from];
    const matching: Decision['matching'] = (rule, policy) =>
      this.#matcher.match(policy, rule, { direction, near, far });
    return { direction, tiers, profile: 'allow', matching };
  }

  #through(gate: Gate, { allowed, possible, doubts }: Outcome): Flows {
    if (gate.doubt !== undefined) return this.#interned(noTraffic, allTraffic, [...doubts, gate.doubt]);
    return gate.certain
      ? this.#interned(allowed, possible, doubts)
      : this.#interned(allowed, allTraffic, [...doubts, 'host-network-subject']);
  }

  /** What is certain, and what possible, of flows of which nobody can say which it is: pods under one name that differ. */
  #merged(flows: readonly Flows[], doubt: UnknownReason): Flows {
    const [first, ...rest] = flows;
    if (first === undefined) return this.#interned(noTraffic, noTraffic, []);
    if (rest.every((one) => one === first)) return first;
    let { allowed, possible } = first;
    for (const one of rest) {
      allowed = intersectTraffic(allowed, one.allowed);
      possible = unionTraffic(possible, one.possible);
    }
    return this.#interned(allowed, possible, [...flows.flatMap((one) => one.reasons), doubt]);
  }

  /** One object for equal flows, so that whoever compares or remembers them can do so by identity. */
  #interned(allowed: Traffic, possible: Traffic, doubts: readonly UnknownReason[]): Flows {
    const reasons = equalTraffic(allowed, possible) ? [] : joinReasons(doubts);
    const key = `${trafficKey(allowed)} ${trafficKey(possible)} ${reasons.join()}`;
    const known = this.#flows.get(key) ?? { allowed, possible, reasons };
    this.#flows.set(key, known);
    return known;
  }
}
