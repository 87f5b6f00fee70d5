import { attributesOf, endpointKind, jointLabels, type Labels, namespaceName } from '../model/attributes.ts';
import type { DnsServer, EnforcerProfile } from '../model/cluster-facts.ts';
import { type PodClass, portNumbers } from '../model/endpoint.ts';
import type { Namespace } from '../model/namespace.ts';
import type { Peer, Policy, Rule, ServiceName } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import {
  type AddressSet,
  containsAddresses,
  everyAddress,
  everyIPv4,
  isNoAddress,
  noAddresses,
  overlapAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { readAddress } from '../sets/cidr.ts';
import { intersectBoxes, isEmptyBox, type LabelBox, labelIn, matchesBox } from '../sets/labels.ts';
import {
  intersectTraffic,
  noTraffic,
  portTraffic,
  resolveNamedPorts,
  subtractTraffic,
  type Traffic,
  unionTraffic,
} from '../sets/traffic.ts';
import { podsOfToday } from './isolation.ts';
import { type LedAddresses, ledAddresses, nothingSure } from './led-addresses.ts';
import { RememberedByFacts } from './remembered-by-facts.ts';

const dnsPort = 53;
const udp = 17;
const tcp = 6;

/** Why nobody can say whether a rule leads to the DNS: the labels, or the address, of the servers are not known. */
export type DnsDoubt = 'no-namespaces' | 'no-cluster-facts';

export interface DnsSettings {
  readonly servers: readonly DnsServer[];
  readonly enforcer: EnforcerProfile;
  /** Those that pods have; empty where nobody has said so. */
  readonly podAddresses: AddressSet;
}

export const dnsTraffic = {
  udp: portTraffic(udp, dnsPort, dnsPort),
  tcp: portTraffic(tcp, dnsPort, dnsPort),
};

/** Over UDP and TCP. */
export const everyDns = unionTraffic(dnsTraffic.udp, dnsTraffic.tcp);

/** Whether a rule leads to a server, with which traffic, and whether it surely takes that of the pods it is for. */
export interface Lead {
  readonly to: 'yes' | 'no' | DnsDoubt;
  readonly traffic: Traffic;
  readonly isSure: boolean;
  /** Where it is not sure. */
  readonly addresses: LedAddresses;
}

/** Each rule is looked at once while what the answer follows from stays as it is, whatever becomes of policies. */
const knownLeads = new RememberedByFacts<WeakMap<Rule, Lead>>();

export function leadsTowards(server: DnsServer, world: World, settings: DnsSettings): (rule: Rule) => Lead {
  const ofPods = 'namespace' in server ? world.factsOfPods(server.namespace) : [];
  const facts = [server, settings.enforcer, settings.podAddresses, ...world.factsOfSets, ...ofPods];
  const known = knownLeads.of(world.lineage, facts, () => new WeakMap());
  const pods = podsOf(server, world);
  return (rule) => {
    let lead = known.get(rule);
    if (lead === undefined) {
      const to = leadsToAny(rule, server, world, settings);
      const isSure = to === 'yes' && rule.unsure !== true && (rule.own?.addresses ?? 'any') === 'any';
      const leadsAnyhow = (peer: Peer) => leadsTo({ ...peer, addresses: 'any' }, server, world, settings) === 'yes';
      const addresses = isSure || to === 'no' ? nothingSure : ledAddresses(rule, leadsAnyhow);
      lead = { to, traffic: to === 'no' ? noTraffic : dnsTrafficOf(rule, pods), isSure, addresses };
      known.set(rule, lead);
    }
    return lead;
  };
}

/** Whether some rule of a policy's egress allows or denies, or may do so, what leads to one of the servers. */
export function settlesDns(world: World, policy: Policy | undefined, settings: DnsSettings): boolean {
  if (policy === undefined) return true;
  return policy.egress.rules.some(
    (rule) =>
      (rule.action === 'allow' || rule.action === 'deny') &&
      settings.servers.some((server) => leadsToAny(rule, server, world, settings) !== 'no'),
  );
}

function leadsToAny(rule: Rule, server: DnsServer, world: World, settings: DnsSettings): 'yes' | 'no' | DnsDoubt {
  const answers = rule.peers.map((peer) => leadsTo(peer, server, world, settings));
  return answers.find((answer) => answer === 'yes') ?? answers.find((answer) => answer !== 'no') ?? 'no';
}

/** What of a rule's traffic is DNS. A named port that no server of today declares may still be 53. */
function dnsTrafficOf({ traffic, exceptNamed }: Rule, pods: readonly PodClass[]): Traffic {
  const numbers = (named: Traffic) =>
    resolveNamedPorts(named, (of, name) =>
      pods.length === 0 ? [dnsPort] : pods.flatMap((pod) => portNumbers(pod, of, name)),
    );
  const left = exceptNamed === undefined ? numbers(traffic) : subtractTraffic(numbers(traffic), numbers(exceptNamed));
  return intersectTraffic(left, everyDns);
}

function podsOf(server: DnsServer, world: World): readonly PodClass[] {
  if (!('namespace' in server)) return [];
  return podsOfToday(world, server.namespace).filter((pod) =>
    [...server.podLabels].every(([key, value]) => pod.labels.get(key) === value),
  );
}

function leadsTo(peer: Peer, server: DnsServer, world: World, settings: DnsSettings): 'yes' | 'no' | DnsDoubt {
  if (peer.service !== undefined) return byService(peer.service, server, world);
  if ('addresses' in server) {
    if (peer.addresses !== 'any' && !overlapAddresses(peer.addresses, server.addresses)) return 'no';
    if (peer.except !== undefined && containsAddresses(world.addressesKnownAs(peer.except), server.addresses))
      return 'no';
    // Of selectors, only those that find a network set, or a host, lead to an address.
    if (peer.endpoints === 'any') return 'yes';
    return overlapAddresses(world.addressesKnownAs(peer.endpoints), server.addresses) ? 'yes' : 'no';
  }
  if (peer.except !== undefined && byLabels(peer.except, server, world) === 'yes') return 'no';
  if (peer.endpoints === 'any')
    return peer.addresses === 'any' ? 'yes' : byAddress(peer.addresses, server, world, settings);
  const labels = byLabels(peer.endpoints, server, world);
  if (labels !== 'no') {
    return labels === 'yes' && peer.addresses !== 'any' ? byAddress(peer.addresses, server, world, settings) : labels;
  }
  const sets = world.countOf('networkSets') === 0 ? noAddresses : world.addressesKnownAs(peer.endpoints);
  return isNoAddress(sets) ? 'no' : byAddress(sets, server, world, settings);
}

function byLabels(
  endpoints: readonly LabelBox[],
  server: Extract<DnsServer, { namespace: string }>,
  world: World,
): 'yes' | 'no' | DnsDoubt {
  const namespace = world.namespaceOrBare(server.namespace);
  const pods = podsOf(server, world);
  if (pods.length > 0) {
    return pods.some((pod) => endpoints.some((box) => matchesBox(box, asSeen(pod, namespace, world)))) ? 'yes' : 'no';
  }
  const could = couldBe(server);
  if (!endpoints.some((box) => !isEmptyBox(intersectBoxes(box, could)))) return 'no';
  const exact = jointLabels(namespace.labels, server.podLabels);
  return endpoints.some((box) => matchesBox(box, exact)) ? 'yes' : 'no-namespaces';
}

function asSeen(pod: PodClass, namespace: Namespace, world: World): Labels {
  const account = world.object('serviceAccounts', pod.serviceAccount, pod.namespace);
  return attributesOf({
    kind: 'Pod',
    own: pod.labels,
    namespace: namespace.labels,
    serviceAccount: { name: pod.serviceAccount, labels: account?.labels ?? new Map() },
    calico: world.holdsCalico,
  });
}

/** A rule for a Service leads to the pods behind it. */
function byService({ namespace, name }: ServiceName, server: DnsServer, world: World): 'yes' | 'no' | DnsDoubt {
  if (!('namespace' in server) || namespace !== server.namespace) return 'no';
  const service = world.servicesOf(namespace).find((one) => one.name === name);
  if (service?.selector === undefined) return 'no-namespaces';
  return [...service.selector].every(([key, value]) => server.podLabels.get(key) === value) ? 'yes' : 'no';
}

/** Any pod that carries the labels by which the DNS is known. */
function couldBe(server: Extract<DnsServer, { namespace: string }>): LabelBox {
  let box = intersectBoxes(labelIn(endpointKind, ['Pod']), labelIn(namespaceName, [server.namespace]));
  for (const [key, value] of server.podLabels) box = intersectBoxes(box, labelIn(key, [value]));
  return box;
}

function addressesOfPods(server: DnsServer, world: World): readonly AddressSet[] {
  return podsOf(server, world)
    .flatMap((pod) => pod.addresses)
    .flatMap((text) => {
      const reading = readAddress(text);
      return reading.ok ? [reading.addresses] : [];
    });
}

/** All the addresses that a server may have: those of its pods of today, else of pods anywhere, as far as somebody says. */
export function whereServerIs(server: DnsServer, world: World, { podAddresses }: DnsSettings): AddressSet {
  if ('addresses' in server) return server.addresses;
  const known = addressesOfPods(server, world);
  if (known.length > 0) return unionAllAddresses(known);
  return isNoAddress(podAddresses) ? everyAddress : podAddresses;
}

/** Whether a range of addresses reaches a pod depends on the enforcer; where it may, nobody is told that names stop resolving. */
function byAddress(
  open: AddressSet,
  server: Extract<DnsServer, { namespace: string }>,
  world: World,
  { enforcer, podAddresses }: DnsSettings,
): 'yes' | 'no' | DnsDoubt {
  if (enforcer === 'cilium' || isNoAddress(open)) return 'no';
  const known = addressesOfPods(server, world);
  if (known.length === 0 && !isNoAddress(podAddresses) && !overlapAddresses(open, podAddresses)) return 'no';
  if (known.length === 0)
    return containsAddresses(open, everyIPv4) && enforcer === 'calico' ? 'yes' : 'no-cluster-facts';
  return known.some((address) => containsAddresses(open, address))
    ? enforcer === 'generic'
      ? 'no-cluster-facts'
      : 'yes'
    : 'no';
}
