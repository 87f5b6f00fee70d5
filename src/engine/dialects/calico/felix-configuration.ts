import { asString, dig, field, stringMap } from '../../json/read.ts';
import type { FelixConfiguration, FelixScope, KubeControllersConfiguration } from '../../model/felix-configuration.ts';
import type { ObjectRef } from '../../model/object.ts';
import type { Problem } from '../../model/policy.ts';
import { Problems } from '../problems.ts';
import { checkNames } from './names.ts';
import { selectorBoxes } from './selector/boxes.ts';
import { matchesSelector } from './selector/evaluate.ts';
import { parseSelector } from './selector/parse.ts';
import { annotationPath, metadataOf } from './stored.ts';

const parameterPrefix = 'config.projectcalico.org/';

/** Reads a FelixConfiguration. Its values stay as they are: nobody has checked them, and what they come to depends on the node. */
export function readFelixConfiguration(object: unknown, ref: ObjectRef): FelixConfiguration {
  const metadata = metadataOf(object);
  return {
    ref,
    scope: scopeOf(ref.name, asString(dig(object, 'spec', 'nodeSelector'))),
    created: asString(field(metadata, 'creationTimestamp')),
    spec: field(object, 'spec'),
    parameters: [...stringMap(field(metadata, 'annotations'))].flatMap(([key, value]) =>
      key.startsWith(parameterPrefix)
        ? [{ name: key.slice(parameterPrefix.length), value, path: annotationPath(object, key) }]
        : [],
    ),
  };
}

/**
 * By its name, and for every other name by its selector, which Calico reads from 3.32 on; before, such objects counted
 * for nothing. The API server refuses a selector on `default` and `node.NAME`, where it would say nothing.
 */
function scopeOf(name: string, selector: string | undefined): FelixScope {
  if (name === 'default') return { kind: 'every-node' };
  if (name.startsWith('node.')) return { kind: 'node', node: name.slice('node.'.length) };
  if (selector === undefined || selector === '') return { kind: 'unclear' };
  const parsed = parseSelector(selector);
  if (!parsed.ok) return { kind: 'unclear' };
  const translated = selectorBoxes(parsed.selector, { mapKey: (key) => key });
  return {
    kind: 'selected',
    selector,
    selects: (labels) => matchesSelector(parsed.selector, labels),
    boxes: translated.ok ? translated.boxes : undefined,
  };
}

/** What of the metadata is a setting: the parameters that stand in annotations. */
export function felixMetadata(object: unknown): unknown {
  return Object.fromEntries(readFelixConfiguration(object, nowhere).parameters.map(({ name, value }) => [name, value]));
}

const nowhere: ObjectRef = { group: '', version: '', kind: '', namespace: undefined, name: '' };

export function readKubeControllersConfiguration(object: unknown, ref: ObjectRef): KubeControllersConfiguration {
  return { ref, spec: field(object, 'spec') };
}

/** What is wrong with the object around the settings; these themselves are for other guardrails to judge. */
export function structureProblems(object: unknown, ref: ObjectRef): readonly Problem[] {
  const problems = new Problems();
  checkNames(object, ref, problems);
  if (ref.kind === 'KubeControllersConfiguration' && ref.name !== 'default') {
    problems.add('bad-name', ['metadata', 'name'], ref.name, 'controllers-name');
  }
  problems.isStruct(field(object, 'spec'), ['spec']);
  return problems.found();
}
