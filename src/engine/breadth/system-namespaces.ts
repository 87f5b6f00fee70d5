import { attributesOf, defaultServiceAccount, type Labels } from '../model/attributes.ts';
import { admitsAnyNamespace, admitsBarePod } from '../model/box-parts.ts';
import type { CheckContext } from '../model/check-context.ts';
import type { PodClass } from '../model/endpoint.ts';
import { type Governing, withinNamespace } from '../model/governing.ts';
import { asSeenThrough, type Namespace } from '../model/namespace.ts';
import { type Direction, decidesForPods, directions, type Policy, ruleList } from '../model/policy.ts';
import { RememberedByWorld } from '../model/remembered-by-world.ts';
import { type Selection, selects } from '../model/selection.ts';
import type { World } from '../model/world.ts';
import { podsOfToday } from '../reach/isolation.ts';
import { type LabelBox, matchesBox } from '../sets/labels.ts';
import { dropped, dropsMore } from './dropped.ts';
import type { Surroundings } from './far-end.ts';
import type { Undecided } from './undecided.ts';

/** Excluded namespaces of whose pods a change drops traffic that passed before. */
export interface SystemCut {
  readonly namespaces: readonly string[];
  readonly directions: readonly Direction[];
  /** False where some of it would have cost too much to find out. */
  readonly complete: boolean;
}

const mostPods = 50;

/**
 * What the change of cluster policies, or of what they look at, drops of the traffic of excluded namespaces: of their
 * pods of today that a policy selects, and of a pod without labels where a policy selects that too.
 *
 * @param changed the policies that may have come to drop more, as they are to be; with `old` in the place of one
 */
export function systemCut(context: CheckContext, changed: readonly Policy[], old: Policy | undefined): SystemCut {
  const deciding = [...changed, ...(old === undefined ? [] : [old])].filter(decidesForPods);
  const boxes = deciding.flatMap((policy) => policy.subject.endpoints);
  const namespaces = boxes.length === 0 ? [] : excludedNamespaces(context, boxes);
  if (namespaces.length === 0) return { namespaces: [], directions: [], complete: true };
  const before = withoutChange(context, deciding);
  const cut = new Set<string>();
  const ways = new Set<Direction>();
  let complete = true;
  for (const namespace of namespaces) {
    const { pods, all } = podsIn(namespace, boxes, context.after);
    complete &&= all;
    for (const direction of directions) {
      if (!deciding.some((policy) => ruleList(policy, direction).applies)) continue;
      const [was, is] = [before, context.after].map((world) => governingIn(world, namespace, direction));
      for (const pod of pods) {
        const answer = isCut({ ...context, before }, was?.(pod) ?? [], is?.(pod) ?? [], direction, pod);
        if (answer === undefined) complete = false;
        if (answer !== true) continue;
        cut.add(namespace.name);
        ways.add(direction);
        break;
      }
    }
  }
  return { namespaces: [...cut].sort(), directions: directions.filter((one) => ways.has(one)), complete };
}

/** Whether a policy may decide about pods of an excluded namespace. */
export function reachesExcluded(context: CheckContext, { subject }: Policy): boolean {
  return excludedNamespaces(context, subject.endpoints).length > 0;
}

/**
 * The World to compare with. Of changes that come together, one that refuses nothing by itself answers only for what
 * would pass if it alone were left out.
 */
function withoutChange({ change, before, after, alone }: CheckContext, deciding: readonly Policy[]): World {
  if (alone || deciding.some((policy) => mayRefuse(policy, after))) return before;
  return change.oldObject === undefined ? after.without(change.ref) : after.with(change.oldObject, change.ref);
}

function mayRefuse(policy: Policy, world: World): boolean {
  if ((world.tier(policy.tier)?.defaultAction ?? 'deny') === 'deny') return true;
  return directions.some((direction) => ruleList(policy, direction).rules.some(({ action }) => action === 'deny'));
}

function isCut(
  { before, after, cluster }: CheckContext,
  old: readonly Policy[],
  now: readonly Policy[],
  direction: Direction,
  pod: SystemPod,
): boolean | undefined {
  const was = droppedOf(old, direction, pod, { world: before, cluster });
  const is = droppedOf(now, direction, pod, { world: after, cluster });
  return was === undefined || is === undefined ? undefined : dropsMore(was, is);
}

interface Known {
  readonly policies: readonly Policy[];
  readonly cluster: Surroundings['cluster'];
  readonly answer: Undecided | undefined;
}

/** The changes that `check` judges together ask about the same pods of one World. */
const known = new RememberedByWorld<Known>(256);

