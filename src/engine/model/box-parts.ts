import {
  admitsFresh,
  boxKey,
  boxOf,
  containsBox,
  emptyBox,
  type LabelBox,
  labelIn,
  restrictBox,
} from '../sets/labels.ts';
import { everyValue, hasValue } from '../sets/values.ts';
import {
  defaultServiceAccount,
  type EndpointKind,
  endpointKind,
  nameLabel,
  namespaceLabelOf,
  namespaceName,
  serviceAccountLabelOf,
  serviceAccountName,
} from './attributes.ts';

/** Every pod of every namespace. */
export const everyPod: LabelBox = labelIn(endpointKind, ['Pod']);

/** Every pod that there can be, by its own labels and those of its service account: none runs without one. */
export const possiblePods: LabelBox = boxOf([{ key: serviceAccountName, absent: false, values: everyValue }]);

/** Whether a box over what pods of one namespace are known by leaves out none that there can be. */
export function isEveryPod(box: LabelBox): boolean {
  return containsBox(box, possiblePods);
}

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

/** Whether a pod without labels of its own, that runs as the default service account of a namespace of which nothing but the name is known, is admitted. */
export function admitsFreshPod(box: LabelBox): boolean {
  if (!admitsKind(box, 'Pod') || !admitsAnyNamespace(box)) return false;
  const known = restrictBox(podPart(box), (key) =>
    key === serviceAccountName ? { value: defaultServiceAccount } : undefined,
  );
  return known !== undefined && admitsFresh(known);
}

/** Whether endpoints of this kind can be in the box. */
export function admitsKind(box: LabelBox, kind: EndpointKind): boolean {
  if (box.empty) return false;
  const condition = box.conditions.find(({ key }) => key === endpointKind);
  return condition === undefined || hasValue(condition.values, kind);
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
