import { asString, dig, field, isAbsent, isObject } from '../../json/read.ts';
import type { ObjectRef } from '../../model/object.ts';
import type { Problems } from '../problems.ts';

const subdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The API server refuses an illegal name before any webhook sees it; in a file it is still there to be found. */
export function checkNames(object: unknown, ref: ObjectRef, problems: Problems): void {
  const metadata = field(object, 'metadata');
  if (!problems.isStruct(metadata, ['metadata'])) return;
  const name = field(metadata, 'name');
  const generated = asString(dig(object, 'metadata', 'generateName'));
  if (!subdomain.test(ref.name) && !(ref.name === '' && generated)) {
    problems.add('bad-name', ['metadata', 'name'], name, 'subdomain');
  }
  if (ref.namespace !== undefined && !label.test(ref.namespace)) {
    problems.add('bad-name', ['metadata', 'namespace'], field(metadata, 'namespace'), 'label');
  }
  checkTexts(metadata, problems);
}

/** The API server cannot decode metadata that is no text, and what is read of it in a file would be something else. */
function checkTexts(metadata: unknown, problems: Problems): void {
  const namespace = field(metadata, 'namespace');
  if (!isAbsent(namespace) && typeof namespace !== 'string') {
    problems.wrongType(['metadata', 'namespace'], namespace, 'not-a-string');
  }
  for (const part of ['labels', 'annotations']) {
    const path = ['metadata', part];
    const entries = field(metadata, part);
    if (!problems.isStruct(entries, path) || !isObject(entries)) continue;
    for (const [key, value] of Object.entries(entries)) {
      if (typeof value !== 'string' && value !== null) problems.wrongType([...path, key], value, 'not-a-string');
    }
  }
}
