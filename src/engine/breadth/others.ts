import type { CheckContext } from '../guardrails/context.ts';
import { namedNamespaces } from '../model/box-parts.ts';
import { refKey } from '../model/object.ts';
import { type Direction, type Policy, ruleList } from '../model/policy.ts';
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
  /** False where there are too many namespaces to look at the policies of each. */
  readonly complete: boolean;
}

const mostNamespaces = 50;

/** The policies of the World that decide, at the same stage, about endpoints that `policy` decides about. */
export function othersOf(
  { after }: Pick<CheckContext, 'after'>,
  policy: Policy,
  direction: Direction,
  partsOf: (other: Policy) => readonly OpenPart[],
): Others {
  const { namespace } = policy.ref;
  const self = refKey(policy.ref);
  const names = namespace === undefined ? namespacesOf(policy, after) : [];
  const candidates =
    namespace === undefined
      ? [...after.clusterPolicies(), ...(names ?? []).flatMap((name) => after.policiesOf(name))]
      : after.governing(namespace, direction).map((one) => one.policy);
  const found: Other[] = [];
  for (const other of candidates) {
    if (!other.enforced || other.stage !== policy.stage || !ruleList(other, direction).applies) continue;
    if (refKey(other.ref) === self) continue;
    const boxes = other.subject.endpoints;
    if (namespace === undefined && !overlap(boxes, policy.subject.endpoints)) continue;
    const member = partsOf(other);
    if (member.length > 0) found.push({ boxes, member });
  }
  return { found, complete: names !== undefined };
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
