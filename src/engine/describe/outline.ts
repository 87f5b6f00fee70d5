import type { FieldPath } from '../json/path.ts';
import {
  type Action,
  type Direction,
  isEveryone,
  type Peer,
  type Policy,
  type Rule,
  type RuleList,
} from '../model/policy.ts';
import type { World } from '../model/world.ts';
import {
  type AddressSet,
  addressCidrs,
  containsAddresses,
  everyIPv4,
  everyIPv6,
  unionAllAddresses,
} from '../sets/addresses.ts';
import {
  allTraffic,
  isAllTraffic,
  isNoTraffic,
  noTraffic,
  type Traffic,
  trafficKey,
  unionAllTraffic,
} from '../sets/traffic.ts';
import { addressesText } from '../words/addresses.ts';
import { isNoEndpoint } from '../words/box.ts';
import type { Language } from '../words/language.ts';
import { isNobody, peerText } from '../words/peer.ts';
import { trafficText } from '../words/traffic.ts';
import { noteText, setsText } from './notes.ts';
import { type Rest, restOf } from './rest.ts';

/** What one direction comes to, before it is put into sentences. */
export interface Side {
  /** `everything`: whatever anyone sends. `nothing`: no rule lets anything through. */
  readonly state: 'unrestricted' | 'nothing' | 'everything' | 'some';
  /** What becomes of what no rule decides. */
  readonly rest: Rest;
  /** In the order in which the rules are read; rules of one action that follow each other are one step. */
  readonly steps: readonly Step[];
}

export interface Step {
  readonly action: Action;
  readonly clauses: readonly Clause[];
  /** Clauses left out for their number. */
  readonly more: number;
}

/** What {@link Clause.traffic} is where all traffic is meant. */
export function everything(language: Language): string {
  return trafficText(allTraffic, language);
}

/** Some traffic, and whom it comes from or goes to. */
export interface Clause {
  readonly traffic: string;
  /** What else must hold, in brackets; empty where nothing must. */
  readonly note: string;
  readonly peers: readonly string[];
  readonly more: number;
}

/** How much of a list is said. */
export interface Limits {
  readonly clauses: number;
  readonly peers: number;
}

/** How the outline is to be told. */
export interface Telling {
  readonly limits: Limits;
  readonly language: Language;
  /** Where sets are looked up that selectors choose. */
  readonly world: World;
}

export function sideOf(policy: Policy, list: RuleList, telling: Telling): Side {
  const rest = restOf(policy, telling.world);
  if (!list.applies) return { state: 'unrestricted', rest, steps: [] };
  const rules = list.rules.filter((rule) => !isNoTraffic(rule.traffic) && rule.peers.some((peer) => !isNobody(peer)));
  const first = rules.find((rule) => rule.action !== 'log');
  const everything = rules.find((rule) => isUnlimited(rule) && rule.peers.some(isEveryone));
  // Without a rule that refuses, one that lets everything through makes the others idle.
  if (everything?.action === 'allow' && (everything === first || rules.every((rule) => rule.action === 'allow'))) {
    return { state: 'everything', rest, steps: [] };
  }
  const steps = runsOf(rules).map((run) => stepOf(run, list.direction, policy, telling));
  return { state: rules.some((rule) => rule.action === 'allow') ? 'some' : 'nothing', rest, steps };
}

/** Whether a rule speaks of all traffic of the whole subject. */
function isUnlimited({ traffic, own, http, exceptNamed, unsure }: Rule): boolean {
  return isAllTraffic(traffic) && own === undefined && http !== true && exceptNamed === undefined && unsure !== true;
}

function runsOf(rules: readonly Rule[]): readonly (readonly Rule[])[] {
  const runs: Rule[][] = [];
  for (const rule of rules) {
    const last = runs.at(-1);
    if (last?.[0]?.action === rule.action) last.push(rule);
    else runs.push([rule]);
  }
  return runs;
}

