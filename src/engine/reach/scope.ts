import { identityOf } from '../dialects/resources.ts';
import { everyPod, namespacePart } from '../model/box-parts.ts';
import type { CheckContext } from '../model/check-context.ts';
import { type Governing, type Part, withinNamespace } from '../model/governing.ts';
import { groupKind } from '../model/object.ts';
import { type Direction, decidesForPods, type Policy, ruleList } from '../model/policy.ts';
import type { StoredPolicy } from '../model/policy-shelf.ts';
import { RememberedByWorld } from '../model/remembered-by-world.ts';
import type { World } from '../model/world.ts';
import { type LabelBox, matchesBox, overlapBoxes } from '../sets/labels.ts';
import { leftOpen } from './isolation.ts';

/** Where a change may matter to who is isolated. */
export interface Scope {
  readonly change: 'policy' | 'cluster-policy' | 'tier' | 'namespace' | 'set';
  /** Guarded namespaces, each once, found as they are asked for; without those whose labels are surely in some boxes of each list. */
  readonly namespaces: (without?: readonly (readonly LabelBox[])[]) => Iterable<string>;
  /** The same without listing them: there is no other. */
  readonly within: () => Within;
  /** The pods of a namespace that what is changed isolated before. */
  readonly own: (namespace: string, direction: Direction) => readonly LabelBox[];
  /** The pods of a namespace that it governs before or after. */
  readonly touched: (namespace: string, direction: Direction) => readonly LabelBox[];
}

/** Namespaces by name, and by what their labels are, before or after. */
export interface Within {
  readonly names: readonly string[];
  readonly boxes: readonly LabelBox[];
}

/** Undefined for a change that no pod's isolation hangs on. */
export function scopeOf(context: CheckContext): Scope | undefined {
  const { change } = context;
  if (groupKind(change.ref) === 'Namespace') return ofNamespace(context);
  if (groupKind(identityOf(change.ref)) === 'Tier.projectcalico.org') return ofTier(context);
  return ofPolicy(context);
}

function ofPolicy(context: CheckContext): Scope | undefined {
  const { before, after, oldPolicy, policy } = context;
  const { namespace } = context.change.ref;
  const policies = [oldPolicy, policy].filter((one) => one !== undefined).filter(decidesForPods);
  // A staged policy isolates nobody, and whoever puts it in a namespace is told where nothing else does.
  const isStagedThere = namespace !== undefined && policy?.enforced === false;
  if (policies.length === 0 && !isStagedThere) return undefined;
  const within = () => (namespace === undefined ? { names: [], boxes: namespaceBoxes(policies) } : nameOnly(namespace));
  return {
    change: namespace === undefined ? 'cluster-policy' : 'policy',
    namespaces: (without) =>
      namespace === undefined ? guardedIn(context, leftOf(context, within().boxes, without)) : [namespace],
    within,
    own: (name, direction) => podsOf(oldPolicy, before, name, direction),
    touched: (name, direction) => [
      ...podsOf(oldPolicy, before, name, direction),
      ...podsOf(policy, after, name, direction),
    ],
  };
}

/**
 * What is left of boxes of namespaces without those that are in each of the lists: a superset, where that is too much work
 * or the labels of a namespace change as well.
 */
function leftOf(
  { before, after }: CheckContext,
  boxes: readonly LabelBox[],
  without: readonly (readonly LabelBox[])[] = [],
): readonly LabelBox[] {
  if (without.length === 0 || !after.hasNamespacesOf(before)) return boxes;
  return without.flatMap((some) => boxes.flatMap((box) => leftOpen(some, box, mostLeft) ?? [box]));
}

/** Boxes that one box of namespaces may leave; each of them is another look at all namespaces. */
const mostLeft = 10;

function nameOnly(namespace: string): Within {
  return { names: [namespace], boxes: [] };
}

/** What the subjects of cluster policies are of namespaces, as far as they are pods. */
function namespaceBoxes(policies: readonly Policy[]): readonly LabelBox[] {
  return policies.flatMap(({ subject }) => subject.endpoints.filter(isOfPods).map(namespacePart));
}

/** A network set matters where policies that choose it govern pods: they stay as they are, and whom they mean does not. */
export function scopeOfSet(context: CheckContext, policies: readonly Policy[]): Scope {
  const { after } = context;
  const deciding = policies.filter(decidesForPods);
  const touched = (name: string, direction: Direction) =>
    deciding
      .filter(({ ref }) => ref.namespace === undefined || ref.namespace === name)
      .flatMap((policy) => podsOf(policy, after, name, direction));
  const names = [...new Set(deciding.flatMap(({ ref }) => ref.namespace ?? []))];
  const boxes = namespaceBoxes(deciding.filter(({ ref }) => ref.namespace === undefined));
  return {
    change: 'set',
    namespaces: () => namespacesOf(context, names, boxes),
    within: () => ({ names, boxes }),
    own: touched,
    touched,
  };
}

