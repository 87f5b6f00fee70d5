import { type AddressSet, equalAddresses } from '../sets/addresses.ts';
import { sameLabels } from './endpoint.ts';

/** A machine of the cluster. */
export interface Node {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly addresses: AddressSet;
}

/** Its status is written again and again, and says the same of all that is read. */
export function sameNode(a: Node, b: Node): boolean {
  return sameLabels(a.labels, b.labels) && equalAddresses(a.addresses, b.addresses);
}
