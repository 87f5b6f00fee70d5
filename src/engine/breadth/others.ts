import { namedNamespaces } from '../model/box-parts.ts';
import { withinNamespace } from '../model/governing.ts';
import { refKey } from '../model/object.ts';
import { type Direction, directions, type Policy, ruleList } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { type LabelBox, overlapBoxes } from '../sets/labels.ts';
import { equalTraffic, type Traffic } from '../sets/traffic.ts';
import type { Surroundings } from './far-end.ts';
import { type OpenPart, type OpenParts, openParts } from './opening.ts';

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

function neighboursOf(policy: Policy, world: World): Neighbours {
  const { namespace } = policy.ref;
  const self = refKey(policy.ref);
  const names = namespace === undefined ? namespacesOf(policy, world) : [];
  const candidates = namespace === undefined ? beside(names ?? [], world) : within(policy, namespace, world);
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

function beside(names: readonly string[], world: World): readonly Policy[] {
  return [...world.clusterPolicies(), ...names.flatMap((name) => world.policiesOf(name))];
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

interface Known extends OpenParts {
  readonly direction: Direction;
  readonly besides: Traffic;
  /** What the answer depends on besides the policy. */
  readonly tables: readonly object[];
}

/** Remembers what policies open, as long as they are at hand and what they are looked up in stays the same. */
export class Openings {
  readonly #known = new WeakMap<Policy, readonly Known[]>();
  readonly #neighbours = new WeakMap<World, { readonly policy: Policy; readonly neighbours: Neighbours }>();

  /** The neighbours of a policy in a World; asked for in one direction after the other, they are looked for once. */
  beside(policy: Policy, world: World): Neighbours {
    const known = this.#neighbours.get(world);
    if (known?.policy === policy) return known.neighbours;
    const neighbours = neighboursOf(policy, world);
    this.#neighbours.set(world, { policy, neighbours });
    return neighbours;
  }

  of(policy: Policy, direction: Direction, besides: Traffic, surroundings: Surroundings): OpenParts {
    const tables = surroundings.world.tablesOfPeers;
    const known = this.#known.get(policy) ?? [];
    const current = known.filter((one) => one.tables.every((table, index) => table === tables[index]));
    const found = current.find((one) => one.direction === direction && equalTraffic(one.besides, besides));
    if (found !== undefined) return found;
    const answer = { ...openParts(policy, direction, besides, surroundings), direction, besides, tables };
    this.#known.set(policy, [...current, answer].slice(-4));
    return answer;
  }
}
