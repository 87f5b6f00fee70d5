import { asString, dig } from '../engine/json/read.ts';
import { type PodClass, readPodClass, samePods } from '../engine/model/endpoint.ts';
import { FewLabels } from '../engine/model/few-labels.ts';
import type { World } from '../engine/model/world.ts';

/** A pod, reduced to what policy can tell of it as soon as it is parsed: the rest is never kept. */
export class PodEntry {
  readonly key: string;
  readonly pod: PodClass;

  constructor(key: string, pod: PodClass) {
    this.key = key;
    this.pod = pod;
  }
}

const nowhere: readonly string[] = [];

/** Undefined for what is no pod. Which workload a pod belongs to and where it runs makes no difference to a verdict. */
export function podEntry(object: unknown): PodEntry | undefined {
  const namespace = asString(dig(object, 'metadata', 'namespace'));
  const name = asString(dig(object, 'metadata', 'name'));
  if (namespace === undefined || name === undefined) return undefined;
  const read = readPodClass(object, { group: '', version: 'v1', kind: 'Pod', namespace, name }, namespace);
  if (read === undefined) return undefined;
  // Joined, as what `+` makes of texts that long is kept in pieces.
  return new PodEntry([namespace, name].join('/'), { ...read, workload: undefined, addresses: nowhere });
}

/**
 * Which class each pod is in. The World only counts them, and a pod that is deleted or changed must leave the class it
 * was in. Pods of one class share one object, and classes share what they have in common.
 */
export class PodStore {
  readonly #pods = new Map<string, PodClass>();
  /** Each namespace's classes, of one pod each. */
  readonly #classes = new Map<string, PodClass[]>();
  readonly #ports = new Map<string, PodClass['namedPorts']>();
  readonly #texts = new Map<string, string>();

  get size(): number {
    return this.#pods.size;
  }

  upsert({ key, pod }: PodEntry, world: World): World {
    const old = this.#pods.get(key);
    if (old !== undefined && samePods(old, pod)) return world;
    const left = this.remove(key, world);
    const shared = this.#shared(pod);
    this.#pods.set(key, shared);
    return left.withPods(undefined, shared);
  }

  remove(key: string, world: World): World {
    const pod = this.#pods.get(key);
    if (pod === undefined) return world;
    this.#pods.delete(key);
    const left = world.withPods(pod, undefined);
    if (!left.podsOf(pod.namespace).some((one) => samePods(one, pod))) this.#forget(pod);
    return left;
  }

  /** Those with these keys are all there are. */
  retain(keys: ReadonlySet<string>, world: World): World {
    let left = world;
    for (const key of [...this.#pods.keys()]) if (!keys.has(key)) left = this.remove(key, left);
    return left;
  }

  #shared(pod: PodClass): PodClass {
    const classes = this.#classes.get(pod.namespace) ?? [];
    const known = classes.find((one) => samePods(one, pod));
    if (known !== undefined) return known;
    const slim = this.#slim(pod);
    classes.push(slim);
    this.#classes.set(slim.namespace, classes);
    return slim;
  }

  #forget(pod: PodClass): void {
    const classes = (this.#classes.get(pod.namespace) ?? []).filter((one) => one !== pod);
    if (classes.length > 0) this.#classes.set(pod.namespace, classes);
    else this.#classes.delete(pod.namespace);
  }

  /** Texts and ports that many pods have alike are kept once. */
  #slim(pod: PodClass): PodClass {
    const labels = new FewLabels(
      Array.from(pod.labels, ([key, value]) => [this.#once(key), this.#once(value)] as const),
    );
    const portsKey = JSON.stringify(pod.namedPorts);
    const namedPorts = this.#ports.get(portsKey) ?? pod.namedPorts;
    this.#ports.set(portsKey, namedPorts);
    return {
      ...pod,
      namespace: this.#once(pod.namespace),
      serviceAccount: this.#once(pod.serviceAccount),
      labels,
      namedPorts,
    };
  }

  #once(text: string): string {
    // Values that are as many as pods are not worth remembering.
    if (this.#texts.size > 100_000) return text;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}
