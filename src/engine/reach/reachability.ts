import { portNumbers } from '../model/endpoint.ts';
import type { Direction, Rule } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import {
  allTraffic,
  equalTraffic,
  intersectTraffic,
  isNoTraffic,
  namedPorts,
  noTraffic,
  resolveNamedPorts,
  type Traffic,
  trafficKey,
  unionTraffic,
  withoutNamedPorts,
} from '../sets/traffic.ts';
import { type Decision, fold } from './fold.ts';
import { type Gate, Gates } from './gate.ts';
import { matchPeer, type PeerMatch, type ReachSettings } from './match.ts';
import { byFamily, type Party } from './party.ts';
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
  readonly #settings: ReachSettings;
  readonly #gates: Gates;
  readonly #outcomes = new Map<Gate, Map<string, Flows>>();
  readonly #pairs = new Map<Flows, Map<Flows, Flows>>();
  readonly #flows = new Map<string, Flows>();
  readonly #open = this.#interned(allTraffic, allTraffic, []);

  constructor(world: World, settings: ReachSettings) {
    this.#settings = settings;
    this.#gates = new Gates(world, settings);
  }

  /**
   * What gets from one party to the other: what leaves the first and is let in by the second. Both sides must agree, and
   * for one and the same family of addresses: a packet is of one only.
   */
  between(from: Party, to: Party): Flows {
    const all = byFamily(from, to).map(([a, b]) => this.#betweenIn(a, b));
    const [first, second] = all;
    if (first === undefined || second === undefined) return first ?? this.#open;
    return this.#interned(
      unionTraffic(first.allowed, second.allowed),
      unionTraffic(first.possible, second.possible),
      joinReasons(first.reasons, second.reasons),
    );
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
    return this.#merged(from.flatMap((one) => to.map((other) => this.between(one, other))));
  }

  /** Whether all of these pods are certain to be isolated. */
  isolates(parties: readonly Party[], direction: Direction): boolean {
    return parties.every((party) => {
      const gate = this.gate(direction, party);
      return gate?.isolates === true && gate.certain;
    });
  }

  /** What one side says of the flows between two parties. No policy is asked on the side of an address. */
  side(direction: Direction, from: Party, to: Party): Flows {
    const [subject, peer] = direction === 'egress' ? [from, to] : [to, from];
    const gate = this.gate(direction, subject);
    if (gate === undefined || gate.tiers.length === 0) return this.#open;
    const matches = gate.rules.map((rule) => this.#matchRule(rule, peer));
    const key = matches.join() + (gate.named ? portsKey(to) : '');
    const outcomes = this.#outcomes.get(gate) ?? new Map<string, Flows>();
    this.#outcomes.set(gate, outcomes);
    const flows = outcomes.get(key) ?? this.#through(gate, matches, to);
    outcomes.set(key, flows);
    return flows;
  }

  /** The policies on one side; undefined for addresses, which no policy governs. */
  gate(direction: Direction, subject: Party): Gate | undefined {
    return subject.kind === 'pod' ? this.#gates.of(subject, direction) : undefined;
  }

  /** What a gate has to decide about the flows between two parties. */
  decision(gate: Gate, from: Party, to: Party): Decision {
    const peer = gate.direction === 'egress' ? to : from;
    return decisionOf(gate, (rule) => this.#matchRule(rule, peer), to);
  }

  #through(gate: Gate, matches: readonly PeerMatch[], to: Party): Flows {
    const found = new Map(gate.rules.map((rule, index) => [rule, matches[index] ?? 'no']));
    const { allowed, possible, doubts } = fold(decisionOf(gate, (rule) => found.get(rule) ?? 'no', to));
    return gate.certain
      ? this.#interned(allowed, possible, doubts)
      : this.#interned(allowed, allTraffic, [...doubts, 'host-network-subject']);
  }

  #matchRule(rule: Rule, party: Party): PeerMatch {
    let found: PeerMatch = 'no';
    for (const peer of rule.peers) {
      const match = matchPeer(peer, party, this.#settings);
      if (match === 'yes') return 'yes';
      if (found === 'no') found = match;
    }
    return found;
  }

  /** What is certain, and what possible, of flows of which nobody can say which it is: pods under one name that differ. */
  #merged(flows: readonly Flows[]): Flows {
    const [first, ...rest] = flows;
    if (first === undefined) return this.#interned(noTraffic, noTraffic, []);
    if (rest.every((one) => one === first)) return first;
    let { allowed, possible } = first;
    for (const one of rest) {
      allowed = intersectTraffic(allowed, one.allowed);
      possible = unionTraffic(possible, one.possible);
    }
    return this.#interned(allowed, possible, [...flows.flatMap((one) => one.reasons), 'pods-differ']);
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

function decisionOf(gate: Gate, matchRule: (rule: Rule) => PeerMatch, to: Party): Decision {
  return {
    direction: gate.direction,
    tiers: gate.tiers,
    profile: 'allow',
    matching: (rule) => {
      const match = matchRule(rule);
      if (match === 'no') return { must: noTraffic, may: noTraffic };
      const may = resolved(rule.traffic, to);
      return match === 'yes' ? { must: may, may } : { must: noTraffic, may, doubt: match };
    },
  };
}

/** A named port is whatever the destination calls by that name and protocol; an address names nothing. */
function resolved(traffic: Traffic, to: Party): Traffic {
  if (namedPorts(traffic).length === 0) return traffic;
  if (to.kind === 'addresses') return withoutNamedPorts(traffic);
  return resolveNamedPorts(traffic, (protocol, name) => portNumbers(to.pod, protocol, name));
}

function portsKey(to: Party): string {
  if (to.kind === 'addresses') return '';
  return JSON.stringify(to.pod.namedPorts.map(({ protocol, name, port }) => [protocol, name, port]));
}
