import { mirrorOf } from '../dialects/calico/generated.ts';
import { resourceOf } from '../dialects/resources.ts';
import type { Case } from '../judge.ts';
import type { Change, User } from '../model/change.ts';
import { makesPods } from '../model/endpoint.ts';
import { type Gathered, gather } from '../model/gather.ts';
import { groupKind, type ObjectRef, refKey, refOf } from '../model/object.ts';
import type { World } from '../model/world.ts';

/** An object of a file, known by the name it will have in the cluster. */
export interface Placed<T> extends Gathered {
  /** Whatever the caller wants back with the case: where the object was read. */
  readonly from: T;
}

/** Gives an object its reference; one of a namespaced kind that names no namespace belongs to `namespace`. */
export function placed<T>(object: unknown, from: T, namespace: string): Placed<T> {
  const ref = refOf(object);
  if (!isNamespaced(ref)) return { object, ref: { ...ref, namespace: undefined }, from };
  return { object, ref: { ...ref, namespace: ref.namespace ?? namespace }, from };
}

function isNamespaced(ref: ObjectRef): boolean {
  const kind = groupKind(ref);
  if (kind === 'Namespace') return false;
  return resourceOf(ref)?.namespaced ?? (kind === 'Service' || makesPods(kind) || ref.namespace !== undefined);
}

/**
 * The objects without Calico's mirrors of policies that are among them: a dump of Calico's API shows each of them twice,
 * and with its mirror a default deny would outlive its deletion.
 */
export function withoutMirrors<T extends Gathered>(objects: readonly T[]): readonly T[] {
  const there = new Set(objects.map(({ ref }) => refKey(ref)));
  return objects.filter(({ ref }) => {
    const of = mirrorOf(ref)?.of;
    return of?.kind !== 'NetworkPolicy' || !there.has(refKey({ ...of, group: 'networking.k8s.io', version: 'v1' }));
  });
}

export interface Plan<T> {
  readonly cases: readonly (Case & { readonly from: T })[];
  readonly before: World;
  readonly after: World;
}

/**
 * What `check` judges: every given object as one change between the World as it was and the World that holds all of
 * them. An object that stands twice is created by the first and updated by the second.
 */
export function plan<T>(
  written: readonly Gathered[],
  given: readonly Placed<T>[],
  options: { readonly remove: boolean; readonly user: User },
): Plan<T> {
  const world = withoutMirrors(written);
  const held = new Map(world.map((one) => [refKey(one.ref), one.object]));
  const before = gather(options.remove ? [...world, ...given.filter((one) => !held.has(refKey(one.ref)))] : world);
  const after = options.remove
    ? given.reduce((left, one) => left.without(one.ref), before)
    : gather([...world, ...given]);
  const last = new Map(given.map((one) => [refKey(one.ref), one]));
  const cases = given.map((one) => {
    const key = refKey(one.ref);
    const old = held.get(key) ?? (options.remove ? one.object : undefined);
    const change: Change = {
      operation: options.remove ? 'DELETE' : old === undefined ? 'CREATE' : 'UPDATE',
      ref: one.ref,
      object: options.remove ? undefined : one.object,
      oldObject: old,
      user: options.user,
      dryRun: false,
    };
    const repeated = last.get(key) !== one || held.get(key) !== worldObject(world, key);
    held.set(key, one.object);
    if (!repeated || options.remove) return { change, before, after, from: one.from };
    return {
      change,
      before: old === undefined ? before : before.with(old, one.ref),
      after: last.get(key) === one ? after : after.with(one.object, one.ref),
      from: one.from,
    };
  });
  return { cases, before, after };
}

function worldObject(world: readonly Gathered[], key: string): unknown {
  return world.findLast((one) => refKey(one.ref) === key)?.object;
}
