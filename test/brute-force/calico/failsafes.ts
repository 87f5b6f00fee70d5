import { type Address, inRange, parseAddress, parseCidr, type Range } from '../addresses.ts';
import type { FailsafeEntry, FelixManifest, FelixSpec } from './manifests.ts';
import { tcp, udp } from './protocols.ts';
import { holds, parseSelector } from './selector.ts';
import { UndefinedByFacts } from './undefined.ts';
import type { World } from './world.ts';

/** Felix' parameters on one node: failsafe ports above all (facts §5). */

export interface Failsafe {
  readonly protocol: number;
  readonly port: number;
  /** Undefined: everywhere, both families. */
  readonly net: Range | undefined;
}

export type FailsafeList = 'inbound' | 'outbound';

const everywhere = (protocol: number, ports: readonly number[]): readonly Failsafe[] =>
  ports.map((port) => ({ protocol, port, net: undefined }));

/** Facts §5.1. */
const builtIn: Readonly<Record<FailsafeList, readonly Failsafe[]>> = {
  inbound: [...everywhere(tcp, [22, 179, 2379, 2380, 5473, 6443, 6666, 6667]), ...everywhere(udp, [68])],
  outbound: [...everywhere(tcp, [179, 2379, 2380, 5473, 6443, 6666, 6667]), ...everywhere(udp, [53, 67])],
};

const parameters = {
  inbound: { name: 'FailsafeInboundHostPorts', field: 'failsafeInboundHostPorts' },
  outbound: { name: 'FailsafeOutboundHostPorts', field: 'failsafeOutboundHostPorts' },
} as const;

export function failsafesOn(world: World, node: string, list: FailsafeList): readonly Failsafe[] {
  const { name, field } = parameters[list];
  const found = effective(world, node, name, (spec) => spec[field] ?? undefined);
  if (found === undefined) return builtIn[list];
  return typeof found === 'string' ? fromText(found) : found.map(fromEntry);
}

export function matchesFailsafe(
  failsafes: readonly Failsafe[],
  protocol: number,
  port: number | undefined,
  far: Address,
): boolean {
  return failsafes.some(
    (one) => one.protocol === protocol && one.port === port && (one.net === undefined || inRange(one.net, far)),
  );
}

/** Facts §4.3; undefined where an environment variable, of which nothing is known, could decide. */
export function endpointToHostAction(world: World, node: string): string | undefined {
  if (world.settings.environment === undefined) return undefined;
  const found = effective(
    world,
    node,
    'DefaultEndpointToHostAction',
    (spec) => spec.defaultEndpointToHostAction ?? undefined,
  );
  return (found ?? 'Drop').toLowerCase();
}

/**
 * Facts §5.3, highest first: environment, `node.NAME`, the oldest with a nodeSelector for the node, `default`. The first
 * that sets the parameter has the whole word.
 */
function effective<T>(
  world: World,
  node: string,
  parameter: string,
  field: (spec: FelixSpec) => T | undefined,
): T | string | undefined {
  const environment = world.settings.environment?.[`FELIX_${parameter.toUpperCase()}`];
  if (environment !== undefined && environment !== '') return environment;
  const named = (name: string) => world.felix.filter(({ metadata }) => metadata.name === name);
  for (const { metadata, spec } of [...named(`node.${node}`), ...selecting(world, node), ...named('default')]) {
    const annotation = metadata.annotations?.[`config.projectcalico.org/${parameter}`];
    if (annotation !== undefined && annotation !== '') return annotation;
    const value = field(spec ?? {});
    if (value !== undefined) return value;
  }
  return undefined;
}

function selecting(world: World, node: string): readonly FelixManifest[] {
  const chosen = world.felix.filter(({ metadata, spec }) => {
    if (metadata.name === 'default' || metadata.name.startsWith('node.')) return false;
    const text = spec?.nodeSelector ?? '';
    if (text === '') return false;
    const selector = parseSelector(text);
    return selector !== undefined && holds(selector, world.nodes.get(node) ?? {});
  });
  const ages = chosen.map(({ metadata }) => metadata.creationTimestamp ?? '');
  if (chosen.length > 1 && new Set(ages).size < chosen.length) {
    throw new UndefinedByFacts('§5.3: two FelixConfigurations for one node, and neither is the older');
  }
  const oldest = ages.toSorted()[0];
  return chosen.filter(({ metadata }) => (metadata.creationTimestamp ?? '') === oldest);
}

// Entries, facts §5.2: what Felix cannot read stops it, and what it then enforces nobody says.

function fromEntry({ protocol, port, net }: FailsafeEntry): Failsafe {
  return failsafe(protocol ?? '', String(port), net ?? undefined);
}

/** `tcp:22,udp:1.2.3.0/24:53,tcp:[fd00::/8]:22`, or `none`. */
function fromText(text: string): readonly Failsafe[] {
  if (text === 'none') return [];
  return text.split(',').map((entry) => {
    const parts = /^([a-zA-Z]+):(?:\[([^\]]*)\]:|([^:[\]]*):)?(\d+)$/.exec(entry);
    if (parts === null) throw new UndefinedByFacts(`§5.2: an unreadable failsafe port: ${entry}`);
    return failsafe(parts[1] ?? '', parts[4] ?? '', parts[2] ?? parts[3]);
  });
}

function failsafe(protocol: string, port: string, net: string | undefined): Failsafe {
  const number = { tcp, udp }[protocol.toLowerCase()];
  const address = net === undefined ? undefined : parseAddress(net);
  const range =
    address === undefined
      ? parseCidr(net ?? '')
      : { family: address.family, first: address.value, last: address.value };
  if (number === undefined || Number(port) > 65535 || Number(port) < 1 || (net !== undefined && range === undefined)) {
    throw new UndefinedByFacts(`§5.2: a failsafe port that stops Felix: ${protocol} ${net ?? ''} ${port}`);
  }
  return { protocol: number, port: Number(port), net: range };
}
