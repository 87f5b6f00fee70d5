import type { ObjectRef } from '../model/object.ts';
import type { Direction } from '../model/policy.ts';
import { flowYaml } from './yaml.ts';

/** A narrow far end, as an example of what to write instead. */
export interface FarEndExample {
  readonly block?: string;
  readonly namespace?: string;
  readonly label?: readonly [key: string, value: string];
}

const nameOfNamespace = 'kubernetes.io/metadata.name';

/** Whether rules of this kind are written as Calico's are; staged Kubernetes policies are not. */
export function isWrittenAsCalico({ group, kind }: Pick<ObjectRef, 'group' | 'kind'>): boolean {
  return group === 'projectcalico.org' && kind !== 'StagedKubernetesNetworkPolicy';
}

/** The far end in the YAML of the policy's own kind: `from: [{ipBlock: {...}}]`, `source: {nets: [...]}`. */
export function farEndYaml(ref: ObjectRef, direction: Direction, example: FarEndExample): string {
  const { block, namespace, label } = example;
  if (isWrittenAsCalico(ref)) {
    const entity = {
      ...(block === undefined ? {} : { nets: [block] }),
      ...(namespace === undefined ? {} : { namespaceSelector: `${nameOfNamespace} == '${namespace}'` }),
      ...(label === undefined ? {} : { selector: `${label[0]} == '${label[1]}'` }),
    };
    return `${direction === 'ingress' ? 'source' : 'destination'}: ${flowYaml(entity)}`;
  }
  const peer = {
    ...(block === undefined ? {} : { ipBlock: { cidr: block } }),
    ...(namespace === undefined ? {} : { namespaceSelector: { matchLabels: { [nameOfNamespace]: namespace } } }),
    ...(label === undefined ? {} : { podSelector: { matchLabels: { [label[0]]: label[1] } } }),
  };
  return `${direction === 'ingress' ? 'from' : 'to'}: ${flowYaml([peer])}`;
}
