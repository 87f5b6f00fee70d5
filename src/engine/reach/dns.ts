import type { DnsServer, EnforcerProfile } from '../guardrails/guardrail-set.ts';
import { endpointKind, jointLabels, namespaceName } from '../model/attributes.ts';
import { type PodClass, portNumbers } from '../model/endpoint.ts';
import type { Peer, Rule } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { containsAddresses, overlapAddresses } from '../sets/addresses.ts';
import { readAddress } from '../sets/cidr.ts';
import { intersectBoxes, isEmptyBox, type LabelBox, labelIn, matchesBox } from '../sets/labels.ts';
import { hasFlow, namedPorts, resolveNamedPorts } from '../sets/traffic.ts';
import { podsOfToday } from './isolation.ts';

const dnsPort = 53;
const udp = 17;
const tcp = 6;

/** The pods of a namespace that some policy lets reach the cluster's DNS. */
export interface DnsReach {
  readonly udp: readonly LabelBox[];
  readonly tcp: readonly LabelBox[];
  /** A rule may lead there or not: the labels of the servers or of their namespace are not known. Such a rule counts. */
  readonly unsure: boolean;
}

export function dnsReach(
  world: World,
  namespace: string,
  servers: readonly DnsServer[],
  enforcer: EnforcerProfile,
): DnsReach {
  const reach: { udp: LabelBox[]; tcp: LabelBox[]; unsure: boolean } = { udp: [], tcp: [], unsure: false };
  for (const { policy, boxes } of world.governing(namespace, 'egress')) {
    for (const rule of policy.egress.rules) {
      if (rule.action !== 'allow') continue;
      for (const server of servers) {
        const answers = rule.peers.map((peer) => leadsTo(peer, server, world, enforcer));
        if (answers.every((answer) => answer === 'no')) continue;
        const open = [udp, tcp].filter((protocol) => opensDns(rule, protocol, podsOf(server, world)));
        if (open.length > 0 && !answers.includes('yes')) reach.unsure = true;
        if (open.includes(udp)) reach.udp.push(...boxes);
        if (open.includes(tcp)) reach.tcp.push(...boxes);
      }
    }
  }
  return reach;
}

function podsOf(server: DnsServer, world: World): readonly PodClass[] {
  if (!('namespace' in server)) return [];
  return podsOfToday(world, server.namespace).filter((pod) =>
    [...server.podLabels].every(([key, value]) => pod.labels.get(key) === value),
  );
}

/** A named port that no server of today declares may still be 53; where servers are known, only their numbers count. */
function opensDns(rule: Rule, protocol: number, pods: readonly PodClass[]): boolean {
  const known = resolveNamedPorts(rule.traffic, (of, name) => pods.flatMap((pod) => portNumbers(pod, of, name)));
  if (hasFlow(known, { protocol, port: dnsPort })) return true;
  return pods.length === 0 && namedPorts(rule.traffic).some((named) => named.protocol === protocol);
}

function leadsTo(peer: Peer, server: DnsServer, world: World, enforcer: EnforcerProfile): 'yes' | 'maybe' | 'no' {
  if ('addresses' in server) {
    if (peer.endpoints !== 'any') return 'no';
    return peer.addresses === 'any' || overlapAddresses(peer.addresses, server.addresses) ? 'yes' : 'no';
  }
  if (peer.endpoints === 'any') return peer.addresses === 'any' ? 'yes' : byAddress(peer, server, world, enforcer);
  const namespace = world.namespaceOrBare(server.namespace);
  const pods = podsOf(server, world);
  const { endpoints } = peer;
  if (pods.length > 0) {
    return pods.some((pod) => endpoints.some((box) => matchesBox(box, jointLabels(namespace.labels, pod.labels))))
      ? 'yes'
      : 'no';
  }
  const could = couldBe(server);
  if (!endpoints.some((box) => !isEmptyBox(intersectBoxes(box, could)))) return 'no';
  const exact = jointLabels(namespace.labels, server.podLabels);
  return endpoints.some((box) => matchesBox(box, exact)) ? 'yes' : 'maybe';
}

/** Any pod that carries the labels by which the DNS is known. */
function couldBe(server: Extract<DnsServer, { namespace: string }>): LabelBox {
  let box = intersectBoxes(labelIn(endpointKind, ['Pod']), labelIn(namespaceName, [server.namespace]));
  for (const [key, value] of server.podLabels) box = intersectBoxes(box, labelIn(key, [value]));
  return box;
}

/** Whether an ipBlock reaches a pod depends on the enforcer; where it may, nobody is told that names stop resolving. */
function byAddress(peer: Peer, server: DnsServer, world: World, enforcer: EnforcerProfile): 'yes' | 'maybe' | 'no' {
  if (peer.addresses === 'any') return 'yes';
  if (enforcer === 'cilium') return 'no';
  const addresses = podsOf(server, world).flatMap((pod) => pod.addresses);
  const known = addresses.flatMap((text) => {
    const reading = readAddress(text);
    return reading.ok ? [reading.addresses] : [];
  });
  if (known.length === 0) return 'maybe';
  const { addresses: open } = peer;
  return known.some((address) => containsAddresses(open, address)) ? (enforcer === 'generic' ? 'maybe' : 'yes') : 'no';
}
