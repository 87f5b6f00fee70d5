import { groupKind, type ObjectRef } from '../model/object.ts';
import type { Policy } from '../model/policy.ts';
import { kubernetesResources } from './kubernetes/resources.ts';

/** A kind of object that Sekisho judges, and how to read it. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Translates the object into the model. Never throws; what cannot be read is in the policy's `problems`. */
  readonly read: (object: unknown, ref: ObjectRef) => Policy;
}

/** Every policy kind of every dialect. The one place that knows them all. */
export const policyResources: readonly Resource[] = [...kubernetesResources];

const byGroupKind: ReadonlyMap<string, Resource> = new Map(policyResources.map((r) => [groupKind(r), r]));

/** The resource of a policy kind; undefined for every other kind. */
export function policyResource(ref: Pick<ObjectRef, 'group' | 'kind'>): Resource | undefined {
  return byGroupKind.get(groupKind(ref));
}

/** Whether changes of this kind are judged at all: policies, and the labels of namespaces. */
export function isJudged(ref: Pick<ObjectRef, 'group' | 'kind'>): boolean {
  return groupKind(ref) === 'Namespace' || byGroupKind.has(groupKind(ref));
}
