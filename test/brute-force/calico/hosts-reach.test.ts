import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gather } from '../../../src/engine/model/gather.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import type { ReachSettings } from '../../../src/engine/reach/match.ts';
import { type ProbeAnswer, prober, type SideAnswer } from '../../../src/engine/reach/probe.ts';
import { noAddresses } from '../../../src/engine/sets/addresses.ts';
import { type Address, addressText, parseAddress } from '../addresses.ts';
import { runs, timeout } from '../runs.ts';
import { aimedPackets } from './aimed-packets.ts';
import { decide, type SideDecision, type Verdict, verdictOf } from './evaluator.ts';
import { governing } from './hosts.ts';
import type { AnyManifest } from './manifests.ts';
import type { End, Packet } from './packet.ts';
import { hasPorts, icmp, icmpv6 } from './protocols.ts';
import { everyTrait, type RandomWorld, worldsWith } from './random-world.ts';
import { UndefinedByFacts } from './undefined.ts';
import { nodes } from './universe.ts';
import { bears, type HostEndpoint, readWorld, type World } from './world.ts';

/** Hosts in the engine against hosts in the evaluator of Calico worlds, packet by packet, stage by stage. */

const settings: ReachSettings = {
  enforcer: 'calico',
  cluster: { podAddresses: noAddresses, nodeAddresses: noAddresses },
};

/** The endpoint that governs a packet's host end; undefined where none does, and where the facts leave it open. */
function hostAt(world: World, end: Extract<End, { kind: 'host' }>, address: Address): HostEndpoint | 'none' | 'open' {
  try {
    return governing(world, { node: end.node, name: end.interface }, address) ?? 'none';
  } catch (error) {
    if (error instanceof UndefinedByFacts) return 'open';
    throw error;
  }
}

interface Named {
  readonly text: string;
  /** What the engine takes it to be known by. */
  readonly addresses: readonly Address[];
}

function named(world: World, end: End, address: Address): Named | undefined {
  if (end.kind === 'address') return { text: addressText(address), addresses: [address] };
  if (end.kind === 'pod') {
    const ranges = world.pods.find(({ id }) => id === end.id)?.ranges ?? [];
    return { text: end.id, addresses: ranges.map(({ family, first }) => ({ family, value: first })) };
  }
  const host = hostAt(world, end, address);
  const all = (nodes.find(({ name }) => name === end.node)?.addresses ?? [])
    .flatMap((text) => parseAddress(text) ?? [])
    .filter((one) => hostAt(world, end, one) === host);
  if (host === 'open') return undefined;
  if (host === 'none') return { text: `host:${end.node}/${end.interface}`, addresses: all };
  const expected = all.filter((one) => bears(host, one));
  // A probe speaks of the endpoint as it is known, and so not of an address that is none of those expected.
  if (expected.length > 0 && !bears(host, address)) return undefined;
  return { text: `host:${end.node}/${host.name}`, addresses: expected.length > 0 ? expected : all };
}

/** The packet in each family that both ends have: one that passes is enough. */
function truth(world: World, packet: Packet, from: Named, to: Named): Verdict {
  const all = from.addresses.flatMap((source) =>
    to.addresses
      .filter(({ family }) => family === source.family)
      .map((destination) => verdictOf(decide(world, { ...packet, source, destination }))),
  );
  return all.includes('allow') ? 'allow' : all.includes('undefined-by-facts') ? 'undefined-by-facts' : 'deny';
}

const icmpTypes = [0, 7, 8, 9, 127, 128, 129, 255];
const icmpCodes = [0, 1, 2];
/** In no failsafe list, as the ports that clients choose. */
const clientPort = 40_000;

/** What a probe of the packet's protocol and port asks about: any type of ICMP, from a client's port. */
function asked(packet: Packet): readonly Packet[] {
  if (packet.protocol === icmp || packet.protocol === icmpv6)
    return icmpTypes.flatMap((icmpType) => icmpCodes.map((icmpCode) => ({ ...packet, icmpType, icmpCode })));
  if (packet.sourcePort === undefined) return [packet];
  return [{ ...packet, sourcePort: clientPort }];
}

function sameVerdict(verdicts: readonly Verdict[]): 'allow' | 'deny' | 'unknown' | undefined {
  if (verdicts.includes('undefined-by-facts')) return undefined;
  const [first] = verdicts;
  return first !== 'undefined-by-facts' && verdicts.every((one) => one === first) ? first : 'unknown';
}

class Count {
  worlds = 0;
  readonly kinds = new Map<string, number>();

  add(...kinds: readonly string[]): void {
    for (const kind of kinds) this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
  }

  of(kind: string): number {
    return this.kinds.get(kind) ?? 0;
  }
}

const stages = { untracked: 'untracked', 'pre-DNAT': 'pre-dnat', forwarded: 'forwarded', normal: 'normal' } as const;

