import type { AddressSet } from '../sets/addresses.ts';

/** A machine of the cluster. */
export interface Node {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly addresses: AddressSet;
}
