import type { ClusterFacts } from '../model/cluster-facts.ts';
import { areEveryone, type Policy, type Problem, type Rule, type RuleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import {
  type AddressSet,
  containsAddresses,
  everyIPv4,
  everyIPv6,
  isNoAddress,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { allowsEveryPort, isAllTraffic, protocolNumber, unionAllTraffic } from '../sets/traffic.ts';
import { isWrittenAsCalico } from '../words/far-end-yaml.ts';
import { type Allowed, allowedBy, letFreshPods, partsOfFreshPods, withEndpointsThere } from './allowed.ts';
import { reachesDns } from './dns.ts';
import { addressesOnEveryPort, letsEndpointsOnEveryPort } from './every-port.ts';
import { restOf } from './rest.ts';
import { type SubjectFacts, subjectFacts } from './subject.ts';

/** What a policy means, as facts that a script can ask for. Their names are a promise. */
export interface PolicyFacts {
  readonly subject: SubjectFacts;
  /** False for staged kinds. */
  readonly enforced: boolean;
  readonly ingress: DirectionFacts;
  readonly egress: EgressFacts;
  /** What the data plane would drop, widen, or read otherwise than its author. */
  readonly problems: readonly Problem[];
}

/** Measured on the union of all rules of the direction, after what the policy itself refuses first. */
export interface DirectionFacts {
  /** Whether the policy governs the direction at all. Where it does not, nothing below is true but `allowsNothing`. */
  readonly applies: boolean;
  /** No rule that counts lets any flow through. */
  readonly allowsNothing: boolean;
  /** Every address of a family, or every pod of every namespace, on at least one port of any protocol. */
  readonly allowsEveryone: boolean;
  /** The same on every port of TCP. Each address, or a pod without labels, may have its ports from several rules. */
  readonly allowsEveryoneAnyPort: boolean;
  /** All of IPv4, or all of IPv6. */
  readonly allowsEveryAddress: boolean;
  /** A pod without labels, in a namespace that carries only its name: chosen by a selector, or with everyone else. */
  readonly allowsEveryPod: boolean;
  /** Some far end may use every port of TCP, from one rule or from several. */
  readonly allowsAnyPort: boolean;
  /** Whoever the policy governs is isolated in this direction: what no rule lists does not get through. */
  readonly deniesUnlisted: boolean;
}

export interface EgressFacts extends DirectionFacts {
  /** Egress is governed, and nothing leads to UDP 53 of the cluster's DNS or of what could be it. */
  readonly blocksDNS: boolean;
}

const tcp = protocolNumber('TCP') ?? 6;

/** The facts of one policy by itself; the World and the cluster only tell where names are resolved. */
export function describePolicy(policy: Policy, world: World, cluster: ClusterFacts): PolicyFacts {
  const surroundings = { world, cluster };
  const incoming = allowedBy(policy, 'ingress', surroundings);
  const outgoing = allowedBy(policy, 'egress', surroundings);
  return {
    subject: subjectFacts(policy, incoming.length + outgoing.length > 0),
    enforced: policy.enforced,
    ingress: directionFacts(policy, policy.ingress, incoming, world),
    egress: {
      ...directionFacts(policy, policy.egress, outgoing, world),
      blocksDNS:
        policy.egress.applies && restOf(policy, world) !== 'elsewhere' && !reachesDns(outgoing, world, cluster),
    },
    problems: policy.problems,
  };
}

function directionFacts(policy: Policy, list: RuleList, parts: readonly Allowed[], world: World): DirectionFacts {
  const whole = unionAllAddresses(parts.map((part) => part.addresses));
  const addresses = holdsFamily(whole);
  const everywhere = isWrittenAsCalico(policy.ref) ? withEndpointsThere(parts) : parts;
  const pod = letFreshPods(parts) || (holdsBoth(whole) && !refusesByLabels(list) && letFreshPods(everywhere));
  const onEveryPort = addressesOnEveryPort(parts);
  const freshTraffic = unionAllTraffic(partsOfFreshPods(parts).map((part) => part.traffic));
  return {
    applies: list.applies,
    // What cannot be told may let somebody through.
    allowsNothing: parts.length === 0 && !(list.applies && list.rules.some(isInDoubt)),
    allowsEveryone: addresses || pod,
    allowsEveryoneAnyPort: holdsFamily(onEveryPort) || allowsEveryPort(freshTraffic, tcp),
    allowsEveryAddress: addresses,
    allowsEveryPod: pod,
    allowsAnyPort: !isNoAddress(onEveryPort) || letsEndpointsOnEveryPort(everywhere),
    deniesUnlisted: list.applies && policy.enforced && restOf(policy, world) === 'denied' && !passesAll(policy, list),
  };
}

/** Whether it allows somebody who cannot be told. */
function isInDoubt({ action, peers }: Rule): boolean {
  return action === 'allow' && peers.some(({ unsure }) => unsure === true);
}

/** Whether the policy itself hands on whatever no rule before decides. */
function passesAll({ ref }: Policy, { rules }: RuleList): boolean {
  const passing = rules.filter(
    ({ action, own, traffic }) => action === 'pass' && own === undefined && isAllTraffic(traffic),
  );
  return areEveryone(
    passing.flatMap(({ peers }) => peers),
    ref,
  );
}

/** Whether some endpoints may be refused for their labels, at whatever addresses they are. */
function refusesByLabels({ rules }: RuleList): boolean {
  return rules.some(
    ({ action, peers }) =>
      (action === 'deny' || action === 'pass') &&
      peers.some(({ endpoints, except, unsure }) => endpoints !== 'any' || except !== undefined || unsure === true),
  );
}

function holdsBoth(set: AddressSet): boolean {
  return containsAddresses(set, everyIPv4) && containsAddresses(set, everyIPv6);
}

function holdsFamily(set: AddressSet): boolean {
  return containsAddresses(set, everyIPv4) || containsAddresses(set, everyIPv6);
}
