import { attributesOf, isInheritedLabel, type Labels, serviceAccountName } from '../model/attributes.ts';
import type { EnforcerProfile } from '../model/cluster-facts.ts';
import type { PodClass } from '../model/endpoint.ts';
import type { HostEndpoint } from '../model/host-endpoint.ts';
import type { Namespace } from '../model/namespace.ts';
import type { World } from '../model/world.ts';
import {
  type AddressSet,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { readAddress } from '../sets/cidr.ts';

/** One end of a flow, as policies see it. */
export type Party = PodParty | AddressParty | HostParty;

/** Pods that no policy can tell apart. */
export interface PodParty {
  readonly kind: 'pod';
  readonly pod: PodClass;
  /** What label boxes are matched with: its own labels, its namespace's and its kind, in the joint space of `attributes.ts`. */
  readonly attributes: Labels;
  /** The same as it may be read just as well, and why; undefined where there is one reading. */
  readonly otherwise?: OtherReading | undefined;
  /** What is known of its addresses, each family apart; empty where nobody knows any. */
  readonly addresses: readonly AddressSet[];
  /** The family of addresses that it is looked at in; undefined for it as a whole. */
  readonly family?: AddressSet | undefined;
  /** The same by IPv4 and by IPv6, where it may have addresses of both. */
  readonly inFamily: readonly PodParty[];
}

/** Addresses that belong to no pod: hosts outside the cluster, and whatever else has no labels. */
export interface AddressParty {
  readonly kind: 'addresses';
  readonly addresses: AddressSet;
}

/** A host endpoint. Peers know it by its addresses only. */
export interface HostParty {
  readonly kind: 'host';
  readonly host: HostEndpoint;
  /** False for an interface that no host endpoint stands for: no policy asks about its traffic. */
  readonly policed: boolean;
  /** What the subjects of policies are matched with. */
  readonly attributes: Labels;
  /** Its expected addresses, each family apart; empty where it is known by its interface only. */
  readonly addresses: readonly AddressSet[];
  readonly family?: AddressSet | undefined;
  /** The same by IPv4 and by IPv6, where it may have addresses of both. */
  readonly inFamily: readonly HostParty[];
}

export interface OtherReading {
  readonly attributes: Labels;
  readonly reason: 'copied-label' | 'long-account-name';
}

const noLabels = new Map<string, string>();

/** What a pod that may come inherits, where that is not in the World either. */
export interface Inherited {
  readonly namespace?: Namespace | undefined;
  /** The labels of its service account. */
  readonly account?: Labels | undefined;
}

/** Where Calico reads the pod's labels, some of its own stand before those that it inherits. */
export function podParty(pod: PodClass, world: World, enforcer: EnforcerProfile, inherited: Inherited = {}): PodParty {
  const { labels } = inherited.namespace ?? world.namespaceOrBare(pod.namespace);
  const account = world.object('serviceAccounts', pod.serviceAccount, pod.namespace)?.labels ?? inherited.account;
  const calico = enforcer === 'calico' || world.holdsCalico;
  const known = {
    kind: 'Pod',
    own: pod.labels,
    namespace: labels,
    serviceAccount: { name: pod.serviceAccount, labels: account ?? noLabels },
  } as const;
  const attributes = attributesOf({ ...known, calico });
  const otherwise = calico ? otherReading(pod, attributes, () => attributesOf({ ...known, calico: false })) : undefined;
  const party = { kind: 'pod', pod, attributes, otherwise, inFamily: [] } as const;
  const addresses = families(knownAddresses(pod));
  return { ...party, addresses, inFamily: eachOf(addresses, (own, family) => ({ ...party, addresses: own, family })) };
}

/** What Calico uses as the value of a label has to be shorter. */
const longAccountName = 63;

/**
 * Which of two labels of one key counts, the pod's own or the inherited one, was read in Calico's source and seen nowhere
 * at work. A name of a service account that is no label value is left to whatever label the pod has of its own.
 *
 * Source: projectcalico/calico felix/labelindex and libcalico-go/lib/backend/k8s/conversion.
 */
function otherReading(pod: PodClass, attributes: Labels, inheriting: () => Labels): OtherReading | undefined {
  for (const key of pod.labels.keys())
    if (isInheritedLabel(key)) return { attributes: inheriting(), reason: 'copied-label' };
  if (pod.serviceAccount.length < longAccountName) return undefined;
  const own = pod.labels.get('projectcalico.org/serviceaccount');
  const get = (key: string) => (key === serviceAccountName ? own : attributes.get(key));
  return { attributes: { get }, reason: 'long-account-name' };
}

/** A text that is no address tells nothing of where the pod is. */
function knownAddresses(pod: PodClass): AddressSet {
  return unionAllAddresses(
    pod.addresses.flatMap((text) => {
      const reading = readAddress(text);
      return reading.ok ? reading.addresses : [];
    }),
  );
}

export function addressParty(addresses: AddressSet): AddressParty {
  return { kind: 'addresses', addresses };
}

export function hostParty(host: HostEndpoint, world: World, policed = true): HostParty {
  const attributes = world.attributesOfHost(host);
  const party = { kind: 'host', host, policed, attributes, inFamily: [] } as const;
  const addresses = families(host.expectedIPs);
  return { ...party, addresses, inFamily: eachOf(addresses, (own, family) => ({ ...party, addresses: own, family })) };
}

/** An interface of a node that no host endpoint stands for. It has the addresses of the node, as far as these are known. */
export function unpoliced(node: string, interfaceName: string, world: World): HostParty {
  const host: HostEndpoint = {
    ref: { group: '', version: 'v1', kind: 'Node', namespace: undefined, name: node },
    labels: noLabels,
    node,
    interfaceName,
    expectedIPs: world.object('nodes', node)?.addresses ?? noAddresses,
    profiles: [],
    namedPorts: [],
    problems: [],
  };
  return hostParty(host, world, false);
}

function eachOf<P>(
  addresses: readonly AddressSet[],
  make: (own: readonly AddressSet[], family: AddressSet) => P,
): readonly P[] {
  if (addresses.length === 1) return [];
  return [everyIPv4, everyIPv6].map((family, index) => make(addresses.slice(index, index + 1), family));
}

function families(addresses: AddressSet): readonly AddressSet[] {
  return [everyIPv4, everyIPv6]
    .map((family) => intersectAddresses(addresses, family))
    .filter((family) => !isNoAddress(family));
}
