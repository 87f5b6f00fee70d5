import { type Address, inRange, parseAddress } from '../addresses.ts';
import type { Packet } from './packet.ts';
import type { CompiledRule, PortMatch, Side } from './policy.ts';
import { icmp, icmpv6, protocolNumber, tcp } from './protocols.ts';
import { UndefinedByFacts } from './undefined.ts';
import { type Bearer, bearersOf, bears, type World } from './world.ts';

/** Whether a rule speaks of a packet (facts §2.3, §2.4, §3.4): every criterion must hold. */
export function matchesRule(world: World, rule: CompiledRule, packet: Packet): boolean {
  return (
    matchesFamily(rule, packet) &&
    matchesProtocol(rule, packet) &&
    matchesIcmp(rule, packet) &&
    matchesSide(world, rule, rule.source, packet, 'source') &&
    matchesSide(world, rule, rule.destination, packet, 'destination')
  );
}

/** Facts §3.4, last line: one CIDR of a family, positive or negative, at either end, and the rule is of that family. */
function matchesFamily({ ipVersion, source, destination }: CompiledRule, packet: Packet): boolean {
  const ranges = [...source.nets, ...source.notNets, ...destination.nets, ...destination.notNets];
  const families = [...ranges.map(({ family }) => family), ...(ipVersion === undefined ? [] : [ipVersion])];
  if (new Set(families).size > 1) throw new UndefinedByFacts('§2.4: both families in one rule, which is refused');
  return families.every((family) => family === packet.source.family);
}

function matchesProtocol({ ipVersion, protocol, notProtocol }: CompiledRule, packet: Packet): boolean {
  if (protocol !== undefined && protocol !== packet.protocol) return false;
  if (notProtocol === undefined) return true;
  const foreign = { [icmp]: 6, [icmpv6]: 4 }[notProtocol] === packet.source.family;
  if (foreign && ipVersion === undefined) {
    throw new UndefinedByFacts('§2.3: notProtocol ICMP or ICMPv6 without ipVersion, and a packet of the other family');
  }
  return notProtocol !== packet.protocol;
}

function matchesIcmp(rule: CompiledRule, packet: Packet): boolean {
  const isIcmp = packet.protocol === icmp || packet.protocol === icmpv6;
  if (!isIcmp && (rule.icmp !== undefined || rule.notIcmp !== undefined)) {
    throw new UndefinedByFacts('§2.3: icmp or notICMP without the protocol, which is refused');
  }
  const same = ({ type, code }: NonNullable<CompiledRule['icmp']>): boolean => {
    if (type === undefined || type === null) throw new UndefinedByFacts('§2.3: an ICMP match without type');
    return type === packet.icmpType && (code === undefined || code === null || code === packet.icmpCode);
  };
  return (rule.icmp === undefined || same(rule.icmp)) && (rule.notIcmp === undefined || !same(rule.notIcmp));
}

// The ends

type EndName = 'source' | 'destination';

function matchesSide(world: World, rule: CompiledRule, side: Side, packet: Packet, end: EndName): boolean {
  const address = packet[end];
  if (side.nets.length > 0 && !side.nets.some((range) => inRange(range, address))) return false;
  if (side.notNets.some((range) => inRange(range, address))) return false;
  if (!matchesPorts(world, rule, side, packet, end)) return false;
  if (!matchesService(world, side, packet, end)) return false;
  const { known, unlike } = side;
  const bearers = bearersAt(world, packet, end);
  if (unlike !== undefined && bearers.some(({ labels }) => unlike(labels))) return false;
  return known === undefined || bearers.some(({ labels }) => known(labels));
}

/** Everybody who has the address: the pod itself, even where its address is not known, and sets that hold it. */
function bearersAt(world: World, packet: Packet, end: EndName): readonly Bearer[] {
  const own = end === 'source' ? packet.from : packet.to;
  return bearersOf(world).filter(
    (bearer) =>
      bears(bearer, packet[end]) || (own.kind === 'pod' && own.id === bearer.id && bearer.ranges.length === 0),
  );
}

/** Facts §3.4: numbers, ranges and names of one list are ORed. */
function matchesPorts(world: World, rule: CompiledRule, side: Side, packet: Packet, end: EndName): boolean {
  const listed = (entries: readonly PortMatch[]) =>
    entries.some((entry) => matchesPort(world, rule, side, entry, packet, end));
  return (side.ports.length === 0 || listed(side.ports)) && (side.notPorts.length === 0 || !listed(side.notPorts));
}

function matchesPort(
  world: World,
  rule: CompiledRule,
  side: Side,
  entry: PortMatch,
  packet: Packet,
  end: EndName,
): boolean {
  const port = end === 'source' ? packet.sourcePort : packet.destinationPort;
  if (!('name' in entry)) {
    if (rule.protocol === undefined)
      throw new UndefinedByFacts('§2.3: a port number without protocol, which is refused');
    return port !== undefined && entry.first <= port && port <= entry.last;
  }
  // A name stands for (address, protocol, port) of those who expose it, filtered by the peer's own selector.
  const exposing = bearersAt(world, packet, end)
    .filter(({ labels }) => side.known === undefined || side.known(labels))
    .flatMap(({ ports }) => ports)
    .filter((one) => one.name === entry.name && one.port === port && one.protocol === packet.protocol);
  if (exposing.length > 0 && rule.protocol === undefined && packet.protocol !== tcp) {
    throw new UndefinedByFacts('§3.4: a named port without protocol, where the port is not of TCP');
  }
  return exposing.length > 0;
}

/** Facts §3.4: as a destination address, protocol and port of the slices, as a source the address alone. */
function matchesService(world: World, { service }: Side, packet: Packet, end: EndName): boolean {
  if (service === undefined) return true;
  if (service.namespace === undefined) {
    throw new UndefinedByFacts('§2.4: a service without namespace; documentation and code disagree');
  }
  return world.slices
    .filter(
      ({ metadata }) =>
        (metadata.namespace ?? 'default') === service.namespace &&
        metadata.labels?.['kubernetes.io/service-name'] === service.name,
    )
    .some(({ endpoints, ports }) => {
      const here = endpoints.some(({ addresses }) => addresses.some((text) => sameAddress(text, packet[end])));
      if (end === 'source') return here;
      return (
        here &&
        ports.some(
          ({ protocol, port }) =>
            protocolNumber(protocol ?? 'TCP') === packet.protocol && port === packet.destinationPort,
        )
      );
    });
}

function sameAddress(text: string, { family, value }: Address): boolean {
  const address = parseAddress(text);
  return address?.family === family && address.value === value;
}
