import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../src/engine/reach/connection.ts';
import { reachDiff } from '../../../src/engine/reach/diff.ts';
import { type ReachReport, reachReport } from '../../../src/engine/reach/report.ts';
import { type AddressSet, containsAddresses, rangeAddresses } from '../../../src/engine/sets/addresses.ts';
import { readAddress } from '../../../src/engine/sets/cidr.ts';
import { deployment, ingress, pod, settingsOf, worldOf } from './cluster.ts';
import { namespaces, pods, policies, profiles } from './random-cluster.ts';

const world4 = '0.0.0.0-255.255.255.255';
const world6 = '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

const plain = (connections: readonly Connection[]) =>
  connections.map(({ from, to, all, TCP }) => `${from} -> ${to} ${all ? 'all' : TCP.join()}`);

describe('the difference between two worlds', () => {
  test('is empty for one and the same', () => {
    const world = worldOf(pod('shop/web'), ingress('shop/p', []));
    expect(reachDiff(world, world, settingsOf({ enforcer: 'generic' }))).toEqual({
      apiVersion: 'sekisho.dev/v1alpha1',
      kind: 'ReachDiff',
      profile: 'generic',
      opened: [],
      closed: [],
    });
  });

  test('closes what a new policy leaves out', () => {
    const before = worldOf(pod('shop/web'));
    const after = worldOf(pod('shop/web'), ingress('shop/p', [{ ports: [{ port: 80 }] }]));
    const { opened, closed } = reachDiff(before, after, settingsOf());
    expect(opened).toEqual([]);
    expect(closed).toHaveLength(2);
    expect(closed[0]).toEqual({
      from: world4,
      to: 'shop/web[Pod]',
      all: false,
      TCP: ['1-79', '81-65535'],
      UDP: ['1-65535'],
      SCTP: ['1-65535'],
      other: ['0', 'ICMP', '2-5', '7-16', '18-57', 'ICMPv6', '59-131', '133-255'],
    });
  });

  test('cuts addresses finely enough for both worlds', () => {
    const block = (cidr: string) => worldOf(pod('shop/web'), ingress('shop/p', [{ from: [{ ipBlock: { cidr } }] }]));
    const { opened, closed } = reachDiff(block('10.0.0.0/8'), block('10.128.0.0/8'), settingsOf());
    expect([opened, closed]).toEqual([[], []]);
    const moved = reachDiff(block('10.0.0.0/9'), block('10.64.0.0/10'), settingsOf());
    expect([plain(moved.opened), plain(moved.closed)]).toEqual([[], ['10.0.0.0-10.63.255.255 -> shop/web[Pod] all']]);
    const shifted = reachDiff(block('10.0.0.0/9'), block('10.128.0.0/9'), settingsOf());
    expect(plain(shifted.opened)).toEqual(['10.128.0.0-10.255.255.255 -> shop/web[Pod] all']);
    expect(plain(shifted.closed)).toEqual(['10.0.0.0-10.127.255.255 -> shop/web[Pod] all']);
  });

  test('opens all that a new workload sends and takes, and closes all of one that goes', () => {
    const without = worldOf(pod('shop/web'));
    const grown = worldOf(pod('shop/web'), deployment('shop/api'));
    const all = [
      `${world4} -> shop/api[Deployment] all`,
      `${world6} -> shop/api[Deployment] all`,
      `shop/api[Deployment] -> ${world4} all`,
      `shop/api[Deployment] -> ${world6} all`,
      'shop/api[Deployment] -> shop/web[Pod] all',
      'shop/web[Pod] -> shop/api[Deployment] all',
    ];
    expect(plain(reachDiff(without, grown, settingsOf()).opened)).toEqual(all);
    expect(plain(reachDiff(grown, without, settingsOf()).closed)).toEqual(all);
    expect(plain(reachDiff(without, grown, settingsOf(), { from: 'shop/web' }).opened)).toEqual(all.slice(-1));
  });
});

const samples = [
  '0.0.0.0',
  '10.0.0.0',
  '10.0.0.255',
  '10.0.1.0',
  '10.64.3.3',
  '10.127.0.1',
  '10.200.0.1',
  '11.0.0.0',
  '255.255.255.255',
];
const samples6 = ['::', 'fcff::', 'fd00::5', 'fd00:0:0:1::', 'fe00::', 'ffff::'];
const ports = [1, 2, 3, 4, 5, 6, 65535];

/** Every flow of a list of connections, for some addresses and ports: written out, so that lists can be compared as sets. */
function flowsOf(connections: readonly Connection[]): ReadonlySet<string> {
  const flows = new Set<string>();
  for (const { from, to, all, other, ...lists } of connections) {
    for (const source of endsOf(from)) {
      for (const target of endsOf(to)) {
        for (const protocol of ['TCP', 'UDP', 'SCTP'] as const) {
          for (const port of ports) {
            if (all || lists[protocol].some((text) => holds(text, port)))
              flows.add(`${source} ${target} ${protocol} ${port}`);
          }
        }
        if (all || other.includes('ICMP')) flows.add(`${source} ${target} ICMP`);
      }
    }
  }
  return flows;
}

function holds(text: string, port: number): boolean {
  const [first = 0, last = first] = text.split('-').map(Number);
  return first <= port && port <= last;
}

function endsOf(id: string): readonly string[] {
  if (id.includes('/')) return [id];
  const [first = '', last = ''] = id.split('-');
  const range = rangeAddresses(first, last);
  return [...samples, ...samples6].filter((text) => containsAddresses(range, addressOf(text)));
}

function addressOf(text: string): AddressSet {
  const address = readAddress(text);
  if (!address.ok) throw new Error(text);
  return address.addresses;
}

test('the difference is the full report after minus the full report before, and the reverse', () => {
  const sides = fc.tuple(pods, policies);
  fc.assert(
    fc.property(
      namespaces,
      sides,
      sides,
      fc.boolean(),
      profiles,
      (spaces, [podsA, policiesA], [podsB, policiesB], samePods, enforcer) => {
        const before = worldOf(...spaces, ...podsA, ...policiesA);
        const after = worldOf(...spaces, ...(samePods ? podsA : podsB), ...policiesB);
        const settings = settingsOf({ enforcer });
        const full = (report: ReachReport) => flowsOf(report.connections);
        const was = full(reachReport(before, settings));
        const is = full(reachReport(after, settings));
        const { opened, closed } = reachDiff(before, after, settings);
        expect(flowsOf(opened)).toEqual(is.difference(was));
        expect(flowsOf(closed)).toEqual(was.difference(is));
      },
    ),
    { numRuns: 150 },
  );
});
