import type { FieldPath } from '../../json/path.ts';
import { asInteger, asString, field, isAbsent, stringMap } from '../../json/read.ts';
import type { HostEndpoint } from '../../model/host-endpoint.ts';
import type { ObjectRef } from '../../model/object.ts';
import { unionAllAddresses } from '../../sets/addresses.ts';
import { readAddress } from '../../sets/cidr.ts';
import { protocolNumber } from '../../sets/traffic.ts';
import { Problems } from '../problems.ts';
import { checkNames } from './names.ts';
import { metadataOf } from './stored.ts';

/** As many characters as Linux takes. */
const longestInterface = 15;

/** Reads a HostEndpoint. Without a node, or anything that says which interface is meant, it stands for none. */
export function readHostEndpoint(object: unknown, ref: ObjectRef): HostEndpoint {
  const problems = new Problems();
  checkNames(object, ref, problems);
  const spec = field(object, 'spec');
  problems.isStruct(spec, ['spec']);
  problems.checkFields(spec, ['spec'], ['node', 'interfaceName', 'expectedIPs', 'profiles', 'ports']);
  const addresses = problems.list(field(spec, 'expectedIPs'), ['spec', 'expectedIPs']).flatMap((text, index) => {
    const reading = readAddress(text);
    if (reading.ok) return [reading.addresses];
    problems.add('bad-cidr', ['spec', 'expectedIPs', index], text, reading.problem, { consequence: 'skipped' });
    return [];
  });
  const node = asString(field(spec, 'node')) ?? '';
  const interfaceName = asString(field(spec, 'interfaceName')) || undefined;
  if (node === '') problems.add('bad-name', ['spec', 'node'], undefined, 'node-missing');
  if (interfaceName === undefined && isAbsent(field(spec, 'expectedIPs'))) {
    problems.add('bad-name', ['spec', 'interfaceName'], undefined, 'interface-missing');
  }
  if (interfaceName !== undefined && interfaceName.length > longestInterface) {
    problems.add('bad-name', ['spec', 'interfaceName'], interfaceName, 'interface-name');
  }
  const ports = problems.list(field(spec, 'ports'), ['spec', 'ports']);
  ports.forEach((entry, index) => {
    checkPort(entry, ['spec', 'ports', index], problems);
  });
  return {
    ref,
    labels: stringMap(field(metadataOf(object), 'labels')),
    node,
    interfaceName,
    expectedIPs: unionAllAddresses(addresses),
    profiles: problems
      .list(field(spec, 'profiles'), ['spec', 'profiles'])
      .flatMap((name) => (typeof name === 'string' ? [name] : [])),
    namedPorts: ports.flatMap((entry) => {
      const name = asString(field(entry, 'name'));
      const port = asInteger(field(entry, 'port'));
      const protocol = protocolNumber(asString(field(entry, 'protocol')) ?? '');
      return name === undefined || port === undefined || protocol === undefined ? [] : [{ name, port, protocol }];
    }),
    problems: problems.found(),
  };
}

const portName = /^[a-zA-Z0-9_.-]{1,128}$/;
const portProtocols: readonly unknown[] = ['TCP', 'UDP', 'SCTP'];

/** A port that policies can call by its name. */
function checkPort(entry: unknown, path: FieldPath, problems: Problems): void {
  if (!problems.isStruct(entry, path)) return;
  problems.checkFields(entry, path, ['name', 'protocol', 'port']);
  const [name, protocol, port] = ['name', 'protocol', 'port'].map((part) => field(entry, part));
  const number = asInteger(port);
  if (typeof name !== 'string' || !portName.test(name)) problems.add('bad-name', [...path, 'name'], name, 'port-name');
  if (!portProtocols.includes(protocol)) {
    problems.add('bad-protocol', [...path, 'protocol'], protocol, portProtocols.join(', '));
  }
  if (number === undefined || number < 1 || number > 65535) {
    problems.add('bad-port', [...path, 'port'], port, 'host-port');
  }
}
