import type { ObjectRef } from '../../model/object.ts';
import type { Policy } from '../../model/policy.ts';
import { readNetworkPolicy } from '../kubernetes/network-policy.ts';

/** A StagedKubernetesNetworkPolicy: a Kubernetes policy that is only previewed. */
export function readStagedKubernetesPolicy(object: unknown, ref: ObjectRef): Policy {
  return { ...readNetworkPolicy(object, ref, ['stagedAction']), enforced: false };
}
