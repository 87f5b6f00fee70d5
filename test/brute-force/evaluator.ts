import { type Address, type Family, inRange, parseCidr, type Range, turningPoints } from './addresses.ts';
import type { Cluster, Policy, Workload } from './cluster.ts';
import { matchesSelector } from './labels.ts';
import type { Block, PeerObject, PortObject, RuleObject } from './manifests.ts';

/**
 * What Kubernetes NetworkPolicy says of one packet, policy by policy, rule by rule, peer by peer, written from what the
 * API promises and what its enforcers are known to do. It shares no code with the engine, has no sets, and is slow.
 */

export type Profile = 'generic' | 'calico' | 'cilium' | 'ovn' | 'antrea';

export const profiles: readonly Profile[] = ['generic', 'calico', 'cilium', 'ovn', 'antrea'];

export type Verdict = 'allow' | 'deny' | 'unknown';

export interface Setting {
  readonly profile: Profile;
  /** Where pods and nodes have their addresses; empty where nobody has said. */
  readonly podCidrs: readonly string[];
  readonly nodeCidrs: readonly string[];
}

export interface Outsider {
  readonly kind: 'address';
  readonly address: Address;
}

export type End = Workload | Outsider;

export interface Packet {
  readonly from: End;
  readonly to: End;
  /** `TCP`, `UDP`, `SCTP`, or the number of another IP protocol. */
  readonly protocol: string;
  /** The destination's; 0 for protocols that have none. */
  readonly port: number;
}

/** What only a probe is told of: a report would have to say it of every isolated endpoint. */
export interface Doubts {
  /** ICMP and the like, which NetworkPolicy leaves to the enforcer. */
  readonly otherProtocols: boolean;
  /** Nodes reach the pods that run on them whatever the policies say. */
  readonly ownNode: boolean;
}

export const noDoubts: Doubts = { otherProtocols: false, ownNode: false };

/** No, perhaps, yes: so that "and" is the smaller and "or" the greater. */
type Answer = 0 | 1 | 2;
const no: Answer = 0;
const perhaps: Answer = 1;
const yes: Answer = 2;

const verdicts: readonly Verdict[] = ['deny', 'unknown', 'allow'];

export function verdictOf(cluster: Cluster, packet: Packet, setting: Setting, doubts: Doubts = noDoubts): Verdict {
  const families = familiesOf(packet);
  const answers = families.map((family) => {
    const leaves = side('egress', cluster, packet, family, setting, doubts);
    return leaves === no ? no : (Math.min(leaves, side('ingress', cluster, packet, family, setting, doubts)) as Answer);
  });
  // A connection needs one family in which both sides agree.
  return verdicts[Math.max(no, ...answers)] ?? 'deny';
}

/** Whether two ends have a family in common, as far as their addresses are known. */
export function canMeet(from: End, to: End): boolean {
  return familiesOf({ from, to }).length > 0;
}

/** Undefined stands for the one family there is where neither end has known addresses. */
function familiesOf({ from, to }: Pick<Packet, 'from' | 'to'>): readonly (Family | undefined)[] {
  const [a, b] = [known(from), known(to)];
  if (a.size === 0 && b.size === 0) return [undefined];
  // No policy looks at the address of the end that it governs: what a pod lacks is for no policy to deny an outsider.
  if (a.size === 0 || from.kind === 'address' || to.kind === 'address') return [...(from.kind === 'address' ? a : b)];
  return b.size === 0 ? [...a] : [...a].filter((family) => b.has(family));
}

function known(end: End): ReadonlySet<Family> {
  return new Set(end.kind === 'address' ? [end.address.family] : end.addresses.map((address) => address.family));
}

type Direction = 'ingress' | 'egress';

