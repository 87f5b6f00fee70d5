import { asString, dig, field, stringMap } from '../json/read.ts';

/** Which object of the cluster something speaks of. Cluster-scoped objects have no namespace. */
export interface ObjectRef {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** The reference that an object gives of itself; parts it lacks are empty. */
export function refOf(object: unknown): ObjectRef {
  const { group, version } = splitApiVersion(asString(field(object, 'apiVersion')) ?? '');
  return {
    group,
    version,
    kind: asString(field(object, 'kind')) ?? '',
    namespace: asString(dig(object, 'metadata', 'namespace')) || undefined,
    name: asString(dig(object, 'metadata', 'name')) ?? '',
  };
}

/** `networking.k8s.io/v1` is group networking.k8s.io, version v1; `v1` is the core group, which has an empty name. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function apiVersionOf(ref: ObjectRef): string {
  return ref.group === '' ? ref.version : `${ref.group}/${ref.version}`;
}

/** Group and kind as Kubernetes writes them in one word: `NetworkPolicy.networking.k8s.io`; core kinds stand alone. */
export function groupKind(ref: Pick<ObjectRef, 'group' | 'kind'>): string {
  return ref.group === '' ? ref.kind : `${ref.kind}.${ref.group}`;
}

/** One key per object whatever the version it was read in: the same object in v1 and v1beta1 is one object. */
export function refKey(ref: ObjectRef): string {
  return `${ref.group}/${ref.kind}/${ref.namespace ?? ''}/${ref.name}`;
}

/** What a person calls the object: `shop/web`, or `web` when it has no namespace. */
export function refName(ref: ObjectRef): string {
  return ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`;
}

/** Labels of an object; entries that are not strings are left out, as nothing can select them. */
export function labelsOf(object: unknown): ReadonlyMap<string, string> {
  return stringMap(dig(object, 'metadata', 'labels'));
}

/** Whether the object is on its way out: somebody has deleted it and finalizers still hold it. */
export function isBeingDeleted(object: unknown): boolean {
  return typeof dig(object, 'metadata', 'deletionTimestamp') === 'string';
}
