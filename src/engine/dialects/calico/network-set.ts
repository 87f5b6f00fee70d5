import { field, isAbsent, stringMap } from '../../json/read.ts';
import type { NetworkSet } from '../../model/network-set.ts';
import type { ObjectRef } from '../../model/object.ts';
import { unionAllAddresses } from '../../sets/addresses.ts';
import { readAddress, readCidr } from '../../sets/cidr.ts';
import { Problems } from '../problems.ts';
import { checkNames } from './names.ts';
import { metadataOf } from './stored.ts';

/** Reads a NetworkSet or GlobalNetworkSet. Addresses and host bits are tolerated; what is neither address nor network is skipped. */
export function readNetworkSet(object: unknown, ref: ObjectRef): NetworkSet {
  const problems = new Problems('skipped');
  checkNames(object, ref, problems);
  const spec = field(object, 'spec');
  problems.isStruct(spec, ['spec']);
  problems.checkFields(spec, ['spec'], ['nets']);
  const written = field(spec, 'nets');
  const nets = isAbsent(written) ? [] : problems.list(written, ['spec', 'nets']);
  const addresses = nets.flatMap((net, index) => {
    const block = readCidr(net);
    if (block.ok) return [block.addresses];
    const address = block.problem === 'no-prefix' ? readAddress(net) : block;
    if (address.ok) return [address.addresses];
    problems.add('bad-cidr', ['spec', 'nets', index], net, address.problem);
    return [];
  });
  return {
    ref,
    labels: stringMap(field(metadataOf(object), 'labels')),
    addresses: unionAllAddresses(addresses),
    problems: problems.found(),
  };
}
