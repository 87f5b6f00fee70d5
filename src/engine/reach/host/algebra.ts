import {
  type AddressSet,
  intersectAddresses,
  isNoAddress,
  noAddresses,
  subtractAddresses,
  unionAddresses,
} from '../../sets/addresses.ts';
import {
  intersectTraffic,
  isNoTraffic,
  noTraffic,
  subtractTraffic,
  type Traffic,
  unionTraffic,
} from '../../sets/traffic.ts';

/** What the stages of a host are folded over: all traffic between two ends, or all far ends of one flow. */
export interface SetAlgebra<S> {
  readonly none: S;
  readonly isNone: (set: S) => boolean;
  readonly union: (a: S, b: S) => S;
  readonly intersect: (a: S, b: S) => S;
  readonly subtract: (a: S, b: S) => S;
}

export const trafficAlgebra: SetAlgebra<Traffic> = {
  none: noTraffic,
  isNone: isNoTraffic,
  union: unionTraffic,
  intersect: intersectTraffic,
  subtract: subtractTraffic,
};

export const addressAlgebra: SetAlgebra<AddressSet> = {
  none: noAddresses,
  isNone: isNoAddress,
  union: unionAddresses,
  intersect: intersectAddresses,
  subtract: subtractAddresses,
};
