import { endpointsOf } from '../dialects/calico/endpoints.ts';
import { parseSelector } from '../dialects/calico/selector/parse.ts';
import type { EnforcerProfile } from '../model/cluster-facts.ts';
import type { PodClass } from '../model/endpoint.ts';
import type { FlowEnd } from '../model/flow-spec.ts';
import { directions, type Policy } from '../model/policy.ts';
import { selects } from '../model/selection.ts';
import type { World } from '../model/world.ts';
import {
  type AddressSet,
  addressKey,
  everyAddress,
  intersectAddresses,
  isNoAddress,
  partitionAddresses,
  someAddress,
} from '../sets/addresses.ts';
import { Strands } from './address-strands.ts';
import { addressParty, hostParty, type Party, podParty } from './party.ts';

/** One end of a flow as it stands in each of two Worlds: a namespace may have other labels after a change. */
export interface End {
  /** As `sekisho reach` takes it: `shop/web`, `203.0.113.7`; with `*` for a pod or a namespace that may come. */
  readonly name: string;
  readonly who: Who;
  readonly namespace: string | undefined;
  in(world: World): Party;
}

/** What an end is, for words in any language. */
export type Who =
  | { readonly kind: 'addresses'; readonly text: string }
  | { readonly kind: 'workload'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'labelled'; readonly namespace: string; readonly labels: ReadonlyMap<string, string> }
  | { readonly kind: 'host'; readonly name: string }
  | { readonly kind: 'new-namespace' };

/** More ends than this on one side of a flow are not looked through one by one. */
export const mostEnds = 2000;

/** The pods that run today; undefined past the work cap. */
export function podsOfToday(end: FlowEnd, world: World, enforcer: EnforcerProfile): readonly End[] | undefined {
  if (end.kind !== 'pods' && end.kind !== 'everyone') return [];
  const found: End[] = [];
  for (const name of namespacesOf(end, world)) {
    const namespace = world.namespaceOrBare(name);
    if (end.kind === 'pods' && !selects(end.namespaces, name, namespace.labels)) continue;
    for (const pod of world.podsOf(name)) {
      if (!pod.running || (end.kind === 'pods' && !selects(end.pods, pod.workload?.name ?? '', pod.labels))) continue;
      found.push(podEnd(pod, name, (one) => podParty(pod, one, enforcer)));
      if (found.length > mostEnds) return undefined;
    }
  }
  return found;
}

/** Names that are written out are looked up; otherwise every namespace that holds anything is asked. */
function namespacesOf(end: FlowEnd, world: World): Iterable<string> {
  const names = end.kind === 'pods' ? end.namespaces.names : undefined;
  return names !== undefined && !names.some((name) => name.includes('*')) ? names : world.populatedNamespaces();
}

export function podEnd(pod: PodClass, namespace: string, make: (world: World) => Party): End {
  return {
    name: `${namespace}/${pod.workload?.name ?? '*'}`,
    who: whoIs(pod, namespace),
    namespace,
    in: inEach(make),
  };
}

/** What an end is in each World, made once: what is remembered of parties is found by their identity. */
export function inEach(make: (world: World) => Party): (world: World) => Party {
  const known = new Map<World, Party>();
  return (world) => {
    const party = known.get(world) ?? make(world);
    known.set(world, party);
    return party;
  };
}

function whoIs({ workload, labels }: PodClass, namespace: string): Who {
  return workload === undefined || workload.name === '*'
    ? { kind: 'labelled', namespace, labels }
    : { kind: 'workload', namespace, name: workload.name };
}

/** The host endpoints that the end chooses; undefined for a selector that Calico would refuse, or that is too long to be looked up. */
export function hostEnds(end: FlowEnd, world: World): readonly End[] | undefined {
  if (end.kind !== 'hosts') return [];
  const parsed = parseSelector(end.selector);
  const boxes = parsed.ok ? endpointsOf(parsed.selector, ['HostEndpoint']) : undefined;
  return boxes === undefined
    ? undefined
    : world.hostsIn(boxes).map((host) => {
        const name = `${host.node}/${host.interfaceName ?? host.ref.name}`;
        return {
          name: `host:${name}`,
          who: { kind: 'host', name },
          namespace: undefined,
          in: inEach((one) => hostParty(one.object('hostEndpoints', host.ref.name) ?? host, one)),
        };
      });
}

/** The addresses of the end, by the ranges that none of `policies` tells apart in any of the Worlds; undefined past the work cap. */
export function addressEnds(
  end: FlowEnd,
  worlds: readonly World[],
  policies: readonly Policy[],
): readonly End[] | undefined {
  const wanted = end.kind === 'addresses' ? end.addresses : end.kind === 'everyone' ? everyAddress : undefined;
  if (wanted === undefined) return [];
  const blocks = blocksOf(worlds, policies);
  if (blocks === undefined) return undefined;
  const found = partitionAddresses([wanted, ...blocks])
    .filter(({ range }) => !isNoAddress(intersectAddresses(range, wanted)))
    .map(({ range, first, last }): End => {
      const text = someAddress(range) ?? (first === last ? first : `${first}-${last}`);
      const party = addressParty(range);
      return { name: text, who: { kind: 'addresses', text }, namespace: undefined, in: () => party };
    });
  return found.length > mostEnds ? undefined : found;
}

function blocksOf(worlds: readonly World[], policies: readonly Policy[]): readonly AddressSet[] | undefined {
  const found = new Map<string, AddressSet>();
  for (const world of worlds) {
    const strands = new Strands(world);
    for (const policy of policies) {
      for (const direction of directions) {
        for (const { addresses } of strands.of(policy, direction)) found.set(addressKey(addresses), addresses);
        if (found.size > mostEnds) return undefined;
      }
    }
  }
  return [...found.values()];
}
