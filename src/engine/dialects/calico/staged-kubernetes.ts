import { field } from '../../json/read.ts';
import type { ObjectRef } from '../../model/object.ts';
import type { Policy } from '../../model/policy.ts';
import { readNetworkPolicy } from '../kubernetes/network-policy.ts';
import { Problems } from '../problems.ts';
import { checkStagedAction } from './staged.ts';

/** A StagedKubernetesNetworkPolicy: a Kubernetes policy that is only previewed. */
export function readStagedKubernetesPolicy(object: unknown, ref: ObjectRef): Policy {
  const policy = readNetworkPolicy(object, ref, ['stagedAction']);
  const problems = new Problems();
  checkStagedAction(field(object, 'spec'), problems);
  return { ...policy, enforced: false, problems: [...policy.problems, ...problems.found()] };
}
