import type { ObjectRef } from '../model/object.ts';
import type { Policy } from '../model/policy.ts';

/** A kind of object that Sekisho judges, and how to read it. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Translates the object into the model. Never throws; what cannot be read is in the policy's `problems`. */
  readonly read: (object: unknown, ref: ObjectRef) => Policy;
}
