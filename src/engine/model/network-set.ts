import type { AddressSet } from '../sets/addresses.ts';
import type { ObjectRef } from './object.ts';
import type { Problem } from './policy.ts';

/** Addresses that policies choose by the labels they are known under. */
export interface NetworkSet {
  readonly ref: ObjectRef;
  readonly labels: ReadonlyMap<string, string>;
  readonly addresses: AddressSet;
  readonly problems: readonly Problem[];
}
