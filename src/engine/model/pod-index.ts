import { boxOf, type KeyCondition, type LabelBox } from '../sets/labels.ts';
import { namespaceLabelOf, serviceAccountLabelOf, serviceAccountName } from './attributes.ts';
import type { PodClass } from './endpoint.ts';
import { type Candidates, type LabelChange, LabelIndex } from './label-index.ts';

/** What a class of pods that came or went changes. */
interface Step {
  readonly changes: readonly LabelChange[];
  readonly earlier: Step | undefined;
  readonly count: number;
}

/** So many steps wait at most, so that who asks first does not pay for all. */
const mostWaiting = 64;

/**
 * In which namespaces there are pods that carry a label, or run as a service account of some name. Immutable. Steps wait
 * until somebody asks, or they are many, as many together cost much less than one by one.
 */
export class PodIndex {
  #settled: LabelIndex;
  #waiting: Step | undefined;

  private constructor(settled: LabelIndex, waiting: Step | undefined) {
    this.#settled = settled;
    this.#waiting = waiting;
  }

  static empty(): PodIndex {
    return new PodIndex(LabelIndex.empty(), undefined);
  }

  /** With a class of pods that was not there before. */
  with(pod: PodClass): PodIndex {
    return this.#after(pod, () => true);
  }

  /** Without a class of pods; `left` are the others of its namespace. */
  without(pod: PodClass, left: readonly PodClass[]): PodIndex {
    return this.#after(pod, (key, value) =>
      left.some(({ labels, serviceAccount }) =>
        key === serviceAccountName ? serviceAccount === value : labels.get(key) === value,
      ),
    );
  }

  #after({ namespace, labels, serviceAccount }: PodClass, carries: (key: string, value: string) => boolean): PodIndex {
    const carried = [...labels, [serviceAccountName, serviceAccount] as const];
    if ((this.#waiting?.count ?? 0) >= mostWaiting) this.#settle();
    const earlier = this.#waiting;
    return new PodIndex(this.#settled, {
      changes: carried.map(([key, value]) => ({ name: namespace, key, value, carries: carries(key, value) })),
      earlier,
      count: (earlier?.count ?? 0) + 1,
    });
  }

  /** The namespaces by what their pods carry. The name of a service account stands under `serviceAccountName`. */
  get labels(): LabelIndex {
    return this.#settle();
  }

  /**
   * Namespaces among which all are that hold a pod in the box, by its own labels and those of its service account;
   * undefined where it may be any.
   */
  candidates(pods: LabelBox): Candidates | undefined {
    return this.#settle().candidates(boxOf(pods.conditions.filter(isIndexed)));
  }

  #settle(): LabelIndex {
    if (this.#waiting === undefined) return this.#settled;
    const steps: (readonly LabelChange[])[] = [];
    for (let step: Step | undefined = this.#waiting; step !== undefined; step = step.earlier) steps.push(step.changes);
    this.#waiting = undefined;
    this.#settled = this.#settled.changed(steps.reverse().flat());
    return this.#settled;
  }
}

/** Service accounts are known by their names alone: their labels change without the pods. */
function isIndexed({ key }: KeyCondition): boolean {
  return (
    key === serviceAccountName || (serviceAccountLabelOf(key) === undefined && namespaceLabelOf(key) === undefined)
  );
}
