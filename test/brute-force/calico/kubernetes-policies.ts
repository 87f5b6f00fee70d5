import { parseCidr } from '../addresses.ts';
import { type LabelMap, matchesSelector } from '../labels.ts';
import type { PeerObject, PortObject, RuleObject } from '../manifests.ts';
import { namespaceLabel, namespacePrefix, orchestratorLabel } from './known-labels.ts';
import type { KubernetesPolicyManifest } from './manifests.ts';
import {
  anySide,
  type CompiledRule,
  type Direction,
  type LabelTest,
  type Policy,
  type PortMatch,
  type Side,
} from './policy.ts';
import { protocolNumber } from './protocols.ts';

/** Kubernetes' own policies inside Calico (facts §4.4): tier `default`, order 1000, nothing but Allow, nobody but pods. */
export function kubernetesPolicy({ metadata, spec }: KubernetesPolicyManifest): Policy {
  const namespace = metadata.namespace ?? 'default';
  const rules = (direction: Direction) =>
    (spec[direction] ?? []).flatMap((rule, index) =>
      rulesFrom(rule ?? {}, namespace, direction, `spec.${direction}[${index}]`),
    );
  return {
    api: 'networking.k8s.io',
    kind: 'NetworkPolicy',
    namespace,
    name: metadata.name,
    tier: 'default',
    order: 1000,
    directions: directionsOf(spec),
    stage: 'normal',
    appliesOnForward: false,
    selects: (labels) =>
      isPod(labels) && labels[namespaceLabel] === namespace && matchesSelector(spec.podSelector, labels),
    rules: { ingress: rules('ingress'), egress: rules('egress') },
  };
}

const isPod: LabelTest = (labels) => labels[orchestratorLabel] === 'k8s';

/** Ingress always, Egress where there is a rule for it. */
function directionsOf({ policyTypes, egress }: KubernetesPolicyManifest['spec']): readonly Direction[] {
  if (policyTypes !== null && policyTypes !== undefined && policyTypes.length > 0) {
    return (['ingress', 'egress'] as const).filter((direction) =>
      policyTypes.includes(direction === 'ingress' ? 'Ingress' : 'Egress'),
    );
  }
  return (egress ?? []).length > 0 ? ['ingress', 'egress'] : ['ingress'];
}

/** One for each peer with each port: any of them allows. */
function rulesFrom(rule: RuleObject, namespace: string, direction: Direction, path: string): readonly CompiledRule[] {
  const peers = (direction === 'ingress' ? rule.from : rule.to) ?? [];
  const far = peers.length === 0 ? [anySide] : peers.map((peer) => peerSide(peer ?? {}, namespace));
  const ports = rule.ports ?? [];
  return far.flatMap((side) =>
    ports.length === 0
      ? [directed(side, anySide, direction, path, undefined)]
      : ports.map((port) => withPort(port ?? {}, side, direction, path)),
  );
}

/** Ports are always the destination's. */
function withPort(port: PortObject, far: Side, direction: Direction, path: string): CompiledRule {
  const ports = portsOf(port);
  const protocol = protocolNumber(port.protocol ?? 'TCP');
  return direction === 'ingress'
    ? directed(far, { ...anySide, ports }, direction, path, protocol)
    : directed({ ...far, ports }, anySide, direction, path, protocol);
}

function directed(
  far: Side,
  near: Side,
  direction: Direction,
  path: string,
  protocol: number | undefined,
): CompiledRule {
  const [source, destination] = direction === 'ingress' ? [far, near] : [near, far];
  return { path, action: 'Allow', protocol, source, destination };
}

function portsOf({ port, endPort }: PortObject): readonly PortMatch[] {
  if (port === null || port === undefined) return [];
  return typeof port === 'string' ? [{ name: port }] : [{ first: port, last: endPort ?? port }];
}

function peerSide({ ipBlock, podSelector, namespaceSelector }: PeerObject, namespace: string): Side {
  if (ipBlock !== null && ipBlock !== undefined) {
    const ranges = (texts: readonly string[]) => texts.flatMap((text) => parseCidr(text) ?? []);
    return { ...anySide, nets: ranges([ipBlock.cidr]), notNets: ranges(ipBlock.except ?? []) };
  }
  const inSpace: LabelTest =
    namespaceSelector === null || namespaceSelector === undefined
      ? (labels) => labels[namespaceLabel] === namespace
      : (labels) => Object.hasOwn(labels, namespaceLabel) && matchesSelector(namespaceSelector, spaceLabels(labels));
  return { ...anySide, known: (labels) => isPod(labels) && inSpace(labels) && matchesSelector(podSelector, labels) };
}

/** A namespaceSelector meets what the pod carries with the namespaces' prefix, inherited or not (facts §3.3). */
function spaceLabels(labels: LabelMap): LabelMap {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]) =>
      key.startsWith(namespacePrefix) ? [[key.slice(namespacePrefix.length), value]] : [],
    ),
  );
}
