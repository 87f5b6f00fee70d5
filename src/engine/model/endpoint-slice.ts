import type { AddressSet } from '../sets/addresses.ts';
import type { Traffic } from '../sets/traffic.ts';

/** Some of the endpoints behind a Service, as addresses and the ports that they serve. */
export interface EndpointSlice {
  readonly namespace: string;
  readonly service: string;
  readonly addresses: AddressSet;
  readonly traffic: Traffic;
}
