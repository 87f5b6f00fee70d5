import { asInteger, asList, asString, dig, field, isObject, stringMap } from '../json/read.ts';

/** What policy needs to know of a Service: whom it stands for. Policies see the pods behind it, never its own address. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  /** Undefined for a Service without a selector, whose endpoints somebody writes by hand. */
  readonly selector: ReadonlyMap<string, string> | undefined;
  readonly clusterIPs: readonly string[];
  readonly ports: readonly ServicePort[];
}

/** Where a Service leads: a port of its own, and the number or name of the pods' port behind it. */
export interface ServicePort {
  readonly port: number;
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
    ports: (asList(dig(object, 'spec', 'ports')) ?? []).flatMap((entry) => {
      const port = asInteger(field(entry, 'port'));
      if (port === undefined) return [];
      const target = field(entry, 'targetPort');
      return { port, target: asInteger(target) ?? (asString(target) || port) };
    }),
  };
}
