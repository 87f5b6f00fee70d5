import { parseAddress } from '../addresses.ts';
import { type Decision, decide } from './evaluator.ts';
import type { AnyManifest, CalicoPolicySpec, FelixSpec, HostEndpointManifest, Metadata, Rule } from './manifests.ts';
import type { End, Packet } from './packet.ts';
import { hasPorts, protocolNumber } from './protocols.ts';
import { readWorld, type Settings } from './world.ts';

/** Objects and packets in few words, for the tests that pin the evaluator down. */

const v3 = 'projectcalico.org/v3';

export type Labels = Readonly<Record<string, string>>;

export const namespace = (name: string, labels: Labels = {}): AnyManifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});

export const serviceAccount = (id: string, labels: Labels = {}): AnyManifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { ...named(id), labels },
});

export const node = (name: string, labels: Labels = {}): AnyManifest => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels },
});

interface PodParts {
  readonly labels?: Labels;
  readonly account?: string;
  readonly node?: string;
  readonly ports?: readonly { readonly name: string; readonly containerPort: number; readonly protocol?: string }[];
}

export const pod = (id: string, ips: string | readonly string[], parts: PodParts = {}): AnyManifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...named(id), labels: parts.labels ?? {} },
  spec: {
    nodeName: parts.node ?? 'node1',
    ...(parts.account === undefined ? {} : { serviceAccountName: parts.account }),
    containers: [{ name: 'main', ports: parts.ports ?? [] }],
  },
  status: { podIPs: [ips].flat().map((ip) => ({ ip })) },
});

export const policy = (id: string, spec: CalicoPolicySpec): AnyManifest => ({
  apiVersion: v3,
  kind: 'NetworkPolicy',
  metadata: named(id),
  spec,
});

export const globalPolicy = (name: string, spec: CalicoPolicySpec): AnyManifest => ({
  apiVersion: v3,
  kind: 'GlobalNetworkPolicy',
  metadata: { name },
  spec,
});

export const tier = (name: string, order?: number, defaultAction?: 'Deny' | 'Pass'): AnyManifest => ({
  apiVersion: v3,
  kind: 'Tier',
  metadata: { name },
  spec: { order, defaultAction },
});

export const networkSet = (id: string, nets: readonly string[], labels: Labels = {}): AnyManifest => ({
  apiVersion: v3,
  kind: 'NetworkSet',
  metadata: { ...named(id), labels },
  spec: { nets },
});

export const globalSet = (name: string, nets: readonly string[], labels: Labels = {}): AnyManifest => ({
  apiVersion: v3,
  kind: 'GlobalNetworkSet',
  metadata: { name, labels },
  spec: { nets },
});

export const hostEndpoint = (name: string, spec: HostEndpointManifest['spec'], labels: Labels = {}): AnyManifest => ({
  apiVersion: v3,
  kind: 'HostEndpoint',
  metadata: { name, labels },
  spec,
});

export const felix = (name: string, spec: FelixSpec, more: Partial<Metadata> = {}): AnyManifest => ({
  apiVersion: v3,
  kind: 'FelixConfiguration',
  metadata: { name, ...more },
  spec,
});

function named(id: string): { readonly namespace: string; readonly name: string } {
  const [space = '', name = ''] = id.split('/');
  return { namespace: space, name };
}

export const allow: Rule = { action: 'Allow' };
export const deny: Rule = { action: 'Deny' };
export const pass: Rule = { action: 'Pass' };
export const log: Rule = { action: 'Log' };

// Packets

/** `red/a`, `host:node1/eth0`, or an address. */
function endOf(text: string): End {
  const host = /^host:([^/]*)\/(.*)$/.exec(text);
  if (host !== null) return { kind: 'host', node: host[1] ?? '', interface: host[2] ?? '' };
  return parseAddress(text) === undefined ? { kind: 'pod', id: text } : { kind: 'address' };
}

interface PacketParts extends Omit<Partial<Packet>, 'from' | 'to' | 'source' | 'destination' | 'protocol'> {
  /** Where the end does not tell it. */
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: string | number;
}

function addressOf(manifests: readonly AnyManifest[], text: string): string {
  const found = manifests.find(
    (one) => one.kind === 'Pod' && `${one.metadata.namespace}/${one.metadata.name}` === text,
  );
  return (found?.kind === 'Pod' ? found.status?.podIPs?.[0]?.ip : undefined) ?? text;
}

/** TCP from port 40000 to port 80, unless told otherwise. */
export function packet(manifests: readonly AnyManifest[], from: string, to: string, parts: PacketParts = {}): Packet {
  const { source, destination, protocol = 'TCP', ...rest } = parts;
  const [first, last] = [source ?? addressOf(manifests, from), destination ?? addressOf(manifests, to)].map(
    parseAddress,
  );
  if (first === undefined || last === undefined) throw new Error(`no address: ${from} or ${to}`);
  const number = protocolNumber(protocol);
  const ports = hasPorts(number) ? { sourcePort: 40_000, destinationPort: 80 } : {};
  return { from: endOf(from), to: endOf(to), source: first, destination: last, protocol: number, ...ports, ...rest };
}

export function ask(
  manifests: readonly AnyManifest[],
  from: string,
  to: string,
  parts: PacketParts = {},
  settings: Settings = {},
): Decision {
  return decide(readWorld(manifests, settings), packet(manifests, from, to, parts));
}
