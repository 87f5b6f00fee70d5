import { directions, isEveryone, type Policy, type Rule, ruleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import {
  type AddressCell,
  type AddressSet,
  addressKey,
  partitionAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { type Traffic, trafficKey, unionAllTraffic, withoutNamedPorts } from '../sets/traffic.ts';
import { type AddressParty, addressParty } from './party.ts';

/** Contiguous addresses of one family that no policy tells apart. */
export interface AlikeRange {
  /** First and last address, `0.0.0.0-9.255.255.255`. */
  readonly id: string;
  readonly addresses: AddressSet;
  /** Stands for the addresses; one and the same for all ranges that policies treat alike, wherever they lie. */
  readonly party: AddressParty;
}

/** The rules of one policy in one direction, as far as an address can match them. */
interface Voice {
  readonly egress: boolean;
  /** Allow-only rules are one union; others decide in their order. */
  readonly additive: boolean;
  readonly rules: readonly Rule[];
  /** Indexes of the rules that match every address. */
  readonly always: readonly number[];
}

/**
 * The coarsest contiguous ranges that no policy of these Worlds tells apart, IPv4 first, each family covered from its
 * first address to its last. A policy tells two addresses apart where it does not treat the same traffic the same way
 * for both; how it spells its blocks does not matter, nor does whether any pod of today is governed by it.
 */
export function addressRangesOf(worlds: readonly World[]): readonly AlikeRange[] {
  const voices = worlds.flatMap((world) => [...policiesOf(world)].flatMap(voicesOf));
  const { sets, uses } = blocksOf(voices);
  const signatures = new Signatures(voices);
  const parties = new Map<string, AddressParty>();
  const cells = partitionAddresses(sets).map((cell) => ({
    cell,
    signature: signatures.of(cell.members.flatMap((member) => uses[member] ?? [])),
  }));
  return runsOf(cells).map(({ signature, run, first, last }) => {
    const addresses = unionAllAddresses(run.map((cell) => cell.range));
    // One cell stands for all of the run: no policy tells them apart, although no single block may hold them all.
    const party = parties.get(signature) ?? addressParty(run[0]?.range ?? addresses);
    parties.set(signature, party);
    return { id: `${first}-${last}`, addresses, party };
  });
}

interface Run {
  readonly signature: string;
  readonly run: AddressCell[];
  readonly first: string;
  last: string;
}

/** Neighbours of one family with equal signatures, together. */
function runsOf(cells: readonly { readonly cell: AddressCell; readonly signature: string }[]): readonly Run[] {
  const runs: Run[] = [];
  for (const { cell, signature } of cells) {
    const open = runs.at(-1);
    if (open?.signature === signature && open.run[0]?.family === cell.family) {
      open.run.push(cell);
      open.last = cell.last;
    } else runs.push({ signature, run: [cell], first: cell.first, last: cell.last });
  }
  return runs;
}

/** Every enforced policy of the World. */
function* policiesOf(world: World): IterableIterator<Policy> {
  for (const namespace of world.populatedNamespaces())
    yield* world.policiesOf(namespace).filter((policy) => policy.enforced);
  yield* world.clusterPolicies().filter((policy) => policy.enforced);
}

function voicesOf(policy: Policy): readonly Voice[] {
  return directions.flatMap((direction) => {
    const list = ruleList(policy, direction);
    if (!list.applies) return [];
    const rules = list.rules.filter((rule) => rule.action !== 'log');
    return {
      egress: direction === 'egress',
      additive: rules.every((rule) => rule.action === 'allow'),
      rules,
      always: rules.flatMap((rule, index) => (rule.peers.some(isEveryone) ? index : [])),
    };
  });
}

/** Rule `rule` of voice `voice`. */
interface Use {
  readonly voice: number;
  readonly rule: number;
}

/** Every address set that rules name, once, and the rules that name it, at the same index. */
function blocksOf(voices: readonly Voice[]): {
  readonly sets: readonly AddressSet[];
  readonly uses: readonly (readonly Use[])[];
} {
  const found = new Map<string, { readonly set: AddressSet; readonly uses: Use[] }>();
  for (const [voice, { rules }] of voices.entries()) {
    for (const [rule, { peers }] of rules.entries()) {
      for (const peer of peers) {
        // An address never matches a peer that asks for labels as well.
        if (peer.addresses === 'any' || peer.endpoints !== 'any') continue;
        const key = addressKey(peer.addresses);
        const known = found.get(key);
        if (known === undefined) found.set(key, { set: peer.addresses, uses: [{ voice, rule }] });
        else known.uses.push({ voice, rule });
      }
    }
  }
  const blocks = [...found.values()];
  return { sets: blocks.map((block) => block.set), uses: blocks.map((block) => block.uses) };
}

/** What all policies make of an address, as a text that is equal for addresses that they treat alike. */
class Signatures {
  readonly #voices: readonly Voice[];
  readonly #numbers = new Map<string, number>();
  readonly #known = new Map<string, number>();

  constructor(voices: readonly Voice[]) {
    this.#voices = voices;
  }

  of(uses: readonly Use[]): string {
    const matched = new Map<number, number[]>();
    for (const { voice, rule } of uses) {
      const rules = matched.get(voice);
      if (rules === undefined) matched.set(voice, [rule]);
      else rules.push(rule);
    }
    const parts: string[] = [];
    for (const [voice, rules] of [...matched].sort(([a], [b]) => a - b)) {
      const own = this.#ofVoice(voice, rules);
      if (own !== this.#ofVoice(voice, [])) parts.push(`${voice}=${own}`);
    }
    return parts.join();
  }

  #ofVoice(index: number, matched: readonly number[]): number {
    const voice = this.#voices[index];
    if (voice === undefined) return 0;
    const rules = [...new Set([...voice.always, ...matched])].sort((a, b) => a - b);
    const key = `${index}:${rules.join()}`;
    const known = this.#known.get(key) ?? this.#number(treatment(voice, rules));
    this.#known.set(key, known);
    return known;
  }

  #number(text: string): number {
    const known = this.#numbers.get(text) ?? this.#numbers.size + 1;
    this.#numbers.set(text, known);
    return known;
  }
}

function treatment(voice: Voice, matched: readonly number[]): string {
  const rules = matched.flatMap((index) => voice.rules[index] ?? []);
  // An address as a destination has no names for its ports.
  const trafficOf = (rule: Rule): Traffic => (voice.egress ? withoutNamedPorts(rule.traffic) : rule.traffic);
  if (voice.additive) return trafficKey(unionAllTraffic(rules.map(trafficOf)));
  return rules.map((rule) => `${rule.action} ${trafficKey(trafficOf(rule))}`).join(';');
}
