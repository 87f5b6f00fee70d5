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
  /** Each once, as it is asked for: where an object stands twice a case has a World of its own, and nobody needs all of them at once. */
  readonly cases: Iterable<Case & { readonly from: T }>;
  readonly before: World;
  readonly after: World;
}

interface Options {
  readonly remove: boolean;
  readonly user: User;
}

/**
 * What `check` judges: every given object as one change between the World as it was and the World that holds all of
 * them. An object that stands twice is created by the first and updated by the second.
 */
export function plan<T>(written: readonly Gathered[], given: readonly Placed<T>[], options: Options): Plan<T> {
  const world = withoutMirrors(written);
  const held = new Map(world.map((one) => [refKey(one.ref), one.object]));
  const before = gather(options.remove ? [...world, ...given.filter((one) => !held.has(refKey(one.ref)))] : world);
  const after = options.remove
    ? given.reduce((left, one) => left.without(one.ref), before)
    : gather([...world, ...given]);
  return { cases: casesOf(given, options, held, { before, after }), before, after };
}

function* casesOf<T>(
  given: readonly Placed<T>[],
  { remove, user }: Options,
  written: ReadonlyMap<string, unknown>,
  { before, after }: Pick<Case, 'before' | 'after'>,
): Generator<Case & { readonly from: T }> {
  const last = new Map(given.map((one) => [refKey(one.ref), one]));
  const held = new Map(written);
  for (const one of given) {
    const key = refKey(one.ref);
    const old = held.get(key) ?? (remove ? one.object : undefined);
    const change: Change = {
      operation: remove ? 'DELETE' : old === undefined ? 'CREATE' : 'UPDATE',
      ref: one.ref,
      object: remove ? undefined : one.object,
      oldObject: old,
      user,
      dryRun: false,
    };
    const isLast = last.get(key) === one;
    const repeated = !isLast || held.get(key) !== written.get(key);
    held.set(key, one.object);
    const { from } = one;
    if (!repeated || remove) {
      yield { change, before, after, from };
      continue;
    }
    yield {
      change,
      before: old === undefined ? before : before.with(old, one.ref),
      after: isLast ? after : after.with(one.object, one.ref),
      from,
    };
  }
}
