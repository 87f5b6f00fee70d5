import type { FieldPath } from '../json/path.ts';
import { asList, dig } from '../json/read.ts';
import { namespaceName } from '../model/attributes.ts';
import { isNamespaceChange } from '../model/change.ts';
import type { CheckContext } from '../model/check-context.ts';
import { sameLabels } from '../model/endpoint.ts';
import type { NetworkSet } from '../model/network-set.ts';
import { groupKind, refKey } from '../model/object.ts';
import type { Policy } from '../model/policy.ts';
import type { World } from '../model/world.ts';
import { type AddressSet, containsAddresses, unionAllAddresses } from '../sets/addresses.ts';
import { readAddress, readCidr } from '../sets/cidr.ts';
import { labelIn } from '../sets/labels.ts';

/** A change of what policies know by the labels of network sets. */
export interface SetChange {
  /** The policies that may choose one of the sets, before or after, in a fixed order. */
  readonly policies: readonly Policy[];
  /** What it was that changed. */
  readonly path: FieldPath;
  /** All that the sets hold after the change. */
  readonly addresses: AddressSet;
}

const setKinds: readonly string[] = ['NetworkSet.projectcalico.org', 'GlobalNetworkSet.projectcalico.org'];

/** The change as one of network sets: of a set itself, or of the labels that sets have from their namespace. */
export function setChange({
  change,
  before,
  after,
}: Pick<CheckContext, 'change' | 'before' | 'after'>): SetChange | undefined {
  const { ref } = change;
  if (isNamespaceChange(change)) {
    const here = [labelIn(namespaceName, [ref.name])];
    const sets = [...before.setsIn(here), ...after.setsIn(here)].filter((set) => set.ref.namespace === ref.name);
    if (sets.length === 0) return undefined;
    return { policies: choosing(after, sets), path: ['metadata', 'labels'], addresses: together(sets) };
  }
  if (!setKinds.includes(groupKind({ ...ref, group: ref.group.replace(/^crd\./, '') }))) return undefined;
  const old = before.object('networkSets', ref.name, ref.namespace);
  const set = after.object('networkSets', ref.name, ref.namespace);
  const sets = [old, set].filter((one) => one !== undefined);
  return {
    policies: choosing(after, sets),
    path: pathOf(change.object, old, set),
    addresses: together(set === undefined ? [] : [set]),
  };
}

function together(sets: readonly NetworkSet[]): AddressSet {
  return unionAllAddresses(sets.map((set) => set.addresses));
}

function choosing(world: World, sets: readonly NetworkSet[]): readonly Policy[] {
  const found = new Map<string, Policy>();
  for (const set of sets) for (const policy of world.policiesChoosing(set)) found.set(refKey(policy.ref), policy);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, policy]) => policy);
}

/** The one network that is new, the list of them, or the labels. */
function pathOf(object: unknown, old: NetworkSet | undefined, set: NetworkSet | undefined): FieldPath {
  const nets: FieldPath = ['spec', 'nets'];
  if (old === undefined || set === undefined) return onlyNet(object, undefined) ?? nets;
  if (containsAddresses(old.addresses, set.addresses) && containsAddresses(set.addresses, old.addresses))
    return sameLabels(old.labels, set.labels) ? nets : ['metadata', 'labels'];
  return onlyNet(object, old) ?? nets;
}

function onlyNet(object: unknown, old: NetworkSet | undefined): FieldPath | undefined {
  const written = asList(dig(object, 'spec', 'nets')) ?? [];
  const added = written.flatMap((net, index): FieldPath[] => {
    const block = readCidr(net);
    const reading = block.ok ? block : readAddress(net);
    const isNew = reading.ok && (old === undefined || !containsAddresses(old.addresses, reading.addresses));
    return isNew ? [['spec', 'nets', index]] : [];
  });
  return added.length === 1 ? added[0] : undefined;
}
