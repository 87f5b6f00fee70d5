import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../src/config/load.ts';
import { placed } from '../../src/engine/check/changes.ts';
import { registry } from '../../src/engine/guardrails/registry.ts';
import { gather } from '../../src/engine/model/gather.ts';
import type { World } from '../../src/engine/model/world.ts';
import type { Connection } from '../../src/engine/reach/connection.ts';
import { reachDiff } from '../../src/engine/reach/diff.ts';
import type { ReachSettings } from '../../src/engine/reach/match.ts';
import { prober } from '../../src/engine/reach/probe.ts';
import { type ReachReport, reachReport } from '../../src/engine/reach/report.ts';
import { type Address, addressText, lastOf, parseAddress, type Range } from './addresses.ts';
import { type Cluster, defaultNamespace, readCluster } from './cluster.ts';
import { canMeet, type End, isIsolated, profiles, type Setting, type Verdict, verdictOf } from './evaluator.ts';
import type { AnyObject } from './manifests.ts';
import {
  addressBorders,
  otherProtocols,
  type Point,
  pointsOf,
  portProtocols,
  samplesOf,
  treatment,
} from './packets.ts';
import { portNames, type RandomWorld, worldPairs, worldsOf } from './random-world.ts';
import { chooser, runs, timeout } from './runs.ts';

/**
 * The engine's answers against those of an evaluator that asks policy by policy, packet by packet, and shares no code
 * with it. `runs.ts` tells how to make it try more.
 */

const worldsPerProfile = 1_200;
const pairsOfWorlds = 1_000;
const probedWorlds = 2_000;
/** How many points are asked of each pair, besides those at the borders of what the report lists. */
const pointsPerPair = 8;

function worldOf(objects: readonly AnyObject[]): World {
  return gather(objects.map((object) => placed(object, undefined, defaultNamespace)));
}

const knownSettings = new Map<string, ReachSettings>();

function settingsOf({ profile, podCidrs, nodeCidrs }: Setting): ReachSettings {
  const cluster = { podCIDRs: podCidrs, nodeCIDRs: nodeCidrs };
  const spec = { enforcer: profile, cluster };
  const document = { apiVersion: 'sekisho.dev/v1alpha1', kind: 'GuardrailSet', metadata: { name: 'brute' }, spec };
  const text = JSON.stringify(document);
  const known = knownSettings.get(text);
  if (known !== undefined) return known;
  const loaded = loadConfiguration([{ file: 'brute.json', text }], { registry, now: 0 });
  if (!loaded.ok) throw new Error(text);
  const settings = { enforcer: loaded.set.enforcer, cluster: loaded.set.cluster };
  knownSettings.set(text, settings);
  return settings;
}

// What a report says, point by point

function isListed(connection: Connection | undefined, { protocol, port }: Point): boolean {
  if (connection === undefined) return false;
  if (connection.all) return true;
  const lists: Readonly<Record<string, readonly string[]>> = {
    TCP: connection.TCP,
    UDP: connection.UDP,
    SCTP: connection.SCTP,
  };
  const own = lists[protocol];
  if (own !== undefined) return own.some((text) => holds(text, port));
  const names: Readonly<Record<string, string>> = { '1': 'ICMP', '58': 'ICMPv6' };
  return connection.other.some(
    (text) => text === names[protocol] || (/^[\d-]+$/.test(text) && holds(text, Number(protocol))),
  );
}

function holds(text: string, number: number): boolean {
  const [first = Number.NaN, last = first] = text.split('-').map(Number);
  return first <= number && number <= last;
}

/** The ends of what a connection lists, and what lies just outside. */
function bordersOf(connection: Connection | undefined): readonly Point[] {
  if (connection === undefined) return [];
  return portProtocols.flatMap((protocol) =>
    connection[protocol].flatMap((text) => {
      const [first = 0, last = first] = text.split('-').map(Number);
      return [first - 1, first, last, last + 1].flatMap((port) =>
        port >= 1 && port <= 65535 ? [{ protocol, port }] : [],
      );
    }),
  );
}

/** Of `0.0.0.0-9.255.255.255`; undefined for the id of a workload. */
function rangeOf(id: string): Range | undefined {
  if (id.includes('/')) return undefined;
  const [first, last] = id.split('-').map(parseAddress);
  if (first === undefined || last === undefined || first.family !== last.family) throw new Error(`no range: ${id}`);
  return { family: first.family, first: first.value, last: last.value };
}

