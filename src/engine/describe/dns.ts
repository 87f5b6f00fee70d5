import { endpointKind, jointLabels, namespaceKey, namespaceName } from '../model/attributes.ts';
import type { ClusterFacts, DnsServer } from '../model/cluster-facts.ts';
import { type PodClass, portNumbers } from '../model/endpoint.ts';
import type { World } from '../model/world.ts';
import {
  type AddressSet,
  everyAddress,
  isNoAddress,
  overlapAddresses,
  unionAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { readAddress } from '../sets/cidr.ts';
import { intersectBoxes, type LabelBox, labelIn, matchesBox, overlapBoxes, restrictBox } from '../sets/labels.ts';
import { hasFlow, namedPorts, protocolNumber, resolveNamedPorts, type Traffic } from '../sets/traffic.ts';
import type { Allowed } from './allowed.ts';

const udp = protocolNumber('UDP') ?? 17;
const port = 53;

/**
 * Whether something leads to UDP 53 of the cluster's DNS, or of a pod or address that could be it:
 *
 * - a pod of the World is it, where there are such pods; else any pod that carries the labels by which the DNS is known
 *   could be, whatever its other labels are;
 * - an address could be it that is configured, or that those pods or a Service for them have; where nobody knows their
 *   addresses, one that is in the configured ranges of pods and Services, and without those any;
 * - a named port could be 53 unless the pods of the World say otherwise.
 */
export function reachesDns(parts: readonly Allowed[], world: World, cluster: ClusterFacts): boolean {
  if (cluster.dns.length === 0) return parts.some((part) => opensDns(part.traffic, []));
  return cluster.dns.some((server) => {
    if (!('namespace' in server)) return parts.some((part) => reachesAddress(part, server.addresses, []));
    const pods = podsOf(server, world);
    const addresses = addressesOf(server, pods, world, cluster);
    return parts.some((part) => reachesAddress(part, addresses, pods) || reachesPod(part, server, pods, world));
  });
}

type DnsPods = Extract<DnsServer, { namespace: string }>;

function reachesAddress(part: Allowed, addresses: AddressSet, pods: readonly PodClass[]): boolean {
  return overlapAddresses(part.addresses, addresses) && opensDns(part.traffic, pods);
}

function reachesPod(part: Allowed, server: DnsPods, pods: readonly PodClass[], world: World): boolean {
  if (!opensDns(part.traffic, pods)) return false;
  const namespace = world.namespaceOrBare(server.namespace);
  if (pods.length > 0) {
    return pods.some(
      (pod) =>
        isAt(part, pod) && part.endpoints.some((box) => matchesBox(box, jointLabels(namespace.labels, pod.labels))),
    );
  }
  const could = couldBe(server);
  const known = world.namespace(server.namespace);
  return part.endpoints.some((box) => overlapBoxes(box, could) && (known === undefined || isIn(box, known.labels)));
}

/** Whether a pod is where the part lets endpoints through. One whose addresses nobody knows may be. */
function isAt({ at }: Allowed, pod: PodClass): boolean {
  const addresses = read(pod.addresses);
  return at === 'any' || isNoAddress(addresses) || overlapAddresses(at, addresses);
}

/** Any pod that carries the labels by which the DNS is known. */
function couldBe(server: DnsPods): LabelBox {
  let box = intersectBoxes(labelIn(endpointKind, ['Pod']), labelIn(namespaceName, [server.namespace]));
  for (const [key, value] of server.podLabels) box = intersectBoxes(box, labelIn(key, [value]));
  return box;
}

/** Whether a namespace with exactly these labels can have endpoints in the box. */
function isIn(box: LabelBox, labels: ReadonlyMap<string, string>): boolean {
  const prefix = namespaceKey('');
  const value = (key: string) => labels.get(key.slice(prefix.length));
  return restrictBox(box, (key) => (key.startsWith(prefix) ? { value: value(key) } : undefined)) !== undefined;
}

function opensDns(traffic: Traffic, pods: readonly PodClass[]): boolean {
  const resolved = resolveNamedPorts(traffic, (of, name) => pods.flatMap((pod) => portNumbers(pod, of, name)));
  if (hasFlow(resolved, { protocol: udp, port })) return true;
  return pods.length === 0 && namedPorts(traffic).some((named) => named.protocol === udp);
}

function podsOf(server: DnsPods, world: World): readonly PodClass[] {
  const isIt = (pod: PodClass) => [...server.podLabels].every(([key, value]) => pod.labels.get(key) === value);
  return world.podsOf(server.namespace).filter((pod) => pod.running && isIt(pod));
}

function addressesOf(server: DnsPods, pods: readonly PodClass[], world: World, cluster: ClusterFacts): AddressSet {
  const ofPods = read(pods.flatMap((pod) => pod.addresses));
  const services = world
    .servicesOf(server.namespace)
    .filter(
      ({ selector }) =>
        selector !== undefined && [...selector].every(([key, value]) => server.podLabels.get(key) === value),
    );
  const ofServices = read(services.flatMap((service) => service.clusterIPs));
  if (!isNoAddress(ofPods)) return unionAddresses(ofPods, ofServices);
  if (isNoAddress(cluster.podAddresses)) return everyAddress;
  return unionAllAddresses([cluster.podAddresses, cluster.serviceAddresses, ofServices]);
}

function read(texts: readonly string[]): AddressSet {
  return unionAllAddresses(
    texts.flatMap((text) => {
      const reading = readAddress(text);
      return reading.ok ? [reading.addresses] : [];
    }),
  );
}
