import { admitsFresh, boxKey, boxOf, emptyBox, type LabelBox, labelIn, restrictBox } from '../sets/labels.ts';
import {
  defaultServiceAccount,
  endpointKind,
  nameLabel,
  namespaceLabelOf,
  namespaceName,
  serviceAccountLabelOf,
  serviceAccountName,
} from './attributes.ts';

/** Every pod of every namespace. */
export const everyPod: LabelBox = labelIn(endpointKind, ['Pod']);

/** What a box of the joint space asks of the namespace, by its labels. */
export function namespacePart(box: LabelBox): LabelBox {
  if (box.empty) return emptyBox;
  return boxOf(
    box.conditions.flatMap((condition) => {
      const key = namespaceLabelOf(condition.key);
      return key === undefined ? [] : [{ ...condition, key }];
    }),
  );
}

/** What a box of the joint space asks of the pod, by its own labels. */
export function podPart(box: LabelBox): LabelBox {
  if (box.empty) return emptyBox;
  return boxOf(box.conditions.filter(({ key }) => key !== endpointKind && namespaceLabelOf(key) === undefined));
}

/** The only namespaces that a box can be met in, where it names them; undefined where it does not. */
export function namedNamespaces(box: LabelBox): readonly string[] | undefined {
  const values = box.conditions.find(({ key }) => key === namespaceName)?.values;
  return values?.kind === 'only' ? values.values : undefined;
}

/** Whether a pod without labels, which runs as the service account `default`, is admitted, in a namespace that is. */
export function admitsBarePod(box: LabelBox): boolean {
  const bare = restrictBox(box, (key) => {
    if (key === endpointKind) return { value: 'Pod' };
    if (key === serviceAccountName) return { value: defaultServiceAccount };
    return serviceAccountLabelOf(key) === undefined ? undefined : { value: undefined };
  });
  return bare !== undefined && admitsFresh(podPart(bare));
}

/** Whether a namespace that carries its name only is admitted, whatever the name is but for finitely many. */
export function admitsAnyNamespace(box: LabelBox): boolean {
  return admitsFresh(namespacePart(box), nameLabel);
}

/** Each box once, in the order in which they first stand. */
export function distinctBoxes(boxes: Iterable<LabelBox>): readonly LabelBox[] {
  const byKey = new Map<string, LabelBox>();
  for (const box of boxes) {
    const key = boxKey(box);
    if (!byKey.has(key)) byKey.set(key, box);
  }
  return [...byKey.values()];
}
