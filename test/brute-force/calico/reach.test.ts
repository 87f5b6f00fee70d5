import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isInheritedLabel } from '../../../src/engine/model/attributes.ts';
import { gather } from '../../../src/engine/model/gather.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import type { World as EngineWorld } from '../../../src/engine/model/world.ts';
import type { Connection } from '../../../src/engine/reach/connection.ts';
import type { ReachSettings } from '../../../src/engine/reach/match.ts';
import { prober } from '../../../src/engine/reach/probe.ts';
import { type ReachReport, reachReport } from '../../../src/engine/reach/report.ts';
import { noAddresses } from '../../../src/engine/sets/addresses.ts';
import { type Address, addressText, parseAddress } from '../addresses.ts';
import { runs, timeout } from '../runs.ts';
import { aimedPackets } from './aimed-packets.ts';
import { decide, type Verdict, verdictOf } from './evaluator.ts';
import type { AnyManifest } from './manifests.ts';
import type { Packet } from './packet.ts';
import { hasPorts, icmp, icmpv6 } from './protocols.ts';
import { everyTrait, type RandomWorld, type Traits, worldsWith } from './random-world.ts';
import { readWorld, type World } from './world.ts';

/** The engine against the evaluator of Calico worlds, packet by packet. */

type Profile = 'calico' | 'generic';

const settingsOf = (enforcer: Profile): ReachSettings => ({
  enforcer,
  cluster: { podAddresses: noAddresses, nodeAddresses: noAddresses },
});

const engineWorld = (objects: readonly AnyManifest[]): EngineWorld =>
  gather(objects.map((object) => ({ object, ref: refOf(object) })));

const addressesOf = (world: World, end: Packet['from']): readonly Address[] => {
  if (end.kind !== 'pod') return [];
  const pod = world.pods.find(({ id }) => id === end.id);
  return (pod?.ranges ?? []).map(({ family, first }) => ({ family, value: first }));
};

/** The packet, and the same in the other family where both ends have one: a probe, and a report, speak of endpoints. */
function inEachFamily(world: World, packet: Packet): readonly Packet[] {
  if (packet.from.kind !== 'pod' || packet.to.kind !== 'pod') return [packet];
  const [senders, receivers] = [packet.from, packet.to].map((end) => addressesOf(world, end));
  const all = (senders ?? []).flatMap((source) =>
    (receivers ?? [])
      .filter(({ family }) => family === source.family)
      .map((destination) => ({ ...packet, source, destination })),
  );
  return all;
}

/** Some family is enough. */
function truth(world: World, packet: Packet): Verdict {
  const verdicts = inEachFamily(world, packet).map((one) => verdictOf(decide(world, one)));
  return verdicts.includes('allow') ? 'allow' : verdicts.includes('undefined-by-facts') ? 'undefined-by-facts' : 'deny';
}

const types = [0, 7, 8, 9, 127, 128, 129, 255];
const codes = [0, 1, 2];

/** What a probe of the packet's protocol and port asks about. */
function asked(packet: Packet): readonly Packet[] {
  if (packet.protocol !== icmp && packet.protocol !== icmpv6) return [packet];
  return types.flatMap((icmpType) => codes.map((icmpCode) => ({ ...packet, icmpType, icmpCode })));
}

function sameVerdict(verdicts: readonly Verdict[]): 'allow' | 'deny' | 'unknown' | undefined {
  if (verdicts.includes('undefined-by-facts')) return undefined;
  const [first] = verdicts;
  return first !== 'undefined-by-facts' && verdicts.every((one) => one === first) ? first : 'unknown';
}

const endName = (end: Packet['from'], address: Address) =>
  end.kind === 'pod' ? end.id : end.kind === 'address' ? addressText(address) : `host:${end.node}/${end.interface}`;

const describePacket = (packet: Packet) =>
  `${endName(packet.from, packet.source)} -> ${endName(packet.to, packet.destination)} (${addressText(packet.source)} -> ${addressText(packet.destination)}) ${packet.protocol} ${packet.destinationPort ?? packet.icmpType ?? ''}`;

/** How much was compared, of what kind. */
class Count {
  worlds = 0;
  packets = 0;
  unknown = 0;
  readonly kinds = new Map<string, number>();

  add(packet: Packet, verdict: string): void {
    this.packets += 1;
    if (verdict === 'unknown') this.unknown += 1;
    for (const kind of [
      verdict,
      `IPv${packet.source.family}`,
      `protocol ${packet.protocol}`,
      packet.from.kind,
      packet.to.kind,
    ])
      this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
  }
}

/** The evaluator knows which label counts of a pod that carries a copied one; the engine does not claim to. */
function isDoubtful({ objects }: RandomWorld, { from, to }: Packet): boolean {
  return [from, to].some(
    (end) =>
      end.kind === 'pod' &&
      objects.some(
        ({ kind, metadata: { namespace, name, labels } }) =>
          kind === 'Pod' && `${namespace}/${name}` === end.id && Object.keys(labels ?? {}).some(isInheritedLabel),
      ),
  );
}

