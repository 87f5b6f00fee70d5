import { failsafeNets } from '../felix/failsafe-ports.ts';
import { type Direction, decidesForPods, directions, type Policy, type Rule, ruleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import {
  type AddressCell,
  type AddressSet,
  addressKey,
  equalAddresses,
  everyAddress,
  partitionAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { boxKey, type LabelBox } from '../sets/labels.ts';
import {
  allTraffic,
  intersectTraffic,
  noTraffic,
  subtractTraffic,
  trafficKey,
  unionAllTraffic,
  unionTraffic,
} from '../sets/traffic.ts';
import { type Strand, Strands } from './address-strands.ts';
import { type AddressParty, addressParty } from './party.ts';

/** Contiguous addresses of one family that no policy tells apart. */
export interface AlikeRange {
  /** First and last address, `0.0.0.0-9.255.255.255`. */
  readonly id: string;
  readonly addresses: AddressSet;
  /** Stands for the addresses; one and the same for all ranges of a family that policies treat alike, wherever they lie. */
  readonly party: AddressParty;
}

/** What one policy says of addresses in one direction. */
interface Voice {
  readonly strands: readonly Strand[];
  /** For each strand the number of its rule's condition on its own side, or of what makes it doubtful; 0 for neither. */
  readonly conditions: readonly number[];
  /** How many conditions there are. */
  readonly count: number;
  /** Indexes of the strands that match every address. */
  readonly always: readonly number[];
}

/**
 * The coarsest contiguous ranges that no policy of these Worlds tells apart, IPv4 first, each family covered from its
 * first address to its last. A policy tells two addresses apart where it does not treat the same traffic the same way
 * for both; how it spells its blocks does not matter, nor does whether any pod of today is governed by it.
 */
export function addressRangesOf(worlds: readonly World[]): readonly AlikeRange[] {
  const voices = worlds.flatMap((world) => [...voicesOf(world)]);
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
    const key = `${run[0]?.family} ${signature}`;
    const party = parties.get(key) ?? addressParty(run[0]?.range ?? addresses);
    parties.set(key, party);
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

/** Every enforced policy of the World. Those that speak of hosts only count where there are any. */
function* policiesOf(world: World): IterableIterator<Policy> {
  const counts = (policy: Policy): boolean =>
    policy.enforced && (decidesForPods(policy) || world.countOf('hostEndpoints') > 0);
  for (const namespace of world.populatedNamespaces()) yield* world.policiesOf(namespace).filter(counts);
  yield* world.clusterPolicies().filter(counts);
}

function* voicesOf(world: World): IterableIterator<Voice> {
  yield* failsafeVoicesOf(world);
  const found = new Strands(world);
  for (const policy of policiesOf(world)) {
    for (const direction of directions) {
      if (!ruleList(policy, direction).applies) continue;
      const strands = found.of(policy, direction);
      const numbers = new Map([['', 0]]);
      const conditions = strands.map(({ rule }) => {
        const condition = conditionOf(rule, direction);
        const number = numbers.get(condition) ?? numbers.size;
        numbers.set(condition, number);
        return number;
      });
      const always = strands.flatMap(({ addresses }, index) => (isEveryAddress(addresses) ? index : []));
      yield { strands, conditions, count: numbers.size, always };
    }
  }
}

/** Failsafe lists of which an entry is not for everywhere; they count where there are host endpoints. */
function* failsafeVoicesOf(world: World): IterableIterator<Voice> {
  if (world.countOf('hostEndpoints') === 0) return;
  for (const addresses of failsafeNets(world)) {
    const rule: Rule = { path: [], action: 'allow', peers: [], traffic: allTraffic, ports: [] };
    yield { strands: [{ rule, addresses, traffic: allTraffic }], conditions: [0], count: 1, always: [] };
  }
}

/** What a rule asks besides its far end and traffic, as a text; empty where it asks nothing. */
function conditionOf({ own, unsure, http, exceptNamed }: Rule, direction: Direction): string {
  const names = direction === 'ingress' && exceptNamed !== undefined ? trafficKey(exceptNamed) : '';
  if (own === undefined && unsure !== true && http !== true && names === '') return '';
  const boxes = (all: readonly LabelBox[] | 'any' | undefined): unknown =>
    typeof all === 'object' ? all.map(boxKey).sort() : all;
  return JSON.stringify([
    own && [boxes(own.endpoints), boxes(own.except), own.addresses === 'any' ? 'any' : addressKey(own.addresses)],
    unsure === true,
    http === true,
    names,
  ]);
}

function isEveryAddress(addresses: AddressSet): boolean {
  return addresses === everyAddress || equalAddresses(addresses, everyAddress);
}

/** Strand `strand` of voice `voice`. */
interface Use {
  readonly voice: number;
  readonly strand: number;
}

/** Every address set that strands have, once, and the strands that have it, at the same index. */
function blocksOf(voices: readonly Voice[]): {
  readonly sets: readonly AddressSet[];
  readonly uses: readonly (readonly Use[])[];
} {
  const found = new Map<string, { readonly set: AddressSet; readonly uses: Use[] }>();
  for (const [voice, { strands, always }] of voices.entries()) {
    const everywhere = new Set(always);
    for (const [strand, { addresses }] of strands.entries()) {
      if (everywhere.has(strand)) continue;
      const key = addressKey(addresses);
      const known = found.get(key);
      if (known === undefined) found.set(key, { set: addresses, uses: [{ voice, strand }] });
      else known.uses.push({ voice, strand });
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
    for (const { voice, strand } of uses) {
      const strands = matched.get(voice);
      if (strands === undefined) matched.set(voice, [strand]);
      else strands.push(strand);
    }
    const parts: string[] = [];
    for (const [voice, strands] of [...matched].sort(([a], [b]) => a - b)) {
      const own = this.#ofVoice(voice, strands);
      if (own !== this.#ofVoice(voice, [])) parts.push(`${voice}=${own}`);
    }
    return parts.join();
  }

  #ofVoice(index: number, matched: readonly number[]): number {
    const voice = this.#voices[index];
    if (voice === undefined) return 0;
    const strands = [...new Set([...voice.always, ...matched])].sort((a, b) => a - b);
    const key = `${index}:${strands.join()}`;
    const known = this.#known.get(key) ?? this.#number(treatment(voice, strands));
    this.#known.set(key, known);
    return known;
  }

  #number(text: string): number {
    const known = this.#numbers.get(text) ?? this.#numbers.size + 1;
    this.#numbers.set(text, known);
    return known;
  }
}

/** With more conditions than this, rules count as different where they are written differently. */
const mostConditions = 5;

/**
 * What becomes of the traffic of an address, for every way in which the conditions may hold or not: two addresses are
 * alike where no endpoint could tell them apart.
 */
function treatment(voice: Voice, matched: readonly number[]): string {
  const strands = matched.flatMap((index) => {
    const strand = voice.strands[index];
    return strand === undefined ? [] : { ...strand, condition: voice.conditions[index] ?? 0 };
  });
  if (voice.count - 1 > mostConditions) {
    return strands.map((one) => `${one.condition} ${one.rule.action} ${trafficKey(one.traffic)}`).join(';');
  }
  const ways = Array.from({ length: 2 ** (voice.count - 1) }, (_, bits) =>
    decided(strands.filter(({ condition }) => condition === 0 || ((bits >> (condition - 1)) & 1) === 1)),
  );
  return ways.join('|');
}

/** The first of the rules that matches decides. */
function decided(strands: readonly Strand[]): string {
  if (strands.every(({ rule }) => rule.action === 'allow')) {
    return trafficKey(unionAllTraffic(strands.map(({ traffic }) => traffic)));
  }
  const taken = { allow: noTraffic, deny: noTraffic, pass: noTraffic, log: noTraffic };
  let left = allTraffic;
  for (const { rule, traffic } of strands) {
    taken[rule.action] = unionTraffic(taken[rule.action], intersectTraffic(left, traffic));
    left = subtractTraffic(left, traffic);
  }
  return [taken.allow, taken.deny, taken.pass].map(trafficKey).join(' / ');
}
