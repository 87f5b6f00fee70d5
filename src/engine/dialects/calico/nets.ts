import type { FieldPath } from '../../json/path.ts';
import { isAbsent } from '../../json/read.ts';
import type { AddressSet } from '../../sets/addresses.ts';
import { readAddress, readCidr } from '../../sets/cidr.ts';
import type { Problems } from '../problems.ts';

export interface Net {
  readonly path: FieldPath;
  /** As the user wrote it. */
  readonly text: unknown;
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
  if (list.length > mostNets)
    problems.addMild('bad-cidr', path, list.length, 'too-many-nets', { consequence: 'refused' });
  const readings = list.map(readCidr);
  // A list of which nothing is left limits nothing.
  const consequence = readings.some((one) => one.ok || one.problem === 'no-prefix') ? 'skipped' : 'widened';
  const seen = new Set<unknown>();
  let refused = false;
  const nets = list.flatMap((entry, index): Net[] => {
    const at = [...path, index];
    const reading = readings[index] ?? readCidr(entry);
    if (seen.has(entry)) problems.addMild('bad-cidr', at, entry, 'twice', { consequence: 'refused' });
    seen.add(entry);
    if (!reading.ok && reading.problem === 'no-prefix') {
      refused = true;
      const address = readAddress(entry);
      const meant = address.ok ? { meant: `${address.text}/${address.family === 4 ? 32 : 128}` } : {};
      problems.add('bad-cidr', at, entry, 'no-prefix', meant);
      return address.ok ? [{ path: at, text: entry, addresses: address.addresses, family: address.family }] : [];
    }
    if (!reading.ok) {
      const badType = reading.problem === 'not-a-string';
      problems.add('bad-cidr', at, entry, reading.problem, { consequence: badType ? 'refused' : consequence });
      return [];
    }
    if (reading.hostBits) {
      refused = true;
      problems.add('bad-cidr', at, entry, 'calico-host-bits', { meant: reading.network });
    }
    return [{ path: at, text: entry, addresses: reading.addresses, family: reading.family }];
  });
  return nets.length === 0 ? undefined : { nets, refused };
}
