import type { FieldPath } from '../../json/path.ts';
import { asInteger, field, isAbsent, isObject } from '../../json/read.ts';
import type { Consequence, PortEntry } from '../../model/policy.ts';
import { isProtocol } from '../../sets/protocols.ts';
import {
  allTraffic,
  complementPorts,
  icmpTraffic,
  intersectTraffic,
  isNoTraffic,
  noTraffic,
  protocolNumber,
  protocolTraffic,
  subtractTraffic,
  type Traffic,
  unionTraffic,
  withSourcePorts,
} from '../../sets/traffic.ts';
import type { Problems } from '../problems.ts';
import type { Entity } from './entity.ts';
import {
  destinationTraffic,
  namedTraffic,
  numberedTraffic,
  type PortList,
  portEntries,
  portProtocols,
} from './ports.ts';

const icmpProtocols: readonly number[] = [1, 58];
const protocolNames = ['TCP', 'UDP', 'ICMP', 'ICMPv6', 'SCTP', 'UDPLite'];

export interface RuleTraffic {
  readonly traffic: Traffic;
  readonly exceptNamed: Traffic | undefined;
  readonly entries: readonly PortEntry[];
  /** Whether it says something that is not read here. */
  readonly unsure: boolean;
  readonly refused: boolean;
}

/**
 * The traffic of a rule: its protocol, the ports of both sides, ICMP types, and what is taken out by their nots.
 *
 * Source: projectcalico/calico libcalico-go/lib/validator/v3/validator.go, validateRule.
 */
export function readTraffic(
  rule: unknown,
  path: FieldPath,
  source: Entity,
  destination: Entity,
  problems: Problems,
): RuleTraffic {
  let refused = false;
  const refuse: Refuse = (key, at, value, reason, more = undefined) => {
    problems.add(key, at, value, reason, more);
    refused = true;
  };
  const protocol = readProtocol(rule, 'protocol', path, refuse);
  const notProtocol = readProtocol(rule, 'notProtocol', path, refuse);
  const hasPorts = [source.ports, source.notPorts, destination.ports, destination.notPorts].some(
    (one) => one !== undefined,
  );
  if (hasPorts && protocol !== undefined && !portProtocols.includes(protocol)) {
    refuse('bad-protocol', [...path, 'protocol'], field(rule, 'protocol'), 'protocol-without-ports');
  }
  if (hasPorts && isAbsent(field(rule, 'protocol'))) {
    for (const list of [source.ports, source.notPorts, destination.ports, destination.notPorts]) {
      const numbered = list?.entries.find(({ port }) => typeof port !== 'string');
      if (numbered !== undefined) refuse('bad-port', numbered.path, portValue(numbered.port), 'port-without-protocol');
    }
  }
  const protocols = protocol === undefined ? portProtocols : [protocol];
  let traffic =
    protocol === undefined
      ? refused && !isAbsent(field(rule, 'protocol'))
        ? noTraffic
        : allTraffic
      : protocolTraffic(protocol);
  if (notProtocol !== undefined) traffic = subtractTraffic(traffic, protocolTraffic(notProtocol));
  if (destination.ports !== undefined)
    traffic = intersectTraffic(traffic, destinationTraffic(destination.ports, protocols));
  if (destination.notPorts !== undefined) {
    traffic = subtractTraffic(traffic, numberedTraffic(destination.notPorts, portProtocols));
  }
  traffic = fromSources(traffic, source);
  const namedSource = [...(source.ports?.entries ?? []), ...(source.notPorts?.entries ?? [])].find(
    ({ port }) => typeof port === 'string',
  );
  if (namedSource !== undefined) {
    problems.addMild('unsupported', namedSource.path, namedSource.port, 'named-source-port', { consequence: 'inert' });
  }
  const icmp = readIcmp(field(rule, 'icmp'), [...path, 'icmp'], protocol, refuse, problems);
  if (icmp !== undefined) traffic = intersectTraffic(traffic, icmp);
  const notIcmp = readIcmp(field(rule, 'notICMP'), [...path, 'notICMP'], protocol, refuse, problems);
  if (notIcmp !== undefined) traffic = subtractTraffic(traffic, notIcmp);
  const exceptNamed = leftOut(destination, protocols);
  return {
    traffic,
    exceptNamed: isNoTraffic(exceptNamed) ? undefined : exceptNamed,
    entries: portEntries(destination.ports, protocols),
    unsure: namedSource !== undefined,
    refused,
  };
}

