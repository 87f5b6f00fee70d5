import { asList, dig, field } from '../../json/read.ts';
import type { Node } from '../../model/node.ts';
import { labelsOf, type ObjectRef } from '../../model/object.ts';
import { unionAllAddresses } from '../../sets/addresses.ts';
import { readAddress } from '../../sets/cidr.ts';

/** A Node with its addresses; a host name among them tells none. */
export function readNode(object: unknown, { name }: ObjectRef): Node {
  const addresses = (asList(dig(object, 'status', 'addresses')) ?? []).flatMap((entry) => {
    const reading = readAddress(field(entry, 'address'));
    return reading.ok ? [reading.addresses] : [];
  });
  return { name, labels: labelsOf(object), addresses: unionAllAddresses(addresses) };
}
