import { boxKey, type LabelBox, restrictBox } from '../sets/labels.ts';
import { endpointKind, namespaceLabelOf, namespaceName } from './attributes.ts';
import { namespacePart, podPart } from './box-parts.ts';
import type { Namespace } from './namespace.ts';
import type { ObjectRef } from './object.ts';
import { type Direction, decidesForPods, type Policy, type RuleList, ruleList } from './policy.ts';
import { type SpeaksOfMany, speaksOfDns, speaksOfMany } from './speaks-of-many.ts';

/** A policy, and the pods of one namespace that it governs, by their own labels and service accounts. */
export interface Governing {
  /** Read when it is asked for: to know who is isolated, the rest is enough. */
  readonly policy: Policy;
  readonly ref: ObjectRef;
  readonly tier: string;
  readonly boxes: readonly LabelBox[];
  /** Whether some rule may speak of ends of which nothing is known. */
  readonly wide: SpeaksOfMany;
  /** Whether some rule of its egress may speak of DNS. */
  readonly dns: boolean;
  /** Whether some rule hands on to later tiers. */
  readonly passes: boolean;
  readonly rules: Decisions;
}

/** Whether some rule lets through, and whether some rule refuses. */
export interface Decisions {
  readonly allow: boolean;
  readonly deny: boolean;
}

/** What of a policy is worth keeping at hand for every policy. */
export interface Gist {
  /** Whether it decides about packets of pods at all. */
  readonly decides: boolean;
  readonly tier: string;
  readonly ingress: boolean;
  readonly egress: boolean;
  /** For each direction, whether some rule may speak of ends of which nothing is known. */
  readonly wide: { readonly ingress: SpeaksOfMany; readonly egress: SpeaksOfMany };
  /** Whether some rule of its egress may speak of DNS. */
  readonly dns: boolean;
  /** For each direction, whether some rule hands on to later tiers. */
  readonly passes: { readonly ingress: boolean; readonly egress: boolean };
  /** For each direction, what its rules decide. */
  readonly rules: { readonly ingress: Decisions; readonly egress: Decisions };
  /** The same of the rules that do more than pass on. */
  readonly settles: {
    readonly ingress: SpeaksOfMany;
    readonly egress: SpeaksOfMany;
    readonly dns: boolean;
  };
}

/** Whom a policy of a namespace governs there. */
export interface Outline extends Gist {
  readonly boxes: readonly LabelBox[];
}

/** Whom a cluster policy governs: pods by their own labels, in namespaces by theirs. */
export interface ClusterOutline extends Gist {
  readonly parts: readonly Part[];
}

/** A box over the joint space, apart. Both must hold. */
export interface Part {
  /** Over the labels of namespaces. */
  readonly namespace: LabelBox;
  /** Over the labels of pods, and those of their service accounts. */
  readonly pod: LabelBox;
}

/**
 * The outline of a policy that looks at nothing of its own namespace but the name; undefined for any other.
 *
 * @param pool most policies of a cluster select one of a few labels, and say one of a few things of them
 */
export function outlineOf(policy: Policy, pool: OutlinePool): Outline | undefined {
  const { namespace } = policy.ref;
  if (namespace === undefined) return undefined;
  const boxes: LabelBox[] = [];
  for (const box of policy.subject.endpoints) {
    const own = restrictBox(box, (key) =>
      key === endpointKind ? { value: 'Pod' } : key === namespaceName ? { value: namespace } : undefined,
    );
    if (own === undefined) continue;
    if (own.conditions.some(({ key }) => namespaceLabelOf(key) !== undefined)) return undefined;
    boxes.push(pool.box(own));
  }
  return pool.outline({ ...gistOf(policy), boxes });
}

/** The outline of a cluster policy; undefined for any other. */
export function clusterOutlineOf(policy: Policy, pool: OutlinePool): ClusterOutline | undefined {
  if (policy.ref.namespace !== undefined) return undefined;
  const parts = partsOfPods(policy.subject.endpoints);
  return {
    ...gistOf(policy),
    parts: parts.map(({ namespace, pod }) => ({ namespace: pool.box(namespace), pod: pool.box(pod) })),
  };
}

/** Boxes over the joint space, as far as they are about pods. */
export function partsOfPods(boxes: readonly LabelBox[]): readonly Part[] {
  return boxes.flatMap((box) => {
    const ofPods = restrictBox(box, (key) => (key === endpointKind ? { value: 'Pod' } : undefined));
    return ofPods === undefined ? [] : [{ namespace: namespacePart(ofPods), pod: podPart(ofPods) }];
  });
}

