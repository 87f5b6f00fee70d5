import { endpointKind } from '../../model/attributes.ts';
import { type Direction, directions, type Policy, type Rule, ruleList } from '../../model/policy.ts';
import type { World } from '../../model/world.ts';
import { type AddressSet, everyAddress, partitionAddresses } from '../../sets/addresses.ts';
import { boxKey, restrictBox } from '../../sets/labels.ts';
import { allTraffic, isNoTraffic, noTraffic, subtractTraffic, type Traffic, trafficKey } from '../../sets/traffic.ts';
import { Strands } from '../address-strands.ts';
import type { ReachSettings } from '../match.ts';
import { type AddressParty, addressParty } from '../party.ts';
import { RuleMatcher } from '../rule-match.ts';
import { trafficAlgebra } from './algebra.ts';
import { failsafeLists, failsafePart, noReplies } from './failsafe-part.ts';
import type { HostState } from './flow-loss.ts';
import type { HostGate } from './host-gate.ts';
import { foldForwarded, type HostDecider } from './stages.ts';

/** Traffic that a host passed on before a change, and does not after it. */
export interface ForwardedLoss {
  readonly direction: Direction;
  /** Some of the far ends for which it is so; undefined where only pods are. */
  readonly addresses: AddressSet | undefined;
  readonly traffic: Traffic;
  readonly decider: HostDecider<unknown>;
}

/** More ranges of addresses than policies tell apart are not looked at one by one. */
const mostRanges = 400;

/** Finds what a World's policies for forwarded traffic drop. */
export class ForwardedLosses {
  readonly #worlds: { readonly before: World; readonly after: World };
  readonly #matchers: { readonly before: RuleMatcher; readonly after: RuleMatcher };
  readonly #cluster: ReachSettings['cluster'];

  constructor(worlds: { readonly before: World; readonly after: World }, cluster: ReachSettings['cluster']) {
    this.#worlds = worlds;
    this.#cluster = cluster;
    const matcher = (world: World) => new RuleMatcher(world, { enforcer: 'calico', cluster });
    this.#matchers = { before: matcher(worlds.before), after: matcher(worlds.after) };
  }

  /** The first of it in each direction. */
  of(before: HostState | undefined, after: HostState): readonly ForwardedLoss[] | 'work-cap' {
    const found: ForwardedLoss[] = [];
    for (const direction of directions) {
      const loss = this.#in(direction, before, after);
      if (loss === 'work-cap') return loss;
      if (loss !== undefined) found.push(loss);
    }
    return found;
  }

  #in(direction: Direction, before: HostState | undefined, after: HostState): ForwardedLoss | 'work-cap' | undefined {
    const [was, is] = [before?.gates[direction], after.gates[direction]];
    if (is.forwarded.length === 0) return undefined;
    const ranges = partitionAddresses([
      everyAddress,
      ...this.#blocks(this.#worlds.after, is),
      ...(was === undefined ? [] : this.#blocks(this.#worlds.before, was)),
    ]);
    if (ranges.length > mostRanges) return 'work-cap';
    for (const { range } of ranges) {
      const far = addressParty(range);
      const now = this.#outcome(this.#matchers.after, after, direction, far);
      const dropped = subtractTraffic(allTraffic, now.allowed);
      const old =
        before === undefined ? noTraffic : this.#outcome(this.#matchers.before, before, direction, far).denied;
      const traffic = subtractTraffic(dropped, old);
      // What is dropped at an earlier stage is no matter of policies for forwarded traffic.
      const decider = now.deciders.find((one) => one.verdict === 'deny' && one.stage === 'forwarded');
      if (!isNoTraffic(traffic) && decider !== undefined) return { direction, addresses: range, traffic, decider };
    }
    return podsDenied(direction, was, is);
  }

  #outcome(matcher: RuleMatcher, state: HostState, direction: Direction, far: AddressParty) {
    return foldForwarded(state.gates[direction], {
      algebra: trafficAlgebra,
      all: allTraffic,
      // The near end is whatever the host passes traffic on for: a condition on it may hold or not.
      rule: (rule, policy) => {
        const match = matcher.far(policy, rule, direction, far);
        return rule.own === undefined ? match : { ...match, must: noTraffic, doubt: 'not-read' };
      },
      failsafe: failsafePart(failsafeLists(state.failsafe, direction), far, this.#cluster),
      replies: noReplies,
    });
  }

  #blocks(world: World, gate: HostGate): readonly AddressSet[] {
    const strands = new Strands(world);
    return [...gate.untracked, ...gate.preDnat, ...gate.forwarded].flatMap(({ policies }) =>
      policies.flatMap((policy) => strands.of(policy, gate.direction).map(({ addresses }) => addresses)),
    );
  }
}

/** Rules that deny pods by their labels, as far as there was none like it before. */
function podsDenied(direction: Direction, was: HostGate | undefined, is: HostGate): ForwardedLoss | undefined {
  const before = new Set(deniesOfPods(was).map(({ rule }) => ruleKey(rule)));
  for (const { policy, rule, tier } of deniesOfPods(is)) {
    if (before.has(ruleKey(rule))) continue;
    const by = { kind: 'rule', policy, rule, tier } as const;
    const decider = { stage: 'forwarded', verdict: 'deny', by, taken: undefined, surely: undefined } as const;
    return { direction, addresses: undefined, traffic: rule.traffic, decider };
  }
  return undefined;
}

function deniesOfPods(
  gate: HostGate | undefined,
): readonly { readonly policy: Policy; readonly rule: Rule; readonly tier: string }[] {
  if (gate === undefined) return [];
  return gate.forwarded.flatMap(({ name, policies }) =>
    policies.flatMap((policy) =>
      ruleList(policy, gate.direction)
        .rules.filter((rule) => rule.action === 'deny' && rule.peers.some(({ endpoints }) => choosesPods(endpoints)))
        .map((rule) => ({ policy, rule, tier: name })),
    ),
  );
}

function choosesPods(endpoints: Rule['peers'][number]['endpoints']): boolean {
  if (endpoints === 'any') return false;
  return endpoints.some(
    (box) => restrictBox(box, (key) => (key === endpointKind ? { value: 'Pod' } : undefined)) !== undefined,
  );
}

function ruleKey({ peers, traffic }: Rule): string {
  const boxes = peers.map(({ endpoints }) => (endpoints === 'any' ? 'any' : endpoints.map(boxKey).sort().join('|')));
  return `${boxes.join()} ${trafficKey(traffic)}`;
}
