import { groupKind, type ObjectRef } from './object.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** One create, update or delete of one object. */
export interface Change {
  readonly operation: Operation;
  readonly ref: ObjectRef;
  /** The object as it is to be; undefined on DELETE. */
  readonly object: unknown;
  /** The object as it was; undefined on CREATE. */
  readonly oldObject: unknown;
  readonly user: User;
  readonly dryRun: boolean;
}

export function isNamespaceChange(change: Change): boolean {
  return groupKind(change.ref) === 'Namespace';
}
