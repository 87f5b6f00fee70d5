import { mirrorOf } from '../engine/dialects/calico/generated.ts';
import { otherStoredName } from '../engine/dialects/calico/stored.ts';
import { asString, dig } from '../engine/json/read.ts';
import { type ObjectRef, refKey } from '../engine/model/object.ts';
import type { World } from '../engine/model/world.ts';
import type { Sink } from './reflector-settings.ts';
import type { WatchedKind } from './watched-kinds.ts';

/** Whoever holds the World that the objects go into. */
export interface WorldHolder {
  world: World;
}

interface Known {
  readonly ref: ObjectRef;
  /** What was kept of it, where little is: so that what changes in the rest costs nothing. */
  readonly text: string | undefined;
}

/** Takes objects of one kind into a World, in whatever form the kind is watched at the time. */
export class ObjectSink implements Sink {
  readonly #holder: WorldHolder;
  #kind: WatchedKind;
  #known = new Map<string, Known>();

  constructor(holder: WorldHolder, kind: WatchedKind) {
    this.#holder = holder;
    this.#kind = kind;
  }

  /** From now on the objects come in another form. Those that are known stay until the first list. */
  setKind(kind: WatchedKind): void {
    this.#kind = kind;
  }

  replace(objects: readonly unknown[]): void {
    const before = this.#known;
    this.#known = new Map();
    for (const object of objects) this.#take(object, before);
    for (const [key, { ref }] of before) {
      if (!this.#known.has(key) && !this.#hasTwin(ref)) this.#holder.world = this.#holder.world.without(ref);
    }
  }

  upsert(object: unknown): void {
    this.#take(object, this.#known);
  }

  remove(object: unknown): void {
    const ref = this.#refOf(object);
    if (this.#known.delete(keyOf(ref)) && !this.#hasTwin(ref)) this.#holder.world = this.#holder.world.without(ref);
  }

  #take(object: unknown, before: ReadonlyMap<string, Known>): void {
    const ref = this.#refOf(object);
    if (isMirror(ref)) return;
    const key = keyOf(ref);
    const text = this.#kind.keep === undefined ? undefined : JSON.stringify(object);
    const same = text !== undefined && before.get(key)?.text === text;
    this.#known.set(key, { ref, text });
    if (!same) this.#holder.world = this.#holder.world.with(object, ref);
  }

  /** Whether the same object is there under another name still. */
  #hasTwin(ref: ObjectRef): boolean {
    const name = otherStoredName(ref);
    return name !== undefined && this.#known.has(keyOf({ ...ref, name }));
  }

  /** Items of a list do not say what they are: the list does. */
  #refOf(object: unknown): ObjectRef {
    const { group, version, kind, namespaced } = this.#kind;
    const namespace = namespaced ? asString(dig(object, 'metadata', 'namespace')) : undefined;
    return { group, version, kind, namespace, name: asString(dig(object, 'metadata', 'name')) ?? '' };
  }
}

/** By name alone: one object stays the same in whichever form it is watched. */
function keyOf(ref: ObjectRef): string {
  return refKey({ ...ref, group: '', version: '' });
}

/**
 * Calico's API shows Kubernetes policies, namespaces and service accounts a second time, as policies and profiles of its
 * own. The World holds the originals; with the mirrors it would still find a default deny after its deletion.
 */
function isMirror(ref: ObjectRef): boolean {
  const mirrored = mirrorOf(ref)?.of?.kind;
  return mirrored === 'NetworkPolicy' || mirrored === 'Namespace' || mirrored === 'ServiceAccount';
}
