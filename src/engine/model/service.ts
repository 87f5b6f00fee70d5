import { asList, asString, dig, field, isObject, stringMap } from '../json/read.ts';

/** What policy needs to know of a Service: whom it stands for. Policies see the pods behind it, never its own address. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  /** Undefined for a Service without a selector, whose endpoints somebody writes by hand. */
  readonly selector: ReadonlyMap<string, string> | undefined;
  readonly clusterIPs: readonly string[];
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
  };
}
