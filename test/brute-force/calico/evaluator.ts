import { endpointToHostAction } from './failsafes.ts';
import { forwardedAnswer, governing, localAnswer } from './hosts.ts';
import type { End, Interface, Packet } from './packet.ts';
import type { Direction } from './policy.ts';
import { profilesAnswer } from './profiles.ts';
import { type Answer, type Decider, walkTiers } from './tiers.ts';
import { UndefinedByFacts } from './undefined.ts';
import type { PodEndpoint, World } from './world.ts';

/**
 * What Calico says of one packet, stage by stage, tier by tier, rule by rule, written from what is known of Calico. It
 * shares no code with the engine, has no sets of packets, and is slow.
 */

export type Verdict = 'allow' | 'deny' | 'undefined-by-facts';

export interface SideDecision {
  readonly verdict: Verdict;
  /** What denied; else what the endpoint's own policies said. */
  readonly by: Decider;
  /** What allowed a pod's packet through the interface of its node, where it passes one that is policed. */
  readonly way?: Decider;
}

export interface Decision {
  readonly egress: SideDecision;
  readonly ingress: SideDecision;
}

export function decide(world: World, packet: Packet): Decision {
  return {
    egress: settled(() => sideAnswer(world, packet, 'egress')),
    ingress: settled(() => sideAnswer(world, packet, 'ingress')),
  };
}

/** Of both sides together: one that denies is enough. */
export function verdictOf({ egress, ingress }: Decision): Verdict {
  const verdicts = [egress.verdict, ingress.verdict];
  if (verdicts.includes('deny')) return 'deny';
  return verdicts.includes('undefined-by-facts') ? 'undefined-by-facts' : 'allow';
}

function settled(ask: () => SideDecision): SideDecision {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof UndefinedByFacts)) throw error;
    return { verdict: 'undefined-by-facts', by: { kind: 'undefined', why: error.message } };
  }
}

function sideAnswer(world: World, packet: Packet, direction: Direction): SideDecision {
  const [near, far] = direction === 'egress' ? [packet.from, packet.to] : [packet.to, packet.from];
  if (near.kind === 'address') return { verdict: 'allow', by: { kind: 'not-policed' } };
  if (near.kind === 'pod') return podAnswer(world, packet, direction, podOf(world, near.id), far);
  return hostAnswer(world, packet, direction, near, far);
}

function podOf(world: World, id: string): PodEndpoint {
  const pod = world.pods.find((one) => one.id === id);
  if (pod === undefined) throw new Error(`no such pod, or one on the host network: ${id}`);
  return pod;
}

function podAnswer(world: World, packet: Packet, direction: Direction, pod: PodEndpoint, far: End): SideDecision {
  if (far.kind === 'pod' && far.id === pod.id) return { verdict: 'allow', by: { kind: 'itself' } };
  // Facts §4.3: a node always reaches its own pods.
  if (direction === 'ingress' && far.kind === 'host' && far.node === pod.node) {
    return { verdict: 'allow', by: { kind: 'own-node' } };
  }
  const way = direction === 'egress' ? packet.leavesBy : packet.entersBy;
  const own = () => podPolicies(world, packet, direction, pod);
  const host = () => wayAnswer(world, packet, direction, way);
  // In the order in which the packet meets them; the pod's own policies have their say whatever the host's say.
  const answers = direction === 'egress' ? [own, host] : [host, own];
  const denied = firstDeny(answers);
  if (denied !== undefined) return denied;
  const passed = host();
  return passed === undefined ? own() : { ...own(), way: passed.by };
}

/** A deny anywhere is a deny, whatever is undefined elsewhere. */
function firstDeny(asked: readonly (() => Answer | undefined)[]): Answer | undefined {
  let open: UndefinedByFacts | undefined;
  for (const ask of asked) {
    try {
      const answer = ask();
      if (answer?.verdict === 'deny') return answer;
    } catch (error) {
      if (!(error instanceof UndefinedByFacts)) throw error;
      open ??= error;
    }
  }
  if (open !== undefined) throw open;
  return undefined;
}

function wayAnswer(world: World, packet: Packet, direction: Direction, way: Interface | undefined): Answer | undefined {
  const host = way === undefined ? undefined : governing(world, way, undefined);
  return host === undefined ? undefined : forwardedAnswer(world, host, direction, packet);
}

/** Facts §4.1; untracked and pre-DNAT policies do nothing for pods (§4.3). */
function podPolicies(world: World, packet: Packet, direction: Direction, pod: PodEndpoint): Answer {
  const policies = world.policies.filter(
    (policy) => policy.stage === 'normal' && policy.directions.includes(direction) && policy.selects(pod.labels),
  );
  return (
    walkTiers(world, policies, direction, 'workload', packet) ??
    profilesAnswer(world, [`kns.${pod.namespace}`], direction, packet)
  );
}

function hostAnswer(
  world: World,
  packet: Packet,
  direction: Direction,
  near: Extract<End, { kind: 'host' }>,
  far: End,
): Answer {
  if (far.kind === 'pod' && podOf(world, far.id).node === near.node) {
    if (direction === 'egress') return { verdict: 'allow', by: { kind: 'own-node' } };
    return endpointToHost(world, near.node);
  }
  const address = direction === 'egress' ? packet.source : (packet.beforeDNAT?.destination ?? packet.destination);
  const host = governing(world, { node: near.node, name: near.interface }, address);
  if (host === undefined) return { verdict: 'allow', by: { kind: 'not-policed' } };
  return localAnswer(world, host, direction, packet);
}

function endpointToHost(world: World, node: string): Answer {
  const action = endpointToHostAction(world, node);
  if (action === undefined) throw new UndefinedByFacts('§4.3: pod to its own host, where the environment is not told');
  if (action !== 'accept' && action !== 'drop') {
    throw new UndefinedByFacts('§4.3: what the host itself does with what Calico returns to it');
  }
  return { verdict: action === 'accept' ? 'allow' : 'deny', by: { kind: 'endpoint-to-host', action } };
}
