import { endpointKind } from '../../model/attributes.ts';
import type { NotCheckedReason } from '../../model/not-checked.ts';
import { type Direction, directions, type Policy, type Rule, ruleList } from '../../model/policy.ts';
import type { World } from '../../model/world.ts';
import {
  type AddressSet,
  containsAddresses,
  everyAddress,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  isNoAddress,
  partitionAddresses,
  publicAddresses,
  unionAddresses,
  unionAllAddresses,
} from '../../sets/addresses.ts';
import { readAddress } from '../../sets/cidr.ts';
import { boxKey, restrictBox } from '../../sets/labels.ts';
import {
  allTraffic,
  intersectTraffic,
  isNoTraffic,
  namedPorts,
  noTraffic,
  protocolTraffic,
  subtractTraffic,
  type Traffic,
  trafficKey,
  unionAllTraffic,
  withoutNamedPorts,
} from '../../sets/traffic.ts';
import { Strands } from '../address-strands.ts';
import type { ReachSettings } from '../match.ts';
import { type AddressParty, addressParty } from '../party.ts';
import { RuleMatcher } from '../rule-match.ts';
import { trafficAlgebra } from './algebra.ts';
import { failsafeLists, failsafePart, noReplies } from './failsafe-part.ts';
import type { HostGate } from './host-gate.ts';
import type { HostState } from './host-states.ts';
import { foldForwarded, type HostDecider } from './stages.ts';

/** Traffic that a host passed on before a change, and does not after it. */
export interface ForwardedLoss {
  readonly direction: Direction;
  /** Some of the far ends for which it is so; undefined where only pods are. */
  readonly addresses: AddressSet | undefined;
  readonly traffic: Traffic;
  readonly decider: HostDecider<unknown>;
}

export interface ForwardedLossesFound {
  readonly found: readonly ForwardedLoss[];
  /** Why more of it could not be told. */
  readonly doubts: readonly NotCheckedReason[];
}

/** More ranges of addresses than policies tell apart are not looked at one by one. */
const mostRanges = 400;

/** What one rule newly drops. */
interface Refusal extends ForwardedLoss {
  readonly addresses: AddressSet;
}

/**
 * Finds what a World's policies for forwarded traffic drop that concerns the cluster: whatever nobody lists, and what a
 * rule refuses to its pods and nodes or to a whole family. A rule that refuses some networks outside is a blocklist, which
 * does what it says.
 */
export class ForwardedLosses {
  readonly #worlds: { readonly before: World; readonly after: World };
  readonly #matchers: { readonly before: RuleMatcher; readonly after: RuleMatcher };
  readonly #cluster: ReachSettings['cluster'];
  #inside: AddressSet | undefined;

  constructor(worlds: { readonly before: World; readonly after: World }, cluster: ReachSettings['cluster']) {
    this.#worlds = worlds;
    this.#cluster = cluster;
    const matcher = (world: World) => new RuleMatcher(world, { enforcer: 'calico', cluster });
    this.#matchers = { before: matcher(worlds.before), after: matcher(worlds.after) };
  }

  /** The first of it in each direction. */
  of(before: HostState | undefined, after: HostState): ForwardedLossesFound {
    const found: ForwardedLoss[] = [];
    const doubts = new Set<NotCheckedReason>();
    for (const direction of directions) {
      const loss = this.#in(direction, before, after);
      if (typeof loss === 'string') doubts.add(loss);
      else if (loss !== undefined) found.push(loss);
    }
    return { found, doubts: [...doubts] };
  }