function probeFaults(
  random: RandomWorld,
  { enforcer, mostUnknown, mayBeUnknown = () => true, hidden = (one) => one }: Comparison,
  count: Count,
): readonly string[] {
  const world = readWorld(random.objects, random.settings);
  const answer = prober(engineWorld(random.objects.map(hidden)), settingsOf(enforcer));
  count.worlds += 1;
  return aimedPackets(random, 30, { hosts: false, otherProtocols: true }).flatMap((packet) => {
    const expected = sameVerdict(asked(packet).map((one) => truth(world, one)));
    if (expected === undefined) return [];
    const reading = answer({
      from: endName(packet.from, packet.source),
      to: endName(packet.to, packet.destination),
      protocol: packet.protocol,
      ...(hasPorts(packet.protocol) ? { port: packet.destinationPort } : {}),
    });
    if (!reading.ok) return [`${describePacket(packet)}: ${reading.problem}`];
    const { verdict, why } = reading.value;
    if (verdict === 'unknown' && isDoubtful(random, packet)) return [];
    if (expected !== 'unknown') count.add(packet, verdict);
    if (verdict === expected || (verdict === 'unknown' && mostUnknown > 0 && mayBeUnknown(random))) return [];
    const { egress, ingress } = decide(world, packet);
    const { egress: toldEgress, ingress: toldIngress } = reading.value;
    return [
      `${describePacket(packet)}: told ${verdict} ${why ?? ''}, is ${expected}; ${JSON.stringify({ egress, ingress, toldEgress, toldIngress })}`,
    ];
  });
}

// The report

const within = (texts: readonly string[], value: number): boolean =>
  texts.some((text) => {
    const [first, last = first] = text.split('-').map(Number);
    return first !== undefined && last !== undefined && first <= value && value <= last;
  });

function isListed(connection: Connection | undefined, packet: Packet): boolean {
  if (connection === undefined) return false;
  if (connection.all) return true;
  const { protocol, destinationPort = 0, icmpType = 0, icmpCode = 0 } = packet;
  if (protocol === 6) return within(connection.TCP, destinationPort);
  if (protocol === 17) return within(connection.UDP, destinationPort);
  if (protocol === 132) return within(connection.SCTP, destinationPort);
  const name = protocol === icmp ? 'ICMP' : protocol === icmpv6 ? 'ICMPv6' : String(protocol);
  return connection.other.some((text) => {
    if (text === name || (/^[\d-]+$/.test(text) && within([text], protocol))) return true;
    const [own, part = ''] = text.split(' ');
    if (own !== name || part === '') return false;
    if (protocol !== icmp && protocol !== icmpv6) return within([part], destinationPort);
    const [typeText = '', codeText] = part.split('/');
    return within([typeText], icmpType) && (codeText === undefined || within([codeText], icmpCode));
  });
}

function idOf(report: ReachReport, end: Packet['from'], address: Address): string {
  if (end.kind === 'pod') return `${end.id}[Pod]`;
  const found = report.endpoints.find(({ id, kind }) => {
    if (kind !== 'Addresses') return false;
    const [first, last] = id.split('-').map(parseAddress);
    return (
      first?.family === address.family &&
      last !== undefined &&
      first.value <= address.value &&
      address.value <= last.value
    );
  });
  return found?.id ?? 'nowhere';
}

function reportFaults(
  random: RandomWorld,
  { enforcer, mostUnknown, mayBeUnknown = () => true, hidden = (one) => one }: Comparison,
  count: Count,
): readonly string[] {
  const world = readWorld(random.objects, random.settings);
  const report = reachReport(engineWorld(random.objects.map(hidden)), settingsOf(enforcer));
  const connections = new Map(report.connections.map((one) => [`${one.from} ${one.to}`, one]));
  const unknown = new Set(report.unknown.map(({ from, to }) => `${from} ${to}`));
  count.worlds += 1;
  return aimedPackets(random, 40, { hosts: false, otherProtocols: true }).flatMap((packet) => {
    const expected = truth(world, packet);
    if (expected === 'undefined-by-facts') return [];
    const pair = `${idOf(report, packet.from, packet.source)} ${idOf(report, packet.to, packet.destination)}`;
    const told = isListed(connections.get(pair), packet) ? 'allow' : unknown.has(pair) ? 'unknown' : 'deny';
    if (told === 'unknown' && isDoubtful(random, packet)) return [];
    count.add(packet, told);
    if (told === expected || (told === 'unknown' && mostUnknown > 0 && mayBeUnknown(random))) return [];
    const { egress, ingress } = decide(world, packet);
    return [`${pair} ${describePacket(packet)}: told ${told}, is ${expected}; ${JSON.stringify({ egress, ingress })}`];
  });
}

// What is compared

