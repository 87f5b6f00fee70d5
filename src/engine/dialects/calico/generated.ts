import { asString, dig, field, stringMap } from '../../json/read.ts';
import type { ObjectRef } from '../../model/object.ts';
import { calicoGroup, metadataOf, storageGroup } from './stored.ts';

/** What Calico makes an object from: the object to edit instead; undefined for what is built in. */
export interface Mirrored {
  readonly kind: 'NetworkPolicy' | 'ClusterNetworkPolicy' | 'Namespace' | 'ServiceAccount';
  readonly namespace: string | undefined;
  readonly name: string;
}

export type Mirror = { readonly of: Mirrored } | { readonly of: undefined };

/**
 * What an object mirrors, told by its name in the kinds where Calico makes such mirrors; undefined for everything else.
 *
 * Source: projectcalico/calico libcalico-go/lib/names (policy name prefixes) and
 * libcalico-go/lib/backend/k8s/conversion (profiles of namespaces and service accounts).
 */
export function mirrorOf({ group, kind, namespace, name }: ObjectRef): Mirror | undefined {
  if (group !== calicoGroup && group !== storageGroup) return undefined;
  switch (kind) {
    case 'NetworkPolicy': {
      const of = after(name, 'knp.', 'default.');
      return of === undefined ? undefined : { of: { kind: 'NetworkPolicy', namespace, name: of } };
    }
    case 'GlobalNetworkPolicy': {
      const of = after(name, 'kcnp.', 'kube-admin.', 'kube-baseline.');
      return of === undefined ? undefined : { of: { kind: 'ClusterNetworkPolicy', namespace: undefined, name: of } };
    }
    case 'Profile':
      return mirroredByProfile(name);
    default:
      return undefined;
  }
}

function mirroredByProfile(name: string): Mirror | undefined {
  if (name === 'projectcalico-default-allow') return { of: undefined };
  const namespace = after(name, 'kns.');
  if (namespace !== undefined) return { of: { kind: 'Namespace', namespace: undefined, name: namespace } };
  const account = after(name, 'ksa.');
  if (account === undefined) return undefined;
  // No namespace has a dot in its name, and a service account may.
  const dot = account.indexOf('.');
  if (dot <= 0) return { of: undefined };
  return { of: { kind: 'ServiceAccount', namespace: account.slice(0, dot), name: account.slice(dot + 1) } };
}

/** What follows a prefix, and one of some words where one of them follows it. */
function after(name: string, prefix: string, ...words: readonly string[]): string | undefined {
  if (!name.startsWith(prefix) || name.length === prefix.length) return undefined;
  const rest = name.slice(prefix.length);
  const word = words.find((one) => rest.startsWith(one) && rest.length > one.length);
  return word === undefined ? rest : rest.slice(word.length);
}

/** Whether Calico's controller made the host endpoint, or takes it for its own: the label says so, and the name mostly. */
export function isAutoHostEndpoint(object: unknown, { name }: Pick<ObjectRef, 'name'>): boolean {
  const labels = stringMap(field(metadataOf(object), 'labels'));
  return labels.get('projectcalico.org/created-by') === 'calico-kube-controllers' || name.endsWith('-auto-hep');
}

/** The tiers of the operator's own policies; the first name is that of 3.32 and later. */
const operatorTiers: readonly string[] = ['calico-system', 'allow-tigera'];

export function inOperatorTier(object: unknown): boolean {
  return operatorTiers.includes(asString(dig(object, 'spec', 'tier')) ?? '');
}
