import { namedNamespaces } from '../model/box-parts.ts';
import { withinNamespace } from '../model/governing.ts';
import { refKey } from '../model/object.ts';
import { type Direction, directions, type Policy, ruleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { type LabelBox, overlapBoxes } from '../sets/labels.ts';
import type { OpenPart } from './opening.ts';

/** Another policy that decides about some of the same endpoints, with what it opens. */
export interface Other {
  readonly boxes: readonly LabelBox[];
  readonly member: readonly OpenPart[];
}

export interface Others {
  readonly found: readonly Other[];
  /** False where there are too many to look at each. */
  readonly complete: boolean;
}

const mostNamespaces = 50;

/** The policies of the World that decide, at the same stage, about endpoints that `policy` decides about. */
export function othersOf(
  neighbours: Neighbours,
  direction: Direction,
  partsOf: (other: Policy) => readonly OpenPart[],
): Others {
  const found: Other[] = [];
  let looked = 0;
  for (const other of neighbours.policies) {
    if (!ruleList(other, direction).applies) continue;
    looked += 1;
    if (looked > mostOthers) return { found, complete: false };
    const member = partsOf(other);
    if (member.length > 0) found.push({ boxes: other.subject.endpoints, member });
  }
  return { found, complete: neighbours.complete };
}

/** Policies that decide about some of the same endpoints in either direction. */
export interface Neighbours {
  readonly policies: readonly Policy[];
  readonly complete: boolean;
}

export function neighboursOf(policy: Policy, world: World): Neighbours {
  const { namespace } = policy.ref;
  const self = refKey(policy.ref);
  const names = namespace === undefined ? namespacesOf(policy, world) : [];
  const candidates = namespace === undefined ? beside(policy, names ?? [], world) : within(policy, namespace, world);
  const policies: Policy[] = [];
  for (const other of candidates) {
    if (!other.enforced || other.stage !== policy.stage || !overlap(other.subject.endpoints, policy.subject.endpoints))
      continue;
    if (refKey(other.ref) !== self) policies.push(other);
  }
  return { policies, complete: names !== undefined };
}

/** So many policies beside one are measured. */
const mostOthers = 300;

function beside({ subject }: Policy, names: readonly string[], world: World): readonly Policy[] {
  return [...world.clusterPoliciesOver(subject.endpoints), ...names.flatMap((name) => world.policiesOf(name))];
}

/** The policies that govern pods of the namespace which the policy governs too. Others are not even read. */
function within(policy: Policy, namespace: string, world: World): Iterable<Policy> {
  const here = world.namespaceOrBare(namespace);
  const own = policy.subject.endpoints.flatMap((box) => withinNamespace(box, here) ?? []);
  const found = new Set<Policy>();
  for (const direction of directions) {
    for (const one of world.governing(namespace, direction)) if (overlap(one.boxes, own)) found.add(one.policy);
  }
  return found;
}

function overlap(a: readonly LabelBox[], b: readonly LabelBox[]): boolean {
  return a.some((one) => b.some((other) => overlapBoxes(one, other)));
}

/** The namespaces whose policies may decide beside a cluster policy; undefined where these are too many. */
function namespacesOf(policy: Policy, world: World): readonly string[] | undefined {
  if (policy.stage !== 'normal') return [];
  const named = policy.subject.endpoints.map(namedNamespaces);
  if (!named.includes(undefined)) {
    const names = new Set(named.flatMap((some) => some ?? []));
    return names.size > mostNamespaces ? undefined : [...names];
  }
  const names: string[] = [];
  for (const name of world.populatedNamespaces()) {
    if (names.push(name) > mostNamespaces) return undefined;
  }
  return names;
}
