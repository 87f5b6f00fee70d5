import {
  endpointKind,
  jointLabels,
  nameLabel,
  namespaceKey,
  namespaceLabelOf,
  namespaceName,
} from '../model/attributes.ts';
import { namedNamespaces } from '../model/box-parts.ts';
import type { EnforcerProfile } from '../model/cluster-facts.ts';
import type { PodClass } from '../model/endpoint.ts';
import type { FlowEnd } from '../model/flow-spec.ts';
import type { Namespace } from '../model/namespace.ts';
import type { Policy } from '../model/policy.ts';
import { selects } from '../model/selection.ts';
import type { World } from '../model/world.ts';
import {
  type AddressSet,
  everyAddress,
  intersectAddresses,
  isNoAddress,
  partitionAddresses,
  someAddress,
} from '../sets/addresses.ts';
import {
  intersectBoxes,
  isEmptyBox,
  type LabelBox,
  labelIn,
  matchesBox,
  renameKeys,
  someLabels,
  subtractBox,
} from '../sets/labels.ts';
import { addressParty, type Party, podParty } from './party.ts';

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
  | { readonly kind: 'new-namespace' };

/** More ends than this on one side of a flow are not looked through one by one. */
const mostEnds = 2000;

/** The ends that exist today: pods that run, and the address ranges that none of `policies` tells apart. */
export function endsOfToday(
  end: FlowEnd,
  world: World,
  policies: readonly Policy[],
  enforcer: EnforcerProfile,
): readonly End[] | undefined {
  const found: End[] = [];
  if (end.kind === 'pods' || end.kind === 'everyone') {
    for (const name of namespacesOf(end, world)) {
      const namespace = world.namespaceOrBare(name);
      if (end.kind === 'pods' && !selects(end.namespaces, name, namespace.labels)) continue;
      for (const pod of world.podsOf(name)) {
        if (!pod.running || (end.kind === 'pods' && !selects(end.pods, pod.workload?.name ?? '', pod.labels))) continue;
        found.push(podEnd(pod, name, enforcer));
        if (found.length > mostEnds) return undefined;
      }
    }
  }
  found.push(...addressEnds(end, policies));
  return found;
}

/** Names that are written out are looked up; otherwise every namespace that holds anything is asked. */
function namespacesOf(end: FlowEnd, world: World): Iterable<string> {
  const names = end.kind === 'pods' ? end.namespaces.names : undefined;
  return names !== undefined && !names.some((name) => name.includes('*')) ? names : world.populatedNamespaces();
}

function podEnd(pod: PodClass, namespace: string, enforcer: EnforcerProfile): End {
  return {
    name: `${namespace}/${pod.workload?.name ?? '*'}`,
    who: whoIs(pod, namespace),
    namespace,
    in: inEach((world) => podParty(pod, world, enforcer)),
  };
}

