import type { CheckContext } from '../model/check-context.ts';
import type { FlowEnd, FlowSpec } from '../model/flow-spec.ts';
import type { Policy } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import {
  equalTraffic,
  intersectTraffic,
  isNoTraffic,
  namedPorts,
  noTraffic,
  protocolsOf,
  someFlow,
  subtractTraffic,
  type Traffic,
} from '../sets/traffic.ts';
import { addressEnds, type End, hostEnds, podsOfToday } from './ends.ts';
import { type Imagination, matchesNamespace, possiblePods } from './possible-ends.ts';
import { type Flows, Reachability } from './reachability.ts';
import { readersOf, Touched } from './touched.ts';

/** A pair of ends of which a change alters what may pass. */
export interface ChangedFlow {
  readonly from: End;
  readonly to: End;
  readonly traffic: Traffic;
}

export type FlowsAnswer =
  | { readonly answer: 'none' }
  | { readonly answer: 'some'; readonly flow: ChangedFlow }
  /** There is no pod of today at one end. */
  | { readonly answer: 'nobody' }
  /** Some flow may have changed, or not: the enforcer's reading, or the work cap, leaves it open. */
  | { readonly answer: 'unknown'; readonly because: 'work-cap' | 'no-cluster-facts' | 'unsupported-field' };

const mostPairs = 20_000;

/** So many policies of the cluster are looked at, for all ends together. */
const mostLooks = 2_000_000;

/** Policies of more namespaces than this are not looked at for one change. */
const mostNamespaces = 200;

/** A flow of today that was possible before the change and is not after it. */
export function cutFlow(context: CheckContext, spec: FlowSpec): FlowsAnswer {
  const { before, after, enforcer } = context;
  const worlds = [before, after];
  const touched = new Touched(context);
  const hosts = [hostEnds(spec.from, after), hostEnds(spec.to, after)] as const;
  if (hosts[0] === undefined || hosts[1] === undefined) return unreadable;
  const senders = podsOfToday(spec.from, after, enforcer);
  const receivers = podsOfToday(spec.to, after, enforcer);
  if (senders === undefined || receivers === undefined) return workCap;
  // Addresses are told apart by the policies of whoever the change is about; all others decide as before.
  const near = [...senders, ...receivers].filter((end) => touched.includes(end.in, end.namespace));
  const policies = policiesAround(worlds, new Set(near.flatMap(({ namespace }) => namespace ?? [])));
  if (policies === undefined) return workCap;
  const [froms, tos] = [addressEnds(spec.from, worlds, policies), addressEnds(spec.to, worlds, policies)];
  if (froms === undefined || tos === undefined) return workCap;
  const from = [...senders, ...hosts[0], ...froms];
  const to = [...receivers, ...hosts[1], ...tos];
  if (from.length === 0 || to.length === 0) return { answer: 'nobody' };
  return changed(context, touched, spec, from, to, (was, is) => ({
    certain: subtractTraffic(was.allowed, is.possible),
    perhaps: subtractTraffic(was.possible, is.allowed),
  }));
}

/** A flow between pods that may ever exist that was not possible before the change and is after it. */
export function openedFlow(context: CheckContext, spec: FlowSpec): FlowsAnswer {
  const { before, after, enforcer } = context;
  const worlds = [before, after];
  const touched = new Touched(context);
  const namespaces = touched.namespace === undefined ? chosenBy(spec, worlds) : [touched.namespace];
  const around = policiesAround(worlds, new Set(namespaces));
  if (around === undefined) return workCap;
  const policies = [...around, ...readersOf(context)];
  const imagination: Imagination = { worlds, policies, namespaces, ports: portsOf(policies, spec), enforcer };
  const all = (end: FlowEnd): readonly End[] | undefined => {
    const pods = possiblePods(end, imagination);
    const addresses = addressEnds(end, worlds, policies);
    return pods === undefined || addresses === undefined ? undefined : [...addresses, ...pods];
  };
  const hosts = [hostEnds(spec.from, after), hostEnds(spec.to, after)] as const;
  if (hosts[0] === undefined || hosts[1] === undefined) return unreadable;
  const [others, otherTos] = [all(spec.from), all(spec.to)];
  if (others === undefined || otherTos === undefined) return workCap;
  const from = [...others, ...hosts[0]];
  const to = [...otherTos, ...hosts[1]];
  return changed(context, touched, spec, from, to, (was, is) => ({
    certain: subtractTraffic(is.allowed, was.possible),
    perhaps: subtractTraffic(is.possible, was.allowed),
  }));
}

