import { type Address, type Family, lastOf, parseAddress, parseCidr } from '../addresses.ts';
import { chooser } from '../runs.ts';
import type { AnyManifest, EntityRule, Rule } from './manifests.ts';
import type { End, Packet } from './packet.ts';
import { hasPorts, icmp, icmpv6, protocolNumber, sctp, tcp, udp, udpLite } from './protocols.ts';
import type { RandomWorld } from './random-world.ts';
import { nodes, portNames } from './universe.ts';

/** Packets aimed at where the answers of a world change: edges of networks, of ranges of ports, of ICMP types. */

export interface Aim {
  /** To, from and through the nodes' own interfaces. */
  readonly hosts: boolean;
  /** ICMP and the like. */
  readonly otherProtocols: boolean;
}

interface Placed {
  readonly end: End;
  readonly addresses: readonly Address[];
  readonly node: string | undefined;
}

export function aimedPackets({ objects, seed }: RandomWorld, count: number, aim: Aim): readonly Packet[] {
  const choose = chooser(seed);
  const pick = <T>(list: readonly T[]): T => {
    const found = list[choose(list.length)];
    if (found === undefined) throw new Error('nothing to choose from');
    return found;
  };
  const pods = objects.flatMap(podPlace);
  const hosts = aim.hosts ? nodes.flatMap(hostPlaces) : [];
  const taken = new Set([...pods, ...hosts].flatMap(({ addresses }) => addresses.map(key)));
  const edges = edgesOf(objects);
  const failsafes = aim.hosts ? edgesOf(objects.filter(({ kind }) => kind === 'FelixConfiguration')).ports : [];
  const outside = edges.addresses.filter((address) => !taken.has(key(address)));
  const rules = rulesIn(objects);
  const exposed = exposedIn(objects);
  const near = [...pods, ...pods, ...hosts];
  const packets: Packet[] = [];
  for (let tries = 0; packets.length < count && tries < count * 4; tries += 1) {
    const one = pick(near);
    const address = pick(one.addresses);
    const strangers = { end: { kind: 'address' }, addresses: outside, node: undefined } as const;
    const far: Placed = choose(3) === 0 ? strangers : pick(near.filter((other) => other !== one));
    // What passes between a node and its own pods no policy of hosts decides.
    if (one.end.kind !== far.end.kind && one.node === far.node && choose(4) > 0) continue;
    const meeting = far.addresses.filter(({ family }) => family === address.family);
    if (meeting.length === 0) continue;
    const ends = [
      { ...one, address },
      { ...far, address: pick(meeting) },
    ] as const;
    const [from, to] = choose(2) === 0 ? ends : ([ends[1], ends[0]] as const);
    const ways = aim.hosts && choose(2) === 0 && from.node !== to.node;
    packets.push({
      from: from.end,
      to: to.end,
      source: from.address,
      destination: to.address,
      ...content(address.family),
      ...(ways && from.end.kind === 'pod' && isPassable(objects, from.node) ? { leavesBy: way(from.node) } : {}),
      ...(ways && to.end.kind === 'pod' && isPassable(objects, to.node) ? { entersBy: way(to.node) } : {}),
    });
  }
  return packets;

  /** Mostly what some rule asks for, or just not; else anything. */
  function content(
    family: Family,
  ): Pick<Packet, 'protocol' | 'sourcePort' | 'destinationPort' | 'icmpType' | 'icmpCode'> {
    const rule = choose(4) === 0 || rules.length === 0 ? {} : pick(rules);
    const own = family === 4 ? icmp : icmpv6;
    const any = aim.otherProtocols
      ? [tcp, tcp, tcp, tcp, udp, udp, sctp, own, own, udpLite, 47]
      : [tcp, tcp, udp, sctp];
    const asked = rule.protocol ?? rule.notProtocol;
    const wanted = asked === null || asked === undefined || choose(8) === 0 ? pick(any) : protocolNumber(asked);
    const protocol = any.includes(wanted) ? wanted : pick(any);
    if (hasPorts(protocol)) {
      const safe = aim.hosts && choose(4) === 0 ? pick([...failsafes, 22, 23, 53, 67, 6443, 6443]) : undefined;
      const [sourcePort, destinationPort] = [portFor(rule.source), portFor(rule.destination)];
      if (safe === undefined) return { protocol, sourcePort, destinationPort };
      return choose(3) === 0
        ? { protocol, sourcePort: safe, destinationPort }
        : { protocol, sourcePort, destinationPort: safe };
    }
    if (protocol !== own) return { protocol };
    const { type, code } = rule.icmp ?? rule.notICMP ?? {};
    return {
      protocol,
      icmpType: choose(3) > 0 ? (type ?? 8) : pick(edges.types),
      icmpCode: choose(2) > 0 ? (code ?? 0) : choose(3),
    };
  }

  function portFor(entity: EntityRule | null | undefined): number {
    const listed = [...(entity?.ports ?? []), ...(entity?.notPorts ?? [])].flatMap((port) =>
      String(port)
        .split(':')
        .flatMap((text) => (/^\d+$/.test(text) ? around(Number(text)) : (exposed.get(text) ?? []))),
    );
    return listed.length === 0 || choose(5) === 0 ? pick(edges.ports) : pick(listed);
  }
}

