import { mirrorOf } from '../engine/dialects/calico/generated.ts';
import { otherStoredName } from '../engine/dialects/calico/stored.ts';
import { asString, dig } from '../engine/json/read.ts';
import type { ObjectRef } from '../engine/model/object.ts';
import type { World } from '../engine/model/world.ts';
import type { Listing, Sink } from './reflector-settings.ts';
import type { WatchedKind } from './watched-kinds.ts';

/** Whoever holds the World that the objects go into. */
export interface WorldHolder {
  world: World;
}

/** Takes objects of one kind into a World, in whatever form the kind is watched at the time. */
export class ObjectSink implements Sink {
  readonly #holder: WorldHolder;
  #kind: WatchedKind;
  readonly #known = new Map<string, ObjectRef>();
  /** What was kept of an object, where little is: so that what changes in the rest costs nothing. */
  readonly #texts = new Map<string, string>();

  constructor(holder: WorldHolder, kind: WatchedKind) {
    this.#holder = holder;
    this.#kind = kind;
  }

  /** From now on the objects come in another form. Those that are known stay until the first list. */
  setKind(kind: WatchedKind): void {
    this.#kind = kind;
  }

  list(): Listing {
    const listed = new Set<string>();
    return {
      take: (object) => {
        listed.add(keyOf(this.#refOf(object)));
        this.upsert(object);
      },
      complete: () => {
        for (const [key, ref] of [...this.#known]) if (!listed.has(key)) this.#drop(key, ref);
      },
    };
  }

  upsert(object: unknown): void {
    const ref = this.#refOf(object);
    if (isMirror(ref)) return;
    const key = keyOf(ref);
    this.#known.set(key, ref);
    if (this.#kind.keep !== undefined) {
      const text = JSON.stringify(object);
      if (this.#texts.get(key) === text) return;
      this.#texts.set(key, text);
    }
    this.#holder.world = this.#holder.world.with(object, ref);
  }

  remove(object: unknown): void {
    const ref = this.#refOf(object);
    this.#drop(keyOf(ref), ref);
  }

  #drop(key: string, ref: ObjectRef): void {
    this.#texts.delete(key);
    if (this.#known.delete(key) && !this.#hasTwin(ref)) this.#holder.world = this.#holder.world.without(ref);
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

/**
 * By name alone: one object stays the same in whichever form it is watched. Joined, as what `+` makes of texts that long is
 * kept in pieces, and of tens of thousands that shows.
 */
function keyOf({ namespace = '', name }: ObjectRef): string {
  return [namespace, name].join('/');
}

/**
 * Calico's API shows Kubernetes policies, namespaces and service accounts a second time, as policies and profiles of its
 * own. The World holds the originals; with the mirrors it would still find a default deny after its deletion.
 */
function isMirror(ref: ObjectRef): boolean {
  const mirrored = mirrorOf(ref)?.of?.kind;
  return mirrored === 'NetworkPolicy' || mirrored === 'Namespace' || mirrored === 'ServiceAccount';
}
