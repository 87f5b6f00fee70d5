import { isStored } from '../dialects/calico/stored.ts';
import { dig, field, isObject, type JsonObject } from '../json/read.ts';
import { type KeyCondition, type LabelBox, restrictBox } from '../sets/labels.ts';
import { endpointKind, nameLabel, namespaceLabelOf } from './attributes.ts';
import {
  type ClusterOutline,
  clusterOutlineOf,
  type Governing,
  type Outline,
  OutlinePool,
  outlineOf,
} from './governing.ts';
import type { ObjectRef } from './object.ts';
import type { Direction, Policy } from './policy.ts';
import { SetIndex } from './set-index.ts';
import { defaultTier } from './tier.ts';
import { type Trusts, TrustsPool, trustsOf } from './trusts.ts';

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
  /** What network sets carry that its peers choose, as `SetIndex` writes it. */
  readonly setLabels: readonly string[];
  /** Whom it governs, where that can be said in a few words. */
  readonly outline: Outline | undefined;
  /** The same of a cluster policy. */
  readonly cluster: ClusterOutline | undefined;
  /** Whom it lets through for labels of their namespaces; of many peers it is to be read. */
  readonly trusts: Trusts | 'many' | undefined;
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
  readonly #pool = new OutlinePool();
  readonly #trusts = new TrustsPool();
  readonly #new = new Map<StoredPolicy, Policy>();
  readonly #read = new Map<StoredPolicy, Policy>();
  /** Those of the whole cluster apart: any pod may be theirs, so that they are looked at again and again. */
  readonly #clusterWide = new Map<StoredPolicy, Policy>();
  readonly #clusterWideCapacity: number;

  /** `capacity`: how many read policies are kept, some 14 kB each, besides those of the whole cluster. */
  constructor(capacity = 1024, clusterWideCapacity = 4096) {
    this.#capacity = capacity;
    this.#clusterWideCapacity = clusterWideCapacity;
  }

  /** The object as it is to be kept; `known`, where that says the same already. */
  store(object: unknown, ref: ObjectRef, read: StoredPolicy['read'], known: StoredPolicy | undefined): StoredPolicy {
    const bare = JSON.stringify(kept(object));
    if (known?.text === bare) return known;
    const policy = read(object, ref);
    const text = policy.problems.some(isOfMetadata) ? JSON.stringify(withMetadata(object)) : bare;
    if (known?.text === text) return known;
    const outline = outlineOf(policy, this.#pool);
    const cluster = clusterOutlineOf(policy, this.#pool);
    const setLabels = orNone(SetIndex.entriesFor(policy));
    const hosts = orNone(hostBoxesOf(policy).map((box) => this.#pool.box(box)));
    const namespaceLabels = orNone(namespaceLabelsOf(policy));
    const trusts = this.#trusts.of(policy);
    const stored = { ref, text, read, namespaceLabels, setLabels, outline, cluster, trusts, hosts };
    keep(this.#new, Math.min(mostNew, this.#capacity), stored, policy);
    return stored;
  }

  policy(stored: StoredPolicy): Policy {
    const known = this.#new.get(stored) ?? this.#shelfOf(stored).get(stored);
    if (known !== undefined) return known;
    const policy = stored.read(JSON.parse(stored.text), stored.ref);
    const isClusterWide = stored.ref.namespace === undefined;
    keep(this.#shelfOf(stored), isClusterWide ? this.#clusterWideCapacity : this.#capacity, stored, policy);
    return policy;
  }

  /** Whom the policy lets through for labels of their namespaces; undefined for nobody. */
  trusts(stored: StoredPolicy): Trusts | undefined {
    return stored.trusts === 'many' ? trustsOf(this.policy(stored)) : stored.trusts;
  }

  #shelfOf({ ref }: StoredPolicy): Map<StoredPolicy, Policy> {
    return ref.namespace === undefined ? this.#clusterWide : this.#read;
  }
}

const none: readonly never[] = [];

/** One empty list for all: most policies have three of them. */
function orNone<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? none : list;
}

function keep(policies: Map<StoredPolicy, Policy>, most: number, stored: StoredPolicy, policy: Policy): void {
  policies.set(stored, policy);
  if (policies.size <= most) return;
  const [oldest] = policies.keys();
  if (oldest !== undefined) policies.delete(oldest);
}

/** A class, as an object literal with a getter gets a hidden class of its own each time, which outlives the request. */
export class GoverningOnShelf implements Governing {
  readonly ref: ObjectRef;
  readonly tier: string;
  readonly wide: Governing['wide'];
  readonly dns: boolean;
  readonly passes: boolean;
  readonly rules: Governing['rules'];
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
    this.ref = stored.ref;
    this.tier = gist.tier;
    this.wide = gist.wide[direction];
    this.passes = gist.passes[direction];
    this.rules = gist.rules[direction];
    this.dns = direction === 'egress' && gist.dns;
    this.boxes = boxes;
    this.#stored = stored;
    this.#shelf = shelf;
  }

  get policy(): Policy {
    return this.#shelf.policy(this.#stored);
  }
}

/**
 * Metadata that no policy reads stays out of the World. One whose name is still to be generated must not seem to lack one,
 * and one in Calico's storage governs other directions where it names none.
 */
function kept(object: unknown): JsonObject {
  const spec = isObject(object) && Object.hasOwn(object, 'spec') ? { spec: object['spec'] } : {};
  const generateName = dig(object, 'metadata', 'generateName');
  const metadata = generateName === undefined ? {} : { metadata: { generateName } };
  return isStored(object)
    ? { apiVersion: field(object, 'apiVersion'), ...metadata, ...spec }
    : { ...metadata, ...spec };
}

/** Read again, what is wrong with the metadata must be found again. */
function withMetadata(object: unknown): JsonObject {
  return isObject(object) ? { ...kept(object), metadata: object['metadata'] } : kept(object);
}

function isOfMetadata({ path }: Policy['problems'][number]): boolean {
  return path[0] === 'metadata';
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
  // Those of the tier `default` are most, and nothing that is said of it changes anything.
  if (policy.tier !== defaultTier) labels.add(tierEntry(policy.tier));
  return [...labels];
}

/** A policy of a tier in the index of who reads what; no label of a namespace has a colon in its key. */
export function tierEntry(tier: string): string {
  return `${tierPrefix}${tier}`;
}

const tierPrefix = 'tier:';

/** The tier of a policy, other than `default`. */
export function tierOf({ namespaceLabels }: StoredPolicy): string | undefined {
  return namespaceLabels.find((entry) => entry.startsWith(tierPrefix))?.slice(tierPrefix.length);
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
