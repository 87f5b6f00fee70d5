import { groupKind } from '../model/object.ts';
import type { Direction } from '../model/policy.ts';
import { overlapAddresses } from '../sets/addresses.ts';
import {
  allTraffic,
  containsTraffic,
  intersectTraffic,
  isNoTraffic,
  type Traffic,
  unionAllTraffic,
} from '../sets/traffic.ts';
import type { Gate } from './gate.ts';
import { traceHost } from './host/host-trace.ts';
import type { ReachSettings } from './match.ts';
import type { Party } from './party.ts';
import type { Reachability } from './reachability.ts';
import { type Decider, type FlowVerdict, type Traced, trace } from './trace.ts';
import { joinReasons, type UnknownReason } from './unknown-reason.ts';

/** What both sides of a flow say of it. */
export type Sides = { readonly [D in Direction]: Traced };

/** A flow of one protocol, over one port where the protocol has ports. */
export interface ProbedFlow {
  readonly protocol: number;
  readonly traffic: Traffic;
}

/** No policy is asked: the side of an address, and a pod with itself. */
const free: Traced = { verdict: 'allow', by: [], possible: allTraffic, reasons: [] };
export const freeSides: Sides = { egress: free, ingress: free };

const notKnown: Traced = { verdict: 'unknown', by: [], possible: allTraffic, reasons: ['host-endpoint'] };

export function unknownSides(why: UnknownReason): Sides {
  const side: Traced = { ...notKnown, reasons: [why] };
  return { egress: side, ingress: side };
}

/** What either side says of a flow, and which rules and policies make it so. */
export function sidesOf(reach: Reachability, settings: ReachSettings, from: Party, to: Party, flow: ProbedFlow): Sides {
  const side = (direction: Direction, subject: Party, far: Party): Traced => {
    if (subject.kind === 'host') {
      return traceHost(reach.host(direction, subject, far), flow.traffic, subject.host, direction);
    }
    if (reach.onUnknownHost(subject)) return notKnown;
    const own = ofPolicies(direction, subject);
    const passing = reach.passing(direction, subject, far);
    if (own.verdict !== 'allow' || passing === undefined || containsTraffic(passing, flow.traffic)) return own;
    return { verdict: 'unknown', by: own.by, possible: flow.traffic, reasons: ['forwarded'] };
  };
  const ofPolicies = (direction: Direction, subject: Party): Traced => {
    const gate = reach.gate(direction, subject);
    if (gate === undefined) return free;
    if (gate.doubt === 'not-read') return { verdict: 'unknown', by: [], possible: flow.traffic, reasons: ['not-read'] };
    const traced = trace(reach.decision(gate, from, to), flow.traffic);
    const doubt = gate.doubt ?? (traced.verdict === 'deny' ? doubtOf(gate, from, flow.protocol, settings) : undefined);
    return doubt === undefined
      ? traced
      : { verdict: 'unknown', by: traced.by, possible: flow.traffic, reasons: [doubt] };
  };
  return { egress: side('egress', from, to), ingress: side('ingress', to, from) };
}

/** Why what the rules deny may pass all the same, if it may. */
function doubtOf(
  gate: Gate,
  from: Party,
  protocol: number,
  { enforcer, cluster }: ReachSettings,
): UnknownReason | undefined {
  if (!gate.certain) return 'host-network-subject';
  // The kubelet's probes get through, whatever the policies say.
  const fromNode =
    from.kind === 'host' || (from.kind === 'addresses' && overlapAddresses(cluster.nodeAddresses, from.addresses));
  if (fromNode && gate.direction === 'ingress') return 'own-node';
  const kubernetesOnly = gate.tiers.every((tier) =>
    tier.policies.every((policy) => groupKind(policy.ref) === 'NetworkPolicy.networking.k8s.io'),
  );
  return enforcer === 'generic' && kubernetesOnly && !kubernetesProtocols.includes(protocol)
    ? 'other-protocol'
    : undefined;
}

/** TCP, UDP and SCTP: what NetworkPolicy speaks of. */
const kubernetesProtocols: readonly number[] = [6, 17, 132];

/** One answer out of several that are all meant: certain only where they agree. */
export function mergeSides(all: readonly Sides[], doubt: UnknownReason): Sides {
  return {
    egress: merge(
      all.map((one) => one.egress),
      doubt,
    ),
    ingress: merge(
      all.map((one) => one.ingress),
      doubt,
    ),
  };
}

function merge(all: readonly Traced[], doubt: UnknownReason): Traced {
  const [first, ...rest] = all;
  if (first === undefined) return free;
  const by = distinct(all.flatMap((one) => one.by));
  const reasons = joinReasons(...all.map((one) => one.reasons));
  const possible = unionAllTraffic(all.map((one) => one.possible));
  if (rest.every((one) => one.verdict === first.verdict)) return { verdict: first.verdict, by, possible, reasons };
  return { verdict: 'unknown', by, possible, reasons: joinReasons(reasons, [doubt]) };
}

function distinct(deciders: readonly Decider[]): readonly Decider[] {
  return [...new Map(deciders.map((one) => [JSON.stringify([one.object, one.path, one.stage]), one])).values()];
}

/** The pods of one workload among themselves: a pod always reaches itself, and another one as the policies have it. */
export function orItself({ egress, ingress }: Sides): Sides {
  return { egress: orAllowed(egress), ingress: orAllowed(ingress) };
}

function orAllowed(traced: Traced): Traced {
  if (traced.verdict === 'allow') return traced;
  const reasons = joinReasons(traced.reasons, ['itself-or-another']);
  return { verdict: 'unknown', by: traced.by, possible: allTraffic, reasons };
}

/** What becomes of a flow that both sides must let pass. */
export function overall({ egress, ingress }: Sides): FlowVerdict {
  if (egress.verdict === 'deny' || ingress.verdict === 'deny') return 'deny';
  // Of a flow that is more than one packet, each side may let through what the other does not.
  if (isNoTraffic(intersectTraffic(egress.possible, ingress.possible))) return 'deny';
  return egress.verdict === 'unknown' || ingress.verdict === 'unknown' ? 'unknown' : 'allow';
}
