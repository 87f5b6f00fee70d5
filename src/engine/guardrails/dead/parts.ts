import type { FieldPath } from '../../json/path.ts';
import { groupKind } from '../../model/object.ts';
import {
  type Direction,
  directions,
  type Peer,
  type Policy,
  type Problem,
  type Rule,
  ruleList,
} from '../../model/policy.ts';
import { isNoAddress } from '../../sets/addresses.ts';
import { isEmptyBox, type LabelBox, overlapBoxes } from '../../sets/labels.ts';
import { isNoTraffic, withoutNamedPorts } from '../../sets/traffic.ts';

export type Role = 'subject' | Direction;

/**
 * - selector: its conditions exclude each other
 * - addresses: the exceptions take all of the range away
 * - named-ports: the rule leads to addresses, which name no ports
 * - ports: none is left
 * - traffic: protocol, ports and what is taken out of them leave nothing
 * - own-side: what the rule asks of the pods themselves, none that the policy governs has
 */
export type DeadReason = 'selector' | 'addresses' | 'named-ports' | 'ports' | 'traffic' | 'own-side';

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
  // A policy that its enforcer refuses governs nothing either, and that is told as what it is.
  const isRefused = subject.endpoints.length === 0 && policy.problems.some(({ mild }) => !mild);
  // A profile selects nobody by itself: endpoints name it.
  if (!isRefused && subject.unsure !== true && !isProfile(policy) && subject.endpoints.every(isEmptyBox))
    found.push({ role: 'subject', reason: 'selector', path: subject.path });
  for (const direction of directions) {
    const list = ruleList(policy, direction);
    if (!list.applies) continue;
    for (const rule of list.rules) {
      for (const peer of rule.peers) {
        const reason = deadPeer(peer);
        if (reason !== undefined) found.push({ role: direction, reason, path: peer.path });
      }
      const reason = deadTraffic(rule, direction, policy.ref.group !== 'networking.k8s.io');
      if (reason !== undefined) found.push({ role: direction, reason, path: pathOf(policy, rule, reason) });
      const { own } = rule;
      if (own !== undefined && excludes(own, subject.endpoints))
        found.push({ role: direction, reason: 'own-side', path: own.path });
    }
  }
  return found.filter(({ path }) => !isExplained(path));
}

export function isProfile({ ref }: Policy): boolean {
  return groupKind(ref) === 'Profile.projectcalico.org';
}

/** Kubernetes writes ports beside the peers, Calico inside of either side. */
function pathOf({ ref }: Policy, { path }: Rule, reason: DeadReason): FieldPath {
  return ref.group === 'networking.k8s.io' && reason !== 'traffic' ? [...path, 'ports'] : path;
}

/** Whether no pod that the policy governs is one that the rule asks for. */
function excludes(own: Peer, subject: readonly LabelBox[]): boolean {
  if (own.addresses !== 'any' && isNoAddress(own.addresses)) return true;
  const { endpoints } = own;
  return (
    endpoints !== 'any' &&
    subject.length > 0 &&
    subject.every((box) => !endpoints.some((one) => overlapBoxes(box, one)))
  );
}

function deadPeer({ endpoints, addresses }: Peer): DeadReason | undefined {
  if (endpoints !== 'any' && endpoints.every(isEmptyBox)) return 'selector';
  return addresses !== 'any' && isNoAddress(addresses) ? 'addresses' : undefined;
}

/** The name of a port is looked up on the pod that is connected to. Of incoming traffic that is the governed pod itself. */
function deadTraffic(
  { peers, traffic, ports }: Rule,
  direction: Direction,
  isOrdered: boolean,
): DeadReason | undefined {
  if (isNoTraffic(traffic)) return ports.length > 0 || !isOrdered ? 'ports' : 'traffic';
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
