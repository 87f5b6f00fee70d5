import { identityOf } from '../../dialects/resources.ts';
import type { CheckContext } from '../../guardrails/context.ts';
import type { HostEndpoint } from '../../model/host-endpoint.ts';
import { hostBoxesOf } from '../../model/policy-shelf.ts';
import type { World } from '../../model/world.ts';
import { matchesBox } from '../../sets/labels.ts';
import { governing, type HostsByNode, hostsByNode } from './interfaces.ts';

/** An interface for which a change may matter: what governs it before and after; undefined where nothing does. */
export interface InterfaceAtStake {
  readonly before: HostEndpoint | undefined;
  readonly after: HostEndpoint;
}

/** Kinds whose changes may make a difference to hosts, besides those of policies. */
const otherKinds: ReadonlySet<string> = new Set([
  'Tier',
  'HostEndpoint',
  'Profile',
  'FelixConfiguration',
  'NetworkSet',
  'GlobalNetworkSet',
]);

/** The interfaces that something governs after the change, as far as the change may make a difference to them. */
export function interfacesAtStake(context: CheckContext): readonly InterfaceAtStake[] {
  const { change, before, after } = context;
  const { kind, group } = identityOf(change.ref);
  if (after.countOf('hostEndpoints') === 0) return [];
  if (kind === 'Namespace' ? group !== '' || !hasSets(after, change.ref.name) : group !== 'projectcalico.org')
    return [];
  const concerned = concernedBy(context, kind);
  if (concerned === undefined) return [];
  const [were, are] = [hostsByNode(before), hostsByNode(after)];
  const gone = kind === 'HostEndpoint' ? before.object('hostEndpoints', change.ref.name) : undefined;
  const is = kind === 'HostEndpoint' ? after.object('hostEndpoints', change.ref.name) : undefined;
  const found: InterfaceAtStake[] = [];
  for (const host of hostsOf(after, kind === 'HostEndpoint' ? [gone?.node, is?.node] : undefined, are)) {
    if (concerned(host)) found.push({ before: governedBefore(host, before, were), after: host });
  }
  // What one leaves behind, another may govern now.
  const heir = gone === undefined ? undefined : governing(are, gone);
  if (heir !== undefined && heir !== is) found.push({ before: gone, after: heir });
  return found;
}

function hostsOf(
  world: World,
  nodes: readonly (string | undefined)[] | undefined,
  byNode: HostsByNode,
): Iterable<HostEndpoint> {
  if (nodes === undefined) return world.objects('hostEndpoints');
  return [...new Set(nodes)].flatMap((node) => (node === undefined ? [] : (byNode.get(node) ?? [])));
}

function governedBefore(host: HostEndpoint, before: World, byNode: HostsByNode): HostEndpoint | undefined {
  const same = before.object('hostEndpoints', host.ref.name);
  return same?.node === host.node && same.interfaceName === host.interfaceName ? same : governing(byNode, host);
}

function hasSets(world: World, namespace: string): boolean {
  for (const { ref } of world.objects('networkSets')) if (ref.namespace === namespace) return true;
  return false;
}

/** Which host endpoints the change may matter to; undefined where it can matter to none. */
function concernedBy(
  { policy, oldPolicy, change, before, after }: CheckContext,
  kind: string,
): ((host: HostEndpoint) => boolean) | undefined {
  if (kind === 'Profile') return (host) => host.profiles.includes(change.ref.name);
  if (kind === 'Namespace' || otherKinds.has(kind)) return () => true;
  const boxes = [policy, oldPolicy].flatMap((one) => (one === undefined ? [] : hostBoxesOf(one)));
  if (boxes.length === 0) return undefined;
  return (host) =>
    [after, before].some((world) => {
      const attributes = world.attributesOfHost(host);
      return boxes.some((box) => matchesBox(box, attributes));
    });
}