/** Who the evaluator says decides must be one of those that the engine names, at the same stage. */
function isNamed(told: SideAnswer, { by, verdict }: SideDecision): boolean {
  if (told.verdict !== verdict) return true;
  const has = (stage: string, object: string, path: string) =>
    told.by.some((one) => one.stage === stage && one.object === object && one.path === path);
  switch (by.kind) {
    case 'rule':
      return (
        by.stage === 'workload' ||
        told.by.some(({ stage, path }) => stage === stages[by.stage as 'normal'] && path === by.path)
      );
    case 'failsafe':
      return told.by.some(({ stage }) => stage === 'failsafe');
    case 'tier':
      return by.stage === 'workload' || told.by.some(({ stage }) => stage === stages[by.stage as 'normal']);
    case 'profile':
      return by.profile.startsWith('kns.') || by.path === undefined || has('profile', by.profile, by.path);
    case 'missing-profile':
      return told.by.some(({ stage, path }) => stage === 'profile' && path.startsWith('spec.profiles['));
    default:
      return true;
  }
}

/**
 * What an empty annotation does to the field of the same parameter, the facts leave open (§5.3): whether it takes the
 * field's place and then says nothing, or is as if absent.
 */
function withoutEmptyAnnotations(object: AnyManifest): AnyManifest {
  const isEmpty = Object.values(object.metadata.annotations ?? {}).includes('');
  return isEmpty ? { ...object, metadata: { ...object.metadata, annotations: {} } } : object;
}

function faults(given: RandomWorld, count: Count): readonly string[] {
  const random = { ...given, objects: given.objects.map(withoutEmptyAnnotations) };
  const world = readWorld(random.objects, random.settings);
  const answer = prober(gather(random.objects.map((object) => ({ object, ref: refOf(object) }))), settings);
  count.worlds += 1;
  return aimedPackets(random, 60, { hosts: true, otherProtocols: true }).flatMap((packet) => {
    const ends = [packet.from, packet.to];
    const isWay = packet.leavesBy !== undefined || packet.entersBy !== undefined;
    if (!isWay && !ends.some(({ kind }) => kind === 'host')) return [];
    const from = named(world, packet.from, packet.source);
    const to = named(world, packet.to, packet.destination);
    if (from === undefined || to === undefined) return [];
    const expected = sameVerdict(asked(packet).map((one) => truth(world, one, from, to)));
    if (expected === undefined) return [];
    const port = hasPorts(packet.protocol) ? { port: packet.destinationPort } : {};
    const reading = answer({ from: from.text, to: to.text, protocol: packet.protocol, ...port });
    const text = `${from.text} -> ${to.text} (${addressText(packet.source)} -> ${addressText(packet.destination)}) ${packet.protocol} ${packet.sourcePort ?? ''} ${packet.destinationPort ?? ''} ${packet.icmpType ?? ''}`;
    if (!reading.ok) return [`${text}: ${reading.problem}`];
    const told: ProbeAnswer = reading.value;
    const pair = `${packet.from.kind} to ${packet.to.kind}`;
    if (expected !== 'unknown')
      count.add(
        pair,
        told.verdict,
        `${pair} ${told.verdict}`,
        `IPv${packet.source.family}`,
        `protocol ${packet.protocol}`,
      );
    const real = decide(world, asked(packet)[0] ?? packet);
    const detail = JSON.stringify({ why: told.why, told: [told.egress, told.ingress], real });
    if (told.verdict !== expected && told.verdict !== 'unknown')
      return [`${text}: told ${told.verdict}, is ${expected}; ${detail}`];
    if (from.addresses.length > 1 || to.addresses.length > 1 || isWay || expected === 'unknown') return [];
    const sides = [
      ...(packet.from.kind === 'host' ? [[told.egress, real.egress]] : []),
      ...(packet.to.kind === 'host' ? [[told.ingress, real.ingress]] : []),
    ] as const;
    return sides.flatMap(([side, truly]) => {
      if (side === undefined || truly === undefined) return [];
      const decision = truly as SideDecision;
      count.add(`by ${decision.by.kind}`, ...('stage' in decision.by ? [`at ${decision.by.stage}`] : []));
      return isNamed(side as SideAnswer, decision) ? [] : [`${text}: names another; ${detail}`];
    });
  });
}

describe('host endpoints', () => {
  const worlds = 600;

  test(`${worlds} worlds by probes`, { timeout: timeout * 5 }, () => {
    const count = new Count();
    const chosen = runs(worlds, 40);
    fc.assert(
      fc.property(worldsWith({ ...everyTrait, sourcePorts: false }), (random) => {
        expect(faults(random, count).slice(0, 3)).toEqual([]);
      }),
      chosen,
    );
    expect(count.worlds).toBe(chosen.numRuns);
    const seen = Object.fromEntries([...count.kinds].sort());
    for (const kind of [
      'allow',
      'deny',
      'unknown',
      'IPv4',
      'IPv6',
      'protocol 1',
      'protocol 58',
      'protocol 6',
      'protocol 47',
    ]) {
      expect(count.of(kind), JSON.stringify(seen)).toBeGreaterThan(chosen.numRuns / 20);
    }
    for (const kind of [
      'at untracked',
      'at pre-DNAT',
      'at normal',
      'by failsafe',
      'by profile',
      'by missing-profile',
      'by end',
    ]) {
      expect(count.of(kind), `${kind} ${JSON.stringify(seen)}`).toBeGreaterThan(chosen.numRuns / 200);
    }
    // What is left open: members of namespaces, lists of which nobody knows whether they count, replies.
    for (const pair of ['address to host', 'host to address']) {
      expect(count.of(`${pair} unknown`) / count.of(pair), JSON.stringify(seen)).toBeLessThan(0.2);
    }
  });
});