  #in(
    direction: Direction,
    before: HostState | undefined,
    after: HostState,
  ): ForwardedLoss | 'work-cap' | 'no-cluster-facts' | undefined {
    const [was, is] = [before?.gates[direction], after.gates[direction]];
    if (is.forwarded.length === 0) return undefined;
    const ranges = partitionAddresses([
      everyAddress,
      ...this.#blocks(this.#worlds.after, is),
      ...(was === undefined ? [] : this.#blocks(this.#worlds.before, was)),
    ]);
    if (ranges.length > mostRanges) return 'work-cap';
    const refusals = new Map<Rule, Refusal>();
    for (const { range } of ranges) {
      const far = addressParty(range);
      const now = this.#outcome(this.#matchers.after, after, direction, far);
      const dropped = subtractTraffic(allTraffic, now.allowed);
      const old =
        before === undefined ? noTraffic : this.#outcome(this.#matchers.before, before, direction, far).denied;
      const lost = subtractTraffic(dropped, old);
      // What is dropped at an earlier stage is no matter of policies for forwarded traffic.
      for (const decider of now.deciders) {
        if (decider.verdict !== 'deny' || decider.stage !== 'forwarded') continue;
        const traffic = intersectTraffic(decider.taken, lost);
        if (isNoTraffic(traffic)) continue;
        if (decider.by.kind !== 'rule') return { direction, addresses: range, traffic, decider };
        const known = refusals.get(decider.by.rule);
        const addresses = known === undefined ? range : unionAddresses(known.addresses, range);
        refusals.set(decider.by.rule, { direction, addresses, traffic: known?.traffic ?? traffic, decider });
      }
    }
    return this.#concerning([...refusals.values()]) ?? podsDenied(direction, was, is);
  }

  /** The first that is more than a list of networks outside. */
  #concerning(refusals: readonly Refusal[]): ForwardedLoss | 'no-cluster-facts' | undefined {
    const [first] = refusals;
    if (first === undefined) return undefined;
    const together = unionAllAddresses(refusals.map(({ addresses }) => addresses));
    if (containsAddresses(together, everyIPv4) || containsAddresses(together, everyIPv6)) return first;
    for (const refusal of refusals) {
      const inside = intersectAddresses(refusal.addresses, this.#clusterAddresses());
      if (!isNoAddress(inside)) return { ...refusal, addresses: inside };
    }
    // Where nobody says which addresses pods have, they may have any that are not public.
    const mayBePods = this.#podsUnknown() && !containsAddresses(publicAddresses(together), together);
    return mayBePods ? 'no-cluster-facts' : undefined;
  }

  /** Of the pods and nodes, as the configuration or else the World has them. */
  #clusterAddresses(): AddressSet {
    this.#inside ??= unionAllAddresses([
      this.#cluster.nodeAddresses,
      ...Array.from(this.#worlds.after.objects('nodes'), ({ addresses }) => addresses),
      isNoAddress(this.#cluster.podAddresses) ? podAddresses(this.#worlds.after) : this.#cluster.podAddresses,
    ]);
    return this.#inside;
  }

  #podsUnknown(): boolean {
    return isNoAddress(this.#cluster.podAddresses) && isNoAddress(podAddresses(this.#worlds.after));
  }

  #outcome(matcher: RuleMatcher, state: HostState, direction: Direction, far: AddressParty) {
    return foldForwarded(state.gates[direction], {
      algebra: trafficAlgebra,
      all: allTraffic,
      // The near end is whatever the host passes traffic on for: a condition on it may hold or not.
      rule: (rule, policy) => {
        const match = matcher.far(policy, rule, direction, far);
        // What a rule says of inbound traffic it says of the near end's ports.
        const { must, may } = direction === 'ingress' ? portsOfAnyone(rule) : { must: allTraffic, may: allTraffic };
        return {
          must: rule.own === undefined ? intersectTraffic(match.must, must) : noTraffic,
          may: intersectTraffic(match.may, may),
          doubt: rule.own === undefined ? (match.doubt ?? 'not-read') : 'not-read',
        };
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

/** The traffic of a rule to whoever it may be: a port with a name may be any of its protocol. */
function portsOfAnyone({ traffic, exceptNamed }: Rule): { readonly must: Traffic; readonly may: Traffic } {
  const named = unionAllTraffic(namedPorts(traffic).map(({ protocol }) => protocolTraffic(protocol)));
  const numbers = withoutNamedPorts(traffic);
  return { must: exceptNamed === undefined ? numbers : noTraffic, may: unionAllTraffic([numbers, named]) };
}

/** Of the pods of today, as far as they are known. */
function podAddresses(world: World): AddressSet {
  const texts = [...world.populatedNamespaces()].flatMap((name) =>
    world.podsOf(name).flatMap((pod) => (pod.hostNetwork ? [] : pod.addresses)),
  );
  return unionAllAddresses(
    texts.flatMap((text) => {
      const reading = readAddress(text);
      return reading.ok ? [reading.addresses] : [];
    }),
  );
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
