import { asString, dig, field, stringMap } from '../../json/read.ts';
import type { FelixConfiguration, KubeControllersConfiguration } from '../../model/felix-configuration.ts';
import type { ObjectRef } from '../../model/object.ts';
import type { Problem } from '../../model/policy.ts';
import { Problems } from '../problems.ts';
import { checkNames } from './names.ts';
import { metadataOf } from './stored.ts';

const parameterPrefix = 'config.projectcalico.org/';

/** Reads a FelixConfiguration. Its values stay as they are: nobody has checked them, and what they come to depends on the node. */
export function readFelixConfiguration(object: unknown, ref: ObjectRef): FelixConfiguration {
  const metadata = metadataOf(object);
  return {
    ref,
    nodeSelector: asString(dig(object, 'spec', 'nodeSelector')),
    created: asString(field(metadata, 'creationTimestamp')),
    spec: field(object, 'spec'),
    parameters: new Map(
      [...stringMap(field(metadata, 'annotations'))].flatMap(([name, value]): [string, string][] =>
        name.startsWith(parameterPrefix) ? [[name.slice(parameterPrefix.length), value]] : [],
      ),
    ),
  };
}

/** What of the metadata is a setting: the parameters that stand in annotations. */
export function felixMetadata(object: unknown): unknown {
  return Object.fromEntries(readFelixConfiguration(object, nowhere).parameters);
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
