import type { Range } from '../addresses.ts';
import type { LabelMap } from '../labels.ts';
import type { IcmpMatch, Rule } from './manifests.ts';

/** Policies of every kind in one form: whom they select, and rules over packets. */

export type Direction = 'ingress' | 'egress';

/** Whether labels are matched. */
export type LabelTest = (labels: LabelMap) => boolean;

export type PortMatch = { readonly first: number; readonly last: number } | { readonly name: string };

/** What a rule demands of one end of a packet. All of it must hold (facts §3.4); an empty list demands nothing. */
export interface Side {
  readonly nets: readonly Range[];
  readonly notNets: readonly Range[];
  /** Somebody known, with such labels, must bear the address. Undefined: anybody, known or not. */
  readonly known: LabelTest | undefined;
  /** Nobody with such labels may bear the address. */
  readonly unlike: LabelTest | undefined;
  readonly ports: readonly PortMatch[];
  readonly notPorts: readonly PortMatch[];
  readonly service: { readonly namespace: string | undefined; readonly name: string } | undefined;
}

export const anySide: Side = {
  nets: [],
  notNets: [],
  known: undefined,
  unlike: undefined,
  ports: [],
  notPorts: [],
  service: undefined,
};

export interface CompiledRule {
  readonly path: string;
  readonly action: Rule['action'];
  readonly ipVersion?: 4 | 6 | undefined;
  readonly protocol?: number | undefined;
  readonly notProtocol?: number | undefined;
  readonly icmp?: IcmpMatch | undefined;
  readonly notIcmp?: IcmpMatch | undefined;
  readonly source: Side;
  readonly destination: Side;
}

export type DirectedRules = Readonly<Record<Direction, readonly CompiledRule[]>>;

export interface Policy {
  readonly api: 'projectcalico.org' | 'networking.k8s.io';
  readonly kind: string;
  /** Empty for global ones. */
  readonly namespace: string;
  readonly name: string;
  readonly tier: string;
  readonly order: number;
  readonly directions: readonly Direction[];
  readonly stage: 'normal' | 'untracked' | 'pre-DNAT';
  readonly appliesOnForward: boolean;
  readonly selects: LabelTest;
  readonly rules: DirectedRules;
}

/** `NetworkPolicy.projectcalico.org red/web`, `GlobalNetworkPolicy.projectcalico.org web`. */
export const policyId = ({ api, kind, namespace, name }: Pick<Policy, 'api' | 'kind' | 'namespace' | 'name'>): string =>
  `${kind}.${api} ${namespace === '' ? '' : `${namespace}/`}${name}`;