interface Comparison {
  readonly traits: Traits;
  readonly enforcer: Profile;
  readonly worlds: number;
  /** The share of packets of which the engine may answer unknown where the evaluator knows; never may it answer the wrong thing. */
  readonly mostUnknown: number;
  /** In which worlds it may; absent: in any. */
  readonly mayBeUnknown?: (random: RandomWorld) => boolean;
  /** What the engine is not told. */
  readonly hidden?: (object: AnyManifest) => AnyManifest;
  /** What is left out of the worlds. */
  readonly without?: (object: AnyManifest) => boolean;
  /** What is different in the worlds. */
  readonly given?: (object: AnyManifest) => AnyManifest;
  /** The report has no place for source ports: any of them makes the flow. */
  readonly byProbesOnly?: boolean;
}

const plain: Traits = { ...everyTrait, hosts: false, sourcePorts: false };
const isKubernetes = ({ apiVersion }: AnyManifest): boolean => apiVersion === 'networking.k8s.io/v1';

/** A policy that decides about what a host passes on for others. */
function isForForwarded(object: AnyManifest): boolean {
  if (object.kind !== 'GlobalNetworkPolicy') return false;
  const { applyOnForward, doNotTrack, preDNAT } = object.spec;
  return [applyOnForward, doNotTrack, preDNAT].includes(true);
}

type FaultsOf = (random: RandomWorld, comparison: Comparison, count: Count) => readonly string[];

function compare(comparison: Comparison, turn: number, faultsOf: FaultsOf): void {
  const { traits, without = () => false, given = (one) => one, mostUnknown } = comparison;
  const count = new Count();
  const chosen = runs(comparison.worlds, turn);
  fc.assert(
    fc.property(worldsWith(traits), (random) => {
      const world = { ...random, objects: random.objects.filter((object) => !without(object)).map(given) };
      expect(faultsOf(world, comparison, count).slice(0, 3)).toEqual([]);
    }),
    chosen,
  );
  expect(count.worlds).toBe(chosen.numRuns);
  expect(count.packets).toBeGreaterThan(chosen.numRuns * 10);
  const kinds = ['allow', 'deny', 'IPv6', 'protocol 1', 'protocol 58', 'protocol 47', 'protocol 132', 'address', 'pod'];
  for (const kind of kinds) expect(count.kinds.get(kind) ?? 0, kind).toBeGreaterThan(chosen.numRuns / 50);
  expect(count.unknown / count.packets, `${count.unknown} of ${count.packets} are unknown`).toBeLessThanOrEqual(
    mostUnknown,
  );
}

/** Some pods have addresses that nobody has told. They have one of IPv4, as is taken for granted of such pods. */
function withoutSomeAddresses(object: AnyManifest): AnyManifest {
  if (object.kind !== 'Pod' || !['p0', 'p2'].includes(object.metadata.name)) return object;
  const { status: _, ...rest } = object;
  return rest;
}

function withIPv4(object: AnyManifest): AnyManifest {
  if (object.kind !== 'Pod') return object;
  const { podIPs = [] } = object.status ?? {};
  if (podIPs.some(({ ip }) => ip.includes('.'))) return object;
  return { ...object, status: { podIPs: [{ ip: `10.0.7.${object.metadata.name.slice(1)}` }, ...podIPs] } };
}

const comparisons: readonly (readonly [string, Comparison])[] = [
  ['calico', { traits: plain, enforcer: 'calico', worlds: 1000, mostUnknown: 0 }],
  [
    'calico, with host endpoints',
    // Which interface a pod's flow passes is not known, and policies for what hosts forward may drop it there. No others may.
    {
      traits: { ...plain, hosts: true },
      enforcer: 'calico',
      worlds: 700,
      mostUnknown: 0.15,
      mayBeUnknown: ({ objects }) => objects.some(isForForwarded),
    },
  ],
  [
    'generic, policies of Calico alone',
    { traits: plain, enforcer: 'generic', worlds: 500, mostUnknown: 0, without: isKubernetes },
  ],
  [
    'calico, addresses of some pods not known',
    {
      traits: plain,
      enforcer: 'calico',
      worlds: 400,
      mostUnknown: 0.25,
      given: withIPv4,
      hidden: withoutSomeAddresses,
    },
  ],
  [
    'calico, rules about source ports',
    { traits: { ...plain, sourcePorts: true }, enforcer: 'calico', worlds: 300, mostUnknown: 0.1, byProbesOnly: true },
  ],
  ['generic, both kinds of policies', { traits: plain, enforcer: 'generic', worlds: 400, mostUnknown: 0.2 }],
];

describe.each(comparisons)('%s', (_, comparison) => {
  const turn = comparisons.findIndex(([, one]) => one === comparison) * 2;

  test(`${comparison.worlds} worlds by probes`, { timeout: timeout * 4 }, () => {
    compare(comparison, turn, probeFaults);
  });

  if (comparison.byProbesOnly === true) return;

  test(`${comparison.worlds} worlds by the report`, { timeout: timeout * 4 }, () => {
    compare(comparison, turn + 1, reportFaults);
  });
});