/** What an end is in each World, made once: what is remembered of parties is found by their identity. */
function inEach(make: (world: World) => Party): (world: World) => Party {
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

function addressEnds(end: FlowEnd, policies: readonly Policy[]): readonly End[] {
  const wanted = end.kind === 'addresses' ? end.addresses : end.kind === 'everyone' ? everyAddress : undefined;
  if (wanted === undefined) return [];
  return partitionAddresses([wanted, ...blocksOf(policies)])
    .filter(({ range }) => !isNoAddress(intersectAddresses(range, wanted)))
    .map(({ range, first, last }) => {
      const text = someAddress(range) ?? (first === last ? first : `${first}-${last}`);
      const party = addressParty(range);
      return { name: text, who: { kind: 'addresses', text }, namespace: undefined, in: () => party };
    });
}

function blocksOf(policies: readonly Policy[]): readonly AddressSet[] {
  return peersOf(policies).flatMap(({ addresses }) => (addresses === 'any' ? [] : [addresses]));
}

function peersOf(policies: readonly Policy[]) {
  return policies.flatMap((policy) => [...policy.ingress.rules, ...policy.egress.rules].flatMap((rule) => rule.peers));
}

/**
 * One pod for every kind of pod there could ever be that `policies` can tell apart: in the given namespaces, and, where
 * the end does not name its namespaces, in one that does not exist yet. Undefined past the work cap.
 */
export function possibleEnds(
  end: FlowEnd,
  worlds: readonly World[],
  policies: readonly Policy[],
  namespaces: readonly string[],
  ports: PodClass['namedPorts'],
  enforcer: EnforcerProfile,
): readonly End[] | undefined {
  const found: End[] = [...addressEnds(end, policies)];
  if (end.kind !== 'pods' && end.kind !== 'everyone') return found;
  const cells = split(boxOfEnd(end), boxesOf(policies));
  if (cells === undefined) return undefined;
  const written = end.kind === 'pods' ? (end.namespaces.names ?? []) : [];
  const named = boxesOf(policies).flatMap((box) => namedNamespaces(box) ?? []);
  const names = new Set([...namespaces, ...written, ...named].filter((name) => !name.includes('*')));
  if (names.size * cells.length > mostEnds) return undefined;
  for (const cell of cells) {
    for (const name of names) {
      const here = worlds.some((world) => matchesNamespace(end, world.namespaceOrBare(name)));
      const pods = here
        ? podsOfCell(
            cell,
            worlds.map((world) => world.namespaceOrBare(name)),
          )
        : undefined;
      if (pods !== undefined) found.push(podEnd(imagined(pods, name, ports), name, enforcer));
    }
    const fresh = freshNamespace(cell, end, worlds);
    if (fresh !== undefined) {
      const pod = imagined(plainLabels(cell), fresh.name, ports);
      found.push({
        name: `${fresh.name}/*`,
        who: { kind: 'new-namespace' },
        namespace: fresh.name,
        in: inEach((world) => podParty(pod, world, enforcer, fresh)),
      });
    }
    if (found.length > mostEnds) return undefined;
  }
  return found;
}

function matchesNamespace(end: FlowEnd, namespace: Namespace): boolean {
  return end.kind === 'everyone' || (end.kind === 'pods' && selects(end.namespaces, namespace.name, namespace.labels));
}

/** What the end asks of labels, in the joint space; names are looked at apart, since they may be globs. */
function boxOfEnd(end: Extract<FlowEnd, { kind: 'pods' | 'everyone' }>): LabelBox {
  const pod = labelIn(endpointKind, ['Pod']);
  if (end.kind === 'everyone') return pod;
  return intersectBoxes(pod, intersectBoxes(end.pods.labels, renameKeys(end.namespaces.labels, namespaceKey)));
}

function boxesOf(policies: readonly Policy[]): readonly LabelBox[] {
  const peers = peersOf(policies).flatMap(({ endpoints }) => (endpoints === 'any' ? [] : endpoints));
  return [...policies.flatMap((policy) => policy.subject.endpoints), ...peers];
}

/** Cuts a box so finely that each piece lies wholly inside or wholly outside each of the others. */
function split(box: LabelBox, by: readonly LabelBox[], cap = 500): readonly LabelBox[] | undefined {
  let cells: readonly LabelBox[] = [box];
  for (const cutter of by) {
    cells = cells.flatMap((cell) => {
      const inside = intersectBoxes(cell, cutter);
      return isEmptyBox(inside) ? [cell] : [inside, ...subtractBox(cell, cutter)];
    });
    if (cells.length > cap) return undefined;
  }
  return cells.filter((cell) => !isEmptyBox(cell));
}

/** A pod of the cell in a namespace that exists, whose labels are what they are in one of the Worlds. */
function podsOfCell(cell: LabelBox, namespaces: readonly Namespace[]): ReadonlyMap<string, string> | undefined {
  const pods = plainLabels(cell);
  return namespaces.some((namespace) => matchesBox(cell, lookup(namespace, pods))) ? pods : undefined;
}

function lookup(namespace: Namespace, pods: ReadonlyMap<string, string>) {
  return jointLabels(namespace.labels, pods);
}

function plainLabels(cell: LabelBox): ReadonlyMap<string, string> {
  const labels = someLabels(cell) ?? new Map<string, string>();
  return new Map([...labels].filter(([key]) => key !== endpointKind && namespaceLabelOf(key) === undefined));
}

/** A namespace that nobody has made yet and whose pods are in the cell, where the end and the cell leave its name open. */
function freshNamespace(cell: LabelBox, end: FlowEnd, worlds: readonly World[]): Namespace | undefined {
  if (end.kind === 'pods' && end.namespaces.names !== undefined && !end.namespaces.names.includes('*'))
    return undefined;
  for (const name of ['new-namespace', 'another-new-namespace', 'yet-another-new-namespace']) {
    if (worlds.some((world) => world.namespace(name) !== undefined)) continue;
    const named = intersectBoxes(cell, labelIn(namespaceName, [name]));
    const labels = isEmptyBox(named) ? undefined : someLabels(named);
    if (labels === undefined) continue;
    const own = [...labels].flatMap(([key, value]): [string, string][] => {
      const label = namespaceLabelOf(key);
      return label === undefined ? [] : [[label, value]];
    });
    return { name, labels: new Map([...own, [nameLabel, name]]), terminating: false };
  }
  return undefined;
}

function imagined(
  labels: ReadonlyMap<string, string>,
  namespace: string,
  namedPorts: PodClass['namedPorts'],
): PodClass {
  return {
    namespace,
    labels,
    namedPorts,
    hostNetwork: false,
    serviceAccount: 'default',
    running: true,
    count: 1,
    workload: labels.size === 0 ? { kind: 'Pod', name: '*' } : undefined,
    addresses: [],
  };
}
