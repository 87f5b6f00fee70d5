import type { FieldPath } from '../../json/path.ts';
import { field } from '../../json/read.ts';
import {
  type AddressSet,
  containsAddresses,
  equalAddresses,
  noAddresses,
  subtractAddresses,
  unionAllAddresses,
} from '../../sets/addresses.ts';
import { type CidrReading, readCidr } from '../../sets/cidr.ts';
import type { Problems } from '../problems.ts';

/**
 * The addresses of an ipBlock: its cidr without its excepts. A CIDR is read strictly. The API server is lax in its
 * older part (leading zeros), and enforcers do not agree on what such a text means.
 */
export function readAddressBlock(block: unknown, path: FieldPath, problems: Problems): AddressSet {
  if (!problems.isStruct(block, path)) return noAddresses;
  problems.checkFields(block, path, ['cidr', 'except']);
  const whole = note(readCidr(field(block, 'cidr')), field(block, 'cidr'), [...path, 'cidr'], problems);
  if (whole === undefined) return noAddresses;
  const holes: AddressSet[] = [];
  const excepts = problems.list(field(block, 'except'), [...path, 'except']);
  for (const [index, value] of excepts.entries()) {
    const at = [...path, 'except', index];
    const except = note(readCidr(value), value, at, problems);
    if (except === undefined) continue;
    const inside = containsAddresses(whole.addresses, except.addresses);
    if (!inside || equalAddresses(whole.addresses, except.addresses)) problems.add('bad-cidr', at, value, 'not-inside');
    holes.push(except.addresses);
  }
  // All at once: taken away one by one, n holes would cost n * n.
  return subtractAddresses(whole.addresses, unionAllAddresses(holes));
}

type Readable = Extract<CidrReading, { ok: true }>;

function note(reading: CidrReading, value: unknown, path: FieldPath, problems: Problems): Readable | undefined {
  if (!reading.ok) {
    problems.add('bad-cidr', path, value, reading.problem);
    return undefined;
  }
  if (reading.hostBits) problems.addMild('bad-cidr', path, value, 'host-bits');
  return reading;
}