/** What only the destination's names for its ports can tell: a port that goes by a name may be one of the numbers that are left out. */
function leftOut({ ports, notPorts }: Entity, protocols: readonly number[]): Traffic {
  if (notPorts === undefined) return noTraffic;
  const named = namedTraffic(notPorts, protocols);
  return ports === undefined || ports.names.length === 0
    ? named
    : unionTraffic(named, numberedTraffic(notPorts, protocols));
}

function portValue(port: string | readonly [number, number]): unknown {
  return typeof port === 'string' ? port : port[0] === port[1] ? port[0] : `${port[0]}:${port[1]}`;
}

type Refuse = (
  key: 'bad-port' | 'bad-protocol' | 'bad-type',
  at: FieldPath,
  value: unknown,
  reason: string,
  more?: { readonly consequence: Consequence; readonly meant?: unknown },
) => void;

function readProtocol(
  rule: unknown,
  name: 'protocol' | 'notProtocol',
  path: FieldPath,
  refuse: Refuse,
): number | undefined {
  const value = field(rule, name);
  if (isAbsent(value)) return undefined;
  const at = [...path, name];
  const number = asInteger(value) ?? (typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : undefined);
  if (number !== undefined) {
    if (number >= 1 && isProtocol(number)) return number;
    // A number that no byte holds is not decoded, where the text of one is only no protocol.
    refuse('bad-protocol', at, value, 'protocol-number', {
      consequence: number === 0 || typeof value === 'string' ? 'voided' : 'stalls',
    });
    return undefined;
  }
  if (typeof value === 'string' && protocolNames.includes(value)) return protocolNumber(value);
  const meant = protocolNames.find((one) => typeof value === 'string' && one.toLowerCase() === value.toLowerCase());
  refuse('bad-protocol', at, value, protocolNames.join(', '), {
    consequence: typeof value === 'string' ? 'voided' : 'refused',
    ...(meant === undefined ? {} : { meant }),
  });
  return undefined;
}

/** Named source ports are left as they are: whose they would be is not looked up, and the rule counts as unsure. */
function fromSources(traffic: Traffic, { ports, notPorts }: Entity): Traffic {
  const only = hasNumbersOnly(ports) ? withSourcePorts(traffic, ports.numbered) : traffic;
  return notPorts !== undefined && notPorts.numbered.length > 0
    ? withSourcePorts(only, complementPorts(notPorts.numbered))
    : only;
}

function hasNumbersOnly(list: PortList | undefined): list is PortList {
  return list !== undefined && list.names.length === 0;
}

function readIcmp(
  value: unknown,
  path: FieldPath,
  protocol: number | undefined,
  refuse: Refuse,
  problems: Problems,
): Traffic | undefined {
  if (isAbsent(value)) return undefined;
  if (!isObject(value)) {
    refuse('bad-type', path, value, 'object', { consequence: 'refused' });
    return noTraffic;
  }
  problems.checkLimits(value, path, ['type', 'code']);
  const type = field(value, 'type');
  const code = field(value, 'code');
  if (isAbsent(type) && isAbsent(code)) return undefined;
  if (protocol === undefined || !icmpProtocols.includes(protocol)) {
    refuse('bad-protocol', path, value, 'icmp-without-protocol');
    return noTraffic;
  }
  if (isAbsent(type)) {
    refuse('bad-protocol', [...path, 'code'], code, 'icmp-code-without-type');
    return noTraffic;
  }
  const typeNumber = asInteger(type);
  const codeNumber = isAbsent(code) ? undefined : asInteger(code);
  const isOutside = (number: number | undefined, most: number) => number === undefined || number < 0 || number > most;
  if (isOutside(typeNumber, 254)) {
    refuse('bad-protocol', [...path, 'type'], type, 'icmp-type');
    return noTraffic;
  }
  if (!isAbsent(code) && isOutside(codeNumber, 255)) {
    refuse('bad-protocol', [...path, 'code'], code, 'icmp-code');
    return noTraffic;
  }
  return icmpTraffic(protocol, typeNumber, codeNumber);
}
