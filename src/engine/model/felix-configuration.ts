import type { AddressSet } from '../sets/addresses.ts';
import type { ObjectRef } from './object.ts';

/** A port of a host that stays open whatever the policies say, towards these addresses. */
export interface FailsafePort {
  /** IP protocol number: 6 or 17, Felix reads no other. */
  readonly protocol: number;
  readonly port: number;
  readonly addresses: AddressSet;
}

/** Settings of Calico's agent for all nodes, for one, or for those that a selector chooses. */
export interface FelixConfiguration {
  readonly ref: ObjectRef;
  /** Of those that a selector chooses; undefined for `default` and `node.NAME`. */
  readonly nodeSelector: string | undefined;
  /** RFC 3339; of several whose selectors choose one node, the oldest counts. */
  readonly created: string | undefined;
  /** The object's spec, whose fields nobody has checked. */
  readonly spec: unknown;
  /** Parameters by annotation, `config.projectcalico.org/NAME` without the prefix: these stand before the spec. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Settings of Calico's controllers: the part that makes host endpoints by itself. */
export interface KubeControllersConfiguration {
  readonly ref: ObjectRef;
  readonly spec: unknown;
}
