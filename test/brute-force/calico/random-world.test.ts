import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressText } from '../addresses.ts';
import { readCluster } from '../cluster.ts';
import { type End as PlainEnd, verdictOf as plainVerdictOf } from '../evaluator.ts';
import type { AnyObject } from '../manifests.ts';
import { chooser, runs, timeout } from '../runs.ts';
import { aimedPackets } from './aimed-packets.ts';
import { type Decision, decide, verdictOf } from './evaluator.ts';
import type { AnyManifest } from './manifests.ts';
import { endText, type Packet } from './packet.ts';
import { everyTrait, type RandomWorld, type Traits, worldsWith } from './random-world.ts';
import { readWorld } from './world.ts';

/** That random worlds and packets reach every corner, and that the evaluator agrees with itself and with its elder. */

const everything = { hosts: true, otherProtocols: true };

function decisions({ objects, settings }: RandomWorld, packets: readonly Packet[], also: readonly AnyManifest[] = []) {
  const world = readWorld([...objects, ...also], settings);
  return packets.map((packet) => decide(world, packet));
}

const sample = (numRuns: number, turn: number, traits: Traits = everyTrait) =>
  fc.sample(worldsWith(traits), runs(numRuns, turn));

test('every decider and both verdicts come up, at every stage, and little is open', { timeout }, () => {
  const seen = new Map<string, number>();
  const open = new Map<string, number>();
  let asked = 0;
  for (const world of sample(400, 0)) {
    for (const decision of decisions(world, aimedPackets(world, 40, everything))) {
      for (const { verdict, by, way } of [decision.egress, decision.ingress]) {
        asked += 1;
        if (way !== undefined) seen.set(`way ${way.kind} ${'stage' in way ? way.stage : ''}`.trim(), 1);
        const key = `${verdict} ${by.kind} ${'stage' in by ? by.stage : ''}`.trim();
        seen.set(key, (seen.get(key) ?? 0) + 1);
        if (by.kind === 'undefined') open.set(by.why, (open.get(by.why) ?? 0) + 1);
      }
    }
  }
  const expected = [
    ...['workload', 'untracked', 'pre-DNAT', 'normal'].map((stage) => `allow rule ${stage}`),
    ...['workload', 'untracked', 'pre-DNAT', 'forwarded', 'normal'].map((stage) => `deny rule ${stage}`),
    'way rule untracked',
    'way rule forwarded',
    'way not-forwarding',
    ...['workload', 'forwarded', 'normal'].map((stage) => `deny tier ${stage}`),
    'allow profile',
    'deny profile',
    'deny missing-profile',
    'deny end normal',
    'allow failsafe normal',
    'allow not-policed',
    'allow own-node',
    'allow endpoint-to-host',
    'deny endpoint-to-host',
  ];
  expect(expected.filter((key) => !seen.has(key))).toEqual([]);
  const total = [...open.values()].reduce((sum, count) => sum + count, 0);
  expect(total / asked, JSON.stringify([...open])).toBeLessThan(0.002);
  const rules = [...seen].filter(([key]) => key.includes('rule')).reduce((sum, [, count]) => sum + count, 0);
  expect(rules / asked).toBeGreaterThan(0.1);
});

test('without hosts nothing is open at all, and much is decided by a rule', { timeout }, () => {
  let [asked, ruled] = [0, 0];
  for (const world of sample(150, 1, { ...everyTrait, hosts: false })) {
    const all = decisions(world, aimedPackets(world, 40, { hosts: false, otherProtocols: true }));
    expect(all.filter((one) => verdictOf(one) === 'undefined-by-facts')).toEqual([]);
    const sides = all.flatMap(({ egress, ingress }) => [egress.by.kind, ingress.by.kind]);
    asked += sides.length;
    ruled += sides.filter((kind) => kind === 'rule').length;
  }
  expect(ruled / asked).toBeGreaterThan(0.2);
});

const verdicts = (all: readonly Decision[]) => all.map(({ egress, ingress }) => [egress.verdict, ingress.verdict]);

test('the order of the objects is nothing to go by', { timeout }, () => {
  fc.assert(
    fc.property(worldsWith(), (world) => {
      const choose = chooser(world.seed);
      const shuffled = world.objects
        .map((object) => ({ object, at: choose(1_000) }))
        .sort((a, b) => a.at - b.at)
        .map(({ object }) => object);
      const packets = aimedPackets(world, 20, everything);
      expect(decisions({ ...world, objects: shuffled }, packets)).toEqual(decisions(world, packets));
    }),
    runs(100, 2),
  );
});

