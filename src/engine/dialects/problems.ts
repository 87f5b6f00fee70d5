import type { FieldPath } from '../json/path.ts';
import { isAbsent, isObject } from '../json/read.ts';
import type { Problem, ProblemKey, Stopped } from '../model/policy.ts';

/** Gathers what a dialect could not read, while it reads on. */
export class Problems {
  readonly #found: Problem[] = [];

  add(key: ProblemKey, path: FieldPath, value: unknown, reason: string, stopped?: Stopped): void {
    this.#found.push({ key, path, value, reason, mild: false, ...(stopped === undefined ? {} : { stopped }) });
  }

  /** A problem that never does more than warn. */
  addMild(key: ProblemKey, path: FieldPath, value: unknown, reason: string): void {
    this.#found.push({ key, path, value, reason, mild: true });
  }

  /** Notes every field that the API would prune. A field that is pruned may widen what remains. */
  checkFields(value: unknown, path: FieldPath, known: readonly string[]): void {
    if (!isObject(value)) return;
    for (const [name, entry] of Object.entries(value)) {
      if (!known.includes(name)) this.addMild('unknown-field', [...path, name], entry, known.join(', '));
    }
  }

  /** The list at `path`; an absent one is empty, and so, with a note, is a value that is no list. */
  list(value: unknown, path: FieldPath): readonly unknown[] {
    if (isAbsent(value)) return [];
    if (Array.isArray(value)) return value;
    this.add('bad-type', path, value, 'list');
    return [];
  }

  /** Whether the value is an object, as null is where the API reads an empty one; notes it where it is not. */
  isStruct(value: unknown, path: FieldPath): boolean {
    if (isAbsent(value) || isObject(value)) return true;
    this.add('bad-type', path, value, 'object');
    return false;
  }

  found(): readonly Problem[] {
    return this.#found;
  }
}
