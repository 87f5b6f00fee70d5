import type { Keeper } from '../model/catalogue.ts';
import type { ObjectRef } from '../model/object.ts';
import type { Policy, Problem } from '../model/policy.ts';

/** A kind of object that Sekisho reads, and what it is read as: a policy, something the World keeps, or both. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Whether a change of it is judged. What is not is only part of the World. */
  readonly judged: boolean;
  /** No API server admits changes of it: only files are judged. */
  readonly fromFilesOnly?: true;
  /** Translates the object into the model. Never throws; what cannot be read is in the policy's `problems`. */
  readonly read?: (object: unknown, ref: ObjectRef) => Policy;
  /** What cannot be read in an object that is no policy, whose problems are in the policy. Never throws. */
  readonly problems?: (object: unknown, ref: ObjectRef) => readonly Problem[];
  readonly keeper?: Keeper;
  /** The name under which the object is known whatever form it is stored in; absent where that is its own. */
  readonly identify?: (ref: ObjectRef) => ObjectRef;
  /** The part of the metadata that makes a difference to anybody, as JSON; absent where none does. */
  readonly readMetadata?: (object: unknown) => unknown;
}

export type PolicyResource = Resource & Required<Pick<Resource, 'read'>>;
