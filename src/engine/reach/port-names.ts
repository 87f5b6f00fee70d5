import type { Labels } from '../model/attributes.ts';
import { type NamedPort, portNumbers } from '../model/endpoint.ts';
import type { World } from '../model/world.ts';
import type { AddressSet } from '../sets/addresses.ts';
import { type LabelBox, matchesBox } from '../sets/labels.ts';
import { isAt, type ReachSettings } from './match.ts';
import type { Party } from './party.ts';
import type { UnknownReason } from './unknown-reason.ts';

/** The numbers that a destination has for a port by its name and protocol. */
export type PortLookup = (protocol: number, name: string) => PortNumbers;

export interface PortNumbers {
  readonly sure: readonly number[];
  /** Also those that it may have. */
  readonly all: readonly number[];
  readonly doubt?: UnknownReason | undefined;
}

interface NamingHost {
  readonly attributes: Labels;
  readonly addresses: AddressSet;
  readonly ports: readonly NamedPort[];
}

const none: PortNumbers = { sure: [], all: [] };

/** Which numbers the ports of a destination have that rules call by name. */
export class PortNames {
  readonly #world: World;
  readonly #cluster: ReachSettings['cluster'];
  #hosts: readonly NamingHost[] | undefined;

  constructor(world: World, cluster: ReachSettings['cluster']) {
    this.#world = world;
    this.#cluster = cluster;
  }

  /** To Kubernetes, a port has a name where the pod gives it one; an address names nothing. */
  ofPods(to: Party): PortLookup {
    return (protocol, name) => (to.kind === 'pod' ? certain(portNumbers(to.pod, protocol, name)) : none);
  }

  /**
   * To Calico, a name stands for the address, protocol and port of pods and host endpoints that expose it and that the
   * rule's selector for the destination chooses.
   *
   * Source: projectcalico/calico felix/calc/rule_scanner.go.
   */
  asCalico(to: Party, chosen: readonly LabelBox[] | 'any'): PortLookup {
    const isChosen = (attributes: Labels): boolean =>
      chosen === 'any' || chosen.some((box) => matchesBox(box, attributes));
    return (protocol, name) => {
      const own = to.kind === 'pod' && !to.pod.hostNetwork && isChosen(to.attributes);
      const sure = own ? [...portNumbers(to.pod, protocol, name)] : [];
      const all = [...sure];
      let doubt: UnknownReason | undefined;
      for (const { attributes, addresses, ports } of this.#namingHosts()) {
        const numbers = ports.flatMap((port) => (port.name === name && port.protocol === protocol ? port.port : []));
        if (numbers.length === 0 || !isChosen(attributes)) continue;
        const at = isAt(addresses, to, this.#cluster);
        if (at === 'no') continue;
        all.push(...numbers);
        if (at === 'yes') sure.push(...numbers);
        else doubt ??= at;
      }
      return { sure, all, doubt };
    };
  }

  #namingHosts(): readonly NamingHost[] {
    this.#hosts ??= Array.from(this.#world.objects('hostEndpoints'), (host) => ({
      attributes: this.#world.attributesOfHost(host),
      addresses: host.expectedIPs,
      ports: host.namedPorts,
    })).filter(({ ports }) => ports.length > 0);
    return this.#hosts;
  }
}

function certain(numbers: readonly number[]): PortNumbers {
  return { sure: numbers, all: numbers };
}
