import { groupKind, type ObjectRef } from '../model/object.ts';
import { calicoResources } from './calico/resources.ts';
import { kubernetesResources } from './kubernetes/resources.ts';
import type { PolicyResource, Resource } from './resource.ts';

/** Every kind of every dialect. The one place that knows them all. */
export const resources: readonly Resource[] = [...kubernetesResources, ...calicoResources];

/** The kinds of which a change is judged, Namespace aside. */
export const judgedResources: readonly Resource[] = resources.filter((one) => one.judged);

export const policyResources: readonly PolicyResource[] = resources.filter(isPolicyResource);

function isPolicyResource(resource: Resource): resource is PolicyResource {
  return resource.read !== undefined;
}

/** By the kind alone, as that is at hand: to write group and kind in one word costs more than to find the resource by it. */
const byKind: ReadonlyMap<string, readonly Resource[]> = Map.groupBy(resources, ({ kind }) => kind);

/** The resource of a kind that is read at all; undefined for every other kind. */
export function resourceOf(ref: Pick<ObjectRef, 'group' | 'kind'>): Resource | undefined {
  return byKind.get(ref.kind)?.find(({ group }) => group === ref.group);
}

/** The resource of a policy kind; undefined for every other kind. */
export function policyResource(ref: Pick<ObjectRef, 'group' | 'kind'>): PolicyResource | undefined {
  const resource = resourceOf(ref);
  return resource !== undefined && isPolicyResource(resource) ? resource : undefined;
}

/** Under which name an object is known, whatever form it is stored in. */
export function identityOf(ref: ObjectRef): ObjectRef {
  return resourceOf(ref)?.identify?.(ref) ?? ref;
}

/** Whether changes of this kind are judged at all: policies, what they depend on, and the labels of namespaces. */
export function isJudged(ref: Pick<ObjectRef, 'group' | 'kind'>): boolean {
  return groupKind(ref) === 'Namespace' || resourceOf(ref)?.judged === true;
}
