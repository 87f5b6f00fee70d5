import { jointLabels, type Labels } from '../model/attributes.ts';
import type { PodClass } from '../model/endpoint.ts';
import type { Namespace } from '../model/namespace.ts';
import {
  type AddressSet,
  everyIPv4,
  everyIPv6,
  intersectAddresses,
  isNoAddress,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { readAddress } from '../sets/cidr.ts';

/** One end of a flow, as policies see it. */
export type Party = PodParty | AddressParty;

/** Pods that no policy can tell apart. */
export interface PodParty {
  readonly kind: 'pod';
  readonly pod: PodClass;
  /** What label boxes are matched with: its own labels, its namespace's and its kind, in the joint space of `attributes.ts`. */
  readonly attributes: Labels;
  /** What is known of its addresses, each family apart; empty where nobody knows any. */
  readonly addresses: readonly AddressSet[];
}

/** Addresses that belong to no pod: hosts outside the cluster, and whatever else has no labels. */
export interface AddressParty {
  readonly kind: 'addresses';
  readonly addresses: AddressSet;
}

export function podParty(pod: PodClass, namespace: Namespace): PodParty {
  const attributes = jointLabels(namespace.labels, pod.labels);
  return { kind: 'pod', pod, attributes, addresses: knownAddresses(pod) };
}

/** A text that is no address tells nothing of where the pod is. */
function knownAddresses(pod: PodClass): readonly AddressSet[] {
  const known = unionAllAddresses(
    pod.addresses.flatMap((text) => {
      const reading = readAddress(text);
      return reading.ok ? reading.addresses : [];
    }),
  );
  return [everyIPv4, everyIPv6]
    .map((family) => intersectAddresses(known, family))
    .filter((family) => !isNoAddress(family));
}

export function addressParty(addresses: AddressSet): AddressParty {
  return { kind: 'addresses', addresses };
}

/** Two pods by each family of addresses that both are known to have; as they are where that is not known. */
export function byFamily(from: Party, to: Party): readonly (readonly [Party, Party])[] {
  if (from.kind !== 'pod' || to.kind !== 'pod') return [[from, to]];
  if (from.addresses.length === 0 || to.addresses.length === 0) return [[from, to]];
  const inFamily = (party: PodParty, family: AddressSet): PodParty => ({
    ...party,
    addresses: party.addresses.filter((own) => !isNoAddress(intersectAddresses(own, family))),
  });
  const both = [everyIPv4, everyIPv6].flatMap((family) => {
    const [a, b] = [inFamily(from, family), inFamily(to, family)];
    return a.addresses.length > 0 && b.addresses.length > 0 ? [[a, b] as const] : [];
  });
  return both.length > 0 ? both : [[from, to]];
}
