import { type Address, type Family, type Range, turningPoints } from './addresses.ts';
import type { Cluster } from './cluster.ts';
import { appliesTo, isInBlock, matchesPort, peersOf, rangesOf, rulesOf } from './evaluator.ts';
import type { RuleObject } from './manifests.ts';

/** A protocol, and a port where it has ports. */
export interface Point {
  readonly protocol: string;
  readonly port: number;
}

export const portProtocols = ['TCP', 'UDP', 'SCTP'] as const;

/** ICMP, ICMPv6 and GRE. */
export const otherProtocols = ['1', '58', '47'] as const;

const directions = ['ingress', 'egress'] as const;

/** Every protocol with the ports around which anything can change. */
export function pointsOf(cluster: Cluster): readonly Point[] {
  const ports = new Set([1, 65535]);
  const add = (first: number, last = first) => {
    for (const port of [first - 1, first, last, last + 1]) if (port >= 1 && port <= 65535) ports.add(port);
  };
  for (const policy of cluster.policies) {
    for (const direction of directions) {
      for (const rule of rulesOf(policy, direction)) {
        for (const entry of rule.ports ?? []) {
          if (typeof entry?.port === 'number') add(entry.port, entry.endPort ?? entry.port);
        }
      }
    }
  }
  for (const workload of cluster.workloads) for (const { port } of workload.ports) add(port);
  return [
    ...portProtocols.flatMap((protocol) => [...ports].map((port) => ({ protocol, port }))),
    ...otherProtocols.map((protocol) => ({ protocol, port: 0 })),
  ];
}

/** Every block that some rule names. */
function blockRanges(cluster: Cluster): readonly Range[] {
  return cluster.policies.flatMap((policy) =>
    directions.flatMap((direction) =>
      rulesOf(policy, direction).flatMap((rule) =>
        peersOf(rule, direction).flatMap((peer) => {
          const block = peer?.ipBlock;
          return block === null || block === undefined ? [] : rangesOf([block.cidr, ...(block.except ?? [])]);
        }),
      ),
    ),
  );
}

/** The addresses of a family from which on a policy may say something else. */
export function addressBorders(clusters: readonly Cluster[], family: Family): readonly Address[] {
  return turningPoints(family, clusters.flatMap(blockRanges)).map((value) => ({ family, value }));
}

/**
 * All that the policies of a cluster say of an outside address, as a text that is equal for two addresses exactly where
 * no policy tells them apart.
 */
export function treatment(cluster: Cluster, address: Address): string {
  const lines: string[] = [];
  const names = cluster.policies.flatMap((policy) => rulesOf(policy, 'ingress').flatMap(namesIn));
  const points = pointsOf(cluster);
  for (const policy of cluster.policies) {
    for (const direction of directions) {
      if (!appliesTo(policy, direction)) continue;
      const rules = rulesOf(policy, direction).filter((rule) => speaksOf(rule, direction, address));
      // A pod may give any number any of the names; an address gives none.
      const callings = direction === 'egress' ? [''] : ['', ...names];
      const answers = callings.flatMap((name) => points.map((point) => allows(rules, point, name)));
      lines.push(answers.map(Number).join(''));
    }
  }
  return lines.join(' ');
}

function namesIn(rule: RuleObject): readonly string[] {
  return (rule.ports ?? []).flatMap((entry) => (typeof entry?.port === 'string' ? [entry.port] : []));
}

function speaksOf(rule: RuleObject, direction: 'ingress' | 'egress', address: Address): boolean {
  const peers = peersOf(rule, direction);
  return (
    peers.length === 0 ||
    peers.some((peer) => {
      const { ipBlock, podSelector, namespaceSelector } = peer ?? {};
      const alone = (podSelector ?? undefined) === undefined && (namespaceSelector ?? undefined) === undefined;
      return ipBlock !== null && ipBlock !== undefined && alone && isInBlock(ipBlock, address);
    })
  );
}

/** Whether some rule lets a port pass that the destination calls by this name. */
function allows(rules: readonly RuleObject[], { protocol, port }: Point, name: string): boolean {
  const nobody = { kind: 'address', address: { family: 4, value: 0n } } as const;
  return rules.some((rule) => {
    const ports = rule.ports ?? [];
    return (
      ports.length === 0 ||
      ports.some((entry) => matchesPort(entry ?? {}, { from: nobody, to: nobody, protocol, port }, [name]))
    );
  });
}

/** First, last and one in between. */
export function samplesOf({ family, first, last }: Range): readonly Address[] {
  return [...new Set([first, (first + last) / 2n, last])].map((value) => ({ family, value }));
}
