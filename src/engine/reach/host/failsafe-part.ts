import { type EffectiveFailsafe, type NodeFailsafe, portsOf } from '../../felix/failsafe-ports.ts';
import type { FailsafePort } from '../../model/felix-configuration.ts';
import type { Direction } from '../../model/policy.ts';
import {
  noTraffic,
  portTraffic,
  protocolTraffic,
  type Traffic,
  unionTraffic,
  withSourcePorts,
} from '../../sets/traffic.ts';
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
export function failsafePart(lists: FailsafeLists, far: Party, cluster: ReachSettings['cluster']): Part<Traffic> {
  return partOf(lists, far, cluster, ({ protocol, port }) => portTraffic(protocol, port, port));
}

/** Replies to what the list of the other direction keeps open: they come from its ports. */
export function repliesPart(lists: FailsafeLists, far: Party, cluster: ReachSettings['cluster']): Part<Traffic> {
  return partOf(lists, far, cluster, ({ protocol, port }) =>
    withSourcePorts(protocolTraffic(protocol), [[port, port]]),
  );
}

function partOf(
  { surely, perhaps }: FailsafeLists,
  far: Party,
  cluster: ReachSettings['cluster'],
  trafficOf: (port: FailsafePort) => Traffic,
): Part<Traffic> {
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
