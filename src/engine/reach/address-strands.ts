import type { EndpointSlice } from '../model/endpoint-slice.ts';
import { type Direction, type Peer, type Policy, type Rule, ruleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import {
  type AddressSet,
  everyAddress,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  partitionAddresses,
} from '../sets/addresses.ts';
import { matchesBox } from '../sets/labels.ts';
import {
  intersectTraffic,
  isNoTraffic,
  namedPorts,
  noTraffic,
  resolveNamedPorts,
  subtractTraffic,
  type Traffic,
  withoutNamedPorts,
} from '../sets/traffic.ts';
import { calicoRegion, hasNames, isCalico } from './rule-match.ts';

/** What a rule says of some addresses as the far end of a flow: which traffic of theirs it matches. */
export interface Strand {
  readonly rule: Rule;
  readonly addresses: AddressSet;
  readonly traffic: Traffic;
}

/** Finds what the rules of a World's policies say of addresses. */
export class Strands {
  readonly #world: World;
  #slices: ReadonlyMap<string, readonly EndpointSlice[]> | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** In the order of the rules. Without what a rule says of all addresses alike because nobody knows better. */
  of(policy: Policy, direction: Direction): readonly Strand[] {
    return ruleList(policy, direction)
      .rules.filter((rule) => rule.action !== 'log')
      .flatMap((rule) => rule.peers.flatMap((peer) => this.#ofPeer(policy, rule, peer, direction)))
      .filter(({ addresses, traffic }) => !isNoAddress(addresses) && !isNoTraffic(traffic));
  }

  #ofPeer(policy: Policy, rule: Rule, peer: Peer, direction: Direction): readonly Strand[] {
    const addresses = this.#matched(policy, peer);
    if (isNoAddress(addresses)) return [];
    const { service } = peer;
    if (service !== undefined) {
      return this.#slicesOf(`${service.namespace}/${service.name}`).map((slice) => ({
        rule,
        addresses: intersectAddresses(addresses, slice.addresses),
        traffic:
          direction === 'egress' ? intersectTraffic(withoutNamedPorts(rule.traffic), slice.traffic) : rule.traffic,
      }));
    }
    if (direction === 'ingress' || !hasNames(rule)) return [{ rule, addresses, traffic: rule.traffic }];
    return isCalico(policy)
      ? this.#byNames(rule, peer, addresses)
      : [{ rule, addresses, traffic: withoutNamedPorts(rule.traffic) }];
  }

  /** The addresses that a peer matches. Selectors of Kubernetes speak of pods only. */
  #matched(policy: Policy, peer: Peer): AddressSet {
    if (!isCalico(policy)) {
      if (peer.endpoints !== 'any') return noAddresses;
      return peer.addresses === 'any' ? everyAddress : peer.addresses;
    }
    const { chosen, others } = calicoRegion(this.#world, peer);
    if (peer.endpoints !== 'any') return others;
    return chosen === 'any' ? everyAddress : chosen;
  }

  /** Host endpoints give names to ports of their addresses. */
  #byNames(rule: Rule, { endpoints }: Peer, addresses: AddressSet): readonly Strand[] {
    const names = [rule.traffic, rule.exceptNamed ?? noTraffic].flatMap(namedPorts);
    const hosts = [...this.#world.objects('hostEndpoints')].filter(
      (host) =>
        host.namedPorts.some((own) =>
          names.some(({ protocol, name }) => own.protocol === protocol && own.name === name),
        ) &&
        (endpoints === 'any' || endpoints.some((box) => matchesBox(box, this.#world.attributesOfHost(host)))),
    );
    return partitionAddresses(hosts.map((host) => host.expectedIPs)).map(({ range, members }) => {
      const ports = members.flatMap((member) => hosts[member]?.namedPorts ?? []);
      const numbers = (protocol: number, name: string): readonly number[] =>
        ports.flatMap((own) => (own.protocol === protocol && own.name === name ? own.port : []));
      const traffic = resolveNamedPorts(rule.traffic, numbers);
      return {
        rule,
        addresses: intersectAddresses(addresses, range),
        traffic:
          rule.exceptNamed === undefined
            ? traffic
            : subtractTraffic(traffic, resolveNamedPorts(rule.exceptNamed, numbers)),
      };
    });
  }

  #slicesOf(service: string): readonly EndpointSlice[] {
    this.#slices ??= Map.groupBy(this.#world.objects('endpointSlices'), (one) => `${one.namespace}/${one.service}`);
    return this.#slices.get(service) ?? [];
  }
}
