import {
  defaultServiceAccount,
  type EndpointKind,
  endpointKind,
  nameLabel,
  namespaceKey,
  namespaceLabelOf,
  namespaceName,
  serviceAccountKey,
  serviceAccountLabelOf,
  serviceAccountName,
} from '../../model/attributes.ts';
import { boxOf, intersectBoxes, isEmptyBox, type LabelBox, labelIn, restrictBox } from '../../sets/labels.ts';
import { type hasValue, noValues } from '../../sets/values.ts';
import { mapLeaves, type Selector } from './selector/ast.ts';
import { selectorBoxes } from './selector/boxes.ts';
import { matchesSelector } from './selector/evaluate.ts';

/** What an endpoint inherits of its namespace and its service account, Calico's selectors know under these prefixes. */
export const namespacePrefix = 'pcns.';
export const serviceAccountPrefix = 'pcsa.';

/** The labels that Calico gives to endpoints by itself. */
export const namespaceLabel = 'projectcalico.org/namespace';
export const serviceAccountLabel = 'projectcalico.org/serviceaccount';
const orchestratorLabel = 'projectcalico.org/orchestrator';
const ownName = 'projectcalico.org/name';

/**
 * The key of the joint space for a label that a Calico selector names. The name of a namespace has three spellings.
 *
 * Source: projectcalico/calico libcalico-go/lib/backend/k8s/conversion/conversion.go.
 */
export function jointKey(label: string): string {
  if (label === namespaceLabel) return namespaceName;
  if (label === serviceAccountLabel) return serviceAccountName;
  if (label.startsWith(namespacePrefix)) {
    const key = label.slice(namespacePrefix.length);
    return key === ownName || key === nameLabel ? namespaceName : namespaceKey(key);
  }
  return label.startsWith(serviceAccountPrefix) ? serviceAccountKey(label.slice(serviceAccountPrefix.length)) : label;
}

/** The endpoints of some kinds that a selector chooses, a box for each kind; undefined past the work cap. */
export function endpointsOf(selector: Selector, kinds: readonly EndpointKind[]): readonly LabelBox[] | undefined {
  const translated = selectorBoxes(selector, { mapKey: jointKey });
  if (!translated.ok) return undefined;
  return kinds.flatMap((kind) => translated.boxes.flatMap((box) => ofKind(box, kind) ?? []));
}

/**
 * Pods without labels that a selector chooses for certain, by the names of their namespaces: what can still be told of one
 * past the work cap, since only one label is left open then. None where that is too much work as well.
 */
export function freshPodsOf(selector: Selector): readonly LabelBox[] {
  const keys = new Set<string>();
  const named = mapLeaves(selector, (leaf) => {
    if (!('key' in leaf)) return leaf;
    const key = jointKey(leaf.key);
    if (key === namespaceName) return leaf;
    keys.add(key);
    const value = freshLabels.get(key);
    const labels = new Map(value === undefined ? [] : [[leaf.key, value]]);
    return matchesSelector(leaf, labels) ? { kind: 'all' } : { kind: 'not', operand: { kind: 'all' } };
  });
  const fresh = [...keys].map((key): LabelBox => {
    const value = freshLabels.get(key);
    return value === undefined ? boxOf([{ key, absent: true, values: noValues }]) : labelIn(key, [value]);
  });
  return (endpointsOf(named, ['Pod']) ?? [])
    .map((box) => fresh.reduce(intersectBoxes, box))
    .filter((box) => !isEmptyBox(box));
}

/** What every pod without labels carries all the same. */
const freshLabels: ReadonlyMap<string, string> = new Map([
  [serviceAccountName, defaultServiceAccount],
  [orchestratorLabel, 'k8s'],
]);

/** The part of a box that endpoints of one kind can be in. */
function ofKind(box: LabelBox, kind: EndpointKind): LabelBox | undefined {
  const whole = intersectBoxes(box, labelIn(endpointKind, [kind]));
  if (isEmptyBox(whole)) return undefined;
  if (kind === 'HostEndpoint') return ofHosts(whole);
  if (kind !== 'Pod') return whole;
  // Every pod has these, whatever its own labels say.
  const known = restrictBox(whole, (key) => (key === orchestratorLabel ? { value: 'k8s' } : undefined));
  const isNowhere = known?.conditions.some(
    ({ key, values }) => (key === namespaceName || key === serviceAccountName) && admitsNone(values),
  );
  return isNowhere ? undefined : known;
}

/**
 * A host endpoint is in no namespace and has no service account. One that carries the labels of either by hand would be
 * taken for it by Calico; `forbid-spoofable-trust` refuses such labels, and no box here speaks of them.
 */
function ofHosts(box: LabelBox): LabelBox | undefined {
  return restrictBox(box, (key) =>
    namespaceLabelOf(key) !== undefined || serviceAccountLabelOf(key) !== undefined ? { value: undefined } : undefined,
  );
}

function admitsNone(values: Parameters<typeof hasValue>[0]): boolean {
  return values.kind === 'only' && values.values.length === 0;
}
