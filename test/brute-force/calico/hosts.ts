import type { Address } from '../addresses.ts';
import { type Failsafe, failsafesOn, matchesFailsafe } from './failsafes.ts';
import type { Interface, Packet } from './packet.ts';
import type { Direction, Policy } from './policy.ts';
import { profilesAnswer } from './profiles.ts';
import { type Answer, type Stage, walkTiers } from './tiers.ts';
import { UndefinedByFacts } from './undefined.ts';
import { bears, type HostEndpoint, type World } from './world.ts';

/** Host endpoints and their stages (facts §4.3). */

/**
 * The one that governs an interface of a node: that of its name or of its address, else `*`.
 *
 * @param address one that the interface has; undefined where the packet is only passing through
 */
export function governing(
  world: World,
  { node, name }: Interface,
  address: Address | undefined,
): HostEndpoint | undefined {
  const own = world.hosts.filter((host) => host.node === node);
  const named = own.filter((host) => host.interfaceName === name);
  const addressed = own.filter((host) => host.interfaceName === undefined);
  if (address === undefined && addressed.length > 0) {
    throw new UndefinedByFacts('§4.3: a host endpoint without interfaceName, and an interface without known addresses');
  }
  const exact = [...named, ...addressed.filter((host) => address !== undefined && bears(host, address))];
  if (exact.length > 1) throw new UndefinedByFacts('§4.3: two host endpoints for one interface');
  const rest = own.filter((host) => host.interfaceName === '*');
  if (exact.length === 0 && rest.length > 1) throw new UndefinedByFacts('§4.3: two host endpoints * on one node');
  return exact[0] ?? rest[0];
}

/** To or from a process of the host itself. */
export function localAnswer(world: World, host: HostEndpoint, direction: Direction, packet: Packet): Answer {
  const early = earlyAnswer(world, host, direction, packet);
  if (early.answer !== undefined) return early.answer;
  if (isFailsafe(world, host, direction, packet)) {
    return { verdict: 'allow', by: { kind: 'failsafe', stage: 'normal' } };
  }
  const policies = policiesOf(world, host, direction, 'normal');
  return (
    walkTiers(world, policies, direction, 'normal', packet) ?? profilesAnswer(world, host.profiles, direction, packet)
  );
}

/** On the way from or to a pod of the host. */
export function forwardedAnswer(world: World, host: HostEndpoint, direction: Direction, packet: Packet): Answer {
  const early = earlyAnswer(world, host, direction, packet);
  if (early.answer !== undefined && (early.answer.verdict === 'deny' || early.stage === 'untracked')) {
    return early.answer;
  }
  const policies = policiesOf(world, host, direction, 'normal').filter((policy) => policy.appliesOnForward);
  if (policies.length === 0) return { verdict: 'allow', by: { kind: 'not-forwarding' } };
  // No failsafes here (facts §4.3, D11).
  const answer = walkTiers(world, policies, direction, 'forwarded', packet);
  if (early.answer !== undefined && answer?.verdict !== 'allow') {
    throw new UndefinedByFacts('§4.3: whether an Allow before DNAT skips the forwarded stage');
  }
  if (answer === undefined) throw new UndefinedByFacts('§4.3: forwarded traffic that passes out of the last tier');
  return answer;
}

type Early =
  | { readonly stage: 'untracked' | 'pre-DNAT'; readonly answer: Answer }
  | { readonly stage: undefined; readonly answer: undefined };

/** The stages before the packet is known to be for the host itself or for another. */
function earlyAnswer(world: World, host: HostEndpoint, direction: Direction, packet: Packet): Early {
  const seen = { ...packet, ...packet.beforeDNAT };
  // `*` knows no untracked policies.
  if (
    host.interfaceName !== '*' &&
    !isFailsafe(world, host, direction, seen) &&
    !isReply(world, host, direction, seen)
  ) {
    const answer = walkTiers(world, policiesOf(world, host, direction, 'untracked'), direction, 'untracked', seen);
    if (answer !== undefined) return { stage: 'untracked', answer };
  }
  if (direction === 'ingress' && !isFailsafe(world, host, direction, seen)) {
    const answer = walkTiers(world, policiesOf(world, host, direction, 'pre-DNAT'), direction, 'pre-DNAT', seen);
    if (answer !== undefined) return { stage: 'pre-DNAT', answer };
  }
  return { stage: undefined, answer: undefined };
}

function policiesOf(
  world: World,
  host: HostEndpoint,
  direction: Direction,
  stage: Policy['stage'] & Stage,
): readonly Policy[] {
  return world.policies.filter(
    (policy) => policy.stage === stage && policy.directions.includes(direction) && policy.selects(host.labels),
  );
}

// Failsafes, facts §5.1: the local port inbound, the remote port outbound; the net is always the remote one.

function isFailsafe(world: World, { node }: HostEndpoint, direction: Direction, packet: Packet): boolean {
  return direction === 'ingress'
    ? matches(failsafesOn(world, node, 'inbound'), packet, packet.destinationPort, 'source')
    : matches(failsafesOn(world, node, 'outbound'), packet, packet.destinationPort, 'destination');
}

/** Without connection tracking replies need the opposite list. */
function isReply(world: World, { node }: HostEndpoint, direction: Direction, packet: Packet): boolean {
  return direction === 'ingress'
    ? matches(failsafesOn(world, node, 'outbound'), packet, packet.sourcePort, 'source')
    : matches(failsafesOn(world, node, 'inbound'), packet, packet.sourcePort, 'destination');
}

function matches(
  failsafes: readonly Failsafe[],
  packet: Packet,
  port: number | undefined,
  far: 'source' | 'destination',
): boolean {
  return matchesFailsafe(failsafes, packet.protocol, port, packet[far]);
}