function* namespacesOf(
  context: CheckContext,
  names: readonly string[],
  boxes: readonly LabelBox[],
): IterableIterator<string> {
  for (const name of names) if (context.isGuarded(name)) yield name;
  const seen = new Set(names);
  for (const name of guardedIn(context, boxes)) if (!seen.has(name)) yield name;
}

function isOfPods(box: LabelBox): boolean {
  return overlapBoxes(box, everyPod);
}

function podsOf(policy: Policy | undefined, world: World, name: string, direction: Direction): readonly LabelBox[] {
  if (policy === undefined || !decidesForPods(policy) || !ruleList(policy, direction).applies) return [];
  const namespace = world.namespaceOrBare(name);
  return policy.subject.endpoints.flatMap((box) => withinNamespace(box, namespace) ?? []);
}

/** A tier matters where its policies do. What is said of one that is built in changes nothing. */
function ofTier(context: CheckContext): Scope | undefined {
  const { before, after, change } = context;
  const { name: tier } = change.ref;
  const [old, now] = [before.tier(tier), after.tier(tier)];
  if (old?.order === now?.order && old?.defaultAction === now?.defaultAction) return undefined;
  const inTier = (world: World, name: string, direction: Direction) =>
    world.governing(name, direction).filter((one) => one.tier === tier);
  const boxes = (found: readonly Governing[]) => found.flatMap((one) => one.boxes);
  return {
    change: 'tier',
    namespaces: () => namespacesOfTier(context, tier, context.isGuarded),
    within: () => withinTier(context, tier),
    own: (name, direction) => boxes(inTier(before, name, direction)),
    touched: (name, direction) => boxes([...inTier(before, name, direction), ...inTier(after, name, direction)]),
  };
}

/** The namespaces of which policies of a tier, before or after, may govern pods. Policies are not looked up in `default`. */
export function* namespacesOfTier(
  context: CheckContext,
  tier: string,
  isGuarded: CheckContext['isGuarded'],
): IterableIterator<string> {
  const { names, boxes } = withinTier(context, tier);
  for (const name of names) if (isGuarded(name)) yield name;
  const seen = new Set(names);
  for (const name of guardedIn({ ...context, isGuarded }, boxes)) if (!seen.has(name)) yield name;
}

export function withinTier({ before, after }: Pick<CheckContext, 'before' | 'after'>, tier: string): Within {
  if (!after.hasTiersOf(before)) return findWithinTier([before, after], tier);
  return knownWithinTier.of(after, tier, () => findWithinTier([after], tier));
}

/** Several guardrails ask for that of the one tier which is changed. */
const knownWithinTier = new RememberedByWorld<Within>(1);

function findWithinTier(worlds: readonly World[], tier: string): Within {
  const names = new Set<string>();
  const boxes = new Set<LabelBox>();
  for (const world of worlds) {
    for (const stored of world.policiesInTier(tier)) {
      if (stored.ref.namespace !== undefined) names.add(stored.ref.namespace);
      else for (const part of partsOf(stored)) boxes.add(part.namespace);
    }
  }
  return { names: [...names], boxes: [...boxes] };
}

function partsOf({ cluster }: StoredPolicy): readonly Part[] {
  return cluster?.decides === true ? cluster.parts : [];
}

/** Another label may take a namespace out of what cluster policies select. */
function ofNamespace({ change, before, after, isGuarded }: CheckContext): Scope | undefined {
  const { name } = change.ref;
  if (change.operation !== 'UPDATE' || !isGuarded(name)) return undefined;
  const all = (world: World, direction: Direction) => world.governing(name, direction).flatMap(({ boxes }) => boxes);
  return {
    change: 'namespace',
    namespaces: () => [name],
    within: () => nameOnly(name),
    own: (_name, direction) => all(before, direction),
    touched: (_name, direction) => [...all(before, direction), ...all(after, direction)],
  };
}

/** The guarded namespaces that exist and whose labels are in one of the boxes, before or after. */
function* guardedIn({ before, after, isGuarded }: CheckContext, boxes: readonly LabelBox[]): IterableIterator<string> {
  const seen = new Set<string>();
  for (const world of after.hasNamespacesOf(before) && after.origin === 'cluster' ? [after] : [after, before]) {
    for (const box of boxes) {
      for (const name of namesIn(world, box)) {
        if (seen.has(name)) continue;
        seen.add(name);
        const isGoing = after.namespace(name)?.terminating === true;
        if (!isGoing && isGuarded(name) && (world === after || after.namespace(name) !== undefined)) yield name;
      }
    }
  }
}

/** Files may tell of a namespace by what is in it only. */
function* namesIn(world: World, box: LabelBox): IterableIterator<string> {
  for (const { name } of world.namespacesIn(box)) yield name;
  if (world.origin === 'cluster') return;
  for (const name of world.populatedNamespaces()) {
    if (world.namespace(name) === undefined && matchesBox(box, world.namespaceOrBare(name).labels)) yield name;
  }
}