function stepOf(rules: readonly Rule[], direction: Direction, policy: Policy, telling: Telling): Step {
  const { limits, language } = telling;
  const clauses = withSamePeers(withSameTraffic(rules, direction, policy, language), policy.ref.namespace, telling);
  const shown = withinLimit(clauses, limits.clauses);
  return {
    action: rules[0]?.action ?? 'allow',
    clauses: shown.map(({ traffic, note, peers }) => {
      const said = withinLimit(peers, limits.peers);
      return { traffic: trafficText(traffic, language), note, peers: said, more: peers.length - said.length };
    }),
    more: clauses.length - shown.length,
  };
}

interface Group<P> {
  readonly traffic: Traffic;
  readonly note: string;
  readonly peers: readonly P[];
}

function withSameTraffic(
  rules: readonly Rule[],
  direction: Direction,
  policy: Policy,
  language: Language,
): readonly Group<Peer>[] {
  const told = rules.map((rule) => ({ rule, note: noteText(rule, direction, policy, language) }));
  const groups = Map.groupBy(told, ({ rule, note }) => `${trafficKey(rule.traffic)} ${note}`);
  return [...groups.values()].map((same) => ({
    traffic: same[0]?.rule.traffic ?? noTraffic,
    note: same[0]?.note ?? '',
    peers: same.flatMap(({ rule }) => rule.peers.filter((peer) => !isNobody(peer))),
  }));
}

function withSamePeers(
  groups: readonly Group<Peer>[],
  ownNamespace: string | undefined,
  telling: Telling,
): readonly Group<string>[] {
  const told = groups.map(({ traffic, note, peers }) => ({
    traffic,
    note,
    peers: peerTexts(peers, ownNamespace, telling),
  }));
  return [...Map.groupBy(told, ({ peers, note }) => JSON.stringify([note, peers])).values()].map((same) => ({
    traffic: unionAllTraffic(same.map((group) => group.traffic)),
    note: same[0]?.note ?? '',
    peers: same[0]?.peers ?? [],
  }));
}

/** Saying that one more is left out takes as long as saying it. */
function withinLimit<T>(items: readonly T[], most: number): readonly T[] {
  return items.length <= most + 1 ? items : items.slice(0, most);
}

/** A peer that stands twice is told once. */
function peerTexts(
  peers: readonly Peer[],
  ownNamespace: string | undefined,
  { language, world }: Telling,
): readonly string[] {
  const everyone = peers.find(isEveryone);
  if (everyone !== undefined) return [peerText(everyone, ownNamespace, language)];
  const isBlock = ({ endpoints, addresses, except }: Peer) =>
    endpoints === 'any' && addresses !== 'any' && except === undefined;
  const blocks = peers.flatMap((peer) => (isBlock(peer) && peer.addresses !== 'any' ? [peer.addresses] : []));
  const together = toldTogether(blocks);
  const texts = peers.map((peer) => {
    if (isBlock(peer) && together !== undefined) return addressesText(together, language);
    return peerText(peer, ownNamespace, language) + setsText(peer, world, language);
  });
  return [...new Set(texts)];
}

/** The set that ranges make together, where that is said more easily than one range after the other. */
function toldTogether(blocks: readonly AddressSet[]): AddressSet | undefined {
  if (blocks.length < 2) return undefined;
  const whole = unionAllAddresses(blocks);
  const isFamily = containsAddresses(whole, everyIPv4) || containsAddresses(whole, everyIPv6);
  return isFamily || addressCidrs(whole).length < blocks.length ? whole : undefined;
}

/** The peers and rules of the directions that the policy governs that nothing can match, problems aside. */
export function idlePaths(policy: Policy): readonly FieldPath[] {
  return [policy.ingress, policy.egress].flatMap((list) => {
    if (!list.applies) return [];
    const peers = list.rules.flatMap((rule) => rule.peers).filter((peer) => isNobody(peer));
    return peers.map((peer) => peer.path).filter((path) => !policy.problems.some((one) => isAround(one.path, path)));
  });
}

/** Whether one of the paths leads to a part of the other. */
function isAround(a: FieldPath, b: FieldPath): boolean {
  return a.slice(0, b.length).every((step, i) => step === b[i]);
}

/** Whether no pod can be governed by the policy, whatever its labels. */
export function isUnsatisfiable(policy: Policy): boolean {
  return policy.ref.kind !== 'Profile' && policy.subject.endpoints.every(isNoEndpoint);
}
