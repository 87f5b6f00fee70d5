/**
 * An evaluator that knows nothing of sets: it asks single peers about single ports, from the objects as they are
 * written. Only for policies of the shape that {@link file://./random-rules.ts} makes.
 */
export interface WrittenRule {
  readonly from?: readonly WrittenPeer[];
  readonly ports?: readonly { readonly protocol?: string; readonly port?: number; readonly endPort?: number }[];
}

export type WrittenPeer =
  | { readonly ipBlock: { readonly cidr: string; readonly except: readonly string[] } }
  | { readonly podSelector?: WrittenSelector; readonly namespaceSelector?: WrittenSelector };

export interface WrittenSelector {
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** A far end: an IPv4 address, or a pod. */
export type Far =
  | { readonly address: number }
  | { readonly namespace: ReadonlyMap<string, string>; readonly pod: ReadonlyMap<string, string> };

interface Flow {
  readonly protocol: string;
  readonly port: number;
}

export function allows(rules: readonly WrittenRule[], own: string, far: Far, flow: Flow): boolean {
  return rules.some((rule) => hasPeer(rule, own, far) && hasPort(rule, flow));
}

function hasPeer({ from }: WrittenRule, own: string, far: Far): boolean {
  return from === undefined || from.length === 0 || from.some((peer) => isPeer(peer, own, far));
}

function isPeer(peer: WrittenPeer, own: string, far: Far): boolean {
  if ('ipBlock' in peer) {
    const { cidr, except } = peer.ipBlock;
    return 'address' in far && isInside(far.address, cidr) && !except.some((one) => isInside(far.address, one));
  }
  if ('address' in far) return false;
  const { podSelector, namespaceSelector } = peer;
  const inNamespace =
    namespaceSelector === undefined
      ? far.namespace.get('kubernetes.io/metadata.name') === own
      : isSelected(namespaceSelector, far.namespace);
  return inNamespace && (podSelector === undefined || isSelected(podSelector, far.pod));
}

function isSelected({ matchExpressions }: WrittenSelector, labels: ReadonlyMap<string, string>): boolean {
  return matchExpressions.every(({ key, operator, values = [] }) => {
    const value = labels.get(key);
    if (operator === 'In') return value !== undefined && values.includes(value);
    if (operator === 'NotIn') return value === undefined || !values.includes(value);
    return (operator === 'Exists') === (value !== undefined);
  });
}

export function firstOf(cidr: string): number {
  const [address = ''] = cidr.split('/');
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}

export function sizeOf(cidr: string): number {
  return 2 ** (32 - Number(cidr.split('/')[1]));
}

function isInside(address: number, cidr: string): boolean {
  return address >= firstOf(cidr) && address < firstOf(cidr) + sizeOf(cidr);
}

function hasPort({ ports }: WrittenRule, flow: Flow): boolean {
  if (ports === undefined || ports.length === 0) return true;
  return ports.some(({ protocol = 'TCP', port, endPort = port }) => {
    if (protocol !== flow.protocol) return false;
    return port === undefined || (flow.port >= port && flow.port <= (endPort ?? port));
  });
}
