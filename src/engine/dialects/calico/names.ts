import { asString, field } from '../../json/read.ts';
import type { ObjectRef } from '../../model/object.ts';
import { checkNames as checkKubernetesNames } from '../kubernetes/names.ts';
import type { Problems } from '../problems.ts';
import { metadataOf, storageGroup } from './stored.ts';

/** Names that say a tier which is not the one they stand in. */
const confusing = /^default\../;

/**
 * Notes names that Calico refuses, and those that mean another object than they seem to: `default.web` and `web` are one
 * policy up to Calico 3.31, and two from 3.32 on.
 */
export function checkNames(object: unknown, ref: ObjectRef, problems: Problems): void {
  checkKubernetesNames(object, ref, problems);
  const name = field(metadataOf(object), 'name');
  // Stored names carry the tier as a matter of course.
  const isStored = asString(field(object, 'apiVersion'))?.startsWith(`${storageGroup}/`) === true;
  if (typeof name === 'string' && confusing.test(name) && !isStored) {
    problems.addMild('bad-name', ['metadata', 'name'], name, 'default-prefix');
  }
}