test('what selects nobody, and what is staged, changes nothing', { timeout }, () => {
  const version = 'projectcalico.org/v3';
  const nobody: AnyManifest = {
    apiVersion: version,
    kind: 'GlobalNetworkPolicy',
    metadata: { name: 'nobody' },
    spec: { order: -9, selector: 'app == "nobody"', types: ['Ingress', 'Egress'], ingress: [{ action: 'Deny' }] },
  };
  const staged: AnyManifest = {
    apiVersion: version,
    kind: 'StagedGlobalNetworkPolicy',
    metadata: { name: 'staged' },
    spec: { order: -9, types: ['Ingress', 'Egress'], ingress: [{ action: 'Deny' }] },
  };
  const tier: AnyManifest = { apiVersion: version, kind: 'Tier', metadata: { name: 'empty' }, spec: { order: -9 } };
  const set: AnyManifest = {
    apiVersion: version,
    kind: 'GlobalNetworkSet',
    metadata: { name: 'e' },
    spec: { nets: [] },
  };
  fc.assert(
    fc.property(worldsWith(), (world) => {
      const packets = aimedPackets(world, 20, everything);
      expect(decisions(world, packets, [nobody, staged, tier, set])).toEqual(decisions(world, packets));
    }),
    runs(100, 3),
  );
});

test('a first tier that denies everything leaves nothing to pods, one that allows it nothing to later ones', {
  timeout,
}, () => {
  const first = (action: 'Allow' | 'Deny' | 'Pass'): readonly AnyManifest[] => [
    { apiVersion: 'projectcalico.org/v3', kind: 'Tier', metadata: { name: 'first' }, spec: { order: -99 } },
    {
      apiVersion: 'projectcalico.org/v3',
      kind: 'GlobalNetworkPolicy',
      metadata: { name: 'first' },
      spec: { tier: 'first', namespaceSelector: 'all()', ingress: [{ action }], egress: [{ action }] },
    },
  ];
  fc.assert(
    fc.property(worldsWith({ ...everyTrait, hosts: false }), (world) => {
      const packets = aimedPackets(world, 20, { hosts: false, otherProtocols: true });
      const policed = packets.map(({ from, to }) => [from.kind === 'pod', to.kind === 'pod']);
      const expected = (verdict: string) => policed.map((sides) => sides.map((own) => (own ? verdict : 'allow')));
      expect(verdicts(decisions(world, packets, first('Deny')))).toEqual(expected('deny'));
      expect(verdicts(decisions(world, packets, first('Allow')))).toEqual(expected('allow'));
      expect(verdicts(decisions(world, packets, first('Pass')))).toEqual(verdicts(decisions(world, packets)));
    }),
    runs(60, 4),
  );
});

test('Kubernetes policies alone mean what the evaluator of Kubernetes policies says', { timeout }, () => {
  const traits = { calico: false, hosts: false, sourcePorts: false, spoofedLabels: false };
  const setting = { profile: 'calico', podCidrs: [], nodeCidrs: [] } as const;
  let [compared, denied] = [0, 0];
  fc.assert(
    fc.property(worldsWith(traits), (world) => {
      const packets = aimedPackets(world, 40, { hosts: false, otherProtocols: true });
      const known = ['Namespace', 'Pod', 'NetworkPolicy'];
      const cluster = readCluster(
        world.objects.filter(({ kind }) => known.includes(kind)) as unknown as readonly AnyObject[],
      );
      const plain = (end: Packet['from'], address: Packet['source']): PlainEnd => {
        const workload = end.kind === 'pod' ? cluster.workloads.find(({ id }) => id === `${end.id}[Pod]`) : undefined;
        // Alone with the address that the packet has.
        return workload === undefined ? { kind: 'address', address } : { ...workload, addresses: [address] };
      };
      const names: Readonly<Record<number, string>> = { 6: 'TCP', 17: 'UDP', 132: 'SCTP' };
      decisions(world, packets).forEach((decision, index) => {
        const packet = packets[index];
        if (packet === undefined) throw new Error('a decision without packet');
        const expected = plainVerdictOf(
          cluster,
          {
            from: plain(packet.from, packet.source),
            to: plain(packet.to, packet.destination),
            protocol: names[packet.protocol] ?? String(packet.protocol),
            port: packet.destinationPort ?? 0,
          },
          setting,
        );
        const ends = `${endText(packet.from, addressText(packet.source))} -> ${endText(packet.to, addressText(packet.destination))}`;
        expect(verdictOf(decision), `${ends} ${JSON.stringify(decision)}`).toBe(expected);
        compared += 1;
        if (expected === 'deny') denied += 1;
      });
    }),
    runs(200, 5),
  );
  expect(denied / compared).toBeGreaterThan(0.2);
  expect(denied / compared).toBeLessThan(0.8);
});
