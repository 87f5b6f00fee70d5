import type { Flow } from '../model/flow.ts';
import type { ChangedFlow } from '../reach/changed-flows.ts';
import { formatTraffic, protocolName, someFlow } from '../sets/traffic.ts';
import type { FieldPath } from '../json/path.ts';
import type { CheckContext } from './context.ts';

/** What both invariants say of a flow. */
export interface FlowArgs {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly traffic: string;
}

export function flowArgs(name: string, flow: ChangedFlow): FlowArgs {
  return { name, from: flow.from, to: flow.to, traffic: formatTraffic(flow.traffic) };
}

export function flowOf(flow: ChangedFlow): Flow {
  const some = someFlow(flow.traffic);
  return {
    from: flow.from,
    to: flow.to,
    protocol: some === undefined ? 'TCP' : protocolName(some.protocol),
    port: some?.port ?? some?.name ?? null,
  };
}

/** Where a reader should look: at the labels of a namespace, else at the whole of the policy. */
export function changedPart({ change }: CheckContext): FieldPath {
  return change.ref.kind === 'Namespace' ? ['metadata', 'labels'] : ['spec'];
}
