import type { FieldPath } from '../json/path.ts';
import { isAbsent, isObject } from '../json/read.ts';
import type { Consequence, Problem, ProblemKey, Stopped } from '../model/policy.ts';

/** What is known of a problem besides where it is. */
interface More {
  readonly consequence?: Consequence;
  readonly stopped?: Stopped;
  readonly meant?: unknown;
}

/** Gathers what a dialect could not read, while it reads on. */
export class Problems {
  readonly #found: Problem[] = [];
  readonly #usual: Consequence;

  /** @param usual what becomes of a mistake of this dialect where nothing else is said of it */
  constructor(usual: Consequence = 'refused') {
    this.#usual = usual;
  }

  add(key: ProblemKey, path: FieldPath, value: unknown, reason: string, more: More = {}): void {
    this.#found.push({ key, path, value, reason, mild: false, consequence: this.#usual, ...more });
  }

  /** A problem that never does more than warn. */
  addMild(key: ProblemKey, path: FieldPath, value: unknown, reason: string, more: More = {}): void {
    this.#found.push({ key, path, value, reason, mild: true, consequence: this.#usual, ...more });
  }

  /** Notes every field that the API would prune. */
  checkFields(value: unknown, path: FieldPath, known: readonly string[]): void {
    for (const [name, entry] of unknownFields(value, known)) {
      this.addMild('unknown-field', [...path, name], entry, known.join(', '), { consequence: 'widened' });
    }
  }

  /** The same where each field limits what the object is about, so that without it the rest applies more widely. */
  checkLimits(value: unknown, path: FieldPath, known: readonly string[]): void {
    for (const [name, entry] of unknownFields(value, known)) {
      this.add('unknown-field', [...path, name], entry, known.join(', '), { consequence: 'widened' });
    }
  }

  /** The list at `path`; an absent one is empty, and so, with a note, is a value that is no list. */
  list(value: unknown, path: FieldPath): readonly unknown[] {
    if (isAbsent(value)) return [];
    if (Array.isArray(value)) return value;
    this.wrongType(path, value, 'list');
    return [];
  }

  /** Whether the value is an object, as null is where the API reads an empty one; notes it where it is not. */
  isStruct(value: unknown, path: FieldPath): boolean {
    if (isAbsent(value) || isObject(value)) return true;
    this.wrongType(path, value, 'object');
    return false;
  }

  /** A value whose type the API's schema does not allow. */
  wrongType(path: FieldPath, value: unknown, reason: string): void {
    this.add('bad-type', path, value, reason, { consequence: 'refused' });
  }

  found(): readonly Problem[] {
    return this.#found;
  }
}

function* unknownFields(value: unknown, known: readonly string[]): IterableIterator<readonly [string, unknown]> {
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) if (!known.includes(name)) yield [name, value[name]];
}
