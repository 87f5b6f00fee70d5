import { field } from '../../json/read.ts';
import type { ObjectRef } from '../../model/object.ts';
import { checkNames as checkKubernetesNames } from '../kubernetes/names.ts';
import type { Problems } from '../problems.ts';
import { hasUnreadableMetadata, isStored, metadataOf } from './stored.ts';

/** A tier is named by a DNS label, so that its name can stand before a dot. */
export const tierName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Notes names that Calico refuses, and metadata in storage that it cannot read. */
export function checkNames(object: unknown, ref: ObjectRef, problems: Problems): void {
  checkKubernetesNames(object, ref, problems);
  if (isStored(object) && hasUnreadableMetadata(object)) {
    problems.add('bad-type', ['metadata', 'annotations', 'projectcalico.org/metadata'], undefined, 'stored-metadata');
  }
}

/**
 * Notes names of policies that mean another object than they seem to: `default.web` and `web` are one policy up to
 * Calico 3.31, and two from 3.32 on, which takes one dot at most.
 */
export function checkPolicyName(object: unknown, ref: ObjectRef, problems: Problems): void {
  const name = field(metadataOf(object), 'name');
  if (typeof name !== 'string' || isStored(object)) return;
  if (/^default\../.test(name)) problems.addMild('bad-name', ['metadata', 'name'], name, 'default-prefix');
  const mirrored = ref.namespace !== undefined && /^(?:knp|ossg)\.default\./.test(name);
  if (!mirrored && name.split('.').length > 2) {
    problems.addMild('bad-name', ['metadata', 'name'], name, 'name-dots', { consequence: 'refused' });
  }
}