const around = (port: number): readonly number[] =>
  [port - 1, port, port, port + 1].filter((one) => one >= 1 && one <= 65535);

function rulesIn(objects: readonly AnyManifest[]): readonly Partial<Rule>[] {
  return objects.flatMap((one) =>
    one.kind === 'NetworkPolicy' && one.apiVersion === 'networking.k8s.io/v1'
      ? [...(one.spec.ingress ?? []), ...(one.spec.egress ?? [])].flatMap((rule) =>
          (rule?.ports ?? []).map(
            (port): Partial<Rule> => ({
              protocol: port?.protocol ?? 'TCP',
              destination: { ports: [port?.port, port?.endPort].flatMap((end) => end ?? []) },
            }),
          ),
        )
      : one.kind === 'NetworkPolicy' || one.kind === 'GlobalNetworkPolicy'
        ? [...(one.spec.ingress ?? []), ...(one.spec.egress ?? [])]
        : [],
  );
}

/** The numbers that a name stands for somewhere. */
function exposedIn(objects: readonly AnyManifest[]): ReadonlyMap<string, readonly number[]> {
  const ports = objects.flatMap((one) =>
    one.kind === 'Pod' ? one.spec.containers.flatMap((container) => container.ports ?? []) : [],
  );
  return new Map(
    portNames.map((name) => [name, ports.flatMap((port) => (port.name === name ? [port.containerPort] : []))]),
  );
}

const key = ({ family, value }: Address) => `${family} ${value}`;

const way = (node: string | undefined) => ({ node: node ?? '', name: 'eth0' });

/** Whether it is known what governs an interface by its name alone. */
function isPassable(objects: readonly AnyManifest[], node: string | undefined): boolean {
  return !objects.some(
    (one) => one.kind === 'HostEndpoint' && one.spec.node === node && one.spec.interfaceName === undefined,
  );
}

function podPlace(object: AnyManifest): readonly Placed[] {
  if (object.kind !== 'Pod') return [];
  const { metadata, spec, status } = object;
  const end: End = { kind: 'pod', id: `${metadata.namespace}/${metadata.name}` };
  return [{ end, addresses: (status?.podIPs ?? []).flatMap(({ ip }) => parseAddress(ip) ?? []), node: spec.nodeName }];
}

function hostPlaces({ name, addresses }: (typeof nodes)[number]): readonly Placed[] {
  return ['eth0', 'eth1'].map((own) => ({
    end: { kind: 'host', node: name, interface: own },
    addresses: addresses.flatMap((text) => parseAddress(text) ?? []),
    node: name,
  }));
}

interface Edges {
  readonly addresses: readonly Address[];
  readonly ports: readonly number[];
  readonly types: readonly number[];
}

/** Of whatever is written anywhere in the objects: just outside, and just inside. */
function edgesOf(objects: readonly AnyManifest[]): Edges {
  const addresses = new Map<string, Address>();
  const ports = new Set([1, 80, 65535]);
  const types = new Set([0, 8, 9]);
  const addAddress = (family: Family, value: bigint) => {
    if (value >= 0n && value <= lastOf(family)) addresses.set(`${family} ${value}`, { family, value });
  };
  const addPort = (port: number) => {
    for (const one of [port - 1, port, port + 1]) if (one >= 1 && one <= 65535) ports.add(one);
  };
  const visit = (value: unknown, name: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, name);
    else if (value !== null && typeof value === 'object')
      for (const [own, item] of Object.entries(value)) visit(item, own);
    else if (typeof value === 'number' && /port/i.test(name)) addPort(value);
    else if (typeof value === 'number' && name === 'type') types.add(value);
    else if (typeof value === 'string') {
      for (const port of /^\d+(?::\d+)?$/.test(value) ? value.split(':') : []) addPort(Number(port));
      const range = parseCidr(value);
      const address = parseAddress(value);
      const [first, last] = address === undefined ? [range?.first, range?.last] : [address.value, address.value];
      const family = address?.family ?? range?.family;
      if (first === undefined || last === undefined || family === undefined) return;
      for (const point of [first - 1n, first, last, last + 1n]) addAddress(family, point);
    }
  };
  visit(objects, '');
  for (const text of ['8.8.8.8', '2001:4860:4860::8888']) {
    const address = parseAddress(text);
    if (address !== undefined) addAddress(address.family, address.value);
  }
  return { addresses: [...addresses.values()], ports: [...ports], types: [...types] };
}
