import { asString, dig } from '../engine/json/read.ts';
import { type PodClass, podClassKey, readPodClass } from '../engine/model/endpoint.ts';
import type { World } from '../engine/model/world.ts';

/** A pod, reduced to what policy can tell of it as soon as it is parsed: the rest is never kept. */
export class PodEntry {
  readonly key: string;
  readonly pod: PodClass;
  readonly classKey: string;

  constructor(key: string, pod: PodClass, classKey: string) {
    this.key = key;
    this.pod = pod;
    this.classKey = classKey;
  }
}

/** Undefined for what is no pod. Which workload a pod belongs to and where it runs makes no difference to a verdict. */
export function podEntry(object: unknown): PodEntry | undefined {
  const namespace = asString(dig(object, 'metadata', 'namespace'));
  const name = asString(dig(object, 'metadata', 'name'));
  if (namespace === undefined || name === undefined) return undefined;
  const read = readPodClass(object, { group: '', version: 'v1', kind: 'Pod', namespace, name }, namespace);
  if (read === undefined) return undefined;
  const pod = { ...read, workload: undefined, addresses: [] };
  return new PodEntry(`${namespace}/${name}`, pod, `${namespace} ${podClassKey(pod)}`);
}

/**
 * Which class each pod is in. The World only counts them, and a deleted or changed pod must leave the class it was in.
 * Pods of one class share one object.
 */
export class PodStore {
  readonly #pods = new Map<string, PodClass>();
  readonly #classes = new Map<string, { readonly pod: PodClass; count: number }>();
  readonly #keys = new Map<PodClass, string>();

  get size(): number {
    return this.#pods.size;
  }

  upsert(entry: PodEntry, world: World): World {
    const old = this.#pods.get(entry.key);
    const shared = this.#classes.get(entry.classKey)?.pod;
    if (old !== undefined && old === shared) return world;
    const left = this.remove(entry.key, world);
    const known = this.#classes.get(entry.classKey) ?? { pod: entry.pod, count: 0 };
    known.count += 1;
    this.#classes.set(entry.classKey, known);
    this.#keys.set(known.pod, entry.classKey);
    this.#pods.set(entry.key, known.pod);
    return left.withPods(undefined, known.pod);
  }

  remove(key: string, world: World): World {
    const pod = this.#pods.get(key);
    if (pod === undefined) return world;
    this.#pods.delete(key);
    const classKey = this.#keys.get(pod);
    const known = classKey === undefined ? undefined : this.#classes.get(classKey);
    if (known !== undefined && classKey !== undefined) {
      known.count -= 1;
      if (known.count === 0) {
        this.#classes.delete(classKey);
        this.#keys.delete(pod);
      }
    }
    return world.withPods(pod, undefined);
  }

  /** These are all there are. What has not changed costs a look-up. */
  replace(entries: readonly PodEntry[], world: World): World {
    const present = new Set(entries.map((entry) => entry.key));
    let left = world;
    for (const key of [...this.#pods.keys()]) if (!present.has(key)) left = this.remove(key, left);
    return entries.reduce((now, entry) => this.upsert(entry, now), left);
  }
}
