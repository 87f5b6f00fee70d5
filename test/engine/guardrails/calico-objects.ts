/** Calico objects for tests, as a user would write them. */

type Spec = Readonly<Record<string, unknown>>;

function calico(kind: string, metadata: object, spec: Spec): object {
  return { apiVersion: 'projectcalico.org/v3', kind, metadata, spec };
}

export function gnp(spec: Spec, name = 'g'): object {
  return calico('GlobalNetworkPolicy', { name }, spec);
}

export function cnp(spec: Spec, id = 'shop/p'): object {
  const [namespace, name] = id.split('/');
  return calico('NetworkPolicy', { namespace, name }, spec);
}

export function gns(name: string, labels: object, nets: readonly string[]): object {
  return calico('GlobalNetworkSet', { name, labels }, { nets });
}

export function netset(id: string, labels: object, nets: readonly string[]): object {
  const [namespace, name] = id.split('/');
  return calico('NetworkSet', { namespace, name, labels }, { nets });
}

export function hep(name: string, labels: object, expectedIPs: readonly string[] = []): object {
  return calico('HostEndpoint', { name, labels }, { node: name, interfaceName: '*', expectedIPs });
}

export function other(kind: string, name: string, spec: Spec): object {
  return calico(kind, { name }, spec);
}

/** A cluster policy of web pods of namespace shop that lets these in. */
export function lets(ingress: readonly object[], more: Spec = {}): object {
  return gnp({
    selector: "app == 'web'",
    namespaceSelector: "projectcalico.org/name == 'shop'",
    types: ['Ingress'],
    ingress,
    ...more,
  });
}

export const allow = (source: object = {}, more: object = {}): object => ({ action: 'Allow', source, ...more });
export const deny = (source: object = {}, more: object = {}): object => ({ action: 'Deny', source, ...more });
export const pass = (source: object = {}, more: object = {}): object => ({ action: 'Pass', source, ...more });
