import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadPorts } from '../../../src/engine/breadth/open-ports.ts';
import { readNetworkPolicy } from '../../../src/engine/dialects/kubernetes/network-policy.ts';
import { refOf } from '../../../src/engine/model/object.ts';
import { World } from '../../../src/engine/model/world.ts';
import { noAddresses } from '../../../src/engine/sets/addresses.ts';
import { egress, named } from '../guardrails/trial.ts';

/** Three ranges that together are every port; the first two together are more than 1,000. */
const ranges = [
  [1, 700],
  [701, 1400],
  [1401, 65_535],
] as const;
const names = ['a', 'b', 'c'];
const nothing = { world: World.empty('files'), cluster: { podAddresses: noAddresses } };
const apps = [undefined, 'x', 'y'];
const addresses = [0, 1, 2, 3, 4, 5, 6, 7];

type Peer =
  | { readonly names: readonly string[]; readonly app: string | undefined }
  | { readonly first: number; readonly prefix: number };

interface Rule {
  readonly peers: readonly Peer[];
  readonly ports: readonly number[];
}

function written({ peers, ports }: Rule): object {
  return {
    to: peers.map((peer) =>
      'names' in peer
        ? {
            namespaceSelector: named(...peer.names),
            ...(peer.app === undefined ? {} : { podSelector: { matchLabels: { app: peer.app } } }),
          }
        : { ipBlock: { cidr: `192.0.2.${peer.first}/${peer.prefix}` } },
    ),
    ports: ports.map((index) => ({ protocol: 'TCP', port: ranges[index]?.[0], endPort: ranges[index]?.[1] })),
  };
}

/** How many ports are open to each pod and each address, looked up one by one. */
function counted(rules: readonly Rule[]) {
  const count = (holds: (peer: Peer) => boolean) => {
    const open = new Set(rules.filter(({ peers }) => peers.some(holds)).flatMap(({ ports }) => ports));
    return [...open].reduce((sum, index) => sum + (ranges[index]?.[1] ?? 0) - (ranges[index]?.[0] ?? 0) + 1, 0);
  };
  const pods = names.flatMap((name) =>
    apps.map((app) => ({
      name,
      app,
      ports: count(
        (peer) => 'names' in peer && peer.names.includes(name) && (peer.app === undefined || peer.app === app),
      ),
    })),
  );
  const hosts = addresses.map((address) => ({
    ports: count((peer) => 'first' in peer && address >= peer.first && address < peer.first + 2 ** (32 - peer.prefix)),
  }));
  return { pods, hosts };
}

function isWide({ pods, hosts }: ReturnType<typeof counted>, isAsked: (ports: number) => boolean): boolean {
  const some = pods.filter(({ ports }) => isAsked(ports));
  const bare = some.some(({ app }) => app === undefined);
  return (
    bare || new Set(some.map(({ name }) => name)).size > 1 || hosts.filter(({ ports }) => isAsked(ports)).length > 1
  );
}

describe('broadPorts', () => {
  it('finds what a look at each pod and address by itself finds', () => {
    const podPeer = fc.record({
      names: fc.subarray(names, { minLength: 1 }),
      app: fc.constantFrom(...apps),
    });
    const block = fc.integer({ min: 29, max: 32 }).chain((prefix) => {
      const size = 2 ** (32 - prefix);
      return fc.integer({ min: 0, max: 8 / size - 1 }).map((n) => ({ first: n * size, prefix }));
    });
    const rule: fc.Arbitrary<Rule> = fc.record({
      peers: fc.array(fc.oneof<fc.Arbitrary<Peer>[]>(podPeer, block), { minLength: 1, maxLength: 3 }),
      ports: fc.subarray([0, 1, 2], { minLength: 1, maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), (rules) => {
        const object = egress(rules.map(written));
        const found = broadPorts(readNetworkPolicy(object, refOf(object)), 'egress', 1000, nothing);
        const whole = counted(rules);
        const every = isWide(whole, (ports) => ports === 65_535);
        const more = isWide(whole, (ports) => ports > 1000 && (!every || ports < 65_535));
        expect(found.doubts).toEqual([]);
        expect([found.everyPort !== undefined, found.tooMany !== undefined]).toEqual([every, more]);
      }),
      { numRuns: 400 },
    );
  });
});
