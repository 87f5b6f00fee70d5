import { type AddressSet, unionAllAddresses } from '../sets/addresses.ts';
import { boxOf, isEmptyBox, type KeyCondition, type LabelBox, labelIn, overlapBoxes } from '../sets/labels.ts';
import { attributesOf, endpointKind, namespaceLabelOf, namespaceName, serviceAccountLabelOf } from './attributes.ts';
import { LabelIndex } from './label-index.ts';
import type { NetworkSet } from './network-set.ts';
import type { Policy } from './policy.ts';

const networkSet: LabelBox = labelIn(endpointKind, ['NetworkSet']);

/** Where no label is asked for, it may be any set. */
const anySet = '*';

/** Finds network sets by what selectors ask for, and policies by which sets they may choose, without a look at all. */
export class SetIndex {
  readonly #labels: LabelIndex;

  private constructor(labels: LabelIndex) {
    this.#labels = labels;
  }

  static empty(): SetIndex {
    return new SetIndex(LabelIndex.empty());
  }

  /** The index after a set came, went, or became another. */
  change(key: string, old: NetworkSet | undefined, set: NetworkSet | undefined): SetIndex {
    const left = old === undefined ? this.#labels : this.#labels.without(key, carriedBy(old));
    return new SetIndex(set === undefined ? left : left.with(key, carriedBy(set)));
  }

  /** Keys of sets among which all are that one of the boxes admits; undefined where it may be any. */
  candidates(boxes: readonly LabelBox[]): ReadonlySet<string> | undefined {
    const found = new Set<string>();
    for (const box of boxes) {
      if (!overlapBoxes(box, networkSet)) continue;
      const keys = this.#labels.candidates(boxOf(box.conditions.filter(isIndexed)));
      if (keys === undefined) return undefined;
      for (const key of keys) found.add(key);
    }
    return found;
  }

  /** Under which entries a policy stands: for every box of its peers that may choose sets, one condition that it puts. */
  static entriesFor(policy: Policy): readonly string[] {
    const entries = new Set<string>();
    for (const { peers } of [...policy.ingress.rules, ...policy.egress.rules]) {
      for (const { endpoints, except = [] } of peers) {
        for (const box of [...(endpoints === 'any' ? [] : endpoints), ...except]) {
          // Boxes of Kubernetes policies are of pods alone.
          if (isEmptyBox(box) || !overlapBoxes(box, networkSet)) continue;
          for (const entry of entriesOfBox(box)) entries.add(entry);
        }
      }
    }
    return [...entries];
  }

  /** Under which entries the policies stand that may choose a set. */
  static entriesOf(set: NetworkSet): readonly string[] {
    return [anySet, ...[...carriedBy(set)].flatMap(([key, value]) => [key, `${key}=${value}`])];
  }
}

/** Labels that a set inherits of its namespace are left out: they change without it. */
function carriedBy({ ref, labels }: NetworkSet): ReadonlyMap<string, string> {
  const carried = new Map(labels);
  const namespace = ref.namespace === undefined ? undefined : new Map([[nameOfNamespace, ref.namespace]]);
  const { get } = attributesOf({ kind: 'NetworkSet', own: labels, namespace, serviceAccount: undefined, calico: true });
  const name = get(namespaceName);
  if (name !== undefined) carried.set(namespaceName, name);
  return carried;
}

const nameOfNamespace = namespaceLabelOf(namespaceName) ?? '';

function isIndexed({ key }: KeyCondition): boolean {
  if (key === namespaceName) return true;
  return key !== endpointKind && namespaceLabelOf(key) === undefined && serviceAccountLabelOf(key) === undefined;
}

const mostValues = 20;

/** By a value of a label, else by the name of the namespace, else by a label that must be there. */
function entriesOfBox(box: LabelBox): readonly string[] {
  const asked = box.conditions.filter((condition) => isIndexed(condition) && !condition.absent);
  const listed = asked.flatMap(({ key, values }) =>
    values.kind === 'only' && values.values.length <= mostValues ? [{ key, values: values.values }] : [],
  );
  const own = listed.find(({ key }) => key !== namespaceName) ?? listed[0];
  if (own !== undefined) return own.values.map((value) => `${own.key}=${value}`);
  const [there] = asked;
  return [there?.key ?? anySet];
}

export interface KnownAddresses {
  readonly addresses: AddressSet;
  readonly complete: boolean;
}

/** To put more ranges than these together would take too long for a request. */
const mostRanges = 10_000;

/** Past the cap, the sets of the fewest ranges: these are the ones that may hold everything in a line or two. */
export function knownAddresses(sets: readonly AddressSet[]): KnownAddresses {
  const count = ({ v4, v6 }: AddressSet) => v4.length / 2 + v6.length / 8;
  const total = sets.reduce((sum, set) => sum + count(set), 0);
  if (total <= mostRanges) return { addresses: unionAllAddresses(sets), complete: true };
  let left = mostRanges;
  const few = sets
    .toSorted((a, b) => count(a) - count(b))
    .filter((set) => {
      left -= count(set);
      return left >= 0;
    });
  return { addresses: unionAllAddresses(few), complete: false };
}
