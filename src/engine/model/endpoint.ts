import { asInteger, asList, asString, dig, field, isAbsent } from '../json/read.ts';
import { protocolNumber } from '../sets/traffic.ts';
import { groupKind, labelsOf, type ObjectRef } from './object.ts';

export interface NamedPort {
  readonly name: string;
  /** IP protocol number. */
  readonly protocol: number;
  readonly port: number;
}

/**
 * Pods that no policy can tell apart: same namespace, labels, named ports and network. A hundred and fifty thousand
 * pods are some fifty thousand classes.
 */
export interface PodClass {
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly namedPorts: readonly NamedPort[];
  readonly hostNetwork: boolean;
  readonly serviceAccount: string;
  /** Finished and terminating pods, and workloads scaled to zero, take no traffic of today. */
  readonly running: boolean;
  /** How many pods there are; 0 for a workload scaled to zero. */
  readonly count: number;
  /** Known only where the World was read from files: what `reach` calls the endpoint. */
  readonly workload: Workload | undefined;
  /** Known only where the World was read from files. */
  readonly addresses: readonly string[];
  /** Names of pods that are there by themselves too and count as the workload's. */
  readonly members?: readonly string[];
}

export interface Workload {
  readonly kind: string;
  readonly name: string;
}

/** Where the pod template lies in each kind that makes pods. */
const templatePaths: ReadonlyMap<string, readonly string[]> = new Map([
  ['Deployment.apps', ['spec', 'template']],
  ['StatefulSet.apps', ['spec', 'template']],
  ['DaemonSet.apps', ['spec', 'template']],
  ['ReplicaSet.apps', ['spec', 'template']],
  ['ReplicationController', ['spec', 'template']],
  ['Job.batch', ['spec', 'template']],
  ['CronJob.batch', ['spec', 'jobTemplate', 'spec', 'template']],
]);

/** Whether objects of this kind make pods, or are pods. */
export function makesPods(groupKind: string): boolean {
  return groupKind === 'Pod' || templatePaths.has(groupKind);
}

/** What a Pod, or a workload's template, is to network policy. Undefined for other kinds. */
export function readPodClass(object: unknown, ref: ObjectRef, namespace: string): PodClass | undefined {
  const workload = { kind: ref.kind, name: ref.name };
  const kind = groupKind(ref);
  if (kind === 'Pod') return podClass(object, namespace, workload, 1);
  const path = templatePaths.get(kind);
  if (path === undefined) return undefined;
  const replicas = asInteger(dig(object, 'spec', kind === 'Job.batch' ? 'parallelism' : 'replicas')) ?? 1;
  return podClass(dig(object, ...path), namespace, workload, Math.max(0, replicas));
}

function podClass(pod: unknown, namespace: string, workload: Workload, count: number): PodClass {
  const spec = field(pod, 'spec');
  const phase = asString(dig(pod, 'status', 'phase'));
  const finished = phase === 'Succeeded' || phase === 'Failed';
  return {
    namespace,
    labels: labelsOf(pod),
    namedPorts: namedPortsOf(spec),
    hostNetwork: field(spec, 'hostNetwork') === true,
    serviceAccount: asString(field(spec, 'serviceAccountName')) || 'default',
    running: count > 0 && !finished && isAbsent(dig(pod, 'metadata', 'deletionTimestamp')),
    count,
    workload,
    addresses: addressesOf(pod),
  };
}

/** Ports of every container that keeps running, and of init containers that do (restartPolicy Always). */
function namedPortsOf(spec: unknown): readonly NamedPort[] {
  const ports: NamedPort[] = [];
  const init = (asList(field(spec, 'initContainers')) ?? []).filter((c) => field(c, 'restartPolicy') === 'Always');
  for (const container of [...(asList(field(spec, 'containers')) ?? []), ...init]) {
    for (const entry of asList(field(container, 'ports')) ?? []) {
      const name = asString(field(entry, 'name'));
      const port = asInteger(field(entry, 'containerPort'));
      const protocol = protocolNumber(asString(field(entry, 'protocol')) ?? 'TCP');
      if (name !== undefined && port !== undefined && protocol !== undefined) ports.push({ name, protocol, port });
    }
  }
  return ports;
}

function addressesOf(pod: unknown): readonly string[] {
  const found = new Set<string>();
  const single = asString(dig(pod, 'status', 'podIP'));
  if (single) found.add(single);
  for (const entry of asList(dig(pod, 'status', 'podIPs')) ?? []) {
    const ip = asString(field(entry, 'ip'));
    if (ip) found.add(ip);
  }
  return [...found];
}

/** The numbers that a named port has on these pods; a name may stand in several containers. */
export function portNumbers(pod: PodClass, protocol: number, name: string): readonly number[] {
  return pod.namedPorts.filter((p) => p.name === name && p.protocol === protocol).map((p) => p.port);
}

/** Whether pods belong in one class: no policy and no report can tell them apart. How many they are does not matter. */
export function samePods(a: PodClass, b: PodClass): boolean {
  return (
    a.namespace === b.namespace &&
    a.hostNetwork === b.hostNetwork &&
    a.running === b.running &&
    a.serviceAccount === b.serviceAccount &&
    a.workload?.kind === b.workload?.kind &&
    a.workload?.name === b.workload?.name &&
    sameLabels(a.labels, b.labels) &&
    samePorts(a.namedPorts, b.namedPorts) &&
    sameTexts(a.addresses, b.addresses)
  );
}

export function sameLabels(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value) return false;
  return true;
}

function samePorts(a: readonly NamedPort[], b: readonly NamedPort[]): boolean {
  if (a === b) return true;
  return (
    a.length === b.length &&
    a.every((port, i) => port.name === b[i]?.name && port.protocol === b[i]?.protocol && port.port === b[i]?.port)
  );
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((text, i) => text === b[i]));
}
