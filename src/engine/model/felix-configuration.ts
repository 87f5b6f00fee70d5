import type { FieldPath } from '../json/path.ts';
import type { AddressSet } from '../sets/addresses.ts';
import type { LabelBox, LabelLookup } from '../sets/labels.ts';
import type { ObjectRef } from './object.ts';

/** A port of a host that stays open whatever the policies say, towards these addresses. */
export interface FailsafePort {
  /** IP protocol number: 6 or 17, Felix reads no other. */
  readonly protocol: number;
  readonly port: number;
  readonly addresses: AddressSet;
}

/** Which nodes an object's settings are for. */
export type FelixScope =
  /** `default`: every node that nothing nearer speaks of. */
  | { readonly kind: 'every-node' }
  /** `node.NAME`. */
  | { readonly kind: 'node'; readonly node: string }
  | {
      readonly kind: 'selected';
      readonly selector: string;
      readonly selects: (labels: LabelLookup) => boolean;
      /** The labels that it selects, as boxes; undefined where they are too many. */
      readonly boxes: readonly LabelBox[] | undefined;
    }
  /** Neither a name that says so nor a selector that can be read: it may be for any node, or for none. */
  | { readonly kind: 'unclear' };

/** A parameter that stands in an annotation, `config.projectcalico.org/NAME`. */
export interface FelixParameter {
  /** Without the prefix, as it is written. */
  readonly name: string;
  readonly value: string;
  readonly path: FieldPath;
}

/** Settings of Calico's agent for all nodes, for one, or for those that a selector chooses. */
export interface FelixConfiguration {
  readonly ref: ObjectRef;
  readonly scope: FelixScope;
  /** RFC 3339; of several whose selectors choose one node, the oldest counts. */
  readonly created: string | undefined;
  /** The object's spec, whose fields nobody has checked. */
  readonly spec: unknown;
  /** Those of the annotations: they stand before the spec. */
  readonly parameters: readonly FelixParameter[];
}

/** Settings of Calico's controllers: the part that makes host endpoints by itself. */
export interface KubeControllersConfiguration {
  readonly ref: ObjectRef;
  readonly spec: unknown;
}
