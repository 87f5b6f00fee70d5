import type { FieldPath } from '../json/path.ts';
import { type AddressSet, containsAddresses, everyAddress, unionAllAddresses } from '../sets/addresses.ts';
import type { LabelBox } from '../sets/labels.ts';
import type { Traffic } from '../sets/traffic.ts';
import type { ObjectRef } from './object.ts';

export type Direction = 'ingress' | 'egress';

export const directions: readonly Direction[] = ['ingress', 'egress'];

/**
 * A policy of any dialect, reduced to what it makes possible. Every part keeps the path of the field it came from, so
 * that a finding can point at what the user wrote.
 */
export interface Policy {
  readonly ref: ObjectRef;
  /** False for staged kinds: they never decide about a packet. */
  readonly enforced: boolean;
  /** Kubernetes policies stand in tier `default` with order 1000, where Calico puts them. */
  readonly tier: string;
  /** Lower orders decide first; infinite where none is written. */
  readonly order: number;
  /** Where on a packet's way it decides. Pods are governed by the `normal` ones only. */
  readonly stage: Stage;
  /** Whether it also decides about traffic that a host forwards. */
  readonly applyOnForward: boolean;
  readonly subject: Subject;
  readonly ingress: RuleList;
  readonly egress: RuleList;
  /** What could not be read, or not as its author is likely to have meant it. */
  readonly problems: readonly Problem[];
}

/**
 * The stages at which Calico lets policies decide about the traffic of a host: `untracked` before connections are known,
 * `pre-dnat` before addresses are translated, `normal` after both. Policies of the first two do nothing for pods.
 */
export type Stage = 'untracked' | 'pre-dnat' | 'normal';

/** Whom a policy governs: any endpoint that one of the boxes admits. */
export interface Subject {
  readonly path: FieldPath;
  readonly endpoints: readonly LabelBox[];
  /** Whether its selectors are too complex to be told: then it may be anyone or no one, and there are no boxes. */
  readonly unsure?: boolean | undefined;
}

/** The rules of one direction. */
export interface RuleList {
  readonly direction: Direction;
  readonly path: FieldPath;
  /** Whether the policy governs this direction at all; where it does not, its rules are dead. */
  readonly applies: boolean;
  /** Whether the object says so itself, or a default does. */
  readonly declared: boolean;
  readonly rules: readonly Rule[];
}

export type Action = 'allow' | 'deny' | 'pass' | 'log';

export interface Rule {
  readonly path: FieldPath;
  readonly action: Action;
  /** A flow matches when its far end is any of these and its traffic is in `traffic`. Never empty to say "anyone". */
  readonly peers: readonly Peer[];
  /** What must hold of the near end as well: a Calico rule can narrow its own side. Absent: any subject of the policy. */
  readonly own?: Peer | undefined;
  readonly traffic: Traffic;
  /** Ports that are to be left out of `traffic` once names are known as numbers: which these are depends on the destination. */
  readonly exceptNamed?: Traffic | undefined;
  /** Whether it says something that is not read here, so that it may match less than it seems to. */
  readonly unsure?: boolean | undefined;
  /** Whether the rule is limited to certain HTTP requests, which only an application layer enforces. */
  readonly http?: boolean | undefined;
  /** The entries that `traffic` is the union of; empty when the rule names no port. */
  readonly ports: readonly PortEntry[];
}

export interface PortEntry {
  readonly path: FieldPath;
  readonly traffic: Traffic;
}

/**
 * The far end of a flow. Both conditions must hold; `any` is no condition, so a peer that is `any` twice is everyone.
 * A Kubernetes ipBlock has addresses and no endpoints, a Kubernetes selector the reverse.
 */
export interface Peer {
  readonly path: FieldPath;
  /** Network sets match by the addresses they hold, host endpoints by those that are expected of them. */
  readonly endpoints: readonly LabelBox[] | 'any';
  readonly addresses: AddressSet | 'any';
  /** Endpoints that are no far end, nor is any address that they are known by: a negated selector that stands alone. */
  readonly except?: readonly LabelBox[] | undefined;
  /** The endpoints of a Service, and, for egress, its ports; the other conditions are then `any`. */
  readonly service?: ServiceName | undefined;
  /** Whether its selectors are too complex to be told: then it may be anyone or no one, but for `surely`. */
  readonly unsure?: boolean | undefined;
  /** Of an unsure peer, endpoints that it admits for certain. */
  readonly surely?: readonly LabelBox[] | undefined;
  /** How the user wrote the selectors, where that differs in meaning between enforcers or in what a reader would take it for. */
  readonly written: WrittenPeer;
}

