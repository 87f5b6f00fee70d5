import type { FieldPath } from '../../json/path.ts';
import { isAbsent } from '../../json/read.ts';
import type { AddressSet } from '../../sets/addresses.ts';
import { readAddress, readCidr } from '../../sets/cidr.ts';
import type { Problems } from '../problems.ts';

export interface Net {
  readonly path: FieldPath;
  readonly addresses: AddressSet;
  readonly family: 4 | 6;
}

export interface NetList {
  readonly nets: readonly Net[];
  /** Whether an entry is such that Calico's validator refuses the whole policy. */
  readonly refused: boolean;
}

const mostNets = 256;

/**
 * The `nets` or `notNets` of a rule; undefined where no entry is left of a list, which then limits nothing. Calico
 * skips what is no network at all, and its validator refuses a rule in which a network is written as a host.
 *
 * Source: projectcalico/calico libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go and
 * libcalico-go/lib/validator/v3/validator.go.
 */
export function readNets(value: unknown, path: FieldPath, problems: Problems): NetList | undefined {
  if (isAbsent(value)) return undefined;
  const list = problems.list(value, path);
  if (list.length > mostNets) problems.addMild('bad-cidr', path, list.length, 'too-many-nets');
  let refused = false;
  const nets = list.flatMap((entry, index): Net[] => {
    const at = [...path, index];
    const reading = readCidr(entry);
    if (!reading.ok && reading.problem === 'no-prefix') {
      refused = true;
      problems.add('bad-cidr', at, entry, 'no-prefix');
      const address = readAddress(entry);
      return address.ok ? [{ path: at, addresses: address.addresses, family: address.family }] : [];
    }
    if (!reading.ok) {
      problems.add('bad-cidr', at, entry, reading.problem);
      return [];
    }
    if (reading.hostBits) {
      refused = true;
      problems.add('bad-cidr', at, entry, 'calico-host-bits');
    }
    return [{ path: at, addresses: reading.addresses, family: reading.family }];
  });
  return nets.length === 0 ? undefined : { nets, refused };
}
