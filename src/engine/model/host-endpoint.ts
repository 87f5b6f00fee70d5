import type { AddressSet } from '../sets/addresses.ts';
import type { NamedPort } from './endpoint.ts';
import type { ObjectRef } from './object.ts';
import type { Policy, Problem } from './policy.ts';

/** An interface of a node, or all of them, whose traffic policy governs. */
export interface HostEndpoint {
  readonly ref: ObjectRef;
  readonly labels: ReadonlyMap<string, string>;
  readonly node: string;
  /** `*` is every interface; undefined where the addresses alone tell which it is. */
  readonly interfaceName: string | undefined;
  /** What peers know it by. Without any, a selector that chooses it as a peer matches nothing. */
  readonly expectedIPs: AddressSet;
  /** Names of the profiles that decide where no policy does, in order. */
  readonly profiles: readonly string[];
  readonly namedPorts: readonly NamedPort[];
  readonly problems: readonly Problem[];
}

/** Rules for endpoints that no policy has decided about, and labels that they inherit. */
export interface Profile {
  readonly name: string;
  readonly labelsToApply: ReadonlyMap<string, string>;
  /** Its rules, in the form of a policy that selects nothing by itself. */
  readonly rules: Policy;
}

/** Built in: allows everything. Automatic host endpoints have it, and nobody can change it. */
export const defaultAllowProfile = 'projectcalico-default-allow';
