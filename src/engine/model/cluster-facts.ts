import type { AddressSet } from '../sets/addresses.ts';

/** How the network plugin reads what the API leaves open. */
export type EnforcerProfile = 'generic' | 'calico' | 'cilium' | 'ovn' | 'antrea';

export const enforcerProfiles: readonly EnforcerProfile[] = ['generic', 'calico', 'cilium', 'ovn', 'antrea'];

/** What no object of the cluster tells. An empty address set is one that nobody has given. */
export interface ClusterFacts {
  readonly podAddresses: AddressSet;
  readonly serviceAddresses: AddressSet;
  readonly nodeAddresses: AddressSet;
  readonly apiServers: readonly { readonly addresses: AddressSet; readonly port: number }[];
  /** Where names are resolved; the first is what a fix names. */
  readonly dns: readonly DnsServer[];
  /** Whether Calico's HTTP matches are really enforced. */
  readonly applicationLayer: boolean;
}

export type DnsServer =
  | { readonly namespace: string; readonly podLabels: ReadonlyMap<string, string> }
  | { readonly addresses: AddressSet };
