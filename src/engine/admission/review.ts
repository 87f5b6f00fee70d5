import { resourceOf } from '../dialects/resources.ts';
import { asString, dig, field, isAbsent, isObject, typeName } from '../json/read.ts';
import type { Change, Operation } from '../model/change.ts';
import { groupKind, type ObjectRef } from '../model/object.ts';

export type ReviewReading =
  | { readonly ok: true; readonly uid: string; readonly change: Change; readonly subresource: boolean }
  | { readonly ok: false; readonly message: string };

const judgedOperations: readonly Operation[] = ['CREATE', 'UPDATE', 'DELETE'];

/**
 * Reads the request of an AdmissionReview (`admission.k8s.io/v1`). What is no such review gets one sentence: an answer
 * that the API server could take for a verdict would be worse than none.
 */
export function readReview(review: unknown): ReviewReading {
  if (!isObject(review))
    return refused(`the body must be an AdmissionReview object, and it is ${article(typeName(review))}`);
  const kind = field(review, 'kind');
  const version = field(review, 'apiVersion');
  if (kind !== 'AdmissionReview' || version !== 'admission.k8s.io/v1') {
    return refused(
      `the body must be an AdmissionReview of admission.k8s.io/v1, and it says ${said(kind)} of ${said(version)}`,
    );
  }
  const request = field(review, 'request');
  if (!isObject(request)) return refused(`the review has no request: it is ${article(typeName(request))}`);
  const uid = field(request, 'uid');
  if (typeof uid !== 'string' || uid === '') return refused('the request has no uid');
  const written = field(request, 'operation');
  const operation = judgedOperations.find((one) => one === written);
  if (operation === undefined)
    return refused(`the operation must be CREATE, UPDATE or DELETE, and it is ${said(written)}`);
  const object = field(request, 'object');
  const oldObject = field(request, 'oldObject');
  const ref = refOfRequest(request, isObject(object) ? object : oldObject);
  if (ref.kind === '') return refused('the request does not say the kind of its object (request.kind.kind)');
  if (operation !== 'DELETE' && !isObject(object)) {
    return refused(`request.object must be the object that is to be written, and it is ${article(typeName(object))}`);
  }
  if (!isAbsent(oldObject) && !isObject(oldObject)) {
    return refused(`request.oldObject must be an object, and it is ${article(typeName(oldObject))}`);
  }
  return {
    ok: true,
    uid,
    subresource: (asString(field(request, 'subResource')) ?? '') !== '',
    change: {
      operation,
      ref,
      object: operation === 'DELETE' ? undefined : object,
      oldObject: operation === 'CREATE' || isAbsent(oldObject) ? undefined : oldObject,
      user: userOf(request),
      dryRun: field(request, 'dryRun') === true,
    },
  };
}

/** `request.kind` is the kind we registered for, whatever version the user wrote; a collection is deleted without names. */
function refOfRequest(request: unknown, object: unknown): ObjectRef {
  const kind = field(request, 'kind');
  const ref = {
    group: asString(field(kind, 'group')) ?? '',
    version: asString(field(kind, 'version')) ?? '',
    kind: asString(field(kind, 'kind')) ?? '',
  };
  const name = asString(field(request, 'name')) || asString(dig(object, 'metadata', 'name')) || '';
  const namespace =
    asString(field(request, 'namespace')) || asString(dig(object, 'metadata', 'namespace')) || undefined;
  // The request for a Namespace gives the namespace's own name as its namespace.
  const scoped = groupKind(ref) !== 'Namespace' && (resourceOf(ref)?.namespaced ?? true);
  return { ...ref, name, namespace: scoped ? namespace : undefined };
}

function userOf(request: unknown): Change['user'] {
  const groups = dig(request, 'userInfo', 'groups');
  return {
    name: asString(dig(request, 'userInfo', 'username')) ?? '',
    groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
  };
}

function refused(message: string): ReviewReading {
  return { ok: false, message };
}

function said(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : article(typeName(value));
}

function article(type: string): string {
  if (type === 'nothing' || type === 'null') return type;
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
