import type { FieldPath } from '../json/path.ts';
import {
  type Direction,
  directions,
  type Peer,
  type Policy,
  type Problem,
  type Rule,
  ruleList,
} from '../model/policy.ts';
import { isNoAddress } from '../sets/addresses.ts';
import { isEmptyBox } from '../sets/labels.ts';
import { isNoTraffic, withoutNamedPorts } from '../sets/traffic.ts';

export type Role = 'subject' | Direction;

/**
 * - selector: its conditions exclude each other
 * - addresses: the exceptions take all of the range away
 * - named-ports: the rule leads to addresses, which name no ports
 * - ports: none is left
 */
export type DeadReason = 'selector' | 'addresses' | 'named-ports' | 'ports';

/** A part of a policy that no pod, or no packet, can ever match. */
export interface DeadPart {
  readonly role: Role;
  readonly reason: DeadReason;
  readonly path: FieldPath;
}

/** What can never match, except where something could not be read: then that is the matter. */
export function deadParts(policy: Policy): readonly DeadPart[] {
  const isExplained = explainedBy(policy.problems);
  const { subject } = policy;
  const found: DeadPart[] = [];
  if (subject.endpoints.every(isEmptyBox)) found.push({ role: 'subject', reason: 'selector', path: subject.path });
  for (const direction of directions) {
    const list = ruleList(policy, direction);
    if (!list.applies) continue;
    for (const rule of list.rules) {
      for (const peer of rule.peers) {
        const reason = deadPeer(peer);
        if (reason !== undefined) found.push({ role: direction, reason, path: peer.path });
      }
      const reason = deadTraffic(rule, direction);
      if (reason !== undefined) found.push({ role: direction, reason, path: [...rule.path, 'ports'] });
    }
  }
  return found.filter(({ path }) => !isExplained(path));
}

function deadPeer({ endpoints, addresses }: Peer): DeadReason | undefined {
  if (endpoints !== 'any' && endpoints.every(isEmptyBox)) return 'selector';
  return addresses !== 'any' && isNoAddress(addresses) ? 'addresses' : undefined;
}

/** The name of a port is looked up on the pod that is connected to. Of incoming traffic that is the governed pod itself. */
function deadTraffic({ peers, traffic }: Rule, direction: Direction): DeadReason | undefined {
  if (isNoTraffic(traffic)) return 'ports';
  const onlyAddresses =
    peers.length > 0 && peers.every(({ endpoints, addresses }) => endpoints === 'any' && addresses !== 'any');
  return direction === 'egress' && onlyAddresses && isNoTraffic(withoutNamedPorts(traffic)) ? 'named-ports' : undefined;
}

/**
 * Whether a problem lies around a path, or in the same list item as it. Mild problems leave what they are found in as it
 * reads, so they explain nothing.
 */
function explainedBy(problems: readonly Problem[]): (path: FieldPath) => boolean {
  const at = new Set<string>();
  const above = new Set<string>();
  for (const { path, mild } of problems) {
    if (mild) continue;
    at.add(JSON.stringify(path));
    for (let length = 1; length <= path.length; length += 1) above.add(JSON.stringify(path.slice(0, length)));
  }
  return (path) => {
    for (let length = 1; length <= path.length; length += 1)
      if (at.has(JSON.stringify(path.slice(0, length)))) return true;
    const item = path.findLastIndex((step) => typeof step === 'number') + 1;
    const last = path.at(-1);
    return above.has(JSON.stringify(item === 0 || last === 'ports' ? path : path.slice(0, item)));
  };
}