function droppedOf(
  policies: readonly Policy[],
  direction: Direction,
  pod: SystemPod,
  surroundings: Surroundings,
): Undecided | undefined {
  const { world, cluster } = surroundings;
  const make = () => ({ policies, cluster, answer: dropped(policies, direction, pod.labels, surroundings) });
  const found = known.of(world, `${direction} ${pod.key}`, make);
  const isAlike =
    found.cluster === cluster &&
    found.policies.length === policies.length &&
    found.policies.every((policy, index) => policy === policies[index]);
  return isAlike ? found.answer : make().answer;
}

/** Finds the policies that decide about a pod of a namespace in one direction. */
function governingIn(world: World, { name }: Namespace, direction: Direction): (pod: SystemPod) => readonly Policy[] {
  const own = world
    .policiesOf(name)
    .filter((policy) => decidesForPods(policy) && ruleList(policy, direction).applies)
    .map((policy) => ({ policy, boxes: policy.subject.endpoints }));
  const known = new Map<Namespace, readonly Governing[]>();
  return ({ labels, namespace }) => {
    const clusterWide = known.get(namespace) ?? world.clusterGoverning.governing(namespace, direction);
    known.set(namespace, clusterWide);
    return [...clusterWide, ...own].flatMap((one) =>
      one.boxes.some((box) => matchesBox(box, labels)) ? [one.policy] : [],
    );
  };
}

/** Pods of a namespace that the boxes admit: those of today, and one without labels. */
function podsIn(
  namespace: Namespace,
  boxes: readonly LabelBox[],
  world: World,
): { readonly pods: readonly SystemPod[]; readonly all: boolean } {
  const here = boxes.flatMap((box) => withinNamespace(box, namespace) ?? []);
  if (here.length === 0) return { pods: [], all: true };
  const pods: SystemPod[] = [];
  if (here.some(admitsBarePod)) pods.push(seenAs(namespace, world, undefined));
  for (const pod of podsOfToday(world, namespace.name)) {
    const seen = seenAs(namespace, world, pod);
    if (!boxes.some((box) => matchesBox(box, seen.labels))) continue;
    if (pods.length >= mostPods) return { pods, all: false };
    pods.push(seen);
  }
  return { pods, all: true };
}

/** A pod as policies see it, and what tells it from others of the World. */
interface SystemPod {
  readonly labels: Labels;
  /** Its namespace, with the labels that Calico takes it to have. */
  readonly namespace: Namespace;
  readonly key: string;
}

function seenAs(namespace: Namespace, world: World, pod: PodClass | undefined): SystemPod {
  const name = pod?.serviceAccount ?? defaultServiceAccount;
  const labels = world.object('serviceAccounts', name, namespace.name)?.labels ?? new Map<string, string>();
  const own = [...(pod?.labels ?? [])];
  return {
    labels: attributesOf({
      kind: 'Pod',
      own: new Map([...own, ['projectcalico.org/orchestrator', 'k8s']]),
      namespace: namespace.labels,
      serviceAccount: { name, labels },
      calico: true,
    }),
    namespace: asSeenThrough(namespace, own),
    key: JSON.stringify([namespace.name, name, own]),
  };
}

/**
 * The excluded namespaces that the boxes may be met in. One that the World does not hold is taken to exist only where a
 * box admits every namespace.
 */
function excludedNamespaces(
  { excluded, ownNamespace, after }: CheckContext,
  boxes: readonly LabelBox[],
): readonly Namespace[] {
  const found = new Map<string, Namespace>();
  const anywhere = boxes.filter(admitsAnyNamespace);
  for (const name of [...(excluded.names ?? []), ownNamespace]) {
    if (name.includes('*')) continue;
    const namespace = after.namespaceOrBare(name);
    if (name !== ownNamespace && !selects(excluded, name, namespace.labels)) continue;
    const isThere = after.namespace(name) !== undefined || after.podsOf(name).length > 0;
    const admitting = isThere ? boxes : anywhere;
    if (admitting.some((box) => withinNamespace(box, namespace) !== undefined)) found.set(name, namespace);
  }
  if (!isListed(excluded)) {
    for (const namespace of after.namespacesIn(excluded.labels)) {
      if (!selects(excluded, namespace.name, namespace.labels)) continue;
      if (boxes.some((box) => withinNamespace(box, namespace) !== undefined)) found.set(namespace.name, namespace);
    }
  }
  return [...found.values()];
}

/** Whether the names alone say which namespaces may be meant. */
function isListed({ names }: Selection): boolean {
  return names?.every((name) => !name.includes('*')) === true;
}
