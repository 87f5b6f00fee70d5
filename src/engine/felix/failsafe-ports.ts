import type { FailsafePort, FelixConfiguration } from '../model/felix-configuration.ts';
import type { ObjectRef } from '../model/object.ts';
import type { World } from '../model/world.ts';
import {
  type AddressSet,
  containsAddresses,
  everyAddress,
  intersectAddresses,
  isNoAddress,
  unionAllAddresses,
} from '../sets/addresses.ts';
import { builtInFailsafe } from './built-in.ts';
import { type FelixChain, FelixChains } from './chains.ts';
import { type FailsafeReader, type FailsafeSide, type FailsafeValue, failsafeReader } from './failsafe-value.ts';

/** A list that counts, or may, and the object that it comes from; undefined is the built-in one. */
export interface FailsafeSource {
  readonly value: FailsafeValue;
  readonly from: FelixConfiguration | undefined;
}

export interface EffectiveFailsafe {
  /** What is surely open. Nothing where Felix cannot read the list: it does not run then. */
  readonly ports: readonly FailsafePort[];
  /** The lists that it comes from: one, or several of which nobody can say which counts. */
  readonly sources: readonly { readonly ref: ObjectRef | undefined; readonly value: FailsafeValue }[];
}

export type NodeFailsafe = { readonly [S in FailsafeSide]: EffectiveFailsafe };

/** The failsafe ports of all nodes of a World. Reads each list once, however many nodes are asked for. */
export class NodeFailsafes {
  readonly #chains: FelixChains;
  readonly #ports = new Map<FailsafeValue, readonly FailsafePort[]>();
  readonly #valuesOf = failsafeReader();

  constructor(world: World) {
    this.#chains = new FelixChains(world);
  }

  on(node: string): NodeFailsafe {
    const chains = this.#chains.on(node);
    return { inbound: this.#effective(chains, 'inbound'), outbound: this.#effective(chains, 'outbound') };
  }

  #effective(chains: readonly FelixChain[], side: FailsafeSide): EffectiveFailsafe {
    const sources = failsafeSources(chains, side, this.#valuesOf);
    return {
      ports: sources.map(({ value }) => this.#portsOf(value)).reduce(inBoth),
      sources: sources.map(({ value, from }) => ({ ref: from?.ref, value })),
    };
  }

  #portsOf(value: FailsafeValue): readonly FailsafePort[] {
    const known = this.#ports.get(value);
    if (known !== undefined) return known;
    const ports = value.entries.every(({ reading }) => reading.ok) ? portsOf(value) : [];
    this.#ports.set(value, ports);
    return ports;
  }
}

/** Where the lists of a node come from, and what is surely open by them. For many nodes of one World: {@link NodeFailsafes}. */
export function effectiveFailsafe(world: World, node: string): NodeFailsafe {
  return new NodeFailsafes(world).on(node);
}

/** The ports of a node that no policy closes, however they are written. */
export function failsafePorts(world: World, node: string): { readonly [S in FailsafeSide]: readonly FailsafePort[] } {
  const { inbound, outbound } = effectiveFailsafe(world, node);
  return { inbound: inbound.ports, outbound: outbound.ports };
}

/** The ranges that entries of failsafe lists in a World are limited to, wherever these lists count. */
export function failsafeNets(world: World): readonly AddressSet[] {
  const valuesOf = failsafeReader();
  const values = [...world.objects('felixConfigurations')].flatMap((one) =>
    (['inbound', 'outbound'] as const).flatMap((side) => valuesOf(one, side)),
  );
  return values
    .flatMap((value) => portsOf(value).map(({ addresses }) => addresses))
    .filter((addresses) => !containsAddresses(addresses, everyAddress));
}

/** The lists that may count, by one chain or another: never none, as the built-in one lies below them all. */
export function failsafeSources(
  chains: readonly FelixChain[],
  side: FailsafeSide,
  valuesOf: FailsafeReader,
): readonly FailsafeSource[] {
  const sources = new Map<FailsafeValue | FelixConfiguration, readonly FailsafeSource[]>();
  for (const chain of chains) {
    const from = chain.find((one) => valuesOf(one, side).length > 0);
    if (from === undefined) sources.set(builtInFailsafe[side], [{ value: builtInFailsafe[side], from }]);
    else if (!sources.has(from))
      sources.set(
        from,
        valuesOf(from, side).map((value) => ({ value, from })),
      );
  }
  return [...sources.values()].flat();
}

const knownPorts = new WeakMap<FailsafeValue, readonly FailsafePort[]>();

/** The ports of a list that can be read, each once, with all the addresses of its entries. Port 0 opens nothing. */
export function portsOf(value: FailsafeValue): readonly FailsafePort[] {
  const known = knownPorts.get(value) ?? readPorts(value);
  knownPorts.set(value, known);
  return known;
}

function readPorts({ entries }: FailsafeValue): readonly FailsafePort[] {
  const found = new Map<number, AddressSet[]>();
  for (const { reading } of entries) {
    if (!reading.ok || reading.port === 0) continue;
    const number = portKey(reading);
    const known = found.get(number);
    if (known === undefined) found.set(number, [reading.addresses]);
    else known.push(reading.addresses);
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([number, addresses]) => ({
      protocol: Math.floor(number / 65536),
      port: number % 65536,
      addresses: unionAllAddresses(addresses),
    }));
}

/** One number for protocol and port. */
function portKey({ protocol, port }: Pick<FailsafePort, 'protocol' | 'port'>): number {
  return protocol * 65536 + port;
}

function inBoth(a: readonly FailsafePort[], b: readonly FailsafePort[]): readonly FailsafePort[] {
  if (a === b) return a;
  const others = new Map(b.map((one) => [portKey(one), one.addresses]));
  return a.flatMap((one) => {
    const other = others.get(portKey(one));
    if (other === undefined) return [];
    const addresses = intersectAddresses(one.addresses, other);
    return isNoAddress(addresses) ? [] : [{ ...one, addresses }];
  });
}
