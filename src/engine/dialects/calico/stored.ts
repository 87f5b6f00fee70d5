import type { FieldPath } from '../../json/path.ts';
import { asString, dig, field, isObject, type JsonObject } from '../../json/read.ts';
import type { ObjectRef } from '../../model/object.ts';

/** The group of the user's API, and of the storage form behind it. */
export const calicoGroup = 'projectcalico.org';
export const storageGroup = 'crd.projectcalico.org';

/** Whether the object has the form in which it is stored, where nobody fills in what the user left out. */
export function isStored(object: unknown): boolean {
  return asString(field(object, 'apiVersion'))?.startsWith(`${storageGroup}/`) === true;
}

/** Kinds whose stored names carried the tier before Calico 3.32. */
const prefixedKinds: ReadonlySet<string> = new Set([
  'NetworkPolicy',
  'GlobalNetworkPolicy',
  'StagedNetworkPolicy',
  'StagedGlobalNetworkPolicy',
]);

/**
 * The name of the object in the user's API, whatever form it is stored in: up to Calico 3.31 a policy `web` of tier
 * default was stored as `default.web`, and both names mean it still.
 *
 * Source: projectcalico/calico libcalico-go/lib/backend/k8s/resources/resources.go.
 */
export function calicoIdentity(ref: ObjectRef): ObjectRef {
  const prefixed = prefixedKinds.has(ref.kind) && ref.name.startsWith('default.') && ref.name.length > 8;
  const name = prefixed ? ref.name.slice('default.'.length) : ref.name;
  return ref.group === calicoGroup && name === ref.name ? ref : { ...ref, group: calicoGroup, version: 'v3', name };
}

/** The other stored name of the same policy, where it has two: while names are migrated, both are there for a moment. */
export function otherStoredName({ group, kind, name }: ObjectRef): string | undefined {
  if (group !== storageGroup || !prefixedKinds.has(kind)) return undefined;
  return name.startsWith('default.') ? name.slice('default.'.length) : `default.${name}`;
}

/**
 * The metadata that counts. In storage most of it lies in one annotation, as JSON, and where both are there the
 * annotation wins.
 */
export function metadataOf(object: unknown): JsonObject {
  const written = field(object, 'metadata');
  const plain = isObject(written) ? written : {};
  const hidden = hiddenMetadata(object);
  if (hidden === undefined) return plain;
  return {
    ...plain,
    ...hidden,
    labels: merged(field(plain, 'labels'), field(hidden, 'labels')),
    annotations: merged(field(plain, 'annotations'), field(hidden, 'annotations')),
  };
}

/** Where an annotation stands: in its own place, or inside the one that holds the metadata in storage. */
export function annotationPath(object: unknown, key: string): FieldPath {
  const hidden = field(field(hiddenMetadata(object), 'annotations'), key) !== undefined;
  return ['metadata', 'annotations', hidden ? metadataAnnotation : key];
}

const metadataAnnotation = 'projectcalico.org/metadata';

function hiddenMetadata(object: unknown): JsonObject | undefined {
  const text = asString(dig(object, 'metadata', 'annotations', metadataAnnotation));
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // What Calico cannot read counts for nothing; that it stands there is for `require-valid-syntax` to say.
    return undefined;
  }
}

/** Whether there is metadata in the annotation that nobody can read. */
export function hasUnreadableMetadata(object: unknown): boolean {
  return (
    dig(object, 'metadata', 'annotations', metadataAnnotation) !== undefined && hiddenMetadata(object) === undefined
  );
}

function merged(plain: unknown, hidden: unknown): JsonObject {
  return { ...(isObject(plain) ? plain : {}), ...(isObject(hidden) ? hidden : {}) };
}
