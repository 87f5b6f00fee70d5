import { labelsOf, type ObjectRef } from '../../model/object.ts';
import type { ServiceAccount } from '../../model/service-account.ts';

export function readServiceAccount(object: unknown, { namespace = 'default', name }: ObjectRef): ServiceAccount {
  return { namespace, name, labels: labelsOf(object) };
}
