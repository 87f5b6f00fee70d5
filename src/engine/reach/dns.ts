import { endpointKind, jointLabels, namespaceName } from '../model/attributes.ts';
import type { DnsServer, EnforcerProfile } from '../model/cluster-facts.ts';
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

/** Why nobody can say whether a rule leads to the DNS: the labels, or the address, of the servers are not known. */
export type DnsDoubt = 'no-namespaces' | 'no-cluster-facts';

/** The pods of a namespace that some policy lets reach the cluster's DNS. A rule that may lead there counts. */
export interface DnsReach {
  readonly udp: readonly LabelBox[];
  readonly tcp: readonly LabelBox[];
  /** By rules alone that lead there for certain. */
  readonly certain: { readonly udp: readonly LabelBox[]; readonly tcp: readonly LabelBox[] };
  readonly doubts: readonly DnsDoubt[];
}

export function dnsReach(
  world: World,
  namespace: string,
  servers: readonly DnsServer[],
  enforcer: EnforcerProfile,
): DnsReach {
  const open: () => { udp: LabelBox[]; tcp: LabelBox[] } = () => ({ udp: [], tcp: [] });
  const reach = { ...open(), certain: open() };
  const doubts = new Set<DnsDoubt>();
  for (const one of world.governing(namespace, 'egress')) {
    const { boxes } = one;
    for (const rule of one.policy.egress.rules) {
      if (rule.action !== 'allow') continue;
      for (const server of servers) {
        const answers = rule.peers.map((peer) => leadsTo(peer, server, world, enforcer));
        if (answers.every((answer) => answer === 'no')) continue;
        const certain = answers.includes('yes');
        for (const [name, protocol] of [
          ['udp', udp],
          ['tcp', tcp],
        ] as const) {
          if (!opensDns(rule, protocol, podsOf(server, world))) continue;
          reach[name].push(...boxes);
          if (certain) reach.certain[name].push(...boxes);
          else for (const answer of answers) if (answer !== 'yes' && answer !== 'no') doubts.add(answer);
        }
      }
    }
  }
  return { ...reach, doubts: [...doubts].sort() };
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

function leadsTo(peer: Peer, server: DnsServer, world: World, enforcer: EnforcerProfile): 'yes' | 'no' | DnsDoubt {
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
  return endpoints.some((box) => matchesBox(box, exact)) ? 'yes' : 'no-namespaces';
}

/** Any pod that carries the labels by which the DNS is known. */
function couldBe(server: Extract<DnsServer, { namespace: string }>): LabelBox {
  let box = intersectBoxes(labelIn(endpointKind, ['Pod']), labelIn(namespaceName, [server.namespace]));
  for (const [key, value] of server.podLabels) box = intersectBoxes(box, labelIn(key, [value]));
  return box;
}

/** Whether an ipBlock reaches a pod depends on the enforcer; where it may, nobody is told that names stop resolving. */
function byAddress(peer: Peer, server: DnsServer, world: World, enforcer: EnforcerProfile): 'yes' | 'no' | DnsDoubt {
  if (peer.addresses === 'any') return 'yes';
  if (enforcer === 'cilium') return 'no';
  const addresses = podsOf(server, world).flatMap((pod) => pod.addresses);
  const known = addresses.flatMap((text) => {
    const reading = readAddress(text);
    return reading.ok ? [reading.addresses] : [];
  });
  if (known.length === 0) return 'no-cluster-facts';
  const { addresses: open } = peer;
  return known.some((address) => containsAddresses(open, address))
    ? enforcer === 'generic'
      ? 'no-cluster-facts'
      : 'yes'
    : 'no';
}
