import {
  attributesOf,
  defaultServiceAccount,
  endpointKind,
  type Labels,
  nameLabel,
  namespaceKey,
  namespaceLabelOf,
  namespaceName,
  serviceAccountLabelOf,
  serviceAccountName,
} from '../model/attributes.ts';
import { distinctBoxes, namedNamespaces } from '../model/box-parts.ts';
import type { EnforcerProfile } from '../model/cluster-facts.ts';
import type { PodClass } from '../model/endpoint.ts';
import type { FlowEnd } from '../model/flow-spec.ts';
import type { Namespace } from '../model/namespace.ts';
import type { Peer, Policy } from '../model/policy.ts';
import { selects } from '../model/selection.ts';
import type { World } from '../model/world.ts';
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
import { type End, inEach, mostEnds, podEnd } from './ends.ts';
import { podParty } from './party.ts';

/** What pods that may come are made of. */
export interface Imagination {
  readonly worlds: readonly World[];
  /** Only what these tell apart is told apart. */
  readonly policies: readonly Policy[];
  /** Where pods may come. */
  readonly namespaces: readonly string[];
  /** What each of them calls its ports. */
  readonly ports: PodClass['namedPorts'];
  readonly enforcer: EnforcerProfile;
}

/**
 * One pod for every kind of pod there could ever be that `policies` can tell apart: in the given namespaces, and, where
 * the end does not name its namespaces, in one that does not exist yet. Undefined past the work cap.
 */
export function possiblePods(end: FlowEnd, imagination: Imagination): readonly End[] | undefined {
  if (end.kind !== 'pods' && end.kind !== 'everyone') return [];
  const { worlds, policies, namespaces, ports, enforcer } = imagination;
  const boxes = boxesOf(policies);
  const cells = split(boxOfEnd(end), boxes);
  if (cells === undefined) return undefined;
  const written = end.kind === 'pods' ? (end.namespaces.names ?? []) : [];
  const named = boxes.flatMap((box) => namedNamespaces(box) ?? []);
  const names = new Set([...namespaces, ...written, ...named].filter((name) => !name.includes('*')));
  if (names.size * cells.length > mostEnds) return undefined;
  const found: End[] = [];
  for (const cell of cells) {
    for (const name of names) {
      if (!worlds.some((world) => matchesNamespace(end, world.namespaceOrBare(name)))) continue;
      const member = memberOf(cell, name, worlds, ports);
      if (member === undefined) continue;
      found.push(podEnd(member.pod, name, (world) => podParty(member.pod, world, enforcer, member)));
    }
    const fresh = freshNamespace(cell, end, worlds);
    const member = fresh === undefined ? undefined : imagined(cell, fresh, undefined, ports);
    if (fresh !== undefined && member !== undefined) {
      found.push({
        name: `${fresh.name}/*`,
        who: { kind: 'new-namespace' },
        namespace: fresh.name,
        in: inEach((world) => podParty(member.pod, world, enforcer, { ...member, namespace: fresh })),
      });
    }
    if (found.length > mostEnds) return undefined;
  }
  return found;
}

export function matchesNamespace(end: FlowEnd, namespace: Namespace): boolean {
  return end.kind === 'everyone' || (end.kind === 'pods' && selects(end.namespaces, namespace.name, namespace.labels));
}

/** What the end asks of labels, in the joint space; names are looked at apart, since they may be globs. */
function boxOfEnd(end: Extract<FlowEnd, { kind: 'pods' | 'everyone' }>): LabelBox {
  const pod = labelIn(endpointKind, ['Pod']);
  if (end.kind === 'everyone') return pod;
  return intersectBoxes(pod, intersectBoxes(end.pods.labels, renameKeys(end.namespaces.labels, namespaceKey)));
}

function boxesOf(policies: readonly Policy[]): readonly LabelBox[] {
  const ofPeer = ({ endpoints, except = [] }: Peer) => [...(endpoints === 'any' ? [] : endpoints), ...except];
  return distinctBoxes(
    policies.flatMap((policy) => [
      ...policy.subject.endpoints,
      ...[...policy.ingress.rules, ...policy.egress.rules].flatMap(({ peers, own }) => [
        ...peers.flatMap(ofPeer),
        ...(own === undefined ? [] : ofPeer(own)),
      ]),
    ]),
  );
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

/** A pod, and what it inherits of an account that does not exist yet. */
interface Member {
  readonly pod: PodClass;
  readonly account: Labels;
}

/** A pod of the cell in a namespace that exists, whose labels are what they are in one of the Worlds. */
function memberOf(
  cell: LabelBox,
  name: string,
  worlds: readonly World[],
  ports: PodClass['namedPorts'],
): Member | undefined {
  for (const world of worlds) {
    const member = imagined(cell, world.namespaceOrBare(name), world, ports);
    if (member !== undefined) return member;
  }
  return undefined;
}

/** Tried where the cell leaves the service account open: one that is always there, and one that may come. */
const someAccounts = [defaultServiceAccount, 'new-account'];

function imagined(
  cell: LabelBox,
  namespace: Namespace,
  world: World | undefined,
  namedPorts: PodClass['namedPorts'],
): Member | undefined {
  const chosen = someLabels(cell)?.get(serviceAccountName);
  for (const name of chosen === undefined ? someAccounts : [chosen, ...someAccounts]) {
    const box = intersectBoxes(cell, labelIn(serviceAccountName, [name]));
    const labels = isEmptyBox(box) ? undefined : someLabels(box);
    if (labels === undefined) continue;
    const own = withKeys(labels, plainKey);
    const account =
      world?.object('serviceAccounts', name, namespace.name)?.labels ?? withKeys(labels, serviceAccountLabelOf);
    const serviceAccount = { name, labels: account };
    const attributes = attributesOf({ kind: 'Pod', own, namespace: namespace.labels, serviceAccount, calico: false });
    if (!matchesBox(cell, attributes)) continue;
    const pod: PodClass = {
      namespace: namespace.name,
      labels: own,
      namedPorts,
      hostNetwork: false,
      serviceAccount: name,
      running: true,
      count: 1,
      workload: own.size === 0 ? { kind: 'Pod', name: '*' } : undefined,
      addresses: [],
    };
    return { pod, account };
  }
  return undefined;
}

function plainKey(key: string): string | undefined {
  const isPlain =
    key !== endpointKind && namespaceLabelOf(key) === undefined && serviceAccountLabelOf(key) === undefined;
  return isPlain ? key : undefined;
}

function withKeys(
  labels: ReadonlyMap<string, string>,
  keyOf: (key: string) => string | undefined,
): ReadonlyMap<string, string> {
  return new Map(
    [...labels].flatMap(([key, value]): [string, string][] => {
      const own = keyOf(key);
      return own === undefined ? [] : [[own, value]];
    }),
  );
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
    return { name, labels: new Map([...withKeys(labels, namespaceLabelOf), [nameLabel, name]]), terminating: false };
  }
  return undefined;
}
