import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
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

const profiles = ['calico', 'generic'] as const;

const settingsOf = (enforcer: (typeof profiles)[number]): ReachSettings => ({
  enforcer,
  cluster: { podAddresses: noAddresses, nodeAddresses: noAddresses },
});

const engineWorld = (objects: readonly AnyManifest[]): EngineWorld =>
  gather(objects.map((object) => ({ object, ref: refOf(object) })));

const hasPortsOf = (world: World, end: Packet['from']): readonly Address[] => {
  if (end.kind !== 'pod') return [];
  const pod = world.pods.find(({ id }) => id === end.id);
  return (pod?.ranges ?? []).map(({ family, first }) => ({ family, value: first }));
};

/** The packet, and the same in the other family where both ends have one: a probe, and a report, speak of endpoints. */
function inEachFamily(world: World, packet: Packet): readonly Packet[] {
  if (packet.from.kind !== 'pod' || packet.to.kind !== 'pod') return [packet];
  const [senders, receivers] = [packet.from, packet.to].map((end) => hasPortsOf(world, end));
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
    for (const kind of [verdict, `IPv${packet.source.family}`, `protocol ${packet.protocol}`, packet.from.kind, packet.to.kind])
      this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
  }
}

function probeFaults(random: RandomWorld, enforcer: (typeof profiles)[number], count: Count): readonly string[] {
  const world = readWorld(random.objects, random.settings);
  const answer = prober(engineWorld(random.objects), settingsOf(enforcer));
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
    count.add(packet, verdict);
    if (verdict === expected) return [];
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
      first?.family === address.family && last !== undefined && first.value <= address.value && address.value <= last.value
    );
  });
  return found?.id ?? 'nowhere';
}

function reportFaults(random: RandomWorld, enforcer: (typeof profiles)[number], count: Count): readonly string[] {
  const world = readWorld(random.objects, random.settings);
  const report = reachReport(engineWorld(random.objects), settingsOf(enforcer));
  const connections = new Map(report.connections.map((one) => [`${one.from} ${one.to}`, one]));
  const unknown = new Set(report.unknown.map(({ from, to }) => `${from} ${to}`));
  count.worlds += 1;
  return aimedPackets(random, 40, { hosts: false, otherProtocols: true }).flatMap((packet) => {
    const expected = truth(world, packet);
    if (expected === 'undefined-by-facts') return [];
    const pair = `${idOf(report, packet.from, packet.source)} ${idOf(report, packet.to, packet.destination)}`;
    const told = isListed(connections.get(pair), packet) ? 'allow' : unknown.has(pair) ? 'unknown' : 'deny';
    count.add(packet, told);
    if (told === expected) return [];
    const { egress, ingress } = decide(world, packet);
    return [`${pair} ${describePacket(packet)}: told ${told}, is ${expected}; ${JSON.stringify({ egress, ingress })}`];
  });
}

const plain: Traits = { ...everyTrait, hosts: false, sourcePorts: false };

/** With addresses known, nothing of Calico's is left open but what has several answers by itself. */
const mostUnknown = 0.01;

function compare(
  traits: Traits,
  worlds: number,
  turn: number,
  faultsOf: (random: RandomWorld, count: Count) => readonly string[],
): Count {
  const count = new Count();
  fc.assert(
    fc.property(worldsWith(traits), (random) => {
      expect(faultsOf(random, count).slice(0, 3)).toEqual([]);
    }),
    runs(worlds, turn),
  );
  return count;
}

function expectBreadth(count: Count, worlds: number): void {
  expect(count.worlds).toBeGreaterThanOrEqual(worlds);
  expect(count.packets).toBeGreaterThan(worlds * 10);
  for (const kind of ['allow', 'deny', 'IPv6', 'protocol 1', 'protocol 58', 'protocol 47', 'protocol 132', 'address', 'pod'])
    expect(count.kinds.get(kind) ?? 0, kind).toBeGreaterThan(worlds / 50);
  expect(count.unknown / count.packets).toBeLessThan(mostUnknown);
}

describe('2,500 Calico worlds by probes', () => {
  test.each(profiles)('%s', { timeout: timeout * 4 }, (enforcer) => {
    const count = compare(plain, 1250, profiles.indexOf(enforcer), (random, one) => probeFaults(random, enforcer, one));
    expectBreadth(count, 1250);
  });
});

describe('2,500 Calico worlds by the report', () => {
  test.each(profiles)('%s', { timeout: timeout * 4 }, (enforcer) => {
    const count = compare(plain, 1250, 10 + profiles.indexOf(enforcer), (random, one) =>
      reportFaults(random, enforcer, one),
    );
    expectBreadth(count, 1250);
  });
});
