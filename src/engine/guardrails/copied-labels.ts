import type { FieldPath } from '../json/path.ts';
import { asList, dig, field, isObject, stringMap } from '../json/read.ts';
import { attributesOf, isCopiedLabel, isInheritedLabel } from '../model/attributes.ts';
import type { PodClass } from '../model/endpoint.ts';
import type { ObjectRef } from '../model/object.ts';
import type { World } from '../model/world.ts';
import { type LabelBox, matchesBox } from '../sets/labels.ts';

/** A label that only Calico has any business to set. */
export interface CopiedLabel {
  readonly path: FieldPath;
  readonly key: string;
  readonly value: string;
}

const storedMetadata: FieldPath = ['metadata', 'annotations', 'projectcalico.org/metadata'];

/** Where an object says which labels endpoints are known by, other than the labels of pods. */
export function copiedLabels(
  object: unknown,
  { kind, group }: Pick<ObjectRef, 'kind' | 'group'>,
): readonly CopiedLabel[] {
  if (!group.endsWith('projectcalico.org')) return [];
  switch (kind) {
    case 'NetworkSet':
    case 'GlobalNetworkSet':
    case 'HostEndpoint':
      return [
        ...copiedIn(dig(object, 'metadata', 'labels'), (key) => ['metadata', 'labels', key]),
        ...copiedIn(field(hiddenMetadata(object), 'labels'), () => storedMetadata),
      ];
    case 'Profile':
      return copiedIn(dig(object, 'spec', 'labelsToApply'), (key) => ['spec', 'labelsToApply', key]);
    case 'KubeControllersConfiguration':
      return templateLabels(object);
    default:
      return [];
  }
}

function copiedIn(labels: unknown, at: (key: string) => FieldPath): readonly CopiedLabel[] {
  return [...stringMap(labels)].flatMap(([key, value]) => (isCopiedLabel(key) ? [{ path: at(key), key, value }] : []));
}

/** The host endpoints that Calico makes by itself are labelled as these say. */
function templateLabels(object: unknown): readonly CopiedLabel[] {
  const path = ['spec', 'controllers', 'node', 'hostEndpoint', 'templates'];
  return (asList(dig(object, ...path)) ?? []).flatMap((template, index) =>
    copiedIn(field(template, 'labels'), (key) => [...path, index, 'labels', key]),
  );
}

/** In storage the labels lie in an annotation. */
function hiddenMetadata(object: unknown): unknown {
  const text = dig(object, 'metadata', 'annotations', 'projectcalico.org/metadata');
  try {
    const value: unknown = typeof text === 'string' ? JSON.parse(text) : undefined;
    return isObject(value) ? value : undefined;
  } catch {
    // What nobody can read gives no labels; `require-valid-syntax` tells of it.
    return undefined;
  }
}

/** So many pods are looked at; more would be an attack, and are undecided. */
const mostPods = 200;

export type Impostor = { readonly pod: PodClass; readonly keys: readonly string[] } | 'undecided' | undefined;

/** A pod of today that one of the boxes admits for labels which it only pretends to have inherited. */
export function impostorIn(boxes: readonly LabelBox[], world: World): Impostor {
  if (boxes.length === 0) return undefined;
  let looked = 0;
  for (const pod of world.podsWithCopiedLabels()) {
    looked += 1;
    if (looked > mostPods) return 'undecided';
    if (!pod.running || pod.hostNetwork) continue;
    const [pretended, real] = [true, false].map((calico) => attributesOfPod(pod, world, calico));
    if (pretended === undefined || real === undefined) continue;
    if (boxes.some((box) => matchesBox(box, pretended) && !matchesBox(box, real))) {
      return { pod, keys: [...pod.labels.keys()].filter(isInheritedLabel).sort() };
    }
  }
  return undefined;
}

function attributesOfPod({ namespace, labels, serviceAccount }: PodClass, world: World, calico: boolean) {
  const account = world.object('serviceAccounts', serviceAccount, namespace);
  return attributesOf({
    kind: 'Pod',
    own: labels,
    namespace: world.namespaceOrBare(namespace).labels,
    serviceAccount: { name: serviceAccount, labels: account?.labels ?? new Map() },
    calico,
  });
}