const workCap: FlowsAnswer = { answer: 'unknown', because: 'work-cap' };
const unreadable: FlowsAnswer = { answer: 'unknown', because: 'unsupported-field' };

/** In a world of pods that may come, one may give any name to any port. */
function portsOf(policies: readonly Policy[], spec: FlowSpec): Imagination['ports'] {
  const port = someFlow(spec.traffic)?.port;
  if (port === undefined) return [];
  const protocols = protocolsOf(spec.traffic);
  return policies
    .flatMap((policy) => [...policy.ingress.rules, ...policy.egress.rules])
    .flatMap(({ traffic, exceptNamed = noTraffic }) => [...namedPorts(traffic), ...namedPorts(exceptNamed)])
    .flatMap(({ protocol, name }) => (protocols.includes(protocol) ? [{ protocol, name, port }] : []));
}

/** The namespaces that exist and that an end of the flow chooses. */
function chosenBy({ from, to }: FlowSpec, worlds: readonly World[]): readonly string[] {
  const found = new Set<string>();
  for (const world of worlds) {
    for (const namespace of world.namespaces()) {
      if (matchesNamespace(from, namespace) || matchesNamespace(to, namespace)) found.add(namespace.name);
      if (found.size > mostNamespaces) return [...found];
    }
  }
  return [...found];
}

/** The policies that may govern pods of some namespaces; undefined past the work cap. */
function policiesAround(worlds: readonly World[], namespaces: ReadonlySet<string>): readonly Policy[] | undefined {
  if (namespaces.size > mostNamespaces) return undefined;
  return worlds.flatMap((world) => [
    ...[...namespaces].flatMap((name) => world.policiesOf(name)),
    ...world.clusterPolicies(),
  ]);
}

type Compare = (before: Sides, after: Sides) => { readonly certain: Traffic; readonly perhaps: Traffic };

function changed(
  context: CheckContext,
  touched: Touched,
  spec: FlowSpec,
  from: readonly End[],
  to: readonly End[],
  compare: Compare,
): FlowsAnswer {
  const { before, after, enforcer, cluster } = context;
  const looks = before.clusterPolicies().length + after.clusterPolicies().length;
  if ((from.length + to.length) * looks > mostLooks) return workCap;
  const near = new Set([...from, ...to].filter((end) => touched.includes(end.in, end.namespace)));
  const was = new Reachability(before, { enforcer, cluster });
  const is = new Reachability(after, { enforcer, cluster });
  // What governs hosts is not judged; a change inside one namespace leaves it as it is.
  const hostsStay = touched.namespace !== undefined;
  const isHost = (end: End): boolean => is.isHost(end.in(after));
  let pairs = 0;
  let unsure = false;
  for (const sender of from) {
    for (const receiver of to) {
      const aboutHosts = isHost(sender) || isHost(receiver);
      if (!near.has(sender) && !near.has(receiver) && (hostsStay || !aboutHosts)) continue;
      pairs += 1;
      if (pairs > mostPairs) return workCap;
      const [old, now] = [flows(was, before, sender, receiver), flows(is, after, sender, receiver)];
      if (aboutHosts && hostsStay && sameFlows(old, now)) continue;
      const { certain, perhaps } = compare(old, now);
      const lost = intersectTraffic(certain, spec.traffic);
      if (!isNoTraffic(lost)) return { answer: 'some', flow: { from: sender, to: receiver, traffic: lost } };
      unsure ||= !isNoTraffic(intersectTraffic(perhaps, spec.traffic));
    }
  }
  return unsure ? { answer: 'unknown', because: 'no-cluster-facts' } : { answer: 'none' };
}

type Sides = Pick<Flows, 'allowed' | 'possible'>;

function sameFlows(a: Sides, b: Sides): boolean {
  return equalTraffic(a.allowed, b.allowed) && equalTraffic(a.possible, b.possible);
}

/** Addresses send to addresses past all policies: nothing there is ours to tell. */
function flows(reach: Reachability, world: World, from: End, to: End): Sides {
  const [sender, receiver] = [from.in(world), to.in(world)];
  if (sender.kind === 'addresses' && receiver.kind === 'addresses') return { allowed: noTraffic, possible: noTraffic };
  return reach.between(sender, receiver);
}
