import { asInteger, asList, asString, field, isAbsent } from '../../json/read.ts';
import type { EndpointSlice } from '../../model/endpoint-slice.ts';
import { labelsOf, type ObjectRef } from '../../model/object.ts';
import { unionAllAddresses } from '../../sets/addresses.ts';
import { readAddress } from '../../sets/cidr.ts';
import { portTraffic, protocolNumber, protocolTraffic, unionAllTraffic } from '../../sets/traffic.ts';

const serviceLabel = 'kubernetes.io/service-name';

/** An EndpointSlice as Calico reads it: which addresses serve the Service, and on which ports. One without ports serves all of its protocol. */
export function readEndpointSlice(object: unknown, { namespace = 'default' }: ObjectRef): EndpointSlice {
  const addresses = (asList(field(object, 'endpoints')) ?? []).flatMap((endpoint) =>
    (asList(field(endpoint, 'addresses')) ?? []).flatMap((text) => {
      const reading = readAddress(text);
      return reading.ok ? [reading.addresses] : [];
    }),
  );
  const ports = (asList(field(object, 'ports')) ?? []).flatMap((entry) => {
    const protocol = protocolNumber(asString(field(entry, 'protocol')) ?? 'TCP');
    const port = field(entry, 'port');
    if (protocol === undefined) return [];
    if (isAbsent(port)) return [protocolTraffic(protocol)];
    const number = asInteger(port);
    return number === undefined ? [] : [portTraffic(protocol, number, number)];
  });
  return {
    namespace,
    service: labelsOf(object).get(serviceLabel) ?? '',
    addresses: unionAllAddresses(addresses),
    traffic: unionAllTraffic(ports),
  };
}
