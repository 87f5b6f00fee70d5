import { dig, isObject, type JsonObject } from '../json/read.ts';
import { type KeyCondition, type LabelBox, restrictBox } from '../sets/labels.ts';
import { endpointKind, nameLabel, namespaceLabelOf } from './attributes.ts';
import { BoxPool, type Outline, outlineOf } from './governing.ts';
import type { ObjectRef } from './object.ts';
import type { Policy } from './policy.ts';
import { SetIndex } from './set-index.ts';

/**
 * A policy as the World keeps it: the text of the parts that matter. Read, it is some ten times larger, and most of
 * fifty thousand policies are never looked at.
 */
export interface StoredPolicy {
  readonly ref: ObjectRef;
  readonly text: string;
  readonly read: (object: unknown, ref: ObjectRef) => Policy;
  /** The namespace labels, other than the name, that its selectors look at, as `readerEntry` writes them. */
  readonly namespaceLabels: readonly string[];
  /** What network sets carry that its peers choose, as `SetIndex` writes it. */
  readonly setLabels: readonly string[];
  /** Whom it governs, where that can be said in a few words. */
  readonly outline: Outline | undefined;
  /** The host endpoints that it governs, by their labels: few policies govern any. */
  readonly hosts: readonly LabelBox[];
}

/** Enough for the requests of the moment. */
const mostNew = 64;

/**
 * Reads stored policies, and remembers the ones read last. Shared by all Worlds that come from one another.
 *
 * A policy that has just been stored is remembered for a moment only: mostly it is that of a request, which nobody asks
 * for after the verdict. Kept until it is old, it would cost the garbage collector more than reading it anew.
 */
export class PolicyShelf {
  readonly #capacity: number;
  readonly #pool = new BoxPool();
  readonly #new = new Map<StoredPolicy, Policy>();
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
    const outline = outlineOf(policy, (box) => this.#pool.once(box));
    const setLabels = SetIndex.entriesFor(policy);
    const hosts = hostBoxesOf(policy);
    const stored = { ref, text, read, namespaceLabels: namespaceLabelsOf(policy), setLabels, outline, hosts };
    keep(this.#new, Math.min(mostNew, this.#capacity), stored, policy);
    return stored;
  }

  policy(stored: StoredPolicy): Policy {
    const known = this.#new.get(stored) ?? this.#read.get(stored);
    if (known !== undefined) return known;
    const policy = stored.read(JSON.parse(stored.text), stored.ref);
    keep(this.#read, this.#capacity, stored, policy);
    return policy;
  }
}

function keep(policies: Map<StoredPolicy, Policy>, most: number, stored: StoredPolicy, policy: Policy): void {
  policies.set(stored, policy);
  if (policies.size <= most) return;
  const [oldest] = policies.keys();
  if (oldest !== undefined) policies.delete(oldest);
}

/** Metadata that no policy reads stays out of the World. One whose name is still to be generated must not seem to lack one. */
function kept(object: unknown): JsonObject {
  const spec = isObject(object) && Object.hasOwn(object, 'spec') ? { spec: object['spec'] } : {};
  const generateName = dig(object, 'metadata', 'generateName');
  return generateName === undefined ? spec : { metadata: { generateName }, ...spec };
}

/** Policies of a namespace govern no host. */
export function hostBoxesOf({ ref, enforced, subject }: Policy): readonly LabelBox[] {
  if (!enforced || ref.namespace !== undefined) return [];
  return subject.endpoints.flatMap(
    (box) => restrictBox(box, (key) => (key === endpointKind ? { value: 'HostEndpoint' } : undefined)) ?? [],
  );
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
  return [...labels];
}

/** More values than this, and the policy is looked at whatever the value. */
const mostValues = 20;

function readerEntries(label: string, { absent, values }: KeyCondition): readonly string[] {
  if (absent || values.kind !== 'only' || values.values.length > mostValues) return [label];
  return values.values.map((value) => readerEntry(label, value));
}

/** `team=a` in the index of who reads which namespace label; a policy for which any value of `team` matters is under `team`. */
export function readerEntry(label: string, value: string | undefined): string {
  return value === undefined ? label : `${label}=${value}`;
}
