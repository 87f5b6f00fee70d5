import { type Address, parseAddress } from './addresses.ts';
import type { LabelMap } from './labels.ts';
import type {
  AnyObject,
  NamespaceObject,
  PodObject,
  PodSpec,
  PodTemplate,
  PolicyObject,
  WorkloadObject,
} from './manifests.ts';

export interface NamedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

/** The pods of one workload, or a pod by itself. */
export interface Workload {
  readonly kind: 'workload';
  readonly id: string;
  readonly namespace: string;
  readonly namespaceLabels: LabelMap;
  readonly labels: LabelMap;
  readonly ports: readonly NamedPort[];
  readonly hostNetwork: boolean;
  readonly addresses: readonly Address[];
  /** Whether it may be more than one pod. */
  readonly several: boolean;
}

export interface Policy {
  readonly namespace: string;
  readonly object: PolicyObject;
}

export interface Cluster {
  readonly workloads: readonly Workload[];
  readonly policies: readonly Policy[];
}

const nameLabel = 'kubernetes.io/metadata.name';

/** An object that names no namespace is in this one. */
export const defaultNamespace = 'default';

export function readCluster(objects: readonly AnyObject[]): Cluster {
  const namespaces = new Map<string, LabelMap>();
  for (const object of objects)
    if (isNamespace(object)) namespaces.set(object.metadata.name, labelsOfNamespace(object));
  const labelsOf = (name: string) => namespaces.get(name) ?? { [nameLabel]: name };
  const makers = objects.filter((object) => isPod(object) || isWorkload(object));
  const workloads: Workload[] = [];
  for (const maker of makers) {
    // Pods and ReplicaSets whose controller is here are that controller's.
    if (controllerOf(maker, makers) !== undefined || (isPod(maker) && !isLive(maker))) continue;
    const pods = [maker, ...makers.filter((other) => other !== maker && headOf(other, makers) === maker)].filter(isPod);
    const namespace = namespaceOf(maker);
    workloads.push({
      kind: 'workload',
      id: `${namespace}/${maker.metadata.name}[${maker.kind}]`,
      namespace,
      namespaceLabels: labelsOf(namespace),
      labels: (isPod(maker) ? maker.metadata.labels : templateOf(maker).metadata.labels) ?? {},
      ports: portsOf(isPod(maker) ? maker.spec : templateOf(maker).spec),
      hostNetwork: (isPod(maker) ? maker.spec : templateOf(maker).spec).hostNetwork === true,
      addresses: distinct(pods.filter(isLive).flatMap(addressesOf)),
      several: !isPod(maker) && maySpread(maker),
    });
  }
  const policies = objects.filter(isPolicy).map((object) => ({ namespace: namespaceOf(object), object }));
  return { workloads, policies };
}

function isNamespace(object: AnyObject): object is NamespaceObject {
  return object.kind === 'Namespace';
}

function isPod(object: AnyObject): object is PodObject {
  return object.kind === 'Pod';
}

function isPolicy(object: AnyObject): object is PolicyObject {
  return object.kind === 'NetworkPolicy';
}

function isWorkload(object: AnyObject): object is WorkloadObject {
  return !isNamespace(object) && !isPod(object) && !isPolicy(object);
}

function namespaceOf(object: AnyObject): string {
  return object.metadata.namespace ?? defaultNamespace;
}

/** The API server sets the name, whatever somebody wrote there. */
function labelsOfNamespace({ metadata }: NamespaceObject): LabelMap {
  return { ...metadata.labels, [nameLabel]: metadata.name };
}

type Maker = PodObject | WorkloadObject;

function controllerOf(object: Maker, makers: readonly Maker[]): Maker | undefined {
  const owner = object.metadata.ownerReferences?.find((one) => one.controller);
  return makers.find(
    (one) =>
      owner !== undefined &&
      one.apiVersion === owner.apiVersion &&
      one.kind === owner.kind &&
      one.metadata.name === owner.name &&
      namespaceOf(one) === namespaceOf(object),
  );
}

function headOf(object: Maker, makers: readonly Maker[]): Maker {
  const controller = controllerOf(object, makers);
  return controller === undefined ? object : headOf(controller, makers);
}

function templateOf({ spec }: WorkloadObject): PodTemplate {
  const template = spec.template ?? spec.jobTemplate?.spec.template;
  if (template === undefined) throw new Error('a workload without a template');
  return template;
}

/** Finished and terminating pods neither send nor take anything, and their addresses may be those of others by now. */
function isLive({ metadata, status }: PodObject): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed' && metadata.deletionTimestamp === undefined;
}

/** One pod a node for a DaemonSet; a CronJob may start the next before the last has ended. */
function maySpread({ kind, spec }: WorkloadObject): boolean {
  if (kind === 'DaemonSet' || kind === 'CronJob') return true;
  return (kind === 'Job' ? (spec.parallelism ?? 1) : (spec.replicas ?? 1)) > 1;
}

/** Init containers are gone when the pod serves, but for those that go on beside it. */
function portsOf({ containers, initContainers = [] }: PodSpec): readonly NamedPort[] {
  const serving = [...containers, ...initContainers.filter((one) => one.restartPolicy === 'Always')];
  return serving.flatMap(({ ports = [] }) =>
    ports.flatMap(({ name, containerPort, protocol = 'TCP' }) =>
      name === undefined ? [] : [{ name, protocol, port: containerPort }],
    ),
  );
}

function addressesOf({ status }: PodObject): readonly Address[] {
  const texts = [status?.podIP ?? '', ...(status?.podIPs ?? []).map(({ ip }) => ip)];
  return texts.flatMap((text) => parseAddress(text) ?? []);
}

function distinct(addresses: readonly Address[]): readonly Address[] {
  return [...new Map(addresses.map((address) => [`${address.family} ${address.value}`, address])).values()];
}
