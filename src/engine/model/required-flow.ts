import type { AddressSet } from '../sets/addresses.ts';
import type { Direction } from './policy.ts';

/** A port over which hosts exchange traffic with the addresses, or with the nodes of the cluster. */
export interface RequiredFlow {
  readonly direction: Direction;
  readonly protocol: number;
  readonly port: number;
  readonly far: AddressSet | 'nodes';
}
