import type { CheckContext } from '../guardrails/context.ts';
import type { FlowSpec } from '../model/flow-spec.ts';
import { groupKind, labelsOf } from '../model/object.ts';
import type { Policy } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import {
  intersectTraffic,
  isNoTraffic,
  namedPorts,
  noTraffic,
  protocolsOf,
  someFlow,
  subtractTraffic,
  type Traffic,
} from '../sets/traffic.ts';
import { type End, endsOfToday, possibleEnds } from './ends.ts';
import { Reachability } from './reachability.ts';

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
  | { readonly answer: 'unknown'; readonly because: 'work-cap' | 'no-cluster-facts' };

const mostPairs = 20_000;

/** A flow of today that was possible before the change and is not after it. */
export function cutFlow(context: CheckContext, spec: FlowSpec): FlowsAnswer {
  const policies = concerned(context);
  const from = endsOfToday(spec.from, context.after, policies, context.enforcer);
  const to = endsOfToday(spec.to, context.after, policies, context.enforcer);
  if (from?.length === 0 || to?.length === 0) return { answer: 'nobody' };
  return changed(context, spec, from, to, (before, after) => ({
    certain: subtractTraffic(before.allowed, after.possible),
    perhaps: subtractTraffic(before.possible, after.allowed),
  }));
}

/** A flow between pods that may ever exist that was not possible before the change and is after it. */
export function openedFlow(context: CheckContext, spec: FlowSpec): FlowsAnswer {
  const policies = concerned(context);
  const worlds = [context.before, context.after];
  const namespaces = [...new Set(policies.flatMap((policy) => policy.ref.namespace ?? [])), ...namespaceOf(context)];
  // In a world of pods that may come, one may give any name to any port.
  const ports = policies.flatMap((policy) =>
    [...policy.ingress.rules, ...policy.egress.rules].flatMap((rule) =>
      namedPorts(rule.traffic).flatMap(({ protocol, name }) => {
        const port = protocolsOf(spec.traffic).includes(protocol) ? someFlow(spec.traffic)?.port : undefined;
        return port === undefined ? [] : [{ protocol, name, port }];
      }),
    ),
  );
  const from = possibleEnds(spec.from, worlds, policies, namespaces, ports, context.enforcer);
  const to = possibleEnds(spec.to, worlds, policies, namespaces, ports, context.enforcer);
  return changed(context, spec, from, to, (before, after) => ({
    certain: subtractTraffic(after.allowed, before.possible),
    perhaps: subtractTraffic(after.possible, before.allowed),
  }));
}

function changed(
  context: CheckContext,
  spec: FlowSpec,
  from: readonly End[] | undefined,
  to: readonly End[] | undefined,
  compare: (before: Sides, after: Sides) => { readonly certain: Traffic; readonly perhaps: Traffic },
): FlowsAnswer {
  if (from === undefined || to === undefined) return { answer: 'unknown', because: 'work-cap' };
  const near = new Set(namespaceOf(context));
  const settings = { enforcer: context.enforcer, cluster: context.cluster };
  const was = new Reachability(context.before, settings);
  const is = new Reachability(context.after, settings);
  let pairs = 0;
  let unsure = false;
  for (const sender of from) {
    for (const receiver of to) {
      if (!isNear(sender, near) && !isNear(receiver, near)) continue;
      pairs += 1;
      if (pairs > mostPairs) return { answer: 'unknown', because: 'work-cap' };
      const { certain, perhaps } = compare(
        flows(was, context.before, sender, receiver),
        flows(is, context.after, sender, receiver),
      );
      const lost = intersectTraffic(certain, spec.traffic);
      if (!isNoTraffic(lost)) return { answer: 'some', flow: { from: sender, to: receiver, traffic: lost } };
      unsure ||= !isNoTraffic(intersectTraffic(perhaps, spec.traffic));
    }
  }
  return unsure ? { answer: 'unknown', because: 'no-cluster-facts' } : { answer: 'none' };
}

interface Sides {
  readonly allowed: Traffic;
  readonly possible: Traffic;
}

/** Addresses send to addresses past all policies: nothing there is ours to tell. */
function flows(reach: Reachability, world: World, from: End, to: End): Sides {
  if (from.namespace === undefined && to.namespace === undefined) return { allowed: noTraffic, possible: noTraffic };
  return reach.between(from.in(world), to.in(world));
}

function isNear(end: End, near: ReadonlySet<string>): boolean {
  return end.namespace !== undefined && near.has(end.namespace);
}

/** Where the change takes place. */
function namespaceOf({ change }: CheckContext): readonly string[] {
  if (groupKind(change.ref) === 'Namespace') return [change.ref.name];
  return change.ref.namespace === undefined ? [] : [change.ref.namespace];
}

/** The policies that can make a difference to the change: those of its namespace, and those that read its labels. */
function concerned(context: CheckContext): readonly Policy[] {
  const { change, before, after } = context;
  const labels = groupKind(change.ref) === 'Namespace' ? changedLabels(context) : [];
  return [before, after].flatMap((world) => [
    ...namespaceOf(context).flatMap((name) => world.policiesOf(name)),
    ...world.clusterPolicies(),
    ...labels.flatMap((label) =>
      world.policiesReading(label, [labelsOf(change.oldObject).get(label), labelsOf(change.object).get(label)]),
    ),
  ]);
}

function changedLabels({ change }: CheckContext): readonly string[] {
  const was = labelsOf(change.oldObject);
  const is = labelsOf(change.object);
  return [...new Set([...was.keys(), ...is.keys()])].filter((key) => was.get(key) !== is.get(key));
}
