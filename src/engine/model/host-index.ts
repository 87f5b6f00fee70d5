import { boxOf, type KeyCondition, type LabelBox, labelIn, overlapBoxes } from '../sets/labels.ts';
import { attributesOf, endpointKind, type Labels, namespaceLabelOf, serviceAccountLabelOf } from './attributes.ts';
import type { HostEndpoint, Profile } from './host-endpoint.ts';
import { LabelIndex } from './label-index.ts';
import type { Table } from './table.ts';

const anyHost = labelIn(endpointKind, ['HostEndpoint']);

type LabelMap = ReadonlyMap<string, string>;

/** Finds host endpoints by what selectors ask for, without a look at all. */
export class HostIndex {
  readonly #labels: LabelIndex;

  private constructor(labels: LabelIndex) {
    this.#labels = labels;
  }

  static empty(): HostIndex {
    return new HostIndex(LabelIndex.empty());
  }

  /** The index after a host endpoint came, went, or was given other labels. */
  change(name: string, old: LabelMap | undefined, now: LabelMap | undefined): HostIndex {
    const left = old === undefined ? this.#labels : this.#labels.without(name, old);
    return new HostIndex(now === undefined ? left : left.with(name, now));
  }

  /** Names of host endpoints among which all are that one of the boxes admits; undefined where it may be any. */
  candidates(boxes: readonly LabelBox[]): ReadonlySet<string> | undefined {
    const found = new Set<string>();
    for (const box of boxes) {
      if (!overlapBoxes(box, anyHost)) continue;
      const some = this.#labels.candidates(boxOf(box.conditions.filter(isIndexed)));
      if (some === undefined) return undefined;
      for (const name of some.names) found.add(name);
    }
    return found;
  }
}

/** Only labels as they are written are in the index. */
function isIndexed({ key }: KeyCondition): boolean {
  return key !== endpointKind && namespaceLabelOf(key) === undefined && serviceAccountLabelOf(key) === undefined;
}

/** Its own labels, and those that its profiles give it, which stand behind. */
export function labelsOfHost({ labels, profiles }: HostEndpoint, known: Table<Profile>): LabelMap {
  // Mostly they give none, and every host is asked again and again.
  const given = profiles.some((name) => (known.get(name)?.labelsToApply.size ?? 0) > 0);
  if (!given) return labels;
  return new Map([...profiles.flatMap((name) => [...(known.get(name)?.labelsToApply ?? [])]), ...labels]);
}

const attributes = new WeakMap<LabelMap, Labels>();

/** A host endpoint with these labels as selectors see it. */
export function hostAttributes(labels: LabelMap): Labels {
  const found =
    attributes.get(labels) ??
    attributesOf({
      kind: 'HostEndpoint',
      own: labels,
      namespace: undefined,
      serviceAccount: undefined,
      calico: true,
    });
  attributes.set(labels, found);
  return found;
}