export interface ServiceName {
  readonly namespace: string | undefined;
  readonly name: string;
}

export interface WrittenPeer {
  readonly namespaceSelector: boolean;
  readonly podSelector: boolean;
  readonly ipBlock: boolean;
}

export const unwritten: WrittenPeer = { namespaceSelector: false, podSelector: false, ipBlock: false };

/** Something in the object that the data plane would drop, widen, or read otherwise than its author. */
export interface Problem {
  readonly key: ProblemKey;
  readonly path: FieldPath;
  /** The value as the user wrote it. */
  readonly value: unknown;
  /** What was expected there, as a short code that the words are chosen by. */
  readonly reason: string;
  /** Warn at most: the data plane reads it in one way only, yet not as it looks. */
  readonly mild: boolean;
  /** What becomes of it, where nobody stops it. */
  readonly consequence: Consequence;
  /** What its author most likely meant, where that is plain. */
  readonly meant?: unknown;
  /** Where inside a text the reader stopped, and what it met there. */
  readonly stopped?: Stopped | undefined;
}

/**
 * - refused: the API server does not take the object
 * - voided: Calico's validators refuse the whole policy, and its agents treat it as missing: what it denied gets through
 * - widened: the part is dropped without a word, and the rest applies more widely
 * - skipped: this entry is dropped, and the others stay
 * - stalls: Calico's agents cannot decode the object, and take no further change of policy
 * - inert: it stays as it is and does nothing
 */
export type Consequence = 'refused' | 'voided' | 'widened' | 'skipped' | 'stalls' | 'inert';

/** Where the reader of a text stopped. */
export interface Stopped {
  /** In UTF-16 units from 0. */
  readonly at: number;
  /** What stands there; undefined at the end of the text. */
  readonly found: string | undefined;
  /** What could have stood there. */
  readonly expected: readonly string[];
  /** The usual slip that it looks like, as a short code. */
  readonly slip?: string | undefined;
}

export type ProblemKey =
  | 'bad-type'
  | 'bad-selector'
  | 'bad-cidr'
  | 'bad-port'
  | 'bad-protocol'
  | 'unknown-field'
  | 'bad-name'
  | 'unsupported';

export function ruleList(policy: Policy, direction: Direction): RuleList {
  return direction === 'ingress' ? policy.ingress : policy.egress;
}

/** Whether a rule's far end is left open altogether. */
export function isEveryone(peer: Peer): boolean {
  return (
    peer.endpoints === 'any' &&
    peer.addresses === 'any' &&
    peer.except === undefined &&
    peer.service === undefined &&
    peer.unsure !== true
  );
}

/**
 * Whether peers leave nobody out, each of them open altogether or for some addresses. Of a Kubernetes policy only the
 * first is certain: whether its ranges mean pods as well is for the enforcer to say, where Calico knows all by address.
 */
export function areEveryone(peers: readonly Peer[], ref: ObjectRef): boolean {
  if (peers.some(isEveryone)) return true;
  if (ref.group !== 'projectcalico.org') return false;
  const open = peers.filter((peer) => isEveryone({ ...peer, addresses: 'any' }));
  const ranges = open.flatMap(({ addresses }) => (addresses === 'any' ? [] : [addresses]));
  return containsAddresses(unionAllAddresses(ranges), everyAddress);
}

/** Whether the policy decides about packets of pods: enforced, and not before connections or addresses are known. */
export function decidesForPods(policy: Pick<Policy, 'enforced' | 'stage'>): boolean {
  return policy.enforced && policy.stage === 'normal';
}

/** Whether a mistake keeps all of it from being enforced: the policy then governs nobody, whatever its selector says. */
export function isVoided({ ref, subject, problems }: Pick<Policy, 'ref' | 'subject' | 'problems'>): boolean {
  if (subject.endpoints.length > 0 || ref.kind === 'Profile') return false;
  return problems.some(({ mild, consequence }) => !mild && voiding.has(consequence));
}

const voiding: ReadonlySet<Consequence> = new Set(['voided', 'stalls', 'refused']);

/** Whether the policy decides about any packet by itself: staged ones never do, and a Profile only where nothing else does. */
export function decidesAtAll({ enforced, ref }: Pick<Policy, 'enforced' | 'ref'>): boolean {
  return enforced && ref.kind !== 'Profile';
}
