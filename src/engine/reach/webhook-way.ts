import type { CheckContext, OwnWebhook } from '../model/check-context.ts';
import type { EnforcerProfile } from '../model/cluster-facts.ts';
import { type PodClass, portNumbers } from '../model/endpoint.ts';
import { groupKind, refName } from '../model/object.ts';
import { type Direction, decidesForPods, type Policy, ruleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import {
  type AddressSet,
  everyAddress,
  intersectAddresses,
  isNoAddress,
  partitionAddresses,
  someAddress,
} from '../sets/addresses.ts';
import { matchesBox } from '../sets/labels.ts';
import { TCP } from '../sets/protocols.ts';
import { intersectTraffic, isNoTraffic, portTraffic, subtractTraffic, unionAllTraffic } from '../sets/traffic.ts';
import { Strands } from './address-strands.ts';
import { podsOfToday } from './isolation.ts';
import { addressParty, type Party, type PodParty, podParty } from './party.ts';
import { Reachability } from './reachability.ts';

/** A pod, by the namespace that it is in and its name, where it has one. */
export interface NamedPod {
  readonly namespace: string;
  readonly name: string;
}

/** A call that could be made before the change, and cannot after it. */
export interface CutCall {
  /** Who calls: an address of the API server, or the pods of Calico's. */
  readonly from: { readonly address: string } | { readonly pod: NamedPod };
  readonly to: NamedPod;
  readonly port: number;
}

export type CallsAnswer =
  | { readonly answer: 'kept' }
  | { readonly answer: 'cut'; readonly call: CutCall }
  | { readonly answer: 'unknown'; readonly because: 'no-pods' | 'no-cluster-facts' | 'work-cap' };

const kept: CallsAnswer = { answer: 'kept' };

/** As `deploy/` labels the pods, and the port on which they answer. */
const ownLabels: ReadonlyMap<string, string> = new Map([['app.kubernetes.io/name', 'sekisho']]);
const ownPort = { name: 'webhook', number: 8443 };
const servicePort = 443;

/** Where Calico's own API server runs, which asks the webhook about `projectcalico.org/v3`, and how its pods are labelled. */
const callerNamespaces: readonly string[] = ['calico-apiserver', 'calico-system'];
const callerLabels: ReadonlyMap<string, string> = new Map([['k8s-app', 'calico-apiserver']]);

/** More policies than this that govern one of the ends are not looked through. */
const mostPolicies = 200;
const mostCalls = 5_000;

/**
 * Whether the change leaves those who ask the webhook a way to its pods: the API server by its addresses, and Calico's
 * by its pods.
 */
export function callsAfter(context: CheckContext): CallsAnswer {
  const { before, after, webhook, cluster, enforcer } = context;
  if (isOfOtherNamespace(context)) return kept;
  const pods = ownPods(after, webhook);
  const callers = callerNamespaces.flatMap((namespace) => labelled(after, namespace, callerLabels));
  const answering = pods.length > 0 ? pods : [imagined(webhook.namespace)];
  if (!concerns(context, answering, callers)) return kept;
  if (pods.length === 0) return { answer: 'unknown', because: 'no-pods' };

  const servers = cluster.apiServers.map(({ addresses }) => addresses);
  if (servers.length === 0 && callers.length === 0) return { answer: 'unknown', because: 'no-cluster-facts' };
  const governing = (world: World) => [
    ...policiesOver(world, 'ingress', pods),
    ...policiesOver(world, 'egress', callers),
  ];
  const [over, overAfter] = [governing(before), governing(after)];
  if (over.length + overAfter.length > mostPolicies) return { answer: 'unknown', because: 'work-cap' };
  const senders: Sender[] = [
    ...addressSenders(servers, [...blocksOf(before, over), ...blocksOf(after, overAfter)]),
    ...callers.map((pod) => podSender(pod, enforcer)),
  ];
  if (senders.length * pods.length > mostCalls) return { answer: 'unknown', because: 'work-cap' };

  const settings = { enforcer, cluster };
  const was = new Reachability(before, settings, () => over);
  const is = new Reachability(after, settings, () => overAfter);
  let unsure = servers.length === 0;
  for (const pod of pods) {
    const ports = portsOf(pod, after, webhook);
    const wanted = unionAllTraffic(ports.map((port) => portTraffic(TCP, port, port)));
    for (const { who, in: party } of senders) {
      const old = was.between(party(before), podParty(pod, before, enforcer));
      const now = is.between(party(after), podParty(pod, after, enforcer));
      const lost = intersectTraffic(subtractTraffic(old.possible, now.possible), wanted);
      if (!isNoTraffic(lost)) {
        const port = ports.find((one) => !isNoTraffic(intersectTraffic(lost, portTraffic(TCP, one, one))));
        return { answer: 'cut', call: { from: who, to: nameOf(pod), port: port ?? ownPort.number } };
      }
      unsure ||= !isNoTraffic(intersectTraffic(subtractTraffic(old.allowed, now.allowed), wanted));
    }
  }
  return unsure ? { answer: 'unknown', because: 'no-cluster-facts' } : kept;
}

/** Whether those who ask the webhook reach its pods as things are. */
export type WayAnswer =
  | { readonly answer: 'unknown'; readonly because: 'no-pods' | 'work-cap' }
  | {
      readonly answer: 'known';
      /** The policies that isolate some of the pods, or keep Calico's API server from calling, as `Kind namespace/name`. */
      readonly policies: readonly string[];
      /** Calls that cannot be made. Empty where all can. */
      readonly cut: readonly CutCall[];
      /** Calls of which nobody can tell. */
      readonly unsure: readonly CutCall[];
    };

/** @param servers the addresses of the API servers; where none is known, every address there is */
export function wayNow(
  world: World,
  webhook: OwnWebhook,
  settings: { readonly enforcer: EnforcerProfile; readonly cluster: CheckContext['cluster'] },
  servers: readonly AddressSet[],
): WayAnswer {
  const pods = ownPods(world, webhook);
  if (pods.length === 0) return { answer: 'unknown', because: 'no-pods' };
  const callers = callerNamespaces.flatMap((namespace) => labelled(world, namespace, callerLabels));
  const over = [...policiesOver(world, 'ingress', pods), ...policiesOver(world, 'egress', callers)];
  if (over.length > mostPolicies) return { answer: 'unknown', because: 'work-cap' };
  const senders: readonly Sender[] = [
    ...addressSenders(servers.length > 0 ? servers : [everyAddress], blocksOf(world, over)),
    ...callers.map((pod) => podSender(pod, settings.enforcer)),
  ];
  if (senders.length * pods.length > mostCalls) return { answer: 'unknown', because: 'work-cap' };
  const reach = new Reachability(world, settings, () => over);
  const [cut, unsure]: [CutCall[], CutCall[]] = [[], []];
  for (const pod of pods) {
    for (const { who, in: party } of senders) {
      const { allowed, possible } = reach.between(party(world), podParty(pod, world, settings.enforcer));
      for (const port of portsOf(pod, world, webhook)) {
        const wanted = portTraffic(TCP, port, port);
        const call = { from: who, to: nameOf(pod), port };
        if (isNoTraffic(intersectTraffic(possible, wanted))) cut.push(call);
        else if (!isNoTraffic(subtractTraffic(wanted, allowed))) unsure.push(call);
      }
    }
  }
  const policies = [...new Set(over.map(({ ref }) => `${ref.kind} ${refName(ref)}`))].sort();
  return { answer: 'known', policies, cut, unsure };
}

/** The pods behind the Service, or, where nobody knows it, those that are labelled as the deployment labels them. */
function ownPods(world: World, { namespace, service }: OwnWebhook): readonly PodClass[] {
  const selector = world.servicesOf(namespace).find((one) => one.name === service)?.selector;
  return labelled(world, namespace, selector ?? ownLabels);
}

function labelled(world: World, namespace: string, labels: ReadonlyMap<string, string>): readonly PodClass[] {
  return podsOfToday(world, namespace).filter((pod) =>
    [...labels].every(([key, value]) => pod.labels.get(key) === value),
  );
}

/** A pod of the deployment, where none is known: to see whether the change could matter at all. */
function imagined(namespace: string): PodClass {
  return {
    namespace,
    labels: ownLabels,
    namedPorts: [],
    hostNetwork: false,
    serviceAccount: 'sekisho',
    running: true,
    count: 1,
    workload: undefined,
    addresses: [],
  };
}

/** Whether a policy is changed that governs pods of another namespace only: so are nearly all changes. */
function isOfOtherNamespace({ change, policy, oldPolicy, webhook }: CheckContext): boolean {
  const { namespace } = change.ref;
  if (namespace === undefined || (policy === undefined && oldPolicy === undefined)) return false;
  return namespace !== webhook.namespace && !callerNamespaces.includes(namespace);
}

/** Whether the change can make a difference to a call. Most are of policies that govern neither end, and cost no more than this. */
function concerns(context: CheckContext, answering: readonly PodClass[], callers: readonly PodClass[]): boolean {
  const { change, policy, oldPolicy, before, after, enforcer } = context;
  if (policy !== undefined || oldPolicy !== undefined) {
    const parties = (pods: readonly PodClass[]) => pods.map((pod) => podParty(pod, after, enforcer));
    return [policy, oldPolicy].some(
      (one) =>
        one !== undefined &&
        (governsAny(one, 'ingress', parties(answering)) || governsAny(one, 'egress', parties(callers))),
    );
  }
  const ends = [...answering, ...callers];
  switch (groupKind(change.ref)) {
    case 'Namespace':
      return ends.some(({ namespace }) => namespace === change.ref.name);
    case 'Tier.projectcalico.org':
    case 'Tier.crd.projectcalico.org':
    case 'NetworkSet.projectcalico.org':
    case 'NetworkSet.crd.projectcalico.org':
    case 'GlobalNetworkSet.projectcalico.org':
    case 'GlobalNetworkSet.crd.projectcalico.org':
      return [before, after].some(
        (world) => policiesOver(world, 'ingress', answering).length + policiesOver(world, 'egress', callers).length > 0,
      );
    default:
      return false;
  }
}

function governsAny(policy: Policy, direction: Direction, pods: readonly PodParty[]): boolean {
  if (!decidesForPods(policy) || !ruleList(policy, direction).applies) return false;
  return pods.some(({ attributes }) => policy.subject.endpoints.some((box) => matchesBox(box, attributes)));
}

/** The policies that govern some of these pods in a direction; only these are read. */
function policiesOver(world: World, direction: Direction, pods: readonly PodClass[]): readonly Policy[] {
  return [...Map.groupBy(pods, ({ namespace }) => namespace)].flatMap(([namespace, inside]) =>
    world
      .governing(namespace, direction)
      .filter(({ boxes }) => boxes.some((box) => inside.some(({ labels }) => matchesBox(box, labels))))
      .map(({ policy }) => policy),
  );
}

/** The addresses by which policies tell those who send apart. */
function blocksOf(world: World, policies: readonly Policy[]): readonly AddressSet[] {
  const strands = new Strands(world);
  return policies.flatMap((policy) => strands.of(policy, 'ingress').map(({ addresses }) => addresses));
}

interface Sender {
  readonly who: CutCall['from'];
  in(world: World): Party;
}

/** The addresses of the API servers, cut where a policy may treat them differently. */
function addressSenders(servers: readonly AddressSet[], blocks: readonly AddressSet[]): readonly Sender[] {
  return partitionAddresses([...servers, ...blocks])
    .filter(({ range }) => servers.some((server) => !isNoAddress(intersectAddresses(range, server))))
    .map(({ range, first }) => ({
      who: { address: someAddress(range) ?? first },
      in: () => addressParty(range),
    }));
}

function podSender(pod: PodClass, enforcer: EnforcerProfile): Sender {
  return { who: { pod: nameOf(pod) }, in: (world) => podParty(pod, world, enforcer) };
}

function nameOf({ namespace, workload, labels }: PodClass): NamedPod {
  return { namespace, name: workload?.name ?? labels.get('k8s-app') ?? labels.get('app.kubernetes.io/name') ?? '*' };
}

/** The ports of a pod behind the Service; those of the deployment where that cannot be told. */
function portsOf(pod: PodClass, world: World, { namespace, service }: OwnWebhook): readonly number[] {
  const ports = world.servicesOf(namespace).find((one) => one.name === service)?.ports ?? [];
  const leads = ports.find(({ port }) => port === servicePort) ?? ports[0];
  const target = leads?.target ?? ownPort.name;
  const numbers = typeof target === 'number' ? [target] : portNumbers(pod, TCP, target);
  return numbers.length > 0 ? numbers : [ownPort.number];
}