function gistOf(policy: Policy): Gist {
  const { ingress, egress } = policy;
  const passes = { ingress: hasPass(ingress), egress: hasPass(egress) };
  const wide = { ingress: speaksOfMany(ingress), egress: speaksOfMany(egress) };
  const dns = speaksOfDns(egress);
  return {
    decides: decidesForPods(policy),
    tier: policy.tier,
    ingress: ingress.applies,
    egress: egress.applies,
    wide,
    dns,
    passes,
    rules: { ingress: decisionsOf(ingress), egress: decisionsOf(egress) },
    settles: {
      ingress: passes.ingress ? speaksOfMany(settling(ingress)) : wide.ingress,
      egress: passes.egress ? speaksOfMany(settling(egress)) : wide.egress,
      dns: passes.egress ? speaksOfDns(settling(egress)) : dns,
    },
  };
}

/** One object for equal ones: every policy has two. */
const decisions: readonly Decisions[] = [false, true].flatMap((allow) =>
  [false, true].map((deny) => ({ allow, deny })),
);

function decisionsOf({ rules }: RuleList): Decisions {
  const allow = rules.some(({ action }) => action === 'allow');
  const deny = rules.some(({ action }) => action === 'deny');
  return decisions.find((one) => one.allow === allow && one.deny === deny) ?? { allow, deny };
}

function settling(list: RuleList): RuleList {
  return { ...list, rules: list.rules.filter(({ action }) => action !== 'pass') };
}

export function hasPass({ rules }: RuleList): boolean {
  return rules.some(({ action }) => action === 'pass');
}

/** Whether the policy decides about traffic of pods in this direction. */
export function decidesIn({ decides, ingress, egress }: Gist, direction: Direction): boolean {
  return decides && (direction === 'ingress' ? ingress : egress);
}

export function governs(outline: Outline, direction: Direction): boolean {
  return outline.boxes.length > 0 && decidesIn(outline, direction);
}

/** The pods of a namespace that a policy governs in a direction; none where it does not. */
export function governedBy(policy: Policy, namespace: Namespace, direction: Direction): readonly LabelBox[] {
  if (!decidesForPods(policy) || !ruleList(policy, direction).applies) return [];
  return policy.subject.endpoints.flatMap((box) => withinNamespace(box, namespace) ?? []);
}

/** A policy that governs pods of a namespace, and is at hand. */
export function readGoverning(policy: Policy, boxes: readonly LabelBox[], direction: Direction): Governing {
  const list = ruleList(policy, direction);
  return {
    policy,
    ref: policy.ref,
    tier: policy.tier,
    boxes,
    wide: speaksOfMany(list),
    dns: direction === 'egress' && speaksOfDns(list),
    passes: hasPass(list),
    rules: decisionsOf(list),
  };
}

/**
 * A box over the joint space, seen from inside one namespace: a box over the pods' own labels, or undefined where no
 * pod of that namespace can be in it.
 */
export function withinNamespace(box: LabelBox, namespace: Namespace): LabelBox | undefined {
  return restrictBox(box, (key) => {
    if (key === endpointKind) return { value: 'Pod' };
    const label = namespaceLabelOf(key);
    return label === undefined ? undefined : { value: namespace.labels.get(label) };
  });
}

/** Keeps one object for equal boxes, and one for equal outlines. */
export class OutlinePool {
  readonly #boxes = new Map<string, LabelBox>();
  /** By the one box that most outlines have. */
  readonly #outlines = new WeakMap<LabelBox, Map<string, Outline>>();

  box(box: LabelBox): LabelBox {
    const key = boxKey(box);
    const known = this.#boxes.get(key);
    if (known !== undefined) return known;
    // Boxes that are as many as policies are not worth remembering.
    if (this.#boxes.size < 10_000) this.#boxes.set(key, box);
    return box;
  }

  outline(outline: Outline): Outline {
    const [box, another] = outline.boxes;
    if (box === undefined || another !== undefined) return outline;
    const ofBox = this.#outlines.get(box) ?? new Map<string, Outline>();
    if (ofBox.size === 0) this.#outlines.set(box, ofBox);
    const key = gistKey(outline);
    const known = ofBox.get(key);
    if (known !== undefined) return known;
    ofBox.set(key, outline);
    return outline;
  }
}

function gistKey({ decides, tier, ingress, egress, wide, dns, passes, rules, settles }: Gist): string {
  const decided = [rules.ingress, rules.egress].flatMap(({ allow, deny }) => [allow, deny]);
  const flags = [decides, ingress, egress, dns, passes.ingress, passes.egress, settles.dns, ...decided];
  return [flags.map(Number).join(''), wide.ingress, wide.egress, settles.ingress, settles.egress, tier].join();
}
