import { type CalicoComponent, calicoComponent } from '../dialects/calico/accounts.ts';
import { inOperatorTier, isAutoHostEndpoint, mirrorOf } from '../dialects/calico/generated.ts';
import { storageGroup } from '../dialects/calico/stored.ts';
import { policyResource } from '../dialects/resources.ts';
import type { Change } from '../model/change.ts';
import type { NotCheckedReason } from '../model/not-checked.ts';
import { groupKind } from '../model/object.ts';

/**
 * Why a change by Calico itself is not judged; undefined for every change that is.
 *
 * Where Calico's API server stands before the storage, one request of a user arrives twice, the second time as a write
 * of that server's account to the storage form: it was judged under the user's name. A deletion arrives only there, and
 * is judged. Source: projectcalico/calico apiserver/pkg/storage/calico/resource.go, whose Delete never validates.
 */
export function passesAsCalico(change: Change): NotCheckedReason | undefined {
  const component = calicoComponent(change.user);
  if (component === undefined) return undefined;
  if (component === 'calico-apiserver') return isSecondHop(change) ? 'judged-before' : undefined;
  return isItsOwn(component, change) ? 'own-object-of-calico' : undefined;
}

/** Whether nobody can tell who asks: a deletion that Calico's API server does for somebody. */
export function isOfUnknownRequester({ operation, ref, user }: Change): boolean {
  return operation === 'DELETE' && ref.group === storageGroup && calicoComponent(user) === 'calico-apiserver';
}

function isSecondHop({ operation, ref }: Change): boolean {
  return operation !== 'DELETE' && ref.group === storageGroup;
}

/** Mirrors, host endpoints made from nodes, policies that get the names of a newer release, the operator's own policies. */
function isItsOwn(component: CalicoComponent, { ref, object, oldObject }: Change): boolean {
  if (mirrorOf(ref) !== undefined) return true;
  const one = object ?? oldObject;
  const kind = groupKind(ref);
  if (!kind.endsWith('projectcalico.org')) return false;
  if (component === 'calico-kube-controllers') {
    // It writes no policy but those whose names it migrates, each with the content that it had.
    return ref.kind === 'HostEndpoint' ? isAutoHostEndpoint(one, ref) : policyResource(ref) !== undefined;
  }
  return component === 'tigera-operator' && policyResource(ref) !== undefined && inOperatorTier(one);
}