function side(
  direction: Direction,
  cluster: Cluster,
  packet: Packet,
  family: Family | undefined,
  setting: Setting,
  doubts: Doubts,
): Answer {
  const [subject, peer] = direction === 'egress' ? [packet.from, packet.to] : [packet.to, packet.from];
  // Nobody's policies govern what is outside.
  if (subject.kind === 'address') return yes;
  // A pod on the host network is the host, to all who say anything about it.
  if (subject.hostNetwork && setting.profile !== 'generic') return yes;
  const policies = governing(cluster, subject, direction);
  if (policies.length === 0) return yes;
  let answer: Answer = no;
  for (const policy of policies) {
    for (const rule of rulesOf(policy, direction)) {
      if (answer === yes) return yes;
      if (!matchesPorts(rule, packet)) continue;
      const match = matchPeers(rule, direction, policy, peer, family, setting);
      if (match > answer) answer = match;
    }
  }
  return answer === no && isDoubtful(direction, subject, packet, setting, doubts) ? perhaps : answer;
}

function isDoubtful(
  direction: Direction,
  subject: Workload,
  { from, protocol }: Packet,
  setting: Setting,
  doubts: Doubts,
): boolean {
  if (subject.hostNetwork) return true;
  if (doubts.ownNode && direction === 'ingress' && from.kind === 'address' && isWithin(setting.nodeCidrs, from.address))
    return true;
  return doubts.otherProtocols && setting.profile === 'generic' && !['TCP', 'UDP', 'SCTP'].includes(protocol);
}

/** Whether, for certain, what no rule lists is dropped. */
export function isIsolated(cluster: Cluster, subject: Workload, direction: Direction): boolean {
  return !subject.hostNetwork && governing(cluster, subject, direction).length > 0;
}

function governing(cluster: Cluster, subject: Workload, direction: Direction): readonly Policy[] {
  return cluster.policies.filter(
    (policy) =>
      policy.namespace === subject.namespace &&
      appliesTo(policy, direction) &&
      matchesSelector(policy.object.spec.podSelector, subject.labels),
  );
}

export function appliesTo({ object }: Policy, direction: Direction): boolean {
  const { policyTypes, egress } = object.spec;
  if (policyTypes !== null && policyTypes !== undefined && policyTypes.length > 0) {
    return policyTypes.includes(direction === 'ingress' ? 'Ingress' : 'Egress');
  }
  return direction === 'ingress' || (egress !== null && egress !== undefined && egress.length > 0);
}

export function rulesOf({ object }: Policy, direction: Direction): readonly RuleObject[] {
  return (object.spec[direction] ?? []).map((rule) => rule ?? {});
}

export function peersOf(rule: RuleObject, direction: Direction): readonly (PeerObject | null)[] {
  return (direction === 'ingress' ? rule.from : rule.to) ?? [];
}

function matchPeers(
  rule: RuleObject,
  direction: Direction,
  policy: Policy,
  end: End,
  family: Family | undefined,
  setting: Setting,
): Answer {
  const peers = peersOf(rule, direction);
  if (peers.length === 0) return yes;
  return Math.max(...peers.map((peer) => matchPeer(peer ?? {}, policy, end, family, setting))) as Answer;
}

function matchPeer(peer: PeerObject, policy: Policy, end: End, family: Family | undefined, setting: Setting): Answer {
  const { ipBlock, podSelector, namespaceSelector } = peer;
  const [hasBlock, hasPods, hasSpaces] = [ipBlock, podSelector, namespaceSelector].map(
    (one) => one !== null && one !== undefined,
  );
  // A peer that says nothing, or both, is one that the API server refuses: it is nobody.
  if (hasBlock === (hasPods || hasSpaces)) return no;
  if (ipBlock !== null && ipBlock !== undefined) return matchBlock(ipBlock, end, family, setting);
  if (end.kind === 'address') return no;
  const inSpace = hasSpaces
    ? matchesSelector(namespaceSelector, end.namespaceLabels)
    : end.namespace === policy.namespace;
  if (!inSpace || !matchesSelector(podSelector, end.labels)) return no;
  if (!end.hostNetwork) return yes;
  // Traffic of the host network is the node's. What selectors make of it is undefined, and most enforcers make nothing;
  // OVN does where there is an explicit podSelector.
  if (setting.profile === 'ovn') return hasPods ? perhaps : no;
  return setting.profile === 'generic' ? perhaps : no;
}

