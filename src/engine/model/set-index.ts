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

  /** Keys of sets among which all are that one of the boxes admits, each once; undefined where it may be any. */
  candidates(boxes: readonly LabelBox[]): Iterable<string> | undefined {
    const found: Iterable<string>[] = [];
    for (const box of boxes) {
      if (!overlapBoxes(box, networkSet)) continue;
      const some = this.#labels.candidates(boxOf(box.conditions.filter(isIndexed)));
      if (some === undefined) return undefined;
      found.push(some.names);
    }
    const [only] = found;
    // A set has one value of a label.
    return only !== undefined && found.length === 1 ? only : new Set(found.flatMap((names) => [...names]));
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
    const carried = carriedBy(set);
    const namespace = carried.get(namespaceName);
    const there = namespace === undefined ? [] : [{ key: namespaceName, value: namespace }];
    return [
      anySet,
      ...[...carried].flatMap(([key, value]) => {
        const one = { key, value };
        return [key, entryOf([one]), ...there.map((other) => entryOf([one, other]))];
      }),
    ];
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

interface Carried {
  readonly key: string;
  readonly value: string;
}

function entryOf(carried: readonly Carried[]): string {
  return carried.map(({ key, value }) => `${key}=${value}`).join(' ');
}

/** By a value of a label, and the name of the namespace where that is asked for too; else by a label that must be there. */
function entriesOfBox(box: LabelBox): readonly string[] {
  const asked = box.conditions.filter((condition) => isIndexed(condition) && !condition.absent);
  const listed = asked.flatMap(({ key, values }) =>
    values.kind === 'only' && values.values.length <= mostValues
      ? [values.values.map((value): Carried => ({ key, value }))]
      : [],
  );
  const isNamespace = ([one]: readonly Carried[]) => one?.key === namespaceName;
  const own = listed.find((some) => !isNamespace(some));
  const namespaces = listed.find(isNamespace);
  if (own === undefined || namespaces === undefined || own.length * namespaces.length > mostValues) {
    const some = own ?? namespaces;
    return some === undefined ? [asked[0]?.key ?? anySet] : some.map((one) => entryOf([one]));
  }
  return own.flatMap((one) => namespaces.map((other) => entryOf([one, other])));
}
