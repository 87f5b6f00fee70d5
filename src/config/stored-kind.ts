import type { z } from 'zod';
import { asInteger, asString, dig, field } from '../engine/json/read.ts';
import { apiVersion } from './schema.ts';
import { type Shaped, shaped } from './shape.ts';

/** A version of an object, as it was written and as it was read. */
export interface StoredVersion<T> {
  readonly generation: number;
  readonly spec: unknown;
  readonly value: T;
}

/** A custom resource as the API server holds it, and what reading it came to. */
export interface StoredObject<T> {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  /** As the API server writes it: such texts compare as the times do. */
  readonly created: string;
  readonly spec: unknown;
  readonly status: unknown;
  readonly newest: Shaped<T>;
  /** The newest version that was in force before, by this replica's memory or by the object's own status. */
  readonly accepted: StoredVersion<T> | undefined;
}

/**
 * The custom resources of one kind, as a watch brings them. Each version is read once: what changes in the status only
 * costs nothing.
 */
export class StoredKind<T> {
  readonly #kind: string;
  readonly #schema: z.ZodType<T>;
  readonly #onChange: () => void;
  #objects = new Map<string, StoredObject<T>>();

  /** @param onChange called when something changed that a configuration is made of */
  constructor(kind: string, schema: z.ZodType<T>, onChange: () => void) {
    this.#kind = kind;
    this.#schema = schema;
    this.#onChange = onChange;
  }

  /** The oldest first, and those of the same second by name. An object that is being deleted is there no more. */
  all(): readonly StoredObject<T>[] {
    return [...this.#objects.values()].sort((a, b) => compare(a.created, b.created) || compare(a.name, b.name));
  }

  /** A list begins. Half a configuration is none: what comes counts once it is complete. */
  list(): { take(object: unknown): void; complete(): void } {
    const objects: unknown[] = [];
    return { take: (object) => void objects.push(object), complete: () => this.replace(objects) };
  }

  replace(objects: readonly unknown[]): void {
    const before = this.#objects;
    this.#objects = new Map();
    for (const object of objects) this.#take(object, before);
    this.#onChange();
  }

  upsert(object: unknown): void {
    const name = nameOf(object);
    const before = this.#objects.get(name);
    this.#take(object, this.#objects);
    const now = this.#objects.get(name);
    const same = before?.uid === now?.uid && before?.generation === now?.generation;
    if (!same || before?.accepted?.generation !== now?.accepted?.generation) this.#onChange();
  }

  remove(object: unknown): void {
    if (this.#objects.delete(nameOf(object))) this.#onChange();
  }

  /** Remembers that the newest version of the object is in force. */
  accept({ name, uid, generation, spec, newest }: StoredObject<T>): void {
    const now = this.#objects.get(name);
    if (now?.uid !== uid || now.generation !== generation || !newest.ok) return;
    this.#objects.set(name, { ...now, accepted: { generation, spec, value: newest.value } });
  }

  #take(object: unknown, before: ReadonlyMap<string, StoredObject<T>>): void {
    const name = nameOf(object);
    const uid = asString(dig(object, 'metadata', 'uid')) ?? '';
    if (dig(object, 'metadata', 'deletionTimestamp') !== undefined) {
      this.#objects.delete(name);
      return;
    }
    const known = before.get(name);
    const past = known?.uid === uid ? known : undefined;
    const generation = asInteger(dig(object, 'metadata', 'generation')) ?? 0;
    const created = asString(dig(object, 'metadata', 'creationTimestamp')) ?? '';
    const spec = field(object, 'spec');
    const newest = past?.generation === generation ? past.newest : this.#read(name, created, spec);
    this.#objects.set(name, {
      name,
      uid,
      resourceVersion: asString(dig(object, 'metadata', 'resourceVersion')) ?? '',
      generation,
      created,
      spec,
      status: field(object, 'status'),
      newest,
      accepted: this.#newerOf(past?.accepted, object, name, created),
    });
  }

  /** Another replica may have accepted a version that this one never saw. */
  #newerOf(
    own: StoredVersion<T> | undefined,
    object: unknown,
    name: string,
    created: string,
  ): StoredVersion<T> | undefined {
    const written = dig(object, 'status', 'accepted');
    const generation = asInteger(field(written, 'generation'));
    if (generation === undefined || (own !== undefined && own.generation >= generation)) return own;
    const spec = field(written, 'spec');
    const reading = this.#read(name, created, spec);
    return reading.ok ? { generation, spec, value: reading.value } : own;
  }

  /** Whatever else the API server keeps in an object is none of the configuration. */
  #read(name: string, created: string, spec: unknown): Shaped<T> {
    const metadata = { name, ...(created !== '' && { creationTimestamp: created }) };
    return shaped(this.#schema, { apiVersion, kind: this.#kind, metadata, ...(spec !== undefined && { spec }) });
  }
}

function nameOf(object: unknown): string {
  return asString(dig(object, 'metadata', 'name')) ?? '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
