import { groupKind, type ObjectRef } from '../model/object.ts';
import { kubernetesResources } from './kubernetes/resources.ts';
import type { Resource } from './resource.ts';

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
