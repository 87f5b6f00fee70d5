import { type EffectiveFailsafe, type NodeFailsafe, portsOf } from '../../felix/failsafe-ports.ts';
import type { FailsafePort } from '../../model/felix-configuration.ts';
import type { Direction } from '../../model/policy.ts';
import { noTraffic, portTraffic, type Traffic, unionTraffic } from '../../sets/traffic.ts';
import { isAt, type ReachSettings } from '../match.ts';
import type { Party } from '../party.ts';
import type { UnknownReason } from '../unknown-reason.ts';
import type { Part } from './stages.ts';

/** Which failsafe ports a node has, in each direction: those that it surely has, and those that it may have. */
export interface FailsafeLists {
  readonly surely: readonly FailsafePort[];
  readonly perhaps: readonly FailsafePort[];
}

export function failsafeLists(failsafe: NodeFailsafe, direction: Direction): FailsafeLists {
  return listsOf(direction === 'ingress' ? failsafe.inbound : failsafe.outbound);
}

function listsOf({ ports, sources }: EffectiveFailsafe): FailsafeLists {
  return { surely: ports, perhaps: sources.flatMap(({ value }) => portsOf(value)) };
}

/** The traffic with one peer that the list of this direction keeps open. */
export function failsafePart(
  { surely, perhaps }: FailsafeLists,
  far: Party,
  cluster: ReachSettings['cluster'],
): Part<Traffic> {
  const trafficOf = ({ protocol, port }: FailsafePort): Traffic => portTraffic(protocol, port, port);
  let [must, may]: [Traffic, Traffic] = [noTraffic, noTraffic];
  let doubt: UnknownReason | undefined;
  for (const one of surely) {
    const at = isAt(one.addresses, far, cluster);
    if (at === 'yes') must = unionTraffic(must, trafficOf(one));
  }
  for (const one of perhaps) {
    const at = isAt(one.addresses, far, cluster);
    if (at === 'no') continue;
    may = unionTraffic(may, trafficOf(one));
    if (at !== 'yes') doubt = at;
  }
  return { must, may: unionTraffic(may, must), doubt: doubt ?? 'failsafe-lists' };
}

/**
 * Where connections are made anew: what comes from a port of the other direction's list is spared as a reply to what that
 * list keeps open, but clients choose other ports to come from.
 */
export const noReplies: Part<Traffic> = { must: noTraffic, may: noTraffic };
