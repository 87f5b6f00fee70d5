import { type PodClass, portNumbers } from '../model/endpoint.ts';
import type { EndpointSlice } from '../model/endpoint-slice.ts';
import type { Direction, ServiceName } from '../model/policy.ts';
import type { Service } from '../model/service.ts';
import type { World } from '../model/world.ts';
import { allTraffic, noTraffic, portTraffic, type Traffic, unionAllTraffic, unionTraffic } from '../sets/traffic.ts';
import type { Match } from './fold.ts';
import { isAt, type PeerMatch, type ReachSettings } from './match.ts';
import type { Party } from './party.ts';
import type { UnknownReason } from './unknown-reason.ts';

/**
 * Who is meant by a rule that names a Service: its endpoints, as destinations on the ports where they serve it, as
 * sources on any. The Service's own address is not among them.
 *
 * Source: projectcalico/calico felix/calc/rule_scanner.go and felix/serviceindex.
 */
export class ServiceMatcher {
  readonly #world: World;
  readonly #cluster: ReachSettings['cluster'];
  #slices: ReadonlyMap<string, readonly EndpointSlice[]> | undefined;

  constructor(world: World, cluster: ReachSettings['cluster']) {
    this.#world = world;
    this.#cluster = cluster;
  }

  match({ namespace, name }: ServiceName, direction: Direction, far: Party): Match {
    if (namespace === undefined) return over('service-unknown', allTraffic);
    this.#slices ??= Map.groupBy(this.#world.objects('endpointSlices'), (one) => `${one.namespace}/${one.service}`);
    const slices = this.#slices.get(`${namespace}/${name}`);
    if (slices !== undefined) return this.#inSlices(slices, direction, far);
    if (this.#world.origin === 'cluster' && !this.#world.knows('EndpointSlice.discovery.k8s.io')) {
      return over('service-unknown', allTraffic);
    }
    // A cluster makes slices for every Service that has endpoints.
    if (this.#world.origin === 'cluster') return over('no', noTraffic);
    const service = this.#world.servicesOf(namespace).find((one) => one.name === name);
    if (service?.selector === undefined || service.selector.size === 0) return over('service-unknown', allTraffic);
    return this.#behind(service, service.selector, direction, far);
  }

  #inSlices(slices: readonly EndpointSlice[], direction: Direction, far: Party): Match {
    let [must, may]: [Traffic, Traffic] = [noTraffic, noTraffic];
    let doubt: UnknownReason | undefined;
    for (const { addresses, traffic } of slices) {
      const at = isAt(addresses, far, this.#cluster);
      if (at === 'no') continue;
      const served = direction === 'egress' ? traffic : allTraffic;
      may = unionTraffic(may, served);
      if (at === 'yes') must = unionTraffic(must, served);
      else doubt ??= at;
    }
    return { must, may, doubt };
  }

  /** Where no slice tells, the Service's selector does. */
  #behind(service: Service, selector: ReadonlyMap<string, string>, direction: Direction, far: Party): Match {
    const isBehind = (pod: PodClass): boolean => [...selector].every(([key, value]) => pod.labels.get(key) === value);
    if (far.kind === 'pod' && far.pod.namespace === service.namespace && isBehind(far.pod)) {
      return over('yes', direction === 'egress' ? servedBy(service, far.pod) : allTraffic);
    }
    if (far.kind === 'pod' && !far.pod.hostNetwork) return over('no', noTraffic);
    // Whoever has the address of a node that such a pod runs on is an endpoint as well.
    const onNodes = this.#world
      .podsOf(service.namespace)
      .filter((pod) => pod.hostNetwork && pod.running && isBehind(pod));
    if (onNodes.length === 0) return over('no', noTraffic);
    const traffic = direction === 'egress' ? unionAllTraffic(onNodes.map((pod) => servedBy(service, pod))) : allTraffic;
    return over('node-address-unknown', traffic);
  }
}

function servedBy({ ports }: Service, pod: PodClass): Traffic {
  return unionAllTraffic(
    ports.flatMap(({ protocol, target }) =>
      (typeof target === 'number' ? [target] : portNumbers(pod, protocol, target)).map((number) =>
        portTraffic(protocol, number, number),
      ),
    ),
  );
}

function over(match: PeerMatch, traffic: Traffic): Match {
  if (match === 'no') return { must: noTraffic, may: noTraffic };
  return match === 'yes' ? { must: traffic, may: traffic } : { must: noTraffic, may: traffic, doubt: match };
}
