import type { FieldPath } from '../../json/path.ts';
import { asInteger, field, isAbsent } from '../../json/read.ts';
import type { PortEntry } from '../../model/policy.ts';
import {
  allTraffic,
  namedPortTraffic,
  noTraffic,
  portTraffic,
  protocolNumber,
  protocolTraffic,
  type Traffic,
  unionAllTraffic,
} from '../../sets/traffic.ts';
import type { Problems } from '../problems.ts';

/**
 * The `ports` of a rule. None means every protocol; an entry without a port means every port of its protocol, and one
 * without a protocol means TCP.
 */
export function readPorts(
  value: unknown,
  path: FieldPath,
  problems: Problems,
): { traffic: Traffic; entries: readonly PortEntry[] } {
  const list = problems.list(value, path);
  if (list.length === 0)
    return { traffic: isAbsent(value) || Array.isArray(value) ? allTraffic : noTraffic, entries: [] };
  const entries = list.map((entry, index) => ({
    path: [...path, index],
    traffic: readPort(entry, [...path, index], problems),
  }));
  return { traffic: unionAllTraffic(entries.map((entry) => entry.traffic)), entries };
}

function readPort(entry: unknown, path: FieldPath, problems: Problems): Traffic {
  if (!problems.isStruct(entry, path)) return noTraffic;
  problems.checkFields(entry, path, ['protocol', 'port', 'endPort']);
  const protocol = readProtocol(field(entry, 'protocol'), [...path, 'protocol'], problems);
  const port = field(entry, 'port');
  const endPort = field(entry, 'endPort');
  if (typeof port === 'string') return named(protocol, port, endPort, path, problems);
  if (isAbsent(port)) {
    if (!isAbsent(endPort)) return refuse([...path, 'endPort'], endPort, 'end-without-port', problems);
    return protocol === undefined ? noTraffic : protocolTraffic(protocol);
  }
  const first = portNumber(port);
  if (first === undefined) return refuse([...path, 'port'], port, 'not-a-port', problems);
  const last = isAbsent(endPort) ? first : portNumber(endPort);
  if (last === undefined) return refuse([...path, 'endPort'], endPort, 'not-a-port', problems);
  if (last < first) return refuse([...path, 'endPort'], endPort, 'end-before-port', problems);
  return protocol === undefined ? noTraffic : portTraffic(protocol, first, last);
}

/** Undefined for a protocol that Kubernetes does not know; the rule then has no such entry. */
function readProtocol(value: unknown, path: FieldPath, problems: Problems): number | undefined {
  if (isAbsent(value)) return protocolNumber('TCP');
  if (value === 'TCP' || value === 'UDP' || value === 'SCTP') return protocolNumber(value);
  problems.add('bad-protocol', path, value, 'TCP, UDP, SCTP');
  return undefined;
}

/** IANA service names, as kubernetes/apimachinery pkg/util/validation IsValidPortName checks them. */
const portName = /^(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/;

function named(
  protocol: number | undefined,
  name: string,
  endPort: unknown,
  path: FieldPath,
  problems: Problems,
): Traffic {
  if (!portName.test(name)) return refuse([...path, 'port'], name, 'not-a-port', problems);
  if (!isAbsent(endPort)) return refuse([...path, 'endPort'], endPort, 'end-of-name', problems);
  return protocol === undefined ? noTraffic : namedPortTraffic(protocol, name);
}

function portNumber(value: unknown): number | undefined {
  const port = asInteger(value);
  return port !== undefined && port >= 1 && port <= 65535 ? port : undefined;
}

function refuse(path: FieldPath, value: unknown, reason: string, problems: Problems): Traffic {
  problems.add('bad-port', path, value, reason);
  return noTraffic;
}
