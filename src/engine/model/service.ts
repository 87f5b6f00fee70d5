import { asInteger, asList, asString, dig, field, isObject, stringMap } from '../json/read.ts';
import { protocolNumber } from '../sets/traffic.ts';

/** What policy needs to know of a Service: whom it stands for. Policies see the pods behind it, never its own address. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  /** Undefined for a Service without a selector, whose endpoints somebody writes by hand. */
  readonly selector: ReadonlyMap<string, string> | undefined;
  readonly clusterIPs: readonly string[];
  readonly ports: readonly ServicePort[];
}

export interface ServicePort {
  /** Its own port; undefined where none can be read. */
  readonly port: number | undefined;
  /** IP protocol number. */
  readonly protocol: number;
  /** Where its endpoints serve it: a number, or what each of them calls the port. */
  readonly target: number | string;
}

export function readService(object: unknown, namespace: string, name: string): Service {
  const selector = dig(object, 'spec', 'selector');
  const single = asString(dig(object, 'spec', 'clusterIP'));
  const several = (asList(dig(object, 'spec', 'clusterIPs')) ?? []).flatMap((ip) => asString(ip) ?? []);
  const addresses = [...(single === undefined ? [] : [single]), ...several].filter((ip) => ip !== '' && ip !== 'None');
  return {
    namespace,
    name,
    selector: isObject(selector) ? stringMap(field(field(object, 'spec'), 'selector')) : undefined,
    clusterIPs: [...new Set(addresses)],
    ports: (asList(dig(object, 'spec', 'ports')) ?? []).flatMap(readPort),
  };
}

function readPort(entry: unknown): readonly ServicePort[] {
  const protocol = protocolNumber(asString(field(entry, 'protocol')) ?? 'TCP');
  const written = field(entry, 'targetPort');
  const port = asInteger(field(entry, 'port'));
  const target = asInteger(written) ?? asString(written) ?? port;
  return protocol === undefined || target === undefined ? [] : [{ port, protocol, target }];
}
