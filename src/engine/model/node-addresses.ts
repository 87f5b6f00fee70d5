import { type AddressSet, unionAddresses, unionAllAddresses } from '../sets/addresses.ts';
import type { HostEndpoint } from './host-endpoint.ts';
import type { Node } from './node.ts';
import type { Table } from './table.ts';

/** Puts together the addresses of all machines, once for each table of them. */
export class NodeAddresses {
  readonly #ofNodes = new WeakMap<Table<Node>, AddressSet>();
  readonly #ofHosts = new WeakMap<Table<HostEndpoint>, AddressSet>();

  /** @param nodes and hosts are compared by identity: the same tables give the same answer */
  of(nodes: Table<Node>, hosts: Table<HostEndpoint>): AddressSet {
    const ofNodes = this.#ofNodes.get(nodes) ?? unionAllAddresses(Array.from(nodes.values(), (one) => one.addresses));
    this.#ofNodes.set(nodes, ofNodes);
    const ofHosts = this.#ofHosts.get(hosts) ?? unionAllAddresses(Array.from(hosts.values(), (one) => one.expectedIPs));
    this.#ofHosts.set(hosts, ofHosts);
    return unionAddresses(ofNodes, ofHosts);
  }
}
