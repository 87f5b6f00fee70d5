import type { AddressSet } from '../sets/addresses.ts';
import type { Traffic } from '../sets/traffic.ts';
import type { Selection } from './selection.ts';

/** One end of a flow that must stay possible, or impossible. */
export type FlowEnd =
  | { readonly kind: 'pods'; readonly namespaces: Selection; readonly pods: Selection }
  | { readonly kind: 'addresses'; readonly addresses: AddressSet }
  /** The host endpoints that a Calico selector chooses. */
  | { readonly kind: 'hosts'; readonly selector: string }
  | { readonly kind: 'everyone' };

/** A flow of the organisation's own. */
export interface FlowSpec {
  readonly name: string;
  readonly from: FlowEnd;
  readonly to: FlowEnd;
  readonly traffic: Traffic;
}
