import type { Flow } from '../model/flow.ts';
import { withinNamespace } from '../model/governing.ts';
import type { Direction, Policy } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { inAny, podsOfToday } from '../reach/isolation.ts';
import { protocolName, someFlow, type Traffic } from '../sets/traffic.ts';

/** A flow between the far end and some pod that the policy governs, over the first traffic there is. */
export function flowWitness(
  policy: Policy,
  direction: Direction,
  far: string,
  traffic: Traffic,
  world: World,
): Flow | undefined {
  const flow = someFlow(traffic);
  if (flow === undefined) return undefined;
  const near = nearEnd(policy, world);
  const [from, to] = direction === 'ingress' ? [far, near] : [near, far];
  return { from, to, protocol: protocolName(flow.protocol), port: flow.port ?? flow.name ?? null };
}

/** A pod of today that the policy governs, else the namespace with `*` for a pod that may come. */
export function nearEnd(policy: Policy, world: World): string {
  const name = policy.ref.namespace;
  if (name === undefined) return '*';
  const namespace = world.namespaceOrBare(name);
  const boxes = policy.subject.endpoints.flatMap((box) => withinNamespace(box, namespace) ?? []);
  const pod = podsOfToday(world, name).find((one) => inAny(boxes, one));
  return `${name}/${pod?.workload?.name ?? '*'}`;
}