const pairKey = (from: string, to: string) => `${from} -> ${to}`;

const describePacket = (from: string, to: string, { protocol, port }: Point) =>
  `${pairKey(from, to)} ${protocol} ${port}`;

interface Sampled {
  readonly id: string;
  readonly ends: readonly End[];
}

function sampledEnds(report: ReachReport, cluster: Cluster): readonly Sampled[] {
  return report.endpoints.map(({ id }) => {
    const range = rangeOf(id);
    if (range !== undefined) return { id, ends: samplesOf(range).map((address) => ({ kind: 'address', address })) };
    return { id, ends: cluster.workloads.filter((workload) => workload.id === id) };
  });
}

function disagreements({ objects, setting, seed }: RandomWorld): readonly string[] {
  const report = reachReport(worldOf(objects), settingsOf(setting));
  const cluster = readCluster(objects);
  return [
    ...endpointFaults(report, cluster),
    ...rangeFaults(report, cluster),
    ...pairFaults(report, cluster, setting, seed),
  ];
}

function endpointFaults(report: ReachReport, cluster: Cluster): readonly string[] {
  const told = report.endpoints.flatMap((entry) =>
    entry.kind === 'Workload' ? [{ ...entry, addresses: [...entry.addresses].map(canonical).sort() }] : [],
  );
  const expected = cluster.workloads
    .map((workload) => ({
      id: workload.id,
      kind: 'Workload',
      namespace: workload.namespace,
      name: workload.id.replace(/^.*\/|\[.*$/g, ''),
      hostNetwork: workload.hostNetwork,
      addresses: workload.addresses.map(addressText).sort(),
      isolated: {
        ingress: isIsolated(cluster, workload, 'ingress'),
        egress: isIsolated(cluster, workload, 'egress'),
      },
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const differing = Array.from({ length: Math.max(told.length, expected.length) }, (_, index) => {
    const [a, b] = [JSON.stringify(told[index]), JSON.stringify(expected[index])];
    return a === b ? [] : [`endpoint: told ${a}, is ${b}`];
  });
  return differing.flat();
}

function canonical(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text : addressText(address);
}

/** Ranges cover both families without a gap, hold only addresses that are alike, and no two neighbours are. */
function rangeFaults(report: ReachReport, cluster: Cluster): readonly string[] {
  const faults: string[] = [];
  const ranges = report.endpoints
    .flatMap(({ id, kind }) => (kind === 'Addresses' ? [rangeOf(id)] : []))
    .filter((one) => one !== undefined);
  for (const family of [4, 6] as const) {
    const own = ranges.filter((range) => range.family === family);
    const borders = addressBorders([cluster], family);
    let next = 0n;
    let before: string | undefined;
    for (const range of own) {
      const name = `${addressText({ family, value: range.first })}-${addressText({ family, value: range.last })}`;
      if (range.first !== next) faults.push(`gap before ${name}`);
      next = range.last + 1n;
      const treated = treatment(cluster, { family, value: range.first });
      if (treated === before) faults.push(`${name} is treated as its neighbour before it`);
      before = treated;
      const inner = borders.filter(({ value }) => range.first < value && value <= range.last);
      if (inner.some((address) => treatment(cluster, address) !== treated))
        faults.push(`${name} is not treated as one`);
    }
    if (next !== lastOf(family) + 1n) faults.push(`IPv${family} ends at ${next}`);
  }
  return faults;
}

function pairFaults(report: ReachReport, cluster: Cluster, setting: Setting, seed: number): readonly string[] {
  const faults: string[] = [];
  const choose = chooser(seed);
  const points = pointsOf(cluster);
  const connections = new Map(report.connections.map((one) => [pairKey(one.from, one.to), one]));
  const unknown = new Set(report.unknown.map((one) => pairKey(one.from, one.to)));
  const sampled = sampledEnds(report, cluster);
  const ids = new Set(sampled.map(({ id }) => id));
  for (const { from, to } of [...report.connections, ...report.unknown]) {
    if (!ids.has(from) || !ids.has(to) || from === to) faults.push(`no such pair: ${pairKey(from, to)}`);
    if (rangeOf(from) !== undefined && rangeOf(to) !== undefined) faults.push(`nothing to tell: ${pairKey(from, to)}`);
  }
  for (const from of sampled) {
    for (const to of sampled) {
      if (from.id === to.id || (rangeOf(from.id) !== undefined && rangeOf(to.id) !== undefined)) continue;
      const key = pairKey(from.id, to.id);
      const connection = connections.get(key);
      const asked = [
        ...bordersOf(connection),
        ...Array.from({ length: pointsPerPair }, () => points[choose(points.length)]),
      ];
      for (const sender of from.ends) {
        for (const receiver of to.ends) {
          if (!canMeet(sender, receiver)) continue;
          const truth = (point: Point) => verdictOf(cluster, { from: sender, to: receiver, ...point }, setting);
          for (const point of asked) {
            if (point === undefined) continue;
            const verdict = truth(point);
            const told = isListed(connection, point)
              ? 'allow'
              : verdict === 'unknown' && unknown.has(key)
                ? 'unknown'
                : 'deny';
            if (told !== verdict) faults.push(`${describePacket(from.id, to.id, point)}: told ${told}, is ${verdict}`);
          }
          if (unknown.has(key) && !points.some((point) => truth(point) === 'unknown')) {
            faults.push(`${key}: nothing about it is unknown`);
          }
        }
      }
    }
  }
  return faults;
}

describe('the report says of every packet what the policies say one by one', () => {
  test.each(profiles)('%s', { timeout }, (profile) => {
    fc.assert(
      fc.property(worldsOf(profile), (world) => {
        expect(disagreements(world).slice(0, 5)).toEqual([]);
      }),
      runs(worldsPerProfile, profiles.indexOf(profile)),
    );
  });
});

/** Some addresses on every border of either world, and the first and last of both families. */
function someAddresses(clusters: readonly Cluster[]): readonly Address[] {
  return ([4, 6] as const).flatMap((family) => {
    const values = addressBorders(clusters, family).flatMap(({ value }) =>
      value === 0n ? [value] : [value - 1n, value],
    );
    return [...new Set([...values, lastOf(family)])].map((value) => ({ family, value }));
  });
}

test('the difference is what is allowed after and not before, and the reverse', { timeout }, () => {
  fc.assert(
    fc.property(worldPairs, ({ before, objects, setting, seed }) => {
      const { opened, closed } = reachDiff(worldOf(before), worldOf(objects), settingsOf(setting));
      const [was, is] = [readCluster(before), readCluster(objects)];
      const choose = chooser(seed);
      const addresses = someAddresses([was, is]);
      const ids = [...new Set([...was.workloads, ...is.workloads].map(({ id }) => id))];
      const points = [...pointsOf(was), ...pointsOf(is)];
      const ends = [
        ...ids.map((id) => ({ id, of: (cluster: Cluster) => cluster.workloads.find((one) => one.id === id) })),
        ...Array.from({ length: 6 }, () => addresses[choose(addresses.length)]).flatMap((address) =>
          address === undefined ? [] : [{ id: addressText(address), of: (): End => ({ kind: 'address', address }) }],
        ),
      ];
      const faults: string[] = [];
      for (const from of ends) {
        for (const to of ends) {
          if (from.id === to.id || !(from.id.includes('/') || to.id.includes('/'))) continue;
          const passes = (cluster: Cluster, point: Point): boolean | undefined => {
            const [sender, receiver] = [from.of(cluster), to.of(cluster)];
            if (sender === undefined || receiver === undefined) return false;
            if (!canMeet(sender, receiver)) return undefined;
            return verdictOf(cluster, { from: sender, to: receiver, ...point }, setting) === 'allow';
          };
          const own = (list: readonly Connection[]) =>
            list.filter((one) => names(one.from, from.id) && names(one.to, to.id));
          const [mine, theirs] = [own(opened), own(closed)];
          if (mine.length > 1 || theirs.length > 1) faults.push(`twice: ${pairKey(from.id, to.id)}`);
          const asked = [
            ...Array.from({ length: 6 }, () => points[choose(points.length)]),
            ...[...mine, ...theirs].flatMap(bordersOf),
          ];
          for (const point of asked) {
            if (point === undefined) continue;
            const [old, now] = [passes(was, point), passes(is, point)];
            if (old === undefined || now === undefined) continue;
            const expected = old === now ? 'same' : now ? 'opened' : 'closed';
            const told = mine.some((one) => isListed(one, point))
              ? 'opened'
              : theirs.some((one) => isListed(one, point))
                ? 'closed'
                : 'same';
            if (told !== expected)
              faults.push(`${describePacket(from.id, to.id, point)}: told ${told}, is ${expected}`);
          }
        }
      }
      expect(faults.slice(0, 5)).toEqual([]);
    }),
    runs(pairsOfWorlds),
  );
});

/** Whether an id of the engine is that of a workload, or of the range that holds an address. */
function names(id: string, end: string): boolean {
  const range = rangeOf(id);
  if (range === undefined || end.includes('/')) return id === end;
  const address = parseAddress(end);
  return address?.family === range.family && range.first <= address.value && address.value <= range.last;
}

const probeDoubts = { otherProtocols: true, ownNode: true };

/** A port by number or by name; by name it is every number that the destination has for it. */
function truthOf(
  cluster: Cluster,
  from: End,
  to: End,
  { protocol, port }: AskedPoint,
  setting: Setting,
): readonly Verdict[] {
  // Whatever it asks itself for.
  if (from === to && from.kind === 'workload' && !from.several) return ['allow'];
  const named = to.kind === 'address' ? [] : to.ports.filter((own) => own.name === port && own.protocol === protocol);
  const numbers = typeof port === 'number' ? [port] : named.map((own) => own.port);
  return numbers.map((number) => {
    const verdict = verdictOf(cluster, { from, to, protocol, port: number }, setting, probeDoubts);
    if (from !== to || from.kind === 'address') return verdict;
    // A pod always reaches itself, and another one of its workload as the policies have it.
    return verdict === 'allow' ? verdict : 'unknown';
  });
}

interface AskedPoint {
  readonly protocol: string;
  readonly port: number | string;
}

test('a probe is answered as the policies have it, one by one', { timeout }, () => {
  const worlds = fc.constantFrom(...profiles).chain(worldsOf);
  fc.assert(
    fc.property(worlds, ({ objects, setting, seed }) => {
      const answer = prober(worldOf(objects), settingsOf(setting));
      const cluster = readCluster(objects);
      const choose = chooser(seed);
      const points: readonly AskedPoint[] = [
        ...pointsOf(cluster),
        ...portProtocols.flatMap((protocol) => portNames.map((port) => ({ protocol, port }))),
        ...otherProtocols.map((protocol) => ({ protocol, port: 0 })),
      ];
      const nodes = setting.nodeCidrs
        .map((cidr) => parseAddress(cidr.replace(/\/.*$/, '')))
        .filter((one) => one !== undefined);
      const ends: readonly { readonly text: string; readonly end: End }[] = [
        ...cluster.workloads.map((end) => ({ text: end.id, end })),
        ...[...someAddresses([cluster]), ...nodes].map((address) => ({
          text: addressText(address),
          end: { kind: 'address', address } as const,
        })),
      ];
      const faults: string[] = [];
      for (let count = 0; count < 40; count += 1) {
        const [from, to] = [ends[choose(ends.length)], ends[choose(ends.length)]];
        const own: readonly AskedPoint[] =
          to?.end.kind === 'workload' ? to.end.ports.map((port) => ({ ...port, port: port.name })) : [];
        const point = own.length > 0 && choose(3) === 0 ? own[choose(own.length)] : points[choose(points.length)];
        if (from === undefined || to === undefined || point === undefined || !canMeet(from.end, to.end)) continue;
        const probe = {
          from: from.text,
          to: to.text,
          protocol: point.protocol,
          ...(point.port === 0 ? {} : { port: point.port }),
        };
        const reading = answer(probe);
        const truth = truthOf(cluster, from.end, to.end, point, setting);
        const [only] = truth;
        const expected = only === undefined ? 'no answer' : truth.every((one) => one === only) ? only : 'unknown';
        const told = reading.ok ? reading.value.verdict : 'no answer';
        if (told !== expected) faults.push(`${JSON.stringify(probe)}: told ${told}, is ${expected}`);
      }
      expect(faults.slice(0, 5)).toEqual([]);
    }),
    runs(probedWorlds),
  );
});
