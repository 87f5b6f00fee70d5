import type { Language } from '../guardrails/define.ts';
import type { FieldPath } from '../json/path.ts';
import { type Action, isEveryone, type Peer, type Policy, type Rule, type RuleList } from '../model/policy.ts';
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
import { isNobody, peerText } from '../words/peer.ts';
import { trafficText } from '../words/traffic.ts';

/** What one direction comes to, before it is put into sentences. */
export interface Side {
  /** `everything`: whatever anyone sends. `nothing`: no rule lets anything through. */
  readonly state: 'unrestricted' | 'nothing' | 'everything' | 'some';
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
  readonly peers: readonly string[];
  readonly more: number;
}

/** How much of a list is said. */
export interface Limits {
  readonly clauses: number;
  readonly peers: number;
}

export function sideOf(policy: Policy, list: RuleList, limits: Limits, language: Language): Side {
  if (!list.applies) return { state: 'unrestricted', steps: [] };
  const rules = list.rules.filter((rule) => !isNoTraffic(rule.traffic) && rule.peers.some((peer) => !isNobody(peer)));
  const first = rules.find((rule) => rule.action !== 'log');
  const everything = rules.find((rule) => isAllTraffic(rule.traffic) && rule.peers.some(isEveryone));
  // Without a rule that refuses, one that lets everything through makes the others idle.
  if (everything?.action === 'allow' && (everything === first || rules.every((rule) => rule.action === 'allow'))) {
    return { state: 'everything', steps: [] };
  }
  const steps = runsOf(rules).map((run) => stepOf(run, policy.ref.namespace, limits, language));
  return { state: rules.some((rule) => rule.action === 'allow') ? 'some' : 'nothing', steps };
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

function stepOf(rules: readonly Rule[], ownNamespace: string | undefined, limits: Limits, language: Language): Step {
  const clauses = withSamePeers(withSameTraffic(rules), ownNamespace, language);
  const shown = withinLimit(clauses, limits.clauses);
  return {
    action: rules[0]?.action ?? 'allow',
    clauses: shown.map(({ traffic, peers }) => {
      const said = withinLimit(peers, limits.peers);
      return { traffic: trafficText(traffic, language), peers: said, more: peers.length - said.length };
    }),
    more: clauses.length - shown.length,
  };
}

interface Group<P> {
  readonly traffic: Traffic;
  readonly peers: readonly P[];
}

function withSameTraffic(rules: readonly Rule[]): readonly Group<Peer>[] {
  return [...Map.groupBy(rules, (rule) => trafficKey(rule.traffic)).values()].map((same) => ({
    traffic: same[0]?.traffic ?? noTraffic,
    peers: same.flatMap((rule) => rule.peers.filter((peer) => !isNobody(peer))),
  }));
}

function withSamePeers(
  groups: readonly Group<Peer>[],
  ownNamespace: string | undefined,
  language: Language,
): readonly Group<string>[] {
  const told = groups.map(({ traffic, peers }) => ({ traffic, peers: peerTexts(peers, ownNamespace, language) }));
  return [...Map.groupBy(told, ({ peers }) => JSON.stringify(peers)).values()].map((same) => ({
    traffic: unionAllTraffic(same.map((group) => group.traffic)),
    peers: same[0]?.peers ?? [],
  }));
}

/** Saying that one more is left out takes as long as saying it. */
function withinLimit<T>(items: readonly T[], most: number): readonly T[] {
  return items.length <= most + 1 ? items : items.slice(0, most);
}

/** A peer that stands twice is told once. */
function peerTexts(peers: readonly Peer[], ownNamespace: string | undefined, language: Language): readonly string[] {
  const everyone = peers.find(isEveryone);
  if (everyone !== undefined) return [peerText(everyone, ownNamespace, language)];
  const blocks = peers.flatMap(({ endpoints, addresses }) =>
    endpoints === 'any' && addresses !== 'any' ? [addresses] : [],
  );
  const together = toldTogether(blocks);
  const texts = peers.map((peer) =>
    peer.endpoints === 'any' && together !== undefined
      ? addressesText(together, language)
      : peerText(peer, ownNamespace, language),
  );
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
  return policy.subject.endpoints.every(isNoEndpoint);
}
