import { dig, isObject, type JsonObject } from '../json/read.ts';
import type { KeyCondition, LabelBox } from '../sets/labels.ts';
import { nameLabel, namespaceLabelOf } from './attributes.ts';
import {
  BoxPool,
  type ClusterOutline,
  clusterOutlineOf,
  type Governing,
  type Outline,
  outlineOf,
} from './governing.ts';
import type { ObjectRef } from './object.ts';
import type { Direction, Policy } from './policy.ts';
import { defaultTier } from './tier.ts';

/**
 * A policy as the World keeps it: the text of the parts that matter. Read, it is some ten times larger, and most of
 * fifty thousand policies are never looked at.
 */
export interface StoredPolicy {
  readonly ref: ObjectRef;
  readonly text: string;
  readonly read: (object: unknown, ref: ObjectRef) => Policy;
  /** What a change of may matter to it: the namespace labels, other than the name, that its selectors look at, as `readerEntry` writes them, and its tier, as `tierEntry` does. */
  readonly namespaceLabels: readonly string[];
  /** Whom it governs, where that can be said in a few words. */
  readonly outline: Outline | undefined;
  /** The same of a cluster policy. */
  readonly cluster: ClusterOutline | undefined;
}

/** Reads stored policies, and remembers the ones read last. Shared by all Worlds that come from one another. */
export class PolicyShelf {
  readonly #capacity: number;
  readonly #pool = new BoxPool();
  readonly #read = new Map<StoredPolicy, Policy>();

  /** `capacity`: how many read policies are kept, some 14 kB each. */
  constructor(capacity = 1024) {
    this.#capacity = capacity;
  }

  /** The object as it is to be kept; `known`, where that says the same already. */
  store(object: unknown, ref: ObjectRef, read: StoredPolicy['read'], known: StoredPolicy | undefined): StoredPolicy {
    const text = JSON.stringify(kept(object));
    if (known?.text === text) return known;
    const policy = read(object, ref);
    const once = (box: LabelBox) => this.#pool.once(box);
    const outline = outlineOf(policy, once);
    const cluster = clusterOutlineOf(policy, once);
    const stored = { ref, text, read, namespaceLabels: namespaceLabelsOf(policy), outline, cluster };
    this.#remember(stored, policy);
    return stored;
  }

  policy(stored: StoredPolicy): Policy {
    const known = this.#read.get(stored);
    if (known !== undefined) return known;
    const policy = stored.read(JSON.parse(stored.text), stored.ref);
    this.#remember(stored, policy);
    return policy;
  }

  #remember(stored: StoredPolicy, policy: Policy): void {
    this.#read.set(stored, policy);
    if (this.#read.size <= this.#capacity) return;
    const [oldest] = this.#read.keys();
    if (oldest !== undefined) this.#read.delete(oldest);
  }
}

/** A class, as an object literal with a getter gets a hidden class of its own each time, which outlives the request. */
export class GoverningOnShelf implements Governing {
  readonly tier: string;
  readonly wide: Governing['wide'];
  readonly dns: boolean;
  readonly passes: boolean;
  readonly boxes: Governing['boxes'];
  readonly #stored: StoredPolicy;
  readonly #shelf: PolicyShelf;

  constructor(
    stored: StoredPolicy,
    gist: Outline | ClusterOutline,
    direction: Direction,
    boxes: Governing['boxes'],
    shelf: PolicyShelf,
  ) {
    this.tier = gist.tier;
    this.wide = gist.wide[direction];
    this.passes = gist.passes[direction];
    this.dns = direction === 'egress' && gist.dns;
    this.boxes = boxes;
    this.#stored = stored;
    this.#shelf = shelf;
  }

  get policy(): Policy {
    return this.#shelf.policy(this.#stored);
  }
}

/** Metadata that no policy reads stays out of the World. One whose name is still to be generated must not seem to lack one. */
function kept(object: unknown): JsonObject {
  const spec = isObject(object) && Object.hasOwn(object, 'spec') ? { spec: object['spec'] } : {};
  const generateName = dig(object, 'metadata', 'generateName');
  return generateName === undefined ? spec : { metadata: { generateName }, ...spec };
}

function namespaceLabelsOf(policy: Policy): readonly string[] {
  const labels = new Set<string>();
  const boxes = [...policy.subject.endpoints];
  for (const rule of [...policy.ingress.rules, ...policy.egress.rules]) {
    for (const peer of rule.peers) if (peer.endpoints !== 'any') boxes.push(...peer.endpoints);
  }
  for (const box of boxes) {
    for (const condition of box.conditions) {
      const label = namespaceLabelOf(condition.key);
      if (label === undefined || label === nameLabel) continue;
      for (const entry of readerEntries(label, condition)) labels.add(entry);
    }
  }
  // Those of the tier `default` are most, and nothing that is said of it changes anything.
  if (policy.tier !== defaultTier) labels.add(tierEntry(policy.tier));
  return [...labels];
}

/** A policy of a tier in the index of who reads what; no label of a namespace has a colon in its key. */
export function tierEntry(tier: string): string {
  return `tier:${tier}`;
}

/** More values than this, and the policy is looked at whatever the value. */
const mostValues = 20;

function readerEntries(label: string, { absent, values }: KeyCondition): readonly string[] {
  if (absent || values.kind === 'except' || values.values.length > mostValues) return [label];
  return values.values.map((value) => readerEntry(label, value));
}

/** `team=a` in the index of who reads which namespace label; a policy for which any value of `team` matters is under `team`. */
export function readerEntry(label: string, value: string | undefined): string {
  return value === undefined ? label : `${label}=${value}`;
}