function matchBlock(block: Block, end: End, family: Family | undefined, setting: Setting): Answer {
  if (end.kind === 'address') return isInBlock(block, end.address) ? yes : no;
  // To Cilium, pods and nodes are who they are and not where they are.
  if (setting.profile === 'cilium') return no;
  const inside = end.addresses.length > 0 ? matchKnown(block, end, family) : matchUnknown(block, end, setting);
  return inside === yes && setting.profile === 'generic' ? perhaps : inside;
}

/** Several addresses of one family are those of several pods under one name. */
function matchKnown(block: Block, { addresses }: Workload, family: Family | undefined): Answer {
  const own = addresses.filter((address) => address.family === family);
  const inside = own.filter((address) => isInBlock(block, address));
  if (inside.length === 0) return no;
  return inside.length === own.length ? yes : perhaps;
}

/** Somewhere among the addresses that pods, or nodes, have; where nobody has said, it is some IPv4 address, and perhaps an IPv6 one. */
function matchUnknown(block: Block, { hostNetwork }: Workload, setting: Setting): Answer {
  const given = hostNetwork ? setting.nodeCidrs : setting.podCidrs;
  const asked = given.length > 0 ? given : ['0.0.0.0/0'];
  const points = pointsWithin(asked, block);
  const inside = points.filter((point) => isInBlock(block, point));
  if (inside.length === points.length) return yes;
  const anywhere =
    given.length > 0 ? inside : pointsWithin(['0.0.0.0/0', '::/0'], block).filter((point) => isInBlock(block, point));
  return anywhere.length === 0 ? no : perhaps;
}

/** One address for each stretch of these CIDRs that a block cannot tell apart. */
function pointsWithin(cidrs: readonly string[], block: Block): readonly Address[] {
  const ranges = rangesOf([...cidrs, block.cidr, ...(block.except ?? [])]);
  return ([4, 6] as const)
    .flatMap((family) => turningPoints(family, ranges).map((value) => ({ family, value })))
    .filter((address) => isWithin(cidrs, address));
}

export function rangesOf(cidrs: readonly string[]): readonly Range[] {
  return cidrs.flatMap((cidr) => parseCidr(cidr) ?? []);
}

function isWithin(cidrs: readonly string[], address: Address): boolean {
  return rangesOf(cidrs).some((range) => inRange(range, address));
}

export function isInBlock({ cidr, except }: Block, address: Address): boolean {
  return isWithin([cidr], address) && !isWithin(except ?? [], address);
}

/** No ports are all protocols; an entry without a protocol is TCP, one without a port all ports of its protocol. */
function matchesPorts({ ports }: RuleObject, packet: Packet): boolean {
  if (ports === null || ports === undefined || ports.length === 0) return true;
  return ports.some((entry) => matchesPort(entry ?? {}, packet));
}

/** @param names what the destination calls the port; an address calls nothing anything */
export function matchesPort({ protocol, port, endPort }: PortObject, packet: Packet, names = namesOf(packet)): boolean {
  if ((protocol ?? 'TCP') !== packet.protocol) return false;
  const ends = endPort !== null && endPort !== undefined;
  if (port === null || port === undefined) return !ends;
  if (typeof port === 'string') return !ends && names.includes(port);
  const last = endPort ?? port;
  return isPort(port) && isPort(last) && port <= packet.port && packet.port <= last;
}

function namesOf({ to, protocol, port }: Packet): readonly string[] {
  const own = to.kind === 'workload' ? to.ports : [];
  return own.filter((one) => one.protocol === protocol && one.port === port).map((one) => one.name);
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}
